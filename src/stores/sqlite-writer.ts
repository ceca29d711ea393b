import { mkdirSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import { AwpError } from '../base/errors.ts';
import { writeBlob } from './blob-files.ts';
import { type EventRow, firstHash, rowHash, toRow } from './event-row.ts';
import { type ProcessIdentity, surelyDead } from './process-identity.ts';
import { openForWriting, whenFree } from './sqlite-connection.ts';
import { isBusy, isFailedSync, toStoreError, toWire } from './sqlite-errors.ts';
import { databasePath, makeHome, runFolder } from './sqlite-home.ts';
import type { AppendEntry, Batch, Entry, Outcome, WriterSettings } from './sqlite-messages.ts';
import { RUN_STEP } from './sqlite-schema.ts';
import { exists, fenced, locked, notFound, outOfSequence } from './store-errors.ts';

/** The end of a run's log, as this writer last saw it. */
interface Head {
  n: number;
  seq: number;
  hash: string;
}

/** An entry with what was got ready for it before the transaction. */
interface Task {
  entry: Entry;
  index: number;
  rows: EventRow[];
}

/**
 * The one connection of a process that writes. It is used in the writer thread only: SQLite waits by
 * sleeping.
 *
 * How both kinds of durability share one database: the write-ahead log is one file that only
 * grows between checkpoints. A batch with a `full` entry commits with `synchronous = FULL`, which
 * syncs that file and with it every commit before. A batch without commits with `NORMAL`, which
 * writes and does not sync (a checkpoint still syncs before it moves pages); the thread then calls
 * `sync` within 50 ms unless a full commit came first, and `sync` is nothing but a tiny transaction
 * with FULL. So no file is touched behind SQLite's back.
 */
export class SqliteWriter {
  readonly #settings: WriterSettings;
  readonly #path: string;
  readonly #db: DatabaseSync;
  readonly #sql: ReturnType<typeof prepareAll>;
  #heads = new Map<string, Head>();
  #synchronous: 'FULL' | 'NORMAL' = 'FULL';
  #unsynced = false;
  #broken: AwpError | undefined;

  /** Makes folder and database when they are missing. Throws the `store/...` errors of opening. */
  constructor(settings: WriterSettings) {
    this.#settings = settings;
    this.#path = databasePath(settings.home);
    try {
      makeHome(settings.home);
      this.#db = openForWriting(this.#path);
    } catch (error) {
      throw toStoreError(error, this.#path);
    }
    this.#sql = prepareAll(this.#db);
  }

  /** Whether events are committed that `sync` must still make safe. */
  get unsynced(): boolean {
    return this.#unsynced && this.#broken === undefined;
  }

  /**
   * Commits a batch in one transaction; an entry that is refused (fenced, locked...) does not
   * hinder the others. Never throws: what came of each entry is in the answer.
   */
  commit({ now, entries }: Batch): Outcome[] {
    const outcomes: Outcome[] = entries.map(() => undefined);
    const tasks: Task[] = [];
    for (const [index, entry] of entries.entries()) {
      try {
        if (this.#broken) throw this.#broken;
        tasks.push({ entry, index, rows: this.#prepare(entry) });
      } catch (error) {
        outcomes[index] = this.#failure(error);
      }
    }
    if (tasks.length > 0) this.#commitTasks(tasks, now, outcomes);
    return outcomes;
  }

  /** Syncs what is committed. A busy database is left for the next call. */
  sync(): void {
    try {
      this.#setSynchronous('FULL');
      whenFree(() => this.#db.exec('BEGIN IMMEDIATE'));
      this.#sql.countSync.run();
      this.#db.exec('COMMIT');
      this.#unsynced = false;
    } catch (error) {
      this.#rollBack();
      // Events were promised to be safe by now. Nothing may be built on them.
      if (!isBusy(error)) this.#broken = toStoreError(error, this.#path);
    }
  }

  /** Syncs and closes. Throws when the last events could not be synced. */
  close(): void {
    if (this.unsynced) this.sync();
    this.#db.close();
    if (this.#broken) throw this.#broken;
  }

  #prepare(entry: Entry): EventRow[] {
    const folder = runFolder(this.#settings.home, entry.run);
    if (entry.op === 'create') mkdirSync(folder, { recursive: true });
    if (entry.op !== 'append') return [];
    return entry.texts.map((text) => {
      const { row, blobs } = toRow(text);
      for (const blob of blobs) writeBlob(folder, blob);
      return row;
    });
  }

  #commitTasks(tasks: readonly Task[], now: number, outcomes: Outcome[]): void {
    try {
      const results = this.#transact(tasks, now);
      for (const [place, { index }] of tasks.entries()) outcomes[index] = results[place];
    } catch (error) {
      this.#rollBack();
      if (isFailedSync(error)) this.#broken = toStoreError(error, this.#path);
      const alone = tasks.length === 1 || isBusy(error) || this.#broken !== undefined;
      for (const task of tasks) {
        // What one run is refused for must not fail the others: each is tried by itself.
        if (alone) outcomes[task.index] = this.#failure(error);
        else this.#commitTasks([task], now, outcomes);
      }
    }
  }

  #transact(tasks: readonly Task[], now: number): Outcome[] {
    const full = tasks.some(({ entry }) => isFull(entry));
    this.#setSynchronous(full ? 'FULL' : 'NORMAL');
    whenFree(() => this.#db.exec('BEGIN IMMEDIATE'));
    const heads = new Map<string, Head>();
    const results = tasks.map((task): Outcome => {
      try {
        return this.#apply(task, now, heads);
      } catch (error) {
        if (error instanceof AwpError) return this.#failure(error);
        throw error;
      }
    });
    this.#db.exec('COMMIT');
    for (const [run, head] of heads) this.#heads.set(run, head);
    if (full) this.#unsynced = false;
    else if (tasks.some(({ entry }) => entry.op === 'append')) this.#unsynced = true;
    return results;
  }

  /** Does one entry inside the transaction. An `AwpError` is thrown before anything is changed. */
  #apply({ entry, rows }: Task, now: number, heads: Map<string, Head>): number | undefined {
    const until = now + this.#settings.leaseMs;
    switch (entry.op) {
      case 'open':
        return undefined;
      case 'append':
        this.#append({ entry, rows, until }, heads);
        return undefined;
      case 'create':
        return this.#create(entry, now);
      case 'claim':
        return this.#claim(entry, now);
      case 'renew': {
        const { run, owner, epoch } = entry;
        if (this.#sql.renew.run(until, run, owner, epoch).changes === 0) throw fenced(run);
        return undefined;
      }
      case 'release':
        this.#sql.release.run(entry.run, entry.owner, entry.epoch);
        this.#heads.delete(entry.run);
        return undefined;
    }
  }

  #append(
    { entry, rows, until }: { entry: AppendEntry; rows: EventRow[]; until: number },
    heads: Map<string, Head>,
  ): void {
    const { run, owner, epoch, first } = entry;
    const head = heads.get(run) ?? this.#headOf(run, first);
    const hashes: string[] = [];
    let hash = head.hash;
    for (const [index, row] of rows.entries()) {
      hash = rowHash(hash, first + index, row);
      hashes.push(hash);
    }
    const last = first + rows.length - 1;
    // The fence: it matches only while the lease is ours and the log ends where we think.
    const fence = [head.n, owner, epoch, first - 1];
    const { changes } = this.#sql.advance.run(last, hash, entry.at, until, ...fence);
    if (changes === 0) throw this.#whyNot(entry);
    for (const [index, { text, blobs }] of rows.entries()) {
      this.#sql.insert.run(head.n * RUN_STEP + first + index, text, blobs, hashes[index] ?? '');
    }
    for (const { status, reason, start, forkedAt } of entry.changes) {
      this.#sql.setStatus.run(status, reason ?? null, head.n);
      if (forkedAt !== undefined) this.#sql.setStarted.run(forkedAt, head.n);
      if (!start) continue;
      const { name, task, model, simulated, at } = start;
      this.#sql.setStart.run(name, task, model, simulated ? 1 : 0, at, head.n);
    }
    heads.set(run, { n: head.n, seq: last, hash });
  }

  #headOf(run: string, first: number): Head {
    const known = this.#heads.get(run);
    if (known?.seq === first - 1) return known;
    const row = this.#sql.run.get(run);
    if (!row) throw notFound(run);
    return { n: Number(row.n), seq: Number(row.seq), hash: String(row.hash) };
  }

  #whyNot({ run, owner, epoch, first }: AppendEntry): AwpError {
    this.#heads.delete(run);
    const row = this.#sql.run.get(run);
    if (!row) return notFound(run);
    if (row.owner !== owner || row.epoch !== epoch) return fenced(run);
    return outOfSequence(run, Number(row.seq) + 1, first);
  }

  #create({ run, owner }: { run: string; owner: string }, now: number): number {
    const until = now + this.#settings.leaseMs;
    const process = JSON.stringify(this.#settings.process ?? null);
    if (this.#sql.run.get(run)) throw exists(run);
    this.#sql.create.run(run, owner, process, until, firstHash(run), now, now);
    return 1;
  }

  #claim({ run, owner }: { run: string; owner: string }, now: number): number {
    const row = this.#sql.run.get(run);
    if (!row) throw notFound(run);
    const holder = JSON.parse(String(row.process ?? null)) as ProcessIdentity | null;
    const until = Number(row.until);
    if (row.owner !== null && until > now && !(holder && surelyDead(holder))) {
      const pid = holder ? { pid: holder.pid } : {};
      throw locked(run, { name: String(row.owner), until, ...pid }, now);
    }
    const epoch = Number(row.epoch) + 1;
    const process = JSON.stringify(this.#settings.process ?? null);
    this.#sql.claim.run(epoch, owner, process, now + this.#settings.leaseMs, run);
    return epoch;
  }

  #setSynchronous(wanted: 'FULL' | 'NORMAL'): void {
    if (wanted === this.#synchronous) return;
    this.#db.exec(`PRAGMA synchronous = ${wanted}`);
    this.#synchronous = wanted;
  }

  #rollBack(): void {
    if (this.#db.isTransaction) this.#db.exec('ROLLBACK');
  }

  #failure(error: unknown): Outcome {
    return { error: toWire(toStoreError(error, this.#path)) };
  }
}

/** A lost lease is found out by its loser at once; events and new owners are what must not be lost. */
function isFull(entry: Entry): boolean {
  if (entry.op === 'append') return entry.full;
  return entry.op === 'create' || entry.op === 'claim';
}

function prepareAll(db: DatabaseSync) {
  return {
    run: db.prepare('SELECT n, owner, process, until, epoch, seq, hash FROM runs WHERE id = ?'),
    create: db.prepare(
      `INSERT INTO runs VALUES
         (NULL, ?, 1, ?, ?, ?, 0, ?, 'running', NULL, '', '', '', 0, ?, ?)`,
    ),
    claim: db.prepare('UPDATE runs SET epoch = ?, owner = ?, process = ?, until = ? WHERE id = ?'),
    renew: db.prepare('UPDATE runs SET until = ? WHERE id = ? AND owner = ? AND epoch = ?'),
    release: db.prepare(
      `UPDATE runs SET owner = NULL, process = NULL, until = 0
       WHERE id = ? AND owner = ? AND epoch = ?`,
    ),
    advance: db.prepare(
      `UPDATE runs SET seq = ?, hash = ?, updated = ?, until = ?
       WHERE n = ? AND owner = ? AND epoch = ? AND seq = ?`,
    ),
    insert: db.prepare('INSERT INTO events VALUES (NULL, ?, ?, ?, ?)'),
    setStatus: db.prepare('UPDATE runs SET status = ?, reason = ? WHERE n = ?'),
    setStart: db.prepare(
      'UPDATE runs SET name = ?, task = ?, model = ?, simulated = ?, started = ? WHERE n = ?',
    ),
    setStarted: db.prepare('UPDATE runs SET started = ? WHERE n = ?'),
    countSync: db.prepare('UPDATE syncs SET count = count + 1'),
  };
}
