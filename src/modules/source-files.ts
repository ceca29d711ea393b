import { AwpError } from '../base/errors.ts';
import { sha256 } from '../base/hash.ts';
import { pathProblem } from '../base/paths.ts';
import type { Files } from '../ports/effects.ts';

/** Files of one folder of tools, and bytes of all of them together. */
const MOST_FILES = 2000;
const MOST_BYTES = 64 * 1024 * 1024;
/** Folders of what others have made of the files. */
const LEFT_OUT = new Set(['__pycache__', 'node_modules']);

/** A file of the folder with the tools. */
export interface SourceFileBytes {
  /** From that folder, with `/`. */
  path: string;
  bytes: Uint8Array;
  /** SHA-256. */
  sha256: string;
}

/** All that may run of a workflow's own tools. */
export interface Sources {
  /** Absolute path of the folder; its links are resolved. */
  folder: string;
  /** Sorted by path. */
  files: readonly SourceFileBytes[];
  /** SHA-256 over all names and contents. */
  hash: string;
}

/** Where code is read from. */
export interface SourcePlace {
  /** Absolute path of the workflow's folder. */
  workflow: string;
  /** Path of the folder with the code, from there. */
  sourceDir: string;
  /** The error that says why it cannot be taken; `tool/unavailable` when left out. */
  refuse?(message: string): AwpError;
}

/**
 * Reads a folder with code of a workflow. Nothing is run. Undefined when there is no such folder.
 * Throws what `refuse` gives for links, for too many or too large files, and for a folder outside of
 * the workflow.
 */
export async function readSources(
  files: Files,
  { workflow, sourceDir, refuse = refused }: SourcePlace,
): Promise<Sources | undefined> {
  const path = sourceDir.replace(/^(\.\/)+|\/+$/g, '');
  const problem = pathProblem(path);
  if (problem !== undefined) throw refuse(`the folder of code cannot be ${sourceDir}: ${problem}`);
  const folder = `${await files.realPath(workflow)}/${path}`;
  const info = await files.info(folder);
  if (info === undefined) return undefined;
  if (info.kind !== 'folder') throw refuse(`${path} is a ${info.kind}, not a folder`);
  if ((await files.realPath(folder)) !== folder) throw refuse(`${path} is behind a link`);
  const found = new Found(files, folder, refuse);
  await found.look('');
  const list = found.list.sort((one, other) => (one.path < other.path ? -1 : 1));
  const text = list.map((file) => `${file.path}\0${file.sha256}\n`).join('');
  return { folder, files: list, hash: sha256(text) };
}

class Found {
  readonly list: SourceFileBytes[] = [];
  readonly #files: Files;
  readonly #folder: string;
  readonly #refuse: (message: string) => AwpError;
  #bytes = 0;

  constructor(files: Files, folder: string, refuse: (message: string) => AwpError) {
    this.#refuse = refuse;
    this.#files = files;
    this.#folder = folder;
  }

  async look(below: string): Promise<void> {
    const names = await this.#files.list(`${this.#folder}/${below}`);
    for (const name of names) {
      if (name.startsWith('.') || LEFT_OUT.has(name)) continue;
      await this.#add(below === '' ? name : `${below}/${name}`);
    }
  }

  async #add(path: string): Promise<void> {
    const full = `${this.#folder}/${path}`;
    const info = await this.#files.info(full);
    if (info?.kind === 'folder') return this.look(path);
    if (info?.kind !== 'file') {
      throw this.#refuse(`${path} is ${info?.kind === 'link' ? 'a link' : 'no regular file'}`);
    }
    this.#bytes += info.bytes;
    if (this.#bytes > MOST_BYTES || this.list.length >= MOST_FILES) {
      throw this.#refuse('the folder of code has more than 2,000 files or 64 MiB');
    }
    const bytes = await this.#files.readBytes(full);
    this.list.push({ path, bytes, sha256: sha256(bytes) });
  }
}

function refused(message: string): AwpError {
  return new AwpError('tool/unavailable', message, {
    hint: 'put the files themselves into the folder, and nothing else',
  });
}
