import { join } from 'node:path';
import { AwpError } from '../base/errors.ts';
import { isObject, type JsonObject, parseJson } from '../base/json.ts';
import { type PrivateFile, privateFile } from '../effects/private-file.ts';
import type { TrustQuestion } from '../modules/workflow-tools.ts';
import type { Effects } from '../ports/effects.ts';
import { userFolder } from './user-folder.ts';

/** Whether files of a workflow may run: all, none that are new, or what a function says. */
export type TrustOption = boolean | ((question: TrustQuestion) => boolean | Promise<boolean>);

/** Files that the error lists by name. */
const LISTED = 8;
/** Contents that are remembered; those that were trusted longest ago are forgotten first. */
const KEPT = 2000;

/**
 * What a run asks before it starts files of a workflow: known contents pass, new ones need the
 * option, and are known from then on. It throws `trust/needed` with the files, and what `remember`
 * throws.
 */
export function trustGate(
  effects: Effects,
  trust: TrustOption = false,
): (question: TrustQuestion) => Promise<void> {
  return async (question) => {
    if (isTrusted(effects, question.hash)) return;
    const yes = typeof trust === 'function' ? await trust(question) : trust;
    if (!yes) throw needed(question);
    try {
      remember(effects, question);
    } catch (error) {
      // It was said that they may run; where that cannot be kept it has to be said again.
      if (!(error instanceof AwpError) || error.code !== 'trust/not-kept') throw error;
    }
  };
}

/** Whether somebody has trusted exactly these contents before. Throws `trust/damaged`. */
export function isTrusted(effects: Effects, hash: string): boolean {
  const file = trustFile(effects);
  return file !== undefined && Object.hasOwn(trusted(file, read(file)), hash);
}

/**
 * Keeps in `trust.json` of the user's folder that these contents may run; other processes may write
 * at the same time. Throws `trust/damaged`, and `trust/not-kept` when it cannot be written.
 */
export function remember(
  effects: Effects,
  { hash, folder }: Pick<TrustQuestion, 'hash' | 'folder'>,
): void {
  const file = trustFile(effects);
  if (!file) return;
  const at = new Date(effects.clock.now()).toISOString();
  guarded(file, () =>
    file.update((text) => {
      const { [hash]: _, ...others } = trusted(file, text);
      const all = [...Object.entries(others), [hash, { folder, at }] as const].slice(-KEPT);
      return `${JSON.stringify({ version: 1, trusted: Object.fromEntries(all) }, undefined, 2)}\n`;
    }),
  );
}

/** Undefined where there is no home: nothing is known there, and nothing is kept. */
function trustFile(effects: Effects): PrivateFile | undefined {
  try {
    return privateFile(join(userFolder(effects), 'trust.json'));
  } catch (error) {
    if (error instanceof AwpError && error.code === 'usage/no-user-folder') return undefined;
    throw error;
  }
}

function read(file: PrivateFile): string | undefined {
  return guarded(file, () => file.read());
}

/** The file itself is like that of the secrets, but what is told of it is about trust. */
function guarded<T>({ path }: PrivateFile, action: () => T): T {
  try {
    return action();
  } catch (cause) {
    if (!(cause instanceof AwpError) || cause.family !== 'secret') throw cause;
    const kept = cause.code === 'secret/unwritable';
    throw new AwpError(kept ? 'trust/not-kept' : 'trust/damaged', cause.message, {
      cause,
      hint: kept
        ? 'set AWP_CONFIG_HOME to a folder that you may write to'
        : `only you may read and write ${path}; without it everything has to be trusted again`,
    });
  }
}

function trusted({ path }: PrivateFile, text: string | undefined): JsonObject {
  if (text === undefined) return {};
  const value = parseJson(text);
  if (isObject(value) && value.version === 1 && isObject(value.trusted)) return value.trusted;
  const newer = isObject(value) && typeof value.version === 'number' && value.version > 1;
  throw new AwpError('trust/damaged', `${path} ${newer ? 'is of a later release' : 'is damaged'}`, {
    hint: 'move it away; what was trusted is then asked for again',
  });
}

function needed({ folder, files, grants = [], hash }: TrustQuestion): AwpError {
  const listed = files.slice(0, LISTED).map(({ path, bytes }) => `${path} (${bytes} bytes)`);
  const more = files.length > LISTED ? [`and ${files.length - LISTED} more`] : [];
  const wants = files.length > 0 ? 'has programs of its own' : 'wants secrets to be sent';
  const what = [...listed, ...more, ...grants].join(', ');
  return new AwpError(
    'trust/needed',
    `this workflow ${wants}, which nobody has trusted yet: ${what} in ${folder}; SHA-256 ${hash.slice(0, 16)}`,
    { hint: 'read it; then run once with --trust (in a program: trust: true)' },
  );
}
