import { AwpError } from '../../base/errors.ts';
import { normalPath, pathProblem } from '../../base/paths.ts';
import type { Artifact, Frame, RunState } from '../../events/state.ts';
import type { Files } from '../../ports/effects.ts';
import type { Workspace, WorkspaceFile } from '../../ports/tool.ts';
import type { RunFiles, Written } from './artifacts.ts';

/** Deepest folders and most files that a listing walks through. */
const MOST_FOLDERS = 500;
const MOST_FILES = 5000;

/** Where a workspace is made from. */
export interface WorkspaceParts {
  files: Files;
  runFiles: RunFiles;
  state: RunState;
  frame: Frame;
  /** Host folders of `inputs/` and `shared/`. */
  inputs: string;
  shared: string | undefined;
}

/** The folders of decision 16 as one worker sees them, for the time of one tool call. */
export class CallWorkspace implements Workspace {
  readonly inputs: string;
  readonly shared: string | undefined;
  readonly #files: Files;
  readonly #runFiles: RunFiles;
  /** The worker's files of earlier calls, by their path below `output/`. */
  readonly #own: Map<string, Artifact>;
  /** What was taken back in this call: path below `artifacts/`, by path below `output/`. */
  readonly #removed = new Map<string, string>();
  readonly #written = new Map<string, Written & { data: Uint8Array }>();
  readonly #roots: ReadonlyMap<string, string>;

