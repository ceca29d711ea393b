import { sha256 } from '../../base/hash.ts';
import { fileSafe } from '../../base/paths.ts';
import { writeError } from '../../base/write-error.ts';
import type { Fact } from '../../events/event.ts';
import type { Artifact, Frame, RunState } from '../../events/state.ts';
import { foldersOf } from '../../events/transitions.ts';
import type { Files } from '../../ports/effects.ts';
import { isEarlier, sharedKey } from '../nodes/earlier-files.ts';
import { ContextFiles } from './context-files.ts';

/** A file that a tool wrote below `output/`, already safe in `blobs/`. */
export interface Written {
  /** Path below `output/`. */
  name: string;
  bytes: number;
  sha256: string;
}

/**
 * The files of one run. Contents are kept by hash in `blobs/` before the event that names them is
 * written, and appear under their names in `artifacts/` after it: a crash in between loses nothing.
 */
export class RunFiles {
  readonly #files: Files;
  readonly #folder: string;
  readonly #shared = new Map<string, Promise<string | undefined>>();

  readonly #context: ContextFiles;

  constructor(files: Files, folder: string) {
    this.#files = files;
    this.#folder = folder;
    this.#context = new ContextFiles(files, folder);
  }

  /** Host folder of an agent's `inputs/`: the run's, with what its prompt had no room for. */
  async inputsOf(frame: Frame): Promise<string> {
    return this.#guarded(() => this.#context.inputsOf(frame));
  }

  /** Keeps what an agent's prompt has no room for, before the question is written down. */
  async keepContext(frame: Frame, files: readonly { name: string; text: string }[]): Promise<void> {
    await this.#guarded(() => this.#context.keep(frame, files));
  }

  /** Host path of an artifact. */
  artifact(path: string): string {
    return `${this.#folder}/artifacts/${path}`;
  }

  /** Keeps content by its hash. Throws `store/full` and the like. */
  async keep(name: string, data: Uint8Array): Promise<Written> {
    const hash = sha256(data);
    const path = this.#blob(hash);
    await this.#guarded(async () => {
      const known = await this.#files.info(path);
      if (known?.kind === 'file' && known.bytes === data.byteLength) return;
      await this.#files.makeFolder(`${this.#folder}/blobs`);
      await this.#files.write(path, data);
    });
    return { name, bytes: data.byteLength, sha256: hash };
  }

  /** The content of an artifact as the log knows it. */
  async read({ sha256: hash }: Artifact, maxBytes?: number): Promise<Uint8Array> {
    return this.#files.readBytes(this.#blob(hash), maxBytes);
  }

  /** Content by its hash; rejects when there is none. */
  async blob(hash: string, maxBytes: number): Promise<Uint8Array> {
    return this.#files.readBytes(this.#blob(hash), maxBytes);
  }

  /** Shows an artifact under its name; an older version is replaced in one step. */
  async show({ path, sha256: hash }: { path: string; sha256: string }): Promise<void> {
    const target = this.artifact(path);
    await this.#guarded(async () => {
      await this.#files.makeFolder(target.slice(0, target.lastIndexOf('/')));
      await this.#files.copy(this.#blob(hash), target);
    });
  }

  /** Takes an artifact's name away; its content stays among the blobs. */
  async hide(path: string): Promise<void> {
    await this.#guarded(() => this.#files.remove(this.artifact(path)));
  }

  /** Brings `artifacts/` in line with the log after a crash. */
  async repair(state: RunState): Promise<void> {
    for (const artifact of state.artifacts.values()) {
      const path = this.artifact(artifact.path);
      const info = await this.#files.info(path);
      const same = info?.kind === 'file' && (await this.#files.hash(path)) === artifact.sha256;
      if (!same) await this.show(artifact);
    }
  }

  /**
   * Host folder with the artifacts that an agent sees in `shared/` (see `isEarlier`); undefined when
   * there are none. All agents of one node, or of one turn, have the same.
   */
  shared(state: RunState, frame: Frame): Promise<string | undefined> {
    const key = sharedKey(state, frame);
    const known = this.#shared.get(key);
    if (known !== undefined) return known;
    const made = this.#makeShared(state, frame, key);
    this.#shared.set(key, made);
    return made;
  }

  async #makeShared(state: RunState, frame: Frame, key: string): Promise<string | undefined> {
    const earlier = [...state.artifacts.values()].filter((file) => isEarlier(state, file, frame));
    if (earlier.length === 0) return undefined;
    const folder = `${this.#folder}/shared/${fileSafe(key)}`;
    await this.#guarded(async () => {
      await this.#files.remove(folder);
      for (const { path, sha256: hash } of earlier) {
        const target = `${folder}/${path}`;
        await this.#files.makeFolder(target.slice(0, target.lastIndexOf('/')));
        await this.#files.copy(this.#blob(hash), target);
      }
    });
    return folder;
  }

  #blob(hash: string): string {
    return `${this.#folder}/blobs/${hash}`;
  }

  async #guarded<T>(write: () => Promise<T>): Promise<T> {
    try {
      return await write();
    } catch (error) {
      throw writeError(error, 'a file of the run could not be kept');
    }
  }
}

