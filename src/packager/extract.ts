import { dirname, join } from 'node:path';
import { AwpError } from '../base/errors.ts';
import type { Files } from '../ports/effects.ts';

/** Where files are extracted to. */
export interface ExtractOptions {
  files: Files;
  /** Absolute path of the folder that is made. */
  target: string;
  /** A folder beside it that nothing has yet, on the same file system. */
  temporary: string;
  /** Whether a workflow that is there may be put aside. */
  force: boolean;
}

/**
 * Writes verified files: all of them to a temporary neighbour, which then gets the name. Whatever
 * goes wrong before leaves nothing behind. A folder that was there is put aside and never removed;
 * its new path is returned. Throws `usage/target-exists`.
 */
export async function extract(
  contents: ReadonlyMap<string, Uint8Array>,
  { files, target, temporary, force }: ExtractOptions,
): Promise<string | undefined> {
  const aside = await placeFor(target, force, files);
  await files.makeFolder(dirname(target));
  await files.makeFolder(temporary);
  try {
    for (const [path, data] of contents) {
      const file = join(temporary, path);
      await files.makeFolder(dirname(file));
      await files.write(file, data);
    }
    if (aside !== undefined) await files.rename(target, aside);
    try {
      await files.rename(temporary, target);
    } catch (error) {
      if (aside !== undefined) await files.rename(aside, target);
      throw error;
    }
    return aside;
  } catch (error) {
    await files.remove(temporary);
    throw error;
  }
}

/** Where what is there goes, undefined when there is nothing. */
async function placeFor(target: string, force: boolean, files: Files): Promise<string | undefined> {
  const there = await files.info(target);
  if (there === undefined) return undefined;
  if (!force) {
    throw new AwpError('usage/target-exists', `there is something at ${target} already`, {
      hint: 'name another folder with -o, or put the old one aside with --force',
    });
  }
  const workflow = await files.info(join(target, 'workflow.awp.yaml'));
  if (there.kind !== 'folder' || workflow?.kind !== 'file') {
    throw new AwpError('usage/target-exists', `${target} is no workflow folder`, {
      hint: 'only a folder with a workflow.awp.yaml is put aside; name another one with -o',
    });
  }
  for (let number = 1; ; number++) {
    const aside = `${target}.old${number === 1 ? '' : `-${number}`}`;
    if ((await files.info(aside)) === undefined) return aside;
  }
}
