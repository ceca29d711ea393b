import { chmodSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { nodeEffects } from '../../../src/effects/index.ts';
import type { Effects } from '../../../src/ports/effects.ts';
import { makeKit } from '../../../src/sandboxes/make-kit.ts';
import type { Kit } from '../../../src/sandboxes/provider.ts';
import { temporaryFolder } from '../../make.ts';

export interface LayerKit extends Disposable {
  kit: Kit;
  effects: Effects;
  /** The folder of all layers. */
  layers: string;
  /** Names in it. */
  names(): string[];
  /** Another folder, for whatever a test needs. */
  place: string;
  /** The user and command of every process that was started. */
  started: { uid: number | undefined; command: string; args: readonly string[] }[];
}

/**
 * What layers are made from, with a cache folder of their own: as for an ordinary user, or as for
 * root with the user that programs run as.
 */
export async function layerKit(
  settings: Readonly<Record<string, string>>,
  boxUser?: number,
): Promise<LayerKit> {
  const folder = temporaryFolder();
  chmodSync(folder.path, 0o755);
  const machine = nodeEffects();
  const started: LayerKit['started'] = [];
  const set: Readonly<Record<string, string | undefined>> = {
    ...{ PATH: process.env.PATH, XDG_CACHE_HOME: join(folder.path, 'cache') },
    ...settings,
  };
  const effects: Effects = {
    ...machine,
    secrets: { get: (name) => set[name] },
    processes: {
      ...machine.processes,
      uid: () => 1000,
      spawn: (spec) => {
        started.push({ uid: spec.uid, command: spec.command, args: spec.args });
        return machine.processes.spawn(spec);
      },
    },
  };
  const kit = await makeKit(effects);
  const layers = join(folder.path, 'cache/awp-agents/layers');
  return {
    kit: { ...kit, machine: { ...kit.machine, effects, uid: boxUser } },
    ...{ effects, layers, started, place: folder.path },
    names: () => readdirSync(layers).sort(),
    [Symbol.dispose]: folder[Symbol.dispose],
  };
}

/** The code of the error that a promise rejects with, and what it says. */
export async function problemOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
    return 'nothing';
  } catch (error) {
    const { code, message, hint } = error as { code: string; message: string; hint?: string };
    return `${code}: ${message} (${hint})`;
  }
}

/** A signal that is never aborted. */
export const calm = (): AbortSignal => new AbortController().signal;
