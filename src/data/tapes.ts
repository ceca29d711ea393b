import { dirname, resolve } from 'node:path';
import { AwpError } from '../base/errors.ts';
import { sha256 } from '../base/hash.ts';
import { nodeEffects } from '../effects/index.ts';
import { secretValues } from '../effects/secrets.ts';
import type { Plan } from '../events/plan.ts';
import type { Effects, Files } from '../ports/effects.ts';
import type { Host } from '../ports/host.ts';
import { ModelError, type ModelProvider } from '../ports/model-provider.ts';
import {
  MAX_TAPE_BYTES,
  readTape,
  type Tape,
  type TapeHeader,
  type TapeRoles,
} from '../providers/tape-format.ts';
import { TapePlayer } from '../providers/tape-player.ts';
import { TapeRecorder } from '../providers/tape-recorder.ts';
import type { RunMarks } from '../providers/tape-request.ts';
import { makeRedact } from '../runtime/redact.ts';
import { version } from './node-host.ts';
import { settledCalls } from './settled-calls.ts';

/** Where the answers of a run's models go to, or come from. */
export interface TapeOptions {
  /**
   * Write all questions and answers of the models to this new file, without secrets. A relative path
   * begins at the working directory. Default: nothing is recorded.
   */
  record?: string | undefined;
  /**
   * Take all answers from this file: no model is asked, no key is needed, and a question that was not
   * recorded ends the run. Default: the models answer.
   */
  replay?: string | undefined;
}

/** A run, as a tape needs to know it. */
export interface TapedRun {
  id: string;
  models: TapeRoles;
  /** When it began, in milliseconds since 1970; left out for one that begins now. */
  startedAt?: number;
}

/** What a run has to do with a tape. */
export interface RunTape {
  /** The models that were recorded, for who names none. */
  roles: TapeHeader['roles'];
  /** What the plan says of it. */
  plan: Pick<Plan, 'replay'>;
  /** The host, with models that go by the tape. Throws `usage/tape-exists`, `usage/not-writable`. */
  host(host: Host, run: TapedRun): Promise<Host>;
}

/**
 * Looks at the tape that options name. Throws `usage/bad-option`, `model/tape-damaged`,
 * `model/tape-newer`.
 */
export async function openTape(
  { record, replay }: TapeOptions,
  { files }: Pick<Effects, 'files'>,
): Promise<RunTape> {
  checkTapes({ record, replay });
  if (record !== undefined && replay !== undefined) {
    throw new AwpError('usage/bad-option', 'a run is either recorded or replayed, not both', {
      hint: 'a copy of the tape is the recording of a replay',
    });
  }
  if (replay !== undefined) return replayed(resolve(replay), files);
  const file = record === undefined ? undefined : resolve(record);
  return {
    roles: undefined,
    plan: {},
    host: async (host, run) => (file === undefined ? host : recording(file, host, run)),
  };
}

/** Throws `usage/bad-option` for what can be no path. */
export function checkTapes(options: TapeOptions): void {
  for (const name of ['record', 'replay'] as const) {
    const path: unknown = options[name];
    if (path === undefined || (typeof path === 'string' && path.trim() !== '')) continue;
    throw new AwpError('usage/bad-option', `${name} cannot be ${JSON.stringify(path)}`, {
      hint: 'the path of a tape, such as peak.tape',
    });
  }
}

async function replayed(file: string, files: Files): Promise<RunTape> {
  const text = await textOf(file, files);
  const tape = readTape(text, file);
  const { recorded, began, roles } = tape.header;
  return {
    roles,
    plan: {
      replay: { file, recorded, ...(began !== undefined && { began }), sha256: sha256(text) },
    },
    host: async (host, run) => {
      const marks = marksOf(host, run);
      const player = new TapePlayer({
        tape,
        file,
        marks,
        settled: await settledOf(host, run, marks),
      });
      return { ...host, models: (name) => player.resolve(name) };
    },
  };
}

async function recording(file: string, host: Host, run: TapedRun): Promise<Host> {
  const { files, clock } = host.effects;
  const before = await beforeIt(file, files, run);
  if ((await files.info(dirname(file)))?.kind !== 'folder') {
    throw new AwpError('usage/not-writable', `there is no folder for the tape ${file}`, {
      hint: 'make it first, or name another place',
    });
  }
  const marks = marksOf(host, run);
  const recorder = new TapeRecorder({
    ...{ file, files, clock, marks },
    header: { program: host.version, run: run.id, roles: run.models },
    ...(before && { before, settled: await settledOf(host, run, marks) }),
  });
  return { ...host, models: (name) => recorder.record(name, host.models(name)) };
}

