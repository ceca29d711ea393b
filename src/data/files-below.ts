import { dirname, join } from 'node:path';
import { AwpError } from '../base/errors.ts';
import { pathProblem } from '../base/paths.ts';
import type { Files } from '../ports/effects.ts';
import type { SandboxFile } from '../ports/sandbox.ts';

/** A folder that files of a program are written to. */
export interface FilesBelow {
  /** Absolute; it is made when it is not there. */
  folder: string;
  files: Files;
}

/** Makes the folder, so that a program is not run for nothing. Throws `usage/not-writable`. */
export async function makeFolderFor({ folder, files }: FilesBelow): Promise<void> {
  await guard(folder, () => files.makeFolder(folder));
}

/**
 * Writes what a program handed back, and gives the absolute paths. Files that are there are
 * replaced; nothing is written through a link below the folder. Throws `usage/not-writable`.
 */
export async function writeBelow(
  place: FilesBelow,
  written: readonly SandboxFile[],
): Promise<string[]> {
  const paths: string[] = [];
  for (const { path, bytes } of written) {
    const target = join(place.folder, path);
    await guard(target, async () => {
      await makeFolders(place, path);
      await place.files.write(target, bytes);
    });
    paths.push(target);
  }
  return paths;
}

/** The folders above one file, each of which must be a real one: a link could lead anywhere. */
async function makeFolders({ folder, files }: FilesBelow, path: string): Promise<void> {
  const problem = pathProblem(path);
  if (problem !== undefined) throw new Error(problem);
  let above = folder;
  for (const part of dirname(path).split('/')) {
    above = join(above, part);
    if (above === folder) continue;
    const info = await files.info(above);
    if (info === undefined) await files.makeFolder(above);
    else if (info.kind !== 'folder') throw new Error(`${above} is a ${info.kind}, not a folder`);
  }
}

async function guard(path: string, write: () => Promise<void>): Promise<void> {
  try {
    await write();
  } catch (cause) {
    throw new AwpError('usage/not-writable', `${path} cannot be written`, {
      cause,
      hint: 'choose a folder that you may write to: -o DIR',
    });
  }
}
