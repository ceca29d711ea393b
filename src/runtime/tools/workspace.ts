import { AwpError } from '../../base/errors.ts';
import { normalPath, pathProblem } from '../../base/paths.ts';
import type { Artifact, Frame, RunState } from '../../events/state.ts';
import type { Files } from '../../ports/effects.ts';
import type { Workspace, WorkspaceFile } from '../../ports/tool.ts';
import type { RunFiles, Written } from './artifacts.ts';

/** Deepest folders and most files that a listing walks through. */
const MOST_FOLDERS = 500;
const MOST_FILES = 5000;

/** What one worker sees, for the time of one tool call, and what the call wrote. */
export interface CallWorkspace extends Workspace {
  /** Files written so far, safe in `blobs/`. */
  written(): readonly Written[];
}

/** Where a workspace is made from. */
export interface WorkspaceParts {
  files: Files;
  runFiles: RunFiles;
  state: RunState;
  frame: Frame;
  shared: string | undefined;
}

/** Makes the folders of decision 16 for one tool call. */
export function openWorkspace(parts: WorkspaceParts): CallWorkspace {
  const { files, runFiles, state, frame, shared } = parts;
  const written = new Map<string, Written & { data: Uint8Array }>();
  const own = (): Map<string, Artifact> =>
    new Map(
      [...state.artifacts.values()]
        .filter(({ agent }) => agent === frame.id)
        .map((artifact) => [artifact.name, artifact]),
    );
  const roots = new Map([['inputs', runFiles.inputs]]);
  if (shared !== undefined) roots.set('shared', shared);

  async function readOutput(name: string, maxBytes: number): Promise<Opened | undefined> {
    const fresh = written.get(name);
    if (fresh) return { bytes: fresh.data.subarray(0, maxBytes), size: fresh.bytes };
    const artifact = own().get(name);
    if (!artifact) return undefined;
    return { bytes: await runFiles.read(artifact, maxBytes), size: artifact.bytes };
  }

  async function readIn(root: string, name: string, maxBytes: number): Promise<Opened | undefined> {
    if (root === 'output') return readOutput(name, maxBytes);
    const folder = roots.get(root);
    if (folder === undefined || name === '') return undefined;
    const info = await files.info(`${folder}/${name}`);
    if (info?.kind !== 'file') return undefined;
    return { bytes: await files.readBytes(`${folder}/${name}`, maxBytes), size: info.bytes };
  }

  async function outputFiles(): Promise<WorkspaceFile[]> {
    const sizes = new Map([...own()].map(([name, { bytes }]) => [name, bytes]));
    for (const [name, { bytes }] of written) sizes.set(name, bytes);
    return [...sizes].map(([name, bytes]) => ({ path: `output/${name}`, bytes }));
  }

  return {
    inputs: runFiles.inputs,
    shared,

    async read(given, maxBytes) {
      const path = checked(given);
      for (const [root, name] of places(path)) {
        const found = await readIn(root, name, maxBytes);
        if (found) return { path: `${root}/${name}`, ...found };
      }
      throw new AwpError('tool/not-found', `no file ${given} in inputs/, shared/ or output/`, {
        hint: 'file.list shows what is there',
      });
    },

    async list(given) {
      const folder = given === '' || given === '.' ? '' : checked(given);
      const found = await outputFiles();
      for (const [root, host] of roots) found.push(...(await walk(files, host, root)));
      return found
        .filter(({ path }) => folder === '' || path.startsWith(`${folder}/`))
        .sort((a, b) => (a.path < b.path ? -1 : 1))
        .slice(0, MOST_FILES);
    },

    async write(given, data) {
      const path = checked(given);
      const name = path.startsWith('output/') ? path.slice('output/'.length) : path;
      if (/^(inputs|shared)(\/|$)/.test(name) || name === '' || name === 'output') {
        throw new AwpError(
          'tool/denied',
          `${given} cannot be written: only files below output/ can`,
        );
      }
      written.set(name, { ...(await runFiles.keep(name, data)), data });
      return { path: `output/${name}`, bytes: data.byteLength };
    },

    async output() {
      const kept = [...own().values()].filter(({ name }) => !written.has(name));
      const earlier = await Promise.all(
        kept.map(async (artifact) => ({
          path: artifact.name,
          bytes: await runFiles.read(artifact),
        })),
      );
      return [...earlier, ...[...written].map(([path, { data }]) => ({ path, bytes: data }))];
    },

    written: () => [...written.values()].map(({ data: _, ...file }) => file),
  };
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
