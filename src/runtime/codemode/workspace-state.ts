import { isObject, type JsonObject, parseJson } from '../../base/json.ts';
import type { Plan } from '../../events/plan.ts';
import type { Files } from '../../ports/effects.ts';
import type { Host } from '../../ports/host.ts';
import { keptKey } from '../creation/kept-places.ts';

/** Bytes of a file: two states of 256 KiB, as JSON, and what stands around them. */
const MOST_BYTES = 1024 * 1024;
const FORMAT = 'awp-state';

/** The file of what programs of one agent keep for later runs. */
export interface StatePlace {
  files: Files;
  /** Absolute path of a folder that is what it is. */
  root: string;
  /** Folders below it, and the name of the file. */
  below: readonly string[];
  file: string;
}

/**
 * `workspace/state/<agent>.json` in the folder of the workflow; for a run without one, in the folder of
 * the user. Undefined where nothing is kept for other runs.
 */
export function statePlace(
  { effects: { files }, stateFolder }: Pick<Host, 'effects' | 'stateFolder'>,
  { brought, name }: Pick<Plan, 'brought' | 'name'>,
  file: string,
): StatePlace | undefined {
  const root = brought?.workflow;
  if (root !== undefined) return { files, root, below: ['workspace', 'state'], file };
  if (stateFolder === undefined) return undefined;
  return { files, root: stateFolder, below: [keptKey(undefined, name)], file };
}

interface Stored {
  /** The run and the call that wrote it, and what was there before. */
  run: string;
  call: string;
  before: JsonObject;
  value: JsonObject;
}

/**
 * What programs of an agent keep for later runs. Nobody owns the file while a program runs: who writes
 * last wins, and is told of it. A call that is made again after a crash finds what it found before,
 * because the file has both. Files that are damaged, or none of ours, are left alone and told of.
 */
export class WorkspaceState {
  readonly #place: StatePlace;
  readonly #by: { run: string; call: string };
  #found: JsonObject = {};
  #seen = '';

  constructor(place: StatePlace, by: { run: string; call: string }) {
    this.#place = place;
    this.#by = by;
  }

  /** What is there; undefined when there is nothing that can be read. */
  async read(told: string[]): Promise<JsonObject | undefined> {
    const text = await this.#text();
    if (text === undefined) return undefined;
    const stored = storedIn(text);
    if (!stored) {
      told.push(`${this.#path} is damaged, or none of ours: the state begins anew`);
      return undefined;
    }
    this.#seen = text;
    const isOwn = stored.run === this.#by.run && stored.call === this.#by.call;
    this.#found = isOwn ? stored.before : stored.value;
    return this.#found;
  }

  /** Whether it was written. */
  async write(value: JsonObject, told: string[]): Promise<boolean> {
    const { files, root, below } = this.#place;
    const now = await this.#text();
    if (now !== undefined && !storedIn(now)) {
      // What somebody else has put there is not ours to replace.
      told.push(`${this.#path} is none of ours: the state was not kept`);
      return false;
    }
    if (now !== undefined && now !== this.#seen) {
      told.push('another program had kept a state meanwhile: it was replaced');
    }
    const stored = { format: FORMAT, version: 1, ...this.#by, before: this.#found, value };
    try {
      await files.makeFolder([root, ...below].join('/'));
      await files.write(this.#path, `${JSON.stringify(stored)}\n`);
      return true;
    } catch {
      told.push(`${this.#path} cannot be written: the state was not kept`);
      return false;
    }
  }

  get #path(): string {
    const { root, below, file } = this.#place;
    return [root, ...below, file].join('/');
  }

  /** The text of the file, where it is a regular file in real folders; an empty one when it is not. */
  async #text(): Promise<string | undefined> {
    const { files, root, below, file } = this.#place;
    let path = root;
    for (const part of [...below, file]) {
      path = `${path}/${part}`;
      const info = await files.info(path).catch(() => undefined);
      if (!info) return undefined;
      const isRight = part === file ? info.kind === 'file' : info.kind === 'folder';
      if (!isRight || (part === file && info.bytes > MOST_BYTES)) return '';
    }
    const bytes = await files.readBytes(path, MOST_BYTES).catch(() => undefined);
    return bytes && new TextDecoder().decode(bytes);
  }
}

function storedIn(text: string): Stored | undefined {
  const stored = parseJson(text);
  if (!isObject(stored) || stored.format !== FORMAT || stored.version !== 1) return undefined;
  const { run, call, before, value } = stored;
  if (typeof run !== 'string' || typeof call !== 'string') return undefined;
  return isObject(before) && isObject(value) ? { run, call, before, value } : undefined;
}
