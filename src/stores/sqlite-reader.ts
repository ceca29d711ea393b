import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
import { setTimeout as pause } from 'node:timers/promises';
import type { RunStatus } from '../events/state.ts';
import type { RunSummary } from '../ports/store.ts';
import { type EventRow, firstHash, rowHash } from './event-row.ts';
import { type ProcessIdentity, surelyDead } from './process-identity.ts';
import { isBusy, toStoreError } from './sqlite-errors.ts';
import { checkVersion, inspectFile, MIGRATIONS, RUN_STEP } from './sqlite-schema.ts';
import { closedStore, damagedRun, notFound } from './store-errors.ts';

/** Characters after which a page ends early, so that no page holds the event loop for long. */
const PAGE_CHARS = 4 * 1024 * 1024;
const BUSY_LIMIT_MS = 5000;

/** A page of a run's log, its hashes checked. */
export interface Page {
  rows: EventRow[];
  /** Whether there was more when it was read. */
  more: boolean;
}

type Row = Record<string, unknown>;

/**
 * The connection of the main thread. It only reads, opens when there is a database, and never
 * keeps a transaction: a reader that does would stop all checkpoints. Each call is one statement
 * or a few, waits for nothing, and is made again if another connection was in the way.
 */
export class SqliteReader {
  readonly #path: string;
  #db: DatabaseSync | undefined;
  #sql: ReturnType<typeof prepareAll> | undefined;
  #closed = false;

  constructor(path: string) {
    this.#path = path;
  }

  /**
   * Looks at the database: not there, of an older schema (which only a writer can mend), or fit
   * to be read. Throws `store/damaged`, `store/newer`.
   */
  state(): Promise<'none' | 'old' | 'ready'> {
    return this.#again(() => {
      if (inspectFile(this.#path) === 'none') return 'none';
      return this.#open() ? 'ready' : 'old';
    });
  }

  /** One page of events after number `after`. Throws `store/not-found`, `store/damaged`. */
  page(run: string, after: number, limit: number): Promise<Page> {
    return this.#again(() => {
      const sql = this.#open();
      const head = sql?.run.get(run);
      if (!sql || !head) throw notFound(run);
      return readPage({ sql, run, head }, after, limit);
    });
  }

  /** Number of a run's last event; 0 while there is no such run. */
  lastSeq(run: string): number {
    return Number(this.#open()?.run.get(run)?.seq ?? 0);
  }

  /** Changes with every commit of any other connection; undefined while there is no database. */
  version(): number | undefined {
    const version = this.#open()?.version.get()?.data_version;
    return version === undefined ? undefined : Number(version);
  }

  /** Summaries, newest first. */
  list(filter: { status?: RunStatus; limit?: number }, now: number): Promise<RunSummary[]> {
    return this.#again(() => {
      const { status = null, limit = -1 } = filter;
      return (this.#open()?.list.all(status, status, limit) ?? []).map((row) => summary(row, now));
    });
  }

  /** Summaries of up to five runs whose id starts with `prefix`, sorted; the one that is equal comes first. */
  startingWith(prefix: string, now: number): Promise<RunSummary[]> {
    return this.#again(() => {
      const rows = this.#open()?.starting.all(prefix, `${prefix}\u{10FFFF}`) ?? [];
      return rows.map((row) => summary(row, now));
    });
  }

  /** Closes the connection for good; a call that is still trying then fails. */
  close(): void {
    this.#closed = true;
    this.#db?.close();
    this.#db = undefined;
    this.#sql = undefined;
  }

  #open(): ReturnType<typeof prepareAll> | undefined {
    if (this.#closed) throw closedStore();
    if (this.#sql || inspectFile(this.#path) === 'none') return this.#sql;
    const db = new DatabaseSync(this.#path, { readOnly: true, timeout: 0 });
    try {
      if (checkVersion(db, this.#path) === MIGRATIONS.length) {
        this.#sql = prepareAll(db);
        this.#db = db;
      }
    } finally {
      if (!this.#db) db.close();
    }
    return this.#sql;
  }

  async #again<T>(action: () => T): Promise<T> {
    const deadline = performance.now() + BUSY_LIMIT_MS;
    for (;;) {
      try {
        return action();
      } catch (error) {
        if (!isBusy(error) || performance.now() > deadline) throw toStoreError(error, this.#path);
      }
      await pause(1);
    }
  }
}

function readPage(
  { sql, run, head }: { sql: ReturnType<typeof prepareAll>; run: string; head: Row },
  after: number,
  limit: number,
): Page {
  const last = Number(head.seq);
  if (after >= last) return { rows: [], more: false };
  const base = Number(head.n) * RUN_STEP;
  let hash = firstHash(run);
  if (after > 0) {
    const before = sql.hash.get(base + after);
    if (!before) throw damagedRun(run, after, 'it is missing');
    hash = String(before.hash);
  }
  const rows: EventRow[] = [];
  let seq = after;
  let chars = 0;
  for (const row of sql.events.iterate(base + after + 1, base + last, limit)) {
    seq += 1;
    if (row.place !== base + seq) throw damagedRun(run, seq, 'it is missing');
    const { text, blobs } = row as unknown as EventRow;
    hash = rowHash(hash, seq, { text, blobs });
    if (row.hash !== hash) throw damagedRun(run, seq, 'its content does not match its hash');
    rows.push({ text, blobs });
    chars += text.length;
    if (chars > PAGE_CHARS) break;
  }
  if (seq === last && hash !== head.hash) {
    throw damagedRun(run, seq, 'it is not the one that was written last');
  }
  if (seq < last && rows.length < limit && chars <= PAGE_CHARS) {
    throw damagedRun(run, seq + 1, 'it is missing');
  }
  return { rows, more: seq < last };
}

function summary(row: Row, now: number): RunSummary {
  const holder = JSON.parse(String(row.process ?? null)) as ProcessIdentity | null;
  const until = Number(row.until);
  const held = row.owner !== null && until > now && !(holder && surelyDead(holder));
  return {
    run: String(row.id),
    status: row.status as RunStatus,
    reason: row.reason === null ? undefined : String(row.reason),
    name: String(row.name),
    task: String(row.task),
    model: String(row.model),
    simulated: row.simulated === 1,
    startedAt: Number(row.started),
    updatedAt: Number(row.updated),
    seq: Number(row.seq),
    owner: held ? { name: String(row.owner), until } : undefined,
  };
}

function prepareAll(db: DatabaseSync) {
  const prepare = (text: string) => {
    const statement = db.prepare(text);
    return {
      get: (...values: SQLInputValue[]): Row | undefined => statement.get(...values),
      all: (...values: SQLInputValue[]): Row[] => statement.all(...values),
      iterate: (...values: SQLInputValue[]): Iterable<Row> => statement.iterate(...values),
    };
  };
  return {
    run: prepare('SELECT n, seq, hash FROM runs WHERE id = ?'),
    hash: prepare('SELECT hash FROM events WHERE place = ?'),
    events: prepare(
      `SELECT place, text, blobs, hash FROM events
       WHERE place BETWEEN ? AND ? ORDER BY place LIMIT ?`,
    ),
    version: prepare('PRAGMA data_version'),
    list: prepare('SELECT * FROM runs WHERE ? IS NULL OR status = ? ORDER BY n DESC LIMIT ?'),
    starting: prepare('SELECT * FROM runs WHERE id >= ? AND id < ? ORDER BY id LIMIT 5'),
  };
}
