import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  constants,
  existsSync,
  fchmodSync,
  fchownSync,
  fstatSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { AwpError } from '../base/errors.ts';

/** A small text file that nobody but its owner may read. */
export interface PrivateFile {
  /** Its absolute path. */
  path: string;
  /**
   * Its text; undefined when there is none. Throws `secret/not-private` when others can read it or it
   * is a link, `secret/unreadable` when it cannot be read.
   */
  read(): string | undefined;
  /**
   * Puts what `change` makes of its text in its place, whatever other processes write meanwhile;
   * nothing is written when that is the text that was there. Throws as `read` does, and
   * `secret/unwritable`.
   */
  update(change: (text: string | undefined) => string): void;
}

/** Bits of a mode that let others than the owner in. */
const OTHERS = 0o077;
/** Larger files are none of ours. */
const MAX_BYTES = 1024 * 1024;
/** How long another writer is waited for, in milliseconds; each needs a few. */
const PATIENCE_MS = 10_000;
/** A link is not followed, and a pipe that somebody put there does not hold us up. */
const READ = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
const NEW = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
/** Modes say nothing on Windows; there the folder of the user is closed to others. */
const HAS_MODES = process.platform !== 'win32';

/** A private file of this machine (decision 32): mode 0600, in a folder of mode 0700. */
export function privateFile(path: string): PrivateFile {
  return {
    path,
    read: () => readPrivate(path)?.text,
    update: (change) => {
      makePrivateFolder(path);
      alone(path, () => {
        const old = readPrivate(path);
        const text = change(old?.text);
        if (text !== old?.text) replace(path, text, old?.stats);
      });
    },
  };
}

function readPrivate(path: string): { text: string; stats: Stats } | undefined {
  const fd = openPrivate(path);
  if (fd === undefined) return undefined;
  try {
    const stats = fstatSync(fd);
    check(path, stats);
    return { text: readFileSync(fd, 'utf8'), stats };
  } finally {
    closeSync(fd);
  }
}

function openPrivate(path: string): number | undefined {
  try {
    return openSync(path, READ);
  } catch (cause) {
    const code = codeOf(cause);
    if (code === 'ENOENT') return undefined;
    if (code === 'ELOOP') throw notPrivate(path, 'is a link', 'put the file itself there');
    throw new AwpError('secret/unreadable', `${path} cannot be read (${code})`, {
      hint: `look at its owner and mode: ls -l ${path}`,
    });
  }
}

/** What was opened is what is checked, so that nothing can be put in its place meanwhile. */
function check(path: string, stats: Stats): void {
  if (!stats.isFile()) throw notPrivate(path, 'is no file', 'take it away');
  if (HAS_MODES && (stats.mode & OTHERS) !== 0) {
    const fix = `chmod 600 ${path}; change the secrets if somebody may have read them`;
    throw notPrivate(path, 'can be read or written by others', fix);
  }
  if (stats.size > MAX_BYTES) {
    throw new AwpError('secret/unreadable', `${path} is larger than 1 MiB`, {
      hint: 'it cannot be a store of secrets: take it away',
    });
  }
}

function notPrivate(path: string, what: string, hint: string): AwpError {
  return new AwpError('secret/not-private', `${path} ${what}`, { hint });
}

/** Makes the folder, and closes one of ours that is open to others. */
function makePrivateFolder(path: string): void {
  const folder = dirname(path);
  writing(path, () => {
    makeFolders(folder);
    if (HAS_MODES && (statSync(folder).mode & OTHERS) !== 0) chmodSync(folder, 0o700);
  });
}

/** One after another: on file systems of the kernel, Node's own way would never end. */
function makeFolders(folder: string): void {
  if (existsSync(folder)) return;
  const above = dirname(folder);
  if (above !== folder) makeFolders(above);
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
  }
}

/**
 * Does something while no other process does it. The lock is one of the operating system: it ends
 * with the process that holds it. Nothing waits meanwhile, so two of one process never meet.
 */
function alone(path: string, action: () => void): void {
  const lock = writing(path, () => {
    const database = new DatabaseSync(`${path}.lock`);
    try {
      database.exec(`PRAGMA busy_timeout = ${PATIENCE_MS}; BEGIN IMMEDIATE`);
      return database;
    } catch (error) {
      database.close();
      throw error;
    }
  });
  try {
    action();
  } finally {
    lock.close();
  }
}

function replace(path: string, text: string, old: Stats | undefined): void {
  const temporary = join(dirname(path), `.awp-${randomBytes(8).toString('hex')}.tmp`);
  writing(path, () => {
    try {
      writeNew(temporary, text, old);
      renameSync(temporary, path);
    } catch (error) {
      rmSync(temporary, { force: true });
      throw error;
    }
    syncFolder(dirname(path));
  });
}

function writeNew(path: string, text: string, old: Stats | undefined): void {
  const fd = openSync(path, NEW, 0o600);
  try {
    // Of a file of another user that root changes, the owner stays.
    if (old && process.geteuid?.() === 0) fchownSync(fd, old.uid, old.gid);
    if (HAS_MODES) fchmodSync(fd, 0o600);
    writeFileSync(fd, text);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

function syncFolder(folder: string): void {
  if (!HAS_MODES) return;
  const fd = openSync(folder, constants.O_RDONLY);
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

function writing<T>(path: string, action: () => T): T {
  try {
    return action();
  } catch (cause) {
    throw new AwpError('secret/unwritable', `${path} cannot be written (${codeOf(cause)})`, {
      hint: 'look at the owner and mode of its folder, or set AWP_CONFIG_HOME to another one',
    });
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
}
