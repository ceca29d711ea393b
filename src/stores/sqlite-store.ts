import { resolve } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import type { RunEvent } from '../events/event.ts';
import type { RunStatus } from '../events/state.ts';
import type { Clock } from '../ports/effects.ts';
import type { Lease, RunSummary, Store } from '../ports/store.ts';
import { readBlob } from './blob-files.ts';
import { type EventRow, fromRow } from './event-row.ts';
import { LogWaiters } from './log-waiters.ts';
import { thisProcess } from './process-identity.ts';
import { summaryChange } from './run-summary.ts';
import { toStoreError } from './sqlite-errors.ts';
import { checkWritable, databasePath, runFolder } from './sqlite-home.ts';
import { SqliteReader } from './sqlite-reader.ts';
import {
  ambiguous,
  checkRunId,
  closedStore,
  damagedRun,
  notFound,
  outOfSequence,
} from './store-errors.ts';
import { WriterClient } from './writer-client.ts';

/** Events that are read at once. */
const PAGE = 1000;

/** Settings of the store on disk. */
export interface SqliteStoreOptions {
  /** The `.awp` folder. It is made by the first write, so that looking leaves no trace. */
  folder: string;
  /** How long a lease holds without renewal, in milliseconds; 10,000 when left out. */
  leaseMs?: number;
  /** What leases are timed with; the machine's clock when left out. */
  clock?: Pick<Clock, 'now'>;
}

/**
 * Opens the store of a `.awp` folder: `awp.db` and one folder a run below `runs/` (architecture,
 * decision 3). Throws `store/damaged`, `store/newer` and `store/read-only`, and then has changed
 * nothing. The thread that writes is started by the first write.
 */
export async function openSqliteStore(options: SqliteStoreOptions): Promise<Store> {
  const home = resolve(options.folder);
  const store = new SqliteStore({ ...options, folder: home });
  try {
    checkWritable(home);
    await store.prepare();
    return store;
  } catch (error) {
    await store.close();
    throw toStoreError(error, databasePath(home));
  }
}

class SqliteStore implements Store {
  readonly leaseMs: number;
  readonly #home: string;
  readonly #now: () => number;
  readonly #reader: SqliteReader;
  readonly #writer: WriterClient;
  readonly #waiters: LogWaiters;
  #closed = false;

  constructor({ folder, leaseMs = 10_000, clock }: SqliteStoreOptions) {
    this.leaseMs = leaseMs;
    this.#home = folder;
    this.#now = () => Math.floor(clock?.now() ?? Date.now());
    this.#reader = new SqliteReader(databasePath(folder));
    this.#waiters = new LogWaiters(this.#reader);
    this.#writer = new WriterClient({
      home: folder,
      leaseMs,
      process: thisProcess(),
      now: this.#now,
      onAppended: (run, seq) => this.#waiters.notify(run, seq),
    });
  }

  /** Checks the database and leads an older one to our schema. */
  async prepare(): Promise<void> {
    if ((await this.#reader.state()) === 'old') await this.#writer.send({ op: 'open', run: '' });
  }

  async create(run: string, owner: string): Promise<Lease> {
    checkRunId(run);
    const epoch = await this.#writer.send({ op: 'create', run, owner });
    return { run, owner, epoch: epoch ?? 0 };
  }

  async claim(run: string, owner: string): Promise<Lease> {
    // Every hash is checked, here and not in the writer's thread, where other runs would wait.
    await this.read(run, 0, Number.POSITIVE_INFINITY);
    const epoch = await this.#writer.send({ op: 'claim', run, owner });
    return { run, owner, epoch: epoch ?? 0 };
  }

  async renew(lease: Lease): Promise<void> {
    await this.#writer.send({ op: 'renew', ...lease });
  }

  async release(lease: Lease): Promise<void> {
    await this.#writer.send({ op: 'release', ...lease });
  }

  async append(
    { run, owner, epoch }: Lease,
    events: readonly RunEvent[],
    durability: 'full' | 'batched',
  ): Promise<void> {
    const [first, last] = [events[0], events.at(-1)];
    if (!first || !last) return;
    const texts: string[] = [];
    const changes = [];
    for (const event of events) {
      const wanted = first.seq + texts.length;
      if (event.seq !== wanted) throw outOfSequence(run, wanted, event.seq);
      texts.push(JSON.stringify(event));
      const change = summaryChange(event);
      if (change) changes.push(change);
    }
    const at = Date.parse(last.ts);
    const full = durability === 'full';
    const place = { run, owner, epoch, first: first.seq };
    await this.#writer.send({ op: 'append', ...place, texts, at, full, changes });
  }

  async read(run: string, after: number, limit = PAGE): Promise<RunEvent[]> {
    const events: RunEvent[] = [];
    for await (const rows of this.#pages(run, after, limit)) {
      events.push(...(await this.#toEvents(run, rows, after + events.length)));
    }
    return events;
  }

  async changed(run: string, after: number, signal: AbortSignal): Promise<void> {
    this.#checkOpen();
    await this.#waiters.wait(run, after, signal);
  }

  async list(filter: { status?: RunStatus; limit?: number } = {}): Promise<RunSummary[]> {
    this.#checkOpen();
    return await this.#reader.list(filter, this.#now());
  }

  async find(idOrPrefix: string): Promise<RunSummary> {
    this.#checkOpen();
    if (idOrPrefix === '') throw notFound('""');
    const [first, ...more] = await this.#reader.startingWith(idOrPrefix, this.#now());
    if (!first) throw notFound(idOrPrefix);
    if (more.length === 0 || first.run === idOrPrefix) return first;
    throw ambiguous(
      idOrPrefix,
      [first, ...more].map(({ run }) => run),
    );
  }

  folder(run: string): string {
    checkRunId(run);
    return runFolder(this.#home, run);
  }

  async close(): Promise<void> {
    if (!this.#closed) {
      this.#closed = true;
      this.#waiters.close();
      // Before the writer: the last connection clears the log away, and a reader cannot.
      this.#reader.close();
    }
    await this.#writer.close();
  }

  #checkOpen(): void {
    if (this.#closed) throw closedStore();
  }

  /** Pages of at most 1,000 rows; between two of them the event loop turns and nothing is held. */
  async *#pages(run: string, after: number, limit: number): AsyncGenerator<EventRow[]> {
    let [from, left] = [after, limit];
    while (left > 0) {
      this.#checkOpen();
      const { rows, more } = await this.#reader.page(run, from, Math.min(left, PAGE));
      yield rows;
      if (!more) return;
      from += rows.length;
      left -= rows.length;
      await turn();
    }
  }

  async #toEvents(run: string, rows: readonly EventRow[], after = 0): Promise<RunEvent[]> {
    const events: RunEvent[] = [];
    for (const [index, row] of rows.entries()) {
      if (row.blobs === null) {
        events.push(JSON.parse(row.text) as RunEvent);
        continue;
      }
      const event = await fromRow(row, async (hash) => {
        const content = await readBlob(this.folder(run), hash).catch((error: unknown) => {
          throw toStoreError(error, this.folder(run));
        });
        if (content !== undefined) return content;
        throw damagedRun(run, after + index + 1, `its file blobs/${hash} is missing or changed`);
      });
      events.push(event);
    }
    return events;
  }
}
