import { basename, join, resolve } from 'node:path';
import { AwpError } from '../base/errors.ts';
import { sha256 } from '../base/hash.ts';
import { isObject, type Json, parseJson } from '../base/json.ts';
import { fileSafe } from '../base/paths.ts';
import { writeError } from '../base/write-error.ts';
import type { PlanInput } from '../events/plan.ts';
import type { Files } from '../ports/effects.ts';
import { describeBytes, describeFile, type FileStart } from './table.ts';
import { isTable, tableText } from './table-text.ts';

/** A file of the machine, as an input. Made by `file(path)`. */
export interface FileInput {
  readonly kind: 'awp:file';
  /** As given; relative paths are relative to the working directory. */
  readonly path: string;
}

/**
 * What an input may be: a column object (`{month: [...], revenue: [...]}`) or an array of records,
 * which become CSV; `file(path)`; bytes; a text; any other JSON value (decisions 17 and 18).
 */
export type InputValue = Json | Uint8Array | FileInput | readonly unknown[] | object;

/** How a value was understood, where that is not plain. */
export interface InputNote {
  input: string;
  message: string;
}

/** Inputs in their place, described. */
export interface ResolvedInputs {
  inputs: readonly PlanInput[];
  notes: readonly InputNote[];
}

/** Where inputs go. */
export interface InputOptions {
  /** The run's folder; inputs are put below `inputs/` in it. */
  folder: string;
  files: Files;
  /** Largest file, in bytes. Default 1 GiB. */
  maxBytes?: number;
}

const MAX_BYTES = 1024 ** 3;
/** Characters of a value that prompts show. */
const SHOWN_CHARS = 4000;
/** Keys that end so name a text file (spec, surfaces 1.4). */
const TEXT_SUFFIX =
  /\.(md|txt|tex|bib|json|yaml|yml|xml|html|htm|csv|tsv|py|js|ts|sql|sh|cfg|ini|toml)$/i;

/** Marks a path as a file to hand in: `inputs: { sales: file('./sales.csv') }`. */
export function file(path: string): FileInput {
  return { kind: 'awp:file', path };
}

/**
 * Puts all inputs into the run's folder and describes them for the prompts. Files are copied, so a
 * run can be resumed when the original is gone. Throws `source/unreachable`, `source/bad-data`,
 * `source/too-big`, `store/full`.
 */
export async function resolveInputs(
  inputs: Readonly<Record<string, unknown>>,
  options: InputOptions,
): Promise<ResolvedInputs> {
  const place = new Place(options);
  const resolved: PlanInput[] = [];
  const notes: InputNote[] = [];
  await place.make();
  for (const [name, value] of Object.entries(inputs)) {
    const { input, note } = await resolveOne(place, name, value);
    resolved.push(input);
    if (note !== undefined) notes.push({ input: name, message: note });
  }
  return { inputs: resolved, notes };
}

interface One {
  input: PlanInput;
  note?: string;
}

async function resolveOne(place: Place, name: string, value: unknown): Promise<One> {
  if (isFileInput(value)) return { input: await place.copy(name, value.path) };
  if (typeof value === 'string') return resolveText(place, name, value);
  if (value instanceof Uint8Array) {
    const path = /\.\w{1,8}$/.test(name) ? name : `${name}.bin`;
    return { input: await place.write(name, path, { data: value }) };
  }
  if (isTable(value)) {
    const dialect = { separator: ',', decimal: '.', header: true } as const;
    const data = Buffer.from(tableText(value));
    return { input: await place.write(name, withSuffix(name, '.csv'), { data, dialect }) };
  }
  if (typeof value === 'object' && value !== null) {
    const data = Buffer.from(jsonText(name, value));
    return { input: await place.write(name, withSuffix(name, '.json'), { data }) };
  }
  return { input: { name, kind: 'value', description: JSON.stringify(plain(value)) } };
}

function plain(value: unknown): Json {
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
  return typeof value === 'boolean'
    ? value
    : value === null || value === undefined
      ? null
      : String(value);
}

function jsonText(name: string, value: object): string {
  try {
    return JSON.stringify(
      value,
      (_, item: unknown) => (typeof item === 'bigint' ? String(item) : item),
      2,
    );
  } catch (cause) {
    throw new AwpError('source/bad-data', `the input ${name} cannot be written as JSON`, {
      hint: 'it may refer to itself; hand in plain data',
      cause,
    });
  }
}

async function resolveText(place: Place, name: string, value: string): Promise<One> {
  if (TEXT_SUFFIX.test(name)) {
    return { input: await place.write(name, name, { data: Buffer.from(value) }) };
  }
  if (/[\\/]/.test(value) && value.length < 4096 && (await place.isFile(value))) {
    return {
      input: await place.copy(name, value),
      note: `the text is the path of a file: ${value}`,
    };
  }
  if (value.length <= SHOWN_CHARS) {
    return { input: { name, kind: 'value', description: JSON.stringify(value) } };
  }
  return { input: await place.write(name, `${name}.txt`, { data: Buffer.from(value) }) };
}

function withSuffix(name: string, suffix: string): string {
  return name.toLowerCase().endsWith(suffix) ? name : `${name}${suffix}`;
}

