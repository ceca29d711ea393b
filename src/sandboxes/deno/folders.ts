import type { Files } from '../../ports/effects.ts';
import type { SandboxJob } from '../../ports/sandbox.ts';
import { runCommand } from '../commands.ts';
import type { Machine } from '../machine.ts';
import { type Staged, stageFolders } from '../staging.ts';

/** Where programs find the folders of their job. */
export interface Shown {
  /** Real paths, for who cannot be shown a link. */
  inputs: string;
  shared: string;
  /** Removes what was copied outside of the box's own folder. */
  remove(): Promise<void>;
}

/**
 * Makes `inputs/` and `shared/` of a job visible in the box's folder: as links, or as copies where
 * something in them is a link, because Deno follows links without asking where they lead.
 */
export async function showFolders(machine: Machine, job: SandboxJob, box: string): Promise<Shown> {
  const staged = await stageFolders(machine, job);
  try {
    const inputs = await showFolder(machine, staged.inputs, `${box}/inputs`);
    const shared = await showFolder(machine, staged.shared, `${box}/shared`);
    return { inputs, shared, remove: staged.remove };
  } catch (error) {
    await staged.remove();
    throw error;
  }
}

async function showFolder(
  machine: Machine,
  source: Staged['inputs'],
  target: string,
): Promise<string> {
  const { files } = machine.effects;
  if (source === undefined) {
    await files.makeFolder(target, 0o755);
    return target;
  }
  const entries = await entriesBelow(files, source);
  if (entries.every(({ kind }) => kind !== 'link') && (await link(machine, source, target))) {
    return source;
  }
  await copyRegular(files, { source, target, entries });
  return target;
}

interface Entry {
  /** Below the folder, with `/`. */
  path: string;
  kind: 'file' | 'folder' | 'link' | 'other';
}

async function entriesBelow(files: Files, top: string, below = ''): Promise<Entry[]> {
  const names = await files.list(`${top}${below}`);
  const found = await Promise.all(
    names.map(async (name): Promise<Entry[]> => {
      const path = `${below}/${name}`;
      const kind = (await files.info(`${top}${path}`))?.kind ?? 'other';
      return [{ path, kind }, ...(kind === 'folder' ? await entriesBelow(files, top, path) : [])];
    }),
  );
  return found.flat();
}

/** False where this system has no such command: then there are copies. */
async function link({ effects }: Machine, source: string, target: string): Promise<boolean> {
  if (effects.processes.platform().os === 'win32') return false;
  const args = ['-s', '--', source, target];
  return (await runCommand(effects, { command: '/bin/ln', args }))?.code === 0;
}

/** Copies files, and what links below the folder lead to within it; what leads out is left out. */
async function copyRegular(
  files: Files,
  { source, target, entries }: { source: string; target: string; entries: readonly Entry[] },
): Promise<void> {
  await files.makeFolder(target, 0o755);
  const top = await files.realPath(source);
  for (const { path, kind } of entries) {
    if (kind === 'folder') await files.makeFolder(`${target}${path}`, 0o755);
    if (kind !== 'file' && kind !== 'link') continue;
    const real = await files.realPath(`${source}${path}`).catch(() => undefined);
    if (!real?.startsWith(`${top}/`) || (await files.info(real))?.kind !== 'file') continue;
    await files.copy(real, `${target}${path}`);
    await files.setMode(`${target}${path}`, 0o644);
  }
}