  constructor({ files, runFiles, state, frame, inputs, shared }: WorkspaceParts) {
    this.#files = files;
    this.#runFiles = runFiles;
    this.inputs = inputs;
    this.shared = shared;
    const own = [...state.artifacts.values()].filter(({ agent }) => agent === frame.id);
    this.#own = new Map(own.map((artifact) => [artifact.name, artifact]));
    this.#roots = new Map([
      ['inputs', this.inputs],
      ...(shared === undefined ? [] : ([['shared', shared]] as const)),
    ]);
  }

  async read(given: string, maxBytes: number): Promise<Opened & { path: string }> {
    for (const [root, name] of places(checked(given))) {
      const found =
        root === 'output'
          ? await this.#readOutput(name, maxBytes)
          : await this.#readFolder(root, name, maxBytes);
      if (found) return { path: `${root}/${name}`, ...found };
    }
    throw new AwpError('tool/not-found', `no file ${given} in inputs/, shared/ or output/`, {
      hint: 'file.list shows what is there',
    });
  }

  async list(given: string): Promise<WorkspaceFile[]> {
    const folder = given === '' || given === '.' ? '' : checked(given);
    const sizes = new Map([...this.#own].map(([name, { bytes }]) => [name, bytes]));
    for (const [name, { bytes }] of this.#written) sizes.set(name, bytes);
    const found = [...sizes].map(([name, bytes]) => ({ path: `output/${name}`, bytes }));
    for (const [root, host] of this.#roots) found.push(...(await walk(this.#files, host, root)));
    return found
      .filter(({ path }) => folder === '' || path.startsWith(`${folder}/`))
      .sort((a, b) => (a.path < b.path ? -1 : 1))
      .slice(0, MOST_FILES);
  }

  async write(given: string, data: Uint8Array): Promise<WorkspaceFile> {
    const path = checked(given);
    const name = path.startsWith('output/') ? path.slice('output/'.length) : path;
    if (/^(inputs|shared)(\/|$)/.test(name) || name === '' || name === 'output') {
      throw new AwpError('tool/denied', `${given} cannot be written: only files below output/ can`);
    }
    this.#removed.delete(name);
    this.#written.set(name, { ...(await this.#runFiles.keep(name, data)), data });
    return { path: `output/${name}`, bytes: data.byteLength };
  }

  async remove(given: string): Promise<{ path: string }> {
    const path = checked(given);
    const name = path.startsWith('output/') ? path.slice('output/'.length) : path;
    const artifact = this.#own.get(name);
    const fresh = this.#written.delete(name);
    if (artifact) {
      this.#own.delete(name);
      this.#removed.set(name, artifact.path);
    }
    if (artifact || fresh) return { path: `output/${name}` };
    if (await this.#isElsewhere(path)) {
      throw new AwpError(
        'tool/denied',
        `${given} cannot be deleted: only own files of output/ can`,
      );
    }
    throw new AwpError('tool/not-found', `no file ${given} that this agent wrote below output/`);
  }

  async output(): Promise<{ path: string; bytes: Uint8Array }[]> {
    const kept = [...this.#own.values()].filter(({ name }) => !this.#written.has(name));
    const earlier = await Promise.all(
      kept.map(async (file) => ({ path: file.name, bytes: await this.#runFiles.read(file) })),
    );
    return [...earlier, ...[...this.#written].map(([path, { data }]) => ({ path, bytes: data }))];
  }

  /** Files written in this call so far, safe in `blobs/`. */
  written(): readonly Written[] {
    return [...this.#written.values()].map(({ data: _, ...file }) => file);
  }

  /** Paths below `artifacts/` that were taken back in this call and not written again. */
  removed(): readonly string[] {
    return [...this.#removed.values()];
  }

  async #isElsewhere(path: string): Promise<boolean> {
    for (const [root, name] of places(path)) {
      if (root !== 'output' && (await this.#readFolder(root, name, 0))) return true;
    }
    return false;
  }

  async #readOutput(name: string, maxBytes: number): Promise<Opened | undefined> {
    const fresh = this.#written.get(name);
    if (fresh) return { bytes: fresh.data.subarray(0, maxBytes), size: fresh.bytes };
    const artifact = this.#own.get(name);
    if (!artifact) return undefined;
    return { bytes: await this.#runFiles.read(artifact, maxBytes), size: artifact.bytes };
  }

  async #readFolder(root: string, name: string, maxBytes: number): Promise<Opened | undefined> {
    const folder = this.#roots.get(root);
    if (folder === undefined || name === '') return undefined;
    const path = `${folder}/${name}`;
    const info = await this.#files.info(path);
    if (info?.kind !== 'file') return undefined;
    // A link above it could lead anywhere (threat T05).
    const [real, top] = await Promise.all([path, folder].map((one) => this.#files.realPath(one)));
    if (!real?.startsWith(`${top}/`)) return undefined;
    return { bytes: await this.#files.readBytes(path, maxBytes), size: info.bytes };
  }
}

interface Opened {
  bytes: Uint8Array;
  size: number;
}

function checked(path: string): string {
  const problem = pathProblem(path);
  if (problem) throw new AwpError('tool/denied', `${JSON.stringify(path)}: ${problem}`);
  return normalPath(path);
}

/** Where a path may lead: into its root, or, without one, into each of the three folders. */
function places(path: string): [root: string, name: string][] {
  const slash = path.indexOf('/');
  const root = slash < 0 ? '' : path.slice(0, slash);
  if (root === 'inputs' || root === 'shared' || root === 'output') {
    return [[root, path.slice(slash + 1)]];
  }
  return [
    ['inputs', path],
    ['shared', path],
    ['output', path],
  ];
}

async function walk(files: Files, host: string, root: string): Promise<WorkspaceFile[]> {
  const found: WorkspaceFile[] = [];
  const folders = [''];
  for (let count = 0; folders.length > 0 && count < MOST_FOLDERS; count++) {
    const folder = folders.pop() ?? '';
    for (const name of await files.list(host + folder)) {
      const path = `${folder}/${name}`;
      const info = await files.info(host + path);
      if (info?.kind === 'folder') folders.push(path);
      else if (info?.kind === 'file') found.push({ path: root + path, bytes: info.bytes });
      if (found.length >= MOST_FILES) return found;
    }
  }
  return found;
}
