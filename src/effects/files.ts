import { createHash, randomBytes } from 'node:crypto';
import { constants, createReadStream, type Stats } from 'node:fs';
import {
  chmod,
  chown,
  copyFile,
  type FileHandle,
  link,
  lstat,
  mkdir,
  mkdtemp,
  open,
  readdir,
  readFile,
  realpath,
  rename,
  rm,
  rmdir,
  stat,
  statfs,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { FileInfo, Files } from '../ports/effects.ts';
import { watchPath } from './watch.ts';

/** A new file only: neither an old one nor a link that somebody laid there is ever written to. */
const NEW_FILE = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
/** What is read of a file that says it is empty, as those below /proc do. */
const SIZE_UNKNOWN = 64 * 1024;
/** How file systems answer that cannot sync a folder; the rename is then as safe as they make it. */
const NO_FOLDER_SYNC = new Set(['EPERM', 'EACCES', 'EISDIR', 'EINVAL', 'ENOTSUP']);

/** The files of this machine. */
export function nodeFiles(): Files {
  return {
    readText: (path) => readFile(path, 'utf8'),
    readBytes,
    hash,
    write: (path, data) =>
      replace(path, async (temporary) => writeNew(temporary, data, await modeOf(path))),
    writePrivate,
    extend,
    tell,
    copy: (from, to) => replace(to, (temporary) => copyNew(from, temporary)),
    rename: renameSynced,
    makeFolder,
    list,
    info,
    realPath: (path) => realpath(path),
    space,
    remove: (path) => rm(path, { recursive: true, force: true, maxRetries: 3 }),
    removeFolder: (path) => rmdir(path),
    setMode: (path, mode) => chmod(path, mode),
    setOwner: (path, uid, gid) => chown(path, uid, gid),
    link: (from, to) => link(from, to),
    watch: watchPath,
    temporaryFolder: (prefix) => mkdtemp(join(tmpdir(), prefix)),
  };
}

async function writePrivate(path: string, text: string): Promise<void> {
  await writeNew(path, text, 0o600);
  await syncFolder(dirname(path));
}

async function extend(path: string, text: string): Promise<void> {
  const file = await open(path, constants.O_WRONLY | constants.O_APPEND | constants.O_NOFOLLOW);
  try {
    await file.writeFile(text);
    await file.datasync();
  } finally {
    await file.close();
  }
}

async function tell(path: string, text: string): Promise<void> {
  const file = await open(path, constants.O_WRONLY | constants.O_NOFOLLOW);
  try {
    await file.writeFile(text);
  } finally {
    await file.close();
  }
}

async function space(path: string): Promise<{ bytes: number; entries: number; free: number }> {
  const { bsize, blocks, bfree, files, ffree } = await statfs(path);
  return { bytes: (blocks - bfree) * bsize, entries: files - ffree, free: bfree * bsize };
}

async function readBytes(path: string, maxBytes?: number): Promise<Uint8Array> {
  if (maxBytes === undefined) return new Uint8Array(await readFile(path));
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    const bytes = new Uint8Array(Math.min(size || SIZE_UNKNOWN, maxBytes));
    return bytes.subarray(0, await fill(file, bytes));
  } finally {
    await file.close();
  }
}

async function fill(file: FileHandle, bytes: Uint8Array): Promise<number> {
  let length = 0;
  while (length < bytes.length) {
    const { bytesRead } = await file.read(bytes, length, bytes.length - length, length);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  return length;
}

async function hash(path: string): Promise<string> {
  const digest = createHash('sha256');
  await pipeline(createReadStream(path, { highWaterMark: 1024 * 1024 }), digest);
  return digest.digest('hex');
}

/** Has a temporary neighbour made, and renames it: who reads `path` sees all of it or nothing. */
async function replace(path: string, make: (temporary: string) => Promise<void>): Promise<void> {
  const folder = dirname(path);
  const temporary = join(folder, `.awp-${randomBytes(8).toString('hex')}.tmp`);
  try {
    await make(temporary);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await syncFolder(folder);
}

async function writeNew(path: string, data: string | Uint8Array, mode?: number): Promise<void> {
  const file = await open(path, NEW_FILE, mode ?? 0o666);
  try {
    if (mode !== undefined) await file.chmod(mode);
    await file.writeFile(data);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Who may read and write a file; undefined when there is none to be replaced. */
async function modeOf(path: string): Promise<number | undefined> {
  const stats = await lstat(path).catch(() => undefined);
  return stats?.isFile() ? stats.mode & 0o777 : undefined;
}

async function copyNew(from: string, to: string): Promise<void> {
  await copyFile(from, to, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
  // The copy has the mode of the original, which may be read-only; syncing needs no more.
  const file = await open(to, 'r');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

async function renameSynced(from: string, to: string): Promise<void> {
  await rename(from, to);
  await syncFolder(dirname(to));
}

async function makeFolder(path: string, mode?: number): Promise<void> {
  const first = await makeAll(path, mode);
  if (first === undefined) return;
  // Every new name is part of the folder above it, and only safe once that one is synced.
  for (let made = path; made.length >= first.length; made = dirname(made)) {
    await syncFolder(dirname(made));
  }
}

/**
 * Makes a folder and those above it and returns the first that was missing. Node's own way tries for
 * ever where a folder is there in which nothing can be made, as below /proc.
 */
async function makeAll(path: string, mode: number | undefined): Promise<string | undefined> {
  const direct = await makeOne(path, mode);
  if (direct !== 'no parent') return direct === 'made' ? path : undefined;
  const parent = dirname(path);
  const first = parent === path ? undefined : await makeAll(parent, mode);
  // The parent is there now. If it was there before, nothing of that name can be made in it.
  const made = await makeOne(path, mode);
  if (made === 'no parent') {
    throw Object.assign(new Error(`ENOENT: no folder can be made at ${path}`), { code: 'ENOENT' });
  }
  return first ?? (made === 'made' ? path : undefined);
}

async function makeOne(
  path: string,
  mode: number | undefined,
): Promise<'made' | 'there' | 'no parent'> {
  try {
    await mkdir(path, mode);
    return 'made';
  } catch (error) {
    const code = codeOf(error);
    if (code === 'ENOENT') return 'no parent';
    if (code === 'EEXIST' && (await stat(path)).isDirectory()) return 'there';
    throw error;
  }
}

async function syncFolder(path: string): Promise<void> {
  try {
    const folder = await open(path, constants.O_RDONLY);
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  } catch (error) {
    if (!NO_FOLDER_SYNC.has(codeOf(error) ?? '')) throw error;
  }
}

async function list(path: string): Promise<string[]> {
  try {
    return (await readdir(path)).sort();
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return [];
    throw error;
  }
}

async function info(path: string): Promise<FileInfo | undefined> {
  try {
    const stats = await lstat(path);
    return { kind: kindOf(stats), bytes: stats.size };
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return undefined;
    throw error;
  }
}

function kindOf(stats: Stats): FileInfo['kind'] {
  if (stats.isFile()) return 'file';
  if (stats.isDirectory()) return 'folder';
  return stats.isSymbolicLink() ? 'link' : 'other';
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
}