/** Whether a value is one that `file(path)` made. */
export function isFileInput(value: unknown): value is FileInput {
  return (
    typeof value === 'object' &&
    value !== null &&
    'kind' in value &&
    value.kind === 'awp:file' &&
    'path' in value &&
    typeof value.path === 'string'
  );
}

interface Content {
  data: Uint8Array;
  /** Set when we wrote the table ourselves. */
  dialect?: FileStart['dialect'];
}

/** The run's `inputs/` folder. */
class Place {
  readonly #files: Files;
  readonly #folder: string;
  readonly #maxBytes: number;
  readonly #taken = new Set<string>();

  constructor({ files, folder, maxBytes = MAX_BYTES }: InputOptions) {
    this.#files = files;
    this.#folder = join(folder, 'inputs');
    this.#maxBytes = maxBytes;
  }

  async make(): Promise<void> {
    await this.#guard('the folder', () => this.#files.makeFolder(this.#folder));
  }

  async isFile(path: string): Promise<boolean> {
    const info = await this.#files.info(resolve(path)).catch(() => undefined);
    return info?.kind === 'file' || info?.kind === 'link';
  }

  async write(name: string, wanted: string, { data, dialect }: Content): Promise<PlanInput> {
    const path = this.#free(wanted);
    await this.#guard(name, () => this.#files.write(join(this.#folder, path), data));
    const start = { name: path, bytes: data, size: data.byteLength, ...(dialect && { dialect }) };
    const { kind, text } = describeBytes(start);
    return { name, kind, path, bytes: data.byteLength, sha256: sha256(data), description: text };
  }

  async copy(name: string, given: string): Promise<PlanInput> {
    const from = await this.#check(name, given);
    const path = this.#free(basename(resolve(given)));
    const to = join(this.#folder, path);
    await this.#guard(name, () => this.#files.copy(from, to));
    const info = await this.#files.info(to);
    const { kind, text } = await describeFile(to, this.#files, { name: path });
    const hash = await this.#files.hash(to);
    return { name, kind, path, bytes: info?.bytes ?? 0, sha256: hash, description: text };
  }

  /** The real path of a file that may be handed in. */
  async #check(name: string, given: string): Promise<string> {
    const path = await this.#reach(name, given);
    const info = await this.#files.info(path);
    if (info?.kind === 'folder') {
      throw new AwpError('source/bad-data', `the input ${name} is a folder: ${given}`, {
        hint: 'hand in its files one by one: -i NAME=@FILE',
      });
    }
    if (info?.kind !== 'file') {
      throw new AwpError('source/bad-data', `the input ${name} is no regular file: ${given}`);
    }
    if (info.bytes === 0) {
      throw new AwpError('source/bad-data', `the input ${name} is empty: ${given}`, {
        hint: 'hand in a file with something in it',
      });
    }
    if (info.bytes > this.#maxBytes) {
      const size = `${(info.bytes / 1024 ** 2).toFixed(0)} MiB`;
      const most = `${(this.#maxBytes / 1024 ** 2).toFixed(0)} MiB`;
      throw new AwpError('source/too-big', `the input ${name} has ${size}: ${given}`, {
        hint: `at most ${most} can be handed in; cut it down first`,
      });
    }
    return path;
  }

  async #reach(name: string, given: string): Promise<string> {
    try {
      const path = await this.#files.realPath(resolve(given));
      const info = await this.#files.info(path);
      if (info?.kind === 'file') await this.#files.readBytes(path, 1);
      return path;
    } catch (cause) {
      const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
      const why = code === 'ENOENT' ? 'there is no such file' : 'it cannot be read';
      throw new AwpError('source/unreachable', `the input ${name}: ${why}: ${given}`, {
        hint: 'check the path; it is relative to the working directory',
        cause,
      });
    }
  }

  /** A safe name that no input has: `data.csv`, `data-2.csv`. Case does not tell names apart. */
  #free(wanted: string): string {
    const safe = fileSafe(wanted);
    const dot = safe.lastIndexOf('.');
    const [stem, suffix] = dot > 0 ? [safe.slice(0, dot), safe.slice(dot)] : [safe, ''];
    let path = safe;
    for (let count = 2; this.#taken.has(path.toLowerCase()); count++) {
      path = `${stem}-${count}${suffix}`;
    }
    this.#taken.add(path.toLowerCase());
    return path;
  }

  async #guard(name: string, write: () => Promise<void>): Promise<void> {
    try {
      await write();
    } catch (error) {
      throw writeError(error, `the input ${name} could not be kept`);
    }
  }
}

/**
 * An input of the command line (decision 17): `NAME=@FILE` and `FILE` are files, `NAME=VALUE` is
 * JSON, else text. Throws `usage/bad-argument`.
 */
export function parseInputArgument(text: string): [name: string, value: InputValue] {
  const match = /^([^=/\\.][^=/\\]*)=(.*)$/s.exec(text);
  if (!match) {
    if (text.trim() === '')
      throw new AwpError('usage/bad-argument', '-i needs NAME=VALUE or a file');
    return [fileSafe(basename(text)).replace(/\.[^.]+$/, '') || 'data', file(text)];
  }
  const [, name = '', value = ''] = match;
  if (value.startsWith('@')) return [name, file(value.slice(1))];
  const json = parseJson(value);
  return [
    name,
    json === undefined || (isObject(json) && Object.keys(json).length === 0) ? value : json,
  ];
}