interface Given {
  state: RunState;
  taken: Map<string, string>;
}

/**
 * The facts that files were written, with the path of each below `artifacts/`: its own name, or
 * `<agent>__<name>` when another agent has that name (decision 15). Unchanged files are left out.
 * `taken` holds the paths given out since the state last moved.
 */
export function artifactFacts(
  { state, taken }: Given,
  frame: Frame,
  files: readonly Written[],
): Extract<Fact, { type: 'artifact.written' }>[] {
  return files.flatMap((file): Extract<Fact, { type: 'artifact.written' }>[] => {
    const path = freePath({ state, taken }, frame, file.name);
    if (state.artifacts.get(path)?.sha256 === file.sha256) return [];
    taken.set(path, frame.id);
    const { name, bytes, sha256: hash } = file;
    const data = { path, name, type: mediaType(name), bytes, sha256: hash };
    return [{ type: 'artifact.written', agent: frame.id, data }];
  });
}

function freePath(given: Given, frame: Frame, name: string): string {
  const prefix = `${fileSafe(frame.name)}__`;
  let path = name;
  while (isTaken(given, frame.id, path)) path = `${prefix}${path}`;
  return path;
}

/** Whether a path belongs to another agent, is a folder, or lies below a file. */
function isTaken({ state, taken }: Given, agent: string, path: string): boolean {
  const owner = taken.get(path) ?? state.artifacts.get(path)?.agent;
  if (owner !== undefined && owner !== agent) return true;
  if (state.artifactFolders.has(path)) return true;
  if (foldersOf(path).some((folder) => state.artifacts.has(folder) || taken.has(folder)))
    return true;
  return [...taken.keys()].some((other) => other.startsWith(`${path}/`));
}

const TYPES: ReadonlyMap<string, string> = new Map([
  ['csv', 'text/csv'],
  ['gif', 'image/gif'],
  ['html', 'text/html'],
  ['jpeg', 'image/jpeg'],
  ['jpg', 'image/jpeg'],
  ['js', 'text/javascript'],
  ['json', 'application/json'],
  ['md', 'text/markdown'],
  ['parquet', 'application/vnd.apache.parquet'],
  ['pdf', 'application/pdf'],
  ['png', 'image/png'],
  ['py', 'text/x-python'],
  ['svg', 'image/svg+xml'],
  ['tsv', 'text/tab-separated-values'],
  ['txt', 'text/plain'],
  ['webp', 'image/webp'],
  ['xlsx', 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet'],
  ['xml', 'application/xml'],
  ['yaml', 'application/yaml'],
  ['zip', 'application/zip'],
]);

function mediaType(name: string): string {
  const suffix = name.slice(name.lastIndexOf('.') + 1).toLowerCase();
  return TYPES.get(suffix) ?? 'application/octet-stream';
}
