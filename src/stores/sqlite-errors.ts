import { AwpError, type ErrorDetails } from '../base/errors.ts';

/** SQLite's primary result codes that mean something to us; see its "Result and Error Codes". */
const SQLITE_BUSY = 5;
const SQLITE_LOCKED = 6;
const SQLITE_READONLY = 8;
const SQLITE_CORRUPT = 11;
const SQLITE_FULL = 13;
/** Only a row that should not be there can break one of our constraints. */
const SQLITE_CONSTRAINT = 19;
const SQLITE_NOTADB = 26;
/** A failed sync: what the system held in memory may be gone, so trying again proves nothing. */
const SYNC_FAILED = new Set([1034, 1290]);

/** The result code of an error that SQLite threw, extended; undefined for all other errors. */
function resultCode(error: unknown): number | undefined {
  const code = error instanceof Error && 'errcode' in error ? error.errcode : undefined;
  return typeof code === 'number' ? code : undefined;
}

/** Whether another connection is in the way, so that trying again helps. */
export function isBusy(error: unknown): boolean {
  const primary = (resultCode(error) ?? 0) & 0xff;
  return primary === SQLITE_BUSY || primary === SQLITE_LOCKED;
}

/** Whether a sync to disk failed, after which nothing written before may be believed safe. */
export function isFailedSync(error: unknown): boolean {
  return SYNC_FAILED.has(resultCode(error) ?? 0);
}

/** Any error of SQLite or of the file system as a `store/...` error; an `AwpError` stays as it is. */
export function toStoreError(error: unknown, path: string): AwpError {
  if (error instanceof AwpError) return error;
  const sqlite = resultCode(error);
  const system = (error as NodeJS.ErrnoException | undefined)?.code;
  if (sqlite !== undefined) return fromSqlite(sqlite & 0xff, path, error);
  if (system === 'ENOSPC' || system === 'EDQUOT' || system === 'EFBIG') return full(path, error);
  if (system === 'EROFS' || system === 'EACCES' || system === 'EPERM') return readOnly(path, error);
  if (system === undefined || system.startsWith('ERR_')) {
    return new AwpError('internal/bug', `the store failed: ${text(error)}`, { cause: error });
  }
  return io(path, error);
}

function fromSqlite(code: number, path: string, cause: unknown): AwpError {
  switch (code) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return new AwpError('store/busy', `other processes keep ${path} busy`, {
        cause,
        hint: 'try again; something writes there without pause',
        retryAfterMs: 1000,
      });
    case SQLITE_READONLY:
      return readOnly(path, cause);
    case SQLITE_FULL:
      return full(path, cause);
    case SQLITE_CORRUPT:
    case SQLITE_CONSTRAINT:
    case SQLITE_NOTADB:
      return damagedFile(path, text(cause), cause);
    default:
      return io(path, cause);
  }
}

/** `store/damaged`: the database as a whole cannot be used. */
export function damagedFile(path: string, what: string, cause?: unknown): AwpError {
  const hint = 'nothing was changed; restore the file from a backup, or move it away to start anew';
  return new AwpError('store/damaged', `${path} is damaged: ${what}`, { cause, hint });
}

/** `store/newer`: a later release wrote the database. */
export function newerFile(path: string, version: number): AwpError {
  return new AwpError('store/newer', `${path} has schema ${version}, of a newer awp-agents`, {
    hint: 'update awp-agents; nothing was changed',
  });
}

/** `store/read-only`: nothing can be written where the store lies. */
export function readOnly(path: string, cause?: unknown): AwpError {
  return new AwpError('store/read-only', `${path} cannot be written`, {
    cause,
    hint: 'change its permissions, or set AWP_HOME to a folder that can be written',
  });
}

function full(path: string, cause: unknown): AwpError {
  return new AwpError('store/full', `no space is left for ${path}`, {
    cause,
    hint: 'make room on the disk and resume the run; what was written is safe',
  });
}

function io(path: string, cause: unknown): AwpError {
  return new AwpError('store/io', `${path} cannot be read or written: ${text(cause)}`, {
    cause,
    hint: 'check the disk; a network drive may not work, set AWP_HOME to a local folder',
  });
}

function text(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** An error in a form that crosses threads; `fromWire` makes it whole again. */
export interface WireError {
  code: string;
  message: string;
  hint: string | undefined;
  retryAfterMs: number | undefined;
}

/** An error in a form that crosses threads. */
export function toWire({ code, message, hint, retryAfterMs }: AwpError): WireError {
  return { code, message, hint, retryAfterMs };
}

/** The error that `toWire` was given, without its cause. */
export function fromWire({ code, message, hint, retryAfterMs }: WireError): AwpError {
  const details: ErrorDetails = {};
  if (hint !== undefined) details.hint = hint;
  if (retryAfterMs !== undefined) details.retryAfterMs = retryAfterMs;
  return new AwpError(code as `store/${string}`, message, details);
}
