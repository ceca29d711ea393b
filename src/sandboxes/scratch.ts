import { sha256 } from '../base/hash.ts';
import type { Effects } from '../ports/effects.ts';
import { runCommand } from './commands.ts';
import type { Machine } from './machine.ts';

/**
 * Temporary folders that nobody but us and the box's user can look into. Their names tell which
 * process made them, so that what a killed process left is removed by the next one.
 */
export async function scratchFolder(
  machine: Machine,
  kind: 'jail' | 'none' | 'stage' | 'proxy' | 'quickjs' | 'deno',
): Promise<string> {
  const { effects, uid } = machine;
  const mark = await hostMark(effects);
  const folder = await effects.files.temporaryFolder(
    `awp-${kind}-${mark}-${effects.processes.pid()}-`,
  );
  if (uid !== undefined) await effects.files.setOwner(folder, uid, uid);
  return folder;
}

/**
 * Removes such a folder, whatever a program has made in it: Node's own way fails for trees that are
 * deeper than a path may be long, and for folders that were closed.
 */
export async function removeScratch(machine: Machine, folder: string): Promise<void> {
  const { effects } = machine;
  try {
    await effects.files.remove(folder);
  } catch {
    await runCommand(effects, { command: '/bin/chmod', args: ['-R', 'u+rwX', '--', folder] });
    await runCommand(effects, { command: '/bin/rm', args: ['-rf', '--', folder] });
  }
}

/** Removes the folders of processes of this host that are no more. */
export async function sweepScratch({ effects }: Machine): Promise<void> {
  const { files, processes } = effects;
  const mark = await hostMark(effects);
  const probe = await files.temporaryFolder(`awp-sweep-${mark}-${processes.pid()}-`);
  const parent = probe.slice(0, probe.lastIndexOf('/'));
  try {
    const pattern = new RegExp(`^awp-(?:jail|none|stage|proxy|quickjs|deno|sweep)-${mark}-(\\d+)-`);
    for (const name of await files.list(parent)) {
      const pid = pattern.exec(name)?.[1];
      if (pid === undefined || (await files.info(`/proc/${pid}`)) !== undefined) continue;
      // Another user's folder stays: it is theirs to remove.
      await removeScratch({ effects, uid: undefined }, `${parent}/${name}`);
    }
  } finally {
    await files.remove(probe);
  }
}

/** Containers that share a temporary folder have their own processes, and names of their own. */
export async function hostMark({ files }: Effects): Promise<string> {
  const name = await files.readText('/proc/sys/kernel/hostname').catch(() => '');
  return sha256(name.trim()).slice(0, 8);
}
