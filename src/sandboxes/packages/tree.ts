import { AwpError } from '../../base/errors.ts';
import type { Effects } from '../../ports/effects.ts';
import { runCommand } from '../commands.ts';
import type { Machine } from '../machine.ts';

/** Folders that are looked at at the same time. */
const AT_ONCE = 16;

/** Bytes and number of everything below a folder; stops to count soon after one is over its limit. */
export async function measure(
  effects: Pick<Effects, 'files'>,
  folder: string,
  limits: { maxBytes: number; maxFiles: number },
): Promise<{ bytes: number; count: number }> {
  const sum = { bytes: 0, count: 0 };
  await walk(effects, folder, (_path, { bytes }) => {
    sum.bytes += bytes;
    sum.count += 1;
    return sum.bytes <= limits.maxBytes && sum.count <= limits.maxFiles;
  });
  return sum;
}

/**
 * Makes what an installer left into something that nobody changes any more: only files and folders,
 * all readable, files not writable, none with the rights of its owner, and ours when we are root.
 * Throws `sandbox/bad-package` for a link or a special file.
 */
export async function seal({ effects, uid }: Machine, folder: string): Promise<void> {
  const mine: string[] = [folder];
  await walk(effects, folder, (path, { kind }) => {
    if (kind === 'link' || kind === 'other') throw notPlain(path.slice(folder.length + 1));
    mine.push(path);
    return true;
  });
  if (uid !== undefined) for (const path of mine) await effects.files.setOwner(path, 0, 0);
  // A folder stays writable for its owner, who could not remove it otherwise.
  const folders = ['-type', 'd', '-exec', '/bin/chmod', '755', '{}', '+'];
  const others = ['-type', 'f', '-exec', '/bin/chmod', 'a-w,a+rX,a-s', '{}', '+'];
  const done = await runCommand(effects, {
    command: '/usr/bin/find',
    args: [folder, ...folders, '-o', ...others],
    timeoutMs: 120_000,
  });
  if (done?.code !== 0) {
    throw new AwpError('sandbox/broken', 'installed packages could not be made read-only', {
      hint: 'check that find and chmod are installed',
    });
  }
  // What is renamed into its place must still be there after the power went. Best effort.
  await runCommand(effects, { command: '/bin/sync', args: ['-f', folder], timeoutMs: 60_000 });
}

type Visit = (path: string, info: { kind: string; bytes: number }) => boolean;

/** Visits everything below a folder until a visit is answered with false; no link is followed. */
async function walk({ files }: Pick<Effects, 'files'>, top: string, visit: Visit): Promise<void> {
  const folders = [top];
  while (folders.length > 0) {
    const looked = await Promise.all(
      folders.splice(-AT_ONCE).map(async (folder) => {
        const names = await files.list(folder);
        const paths = names.map((name) => `${folder}/${name}`);
        return await Promise.all(
          paths.map(async (path) => ({ path, info: await files.info(path) })),
        );
      }),
    );
    for (const { path, info } of looked.flat()) {
      if (!info) continue;
      if (!visit(path, info)) return;
      if (info.kind === 'folder') folders.push(path);
    }
  }
}

function notPlain(path: string): AwpError {
  const shown = JSON.stringify(path.slice(0, 200));
  return new AwpError('sandbox/bad-package', `a package has a link or a special file: ${shown}`, {
    hint: 'use another version of the package, or leave it out',
  });
}