/** What a run that goes on has had of its models; of one that begins, nothing. */
async function settledOf({ store }: Host, { id, startedAt }: TapedRun, marks: RunMarks) {
  return startedAt === undefined ? [] : settledCalls(store, id, marks);
}

/** What a resumed run has recorded already. A tape of anything else is never written to. */
async function beforeIt(file: string, files: Files, { id }: TapedRun): Promise<Tape | undefined> {
  if (!(await files.info(file))) return undefined;
  const text = await textOf(file, files).catch(() => '');
  const tape = text.startsWith('{"type":"tape"') ? readTape(text, file) : undefined;
  if (tape?.header.run !== id) {
    throw new AwpError('usage/tape-exists', `there is something at ${file} already`, {
      hint: 'name a new file, or take the old one away first',
    });
  }
  // Half a line that a crash left would spoil the next one.
  if (tape.sound !== text) await files.write(file, tape.sound);
  return tape;
}

async function textOf(file: string, files: Files): Promise<string> {
  let bytes: Uint8Array;
  try {
    bytes = await files.readBytes(file, MAX_TAPE_BYTES + 1);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    throw new AwpError('usage/bad-option', `the tape ${file} cannot be read (${code})`, {
      hint: 'name a file that was made with --record',
    });
  }
  if (bytes.length <= MAX_TAPE_BYTES) return new TextDecoder().decode(bytes);
  throw new ModelError('model/tape-damaged', `the tape ${file} is larger than 256 MB`, {
    hint: 'no tape grows so large: it must be another file',
  });
}

function marksOf(host: Host, { id, startedAt }: TapedRun): RunMarks {
  const { clock } = host.effects;
  return {
    folders: [[host.store.folder(id), '<run folder>']],
    since: startedAt ?? clock.now(),
    now: () => clock.now(),
    redact: redactWith(() => host.secretValues()),
  };
}

/** Secrets are found while a run begins; what is known of them when something is written counts. */
function redactWith(values: () => readonly string[]): RunMarks['redact'] {
  let known: readonly string[] = [];
  let redact = makeRedact(known);
  return (value) => {
    const now = values();
    if (now.length !== known.length) {
      known = [...now];
      redact = makeRedact(known);
    }
    return redact(value);
  };
}

/** Settings of `recordTape` and `replayTape`. */
export interface TestTapeOptions {
  /** Values that are blanked out, besides those of variables that end in KEY, TOKEN, SECRET or PASSWORD. */
  secrets?: readonly string[];
}

/**
 * The same provider, whose answers are written to a new file as well. The file is made before the first
 * question; its errors are `model/tape-unwritable` and `model/tape-full`.
 */
export function recordTape(
  provider: ModelProvider,
  file: string,
  options: TestTapeOptions = {},
): ModelProvider {
  const { files, clock } = nodeEffects();
  const { name } = provider;
  const recorder = new TapeRecorder({
    ...{ file: resolve(file), files, clock, marks: testMarks(options) },
    header: { program: version(), roles: { manager: name, worker: name } },
  });
  const simulated = name === 'scripted';
  return recorder.record(name, { provider, model: name, price: undefined, simulated }).provider;
}

/**
 * A provider that gives the answers of a tape, by their questions. Of a tape with several models
 * `model` says whose; the manager's when left out. Throws `usage/bad-option`, `model/tape-damaged`,
 * `model/tape-newer`, `model/tape-model`; asked what was not recorded it throws `model/tape-miss`.
 */
export async function replayTape(
  file: string,
  { model, ...options }: TestTapeOptions & { model?: string } = {},
): Promise<ModelProvider> {
  const path = resolve(file);
  const tape = readTape(await textOf(path, nodeEffects().files), path);
  const { roles, models } = tape.header;
  const name = model ?? roles?.manager ?? models[0]?.name ?? '';
  return new TapePlayer({ tape, file: path, marks: testMarks(options) }).resolve(name).provider;
}

function testMarks({ secrets = [] }: TestTapeOptions): RunMarks {
  const { clock } = nodeEffects();
  return {
    folders: [],
    since: clock.now(),
    now: () => clock.now(),
    redact: makeRedact([...secretValues(), ...secrets]),
  };
}
