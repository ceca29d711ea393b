import { closeSync, existsSync, fstatSync, openSync, readSync, statSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import { AwpError } from '../base/errors.ts';
import { damagedFile, newerFile } from './sqlite-errors.ts';

/** Marks a database as ours in its header: `AWP` and a zero. */
export const APPLICATION_ID = 0x41575000;

/** Event number `seq` of run number `n` has the place `n * RUN_STEP + seq`. */
export const RUN_STEP = 2 ** 31;

/**
 * One step per schema version, in order; step k leads from version k to k + 1. Steps are never
 * changed once released: a database of any age is led through those it has not seen.
 *
 * Few pages per commit is what makes an append cheap: events lie in the order of their commits, so
 * a batch of many runs fills pages one after the other, and a run is found by one index of small
 * numbers. (Events lying together by run took three times as long with 200 runs.)
 */
export const MIGRATIONS: readonly string[] = [
  `CREATE TABLE runs (
     n INTEGER PRIMARY KEY,
     id TEXT NOT NULL UNIQUE,
     epoch INTEGER NOT NULL,
     owner TEXT,
     process TEXT,
     until INTEGER NOT NULL,
     seq INTEGER NOT NULL,
     hash TEXT NOT NULL,
     status TEXT NOT NULL,
     reason TEXT,
     name TEXT NOT NULL,
     task TEXT NOT NULL,
     model TEXT NOT NULL,
     simulated INTEGER NOT NULL,
     started INTEGER NOT NULL,
     updated INTEGER NOT NULL
   ) STRICT;
   CREATE TABLE events (
     pos INTEGER PRIMARY KEY,
     place INTEGER NOT NULL UNIQUE,
     text TEXT NOT NULL,
     blobs TEXT,
     hash TEXT NOT NULL
   ) STRICT;
   CREATE TABLE syncs (n INTEGER PRIMARY KEY, count INTEGER NOT NULL) STRICT;
   INSERT INTO syncs VALUES (1, 0);`,
];

/**
 * Leads a database to the newest version, each step with its number in one transaction. Throws
 * `store/newer`, and `store/damaged` for tables that are not ours.
 */
export function migrate(db: DatabaseSync, path: string, steps = MIGRATIONS): void {
  db.exec('BEGIN IMMEDIATE');
  try {
    const version = checkVersion(db, path, steps.length);
    for (const [index, step] of steps.slice(version).entries()) {
      db.exec(step);
      db.exec(`PRAGMA user_version = ${version + index + 1}`);
    }
    db.exec(`PRAGMA application_id = ${APPLICATION_ID}`);
    db.exec('COMMIT');
  } catch (error) {
    if (db.isTransaction) db.exec('ROLLBACK');
    throw error;
  }
}

/**
 * The schema version of an open database. Throws `store/newer` above `newest`, and
 * `store/damaged` when it is a database of something else.
 */
export function checkVersion(db: DatabaseSync, path: string, newest = MIGRATIONS.length): number {
  const version = numberOf(db, 'user_version');
  const ours = numberOf(db, 'application_id') === APPLICATION_ID;
  const tables = db.prepare('SELECT count(*) AS tables FROM sqlite_schema').get()?.tables;
  if (!ours && tables !== 0) throw damagedFile(path, 'it is a database of another program');
  if (version > newest) throw newerFile(path, version);
  return version;
}

function numberOf(db: DatabaseSync, pragma: string): number {
  return Number(db.prepare(`PRAGMA ${pragma}`).get()?.[pragma]);
}

/**
 * Looks at a database file without SQLite, which would make files beside it: there and whole as
 * far as its first 100 bytes tell, or not there (or empty). Throws `store/damaged`, `store/newer`.
 */
export function inspectFile(path: string): 'none' | 'there' {
  if (!existsSync(path)) return 'none';
  const { header, bytes } = readHeader(path);
  if (bytes === 0) return 'none';
  if (header.toString('latin1', 0, 16) !== 'SQLite format 3\0') {
    throw damagedFile(path, 'it is not a database');
  }
  const version = header.readUInt32BE(60);
  if (version > MIGRATIONS.length && header.readUInt32BE(68) === APPLICATION_ID) {
    throw newerFile(path, version);
  }
  // While a write-ahead log holds pages, the file may lack some and be whole all the same.
  const log = statSync(`${path}-wal`, { throwIfNoEntry: false });
  if ((log?.size ?? 0) === 0) checkLength(path, header, bytes);
  return 'there';
}

function readHeader(path: string): { header: Buffer; bytes: number } {
  const file = openSync(path, 'r');
  try {
    const header = Buffer.alloc(100);
    readSync(file, header, 0, 100, 0);
    const info = fstatSync(file);
    if (info.isFile()) return { header, bytes: info.size };
  } finally {
    closeSync(file);
  }
  throw new AwpError('store/io', `${path} is not a file`);
}

function checkLength(path: string, header: Buffer, bytes: number): void {
  const raw = header.readUInt16BE(16);
  const pageSize = raw === 1 ? 65_536 : raw;
  // The count of pages is only kept up by new SQLites; these two fields agree when it was.
  const counted = header.readUInt32BE(24) === header.readUInt32BE(92);
  const wanted = counted ? header.readUInt32BE(28) * pageSize : pageSize;
  if (bytes < wanted || pageSize < 512) throw damagedFile(path, 'its end is missing');
}
