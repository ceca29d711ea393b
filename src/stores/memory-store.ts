import { join } from 'node:path';
import type { RunEvent } from '../events/event.ts';
import type { RunStatus } from '../events/state.ts';
import type { Clock } from '../ports/effects.ts';
import type { Lease, RunSummary, Store } from '../ports/store.ts';
import { summaryChange } from './run-summary.ts';
import {
  ambiguous,
  checkRunId,
  closedStore,
  exists,
  fenced,
  locked,
  notFound,
  outOfSequence,
} from './store-errors.ts';

/** Settings of a store in memory. */
export interface MemoryStoreOptions {
  /** Folder below which `folder(run)` lies. The store itself writes nothing there. */
  folder: string;
  /** How long a lease holds without renewal, in milliseconds; 10,000 when left out. */
  leaseMs?: number;
  /** What leases are timed with; the machine's clock when left out. */
  clock?: Pick<Clock, 'now'>;
}

interface MemoryRun {
  summary: Omit<RunSummary, 'owner'>;
  epoch: number;
  owner: { name: string; until: number } | undefined;
  /** Events as JSON text, so that nobody can change what was written. */
  events: string[];
}

interface Waiter {
  run: string;
  after: number;
  wake: () => void;
}

/** The `Store` port in memory, for tests and for embedding: all is gone when the process ends. */
export function memoryStore(options: MemoryStoreOptions): Store {
  return new MemoryStore(options);
}

class MemoryStore implements Store {
  readonly leaseMs: number;
  readonly #folder: string;
  readonly #now: () => number;
  readonly #runs = new Map<string, MemoryRun>();
  readonly #waiters = new Set<Waiter>();
  #closed = false;

  constructor({ folder, leaseMs = 10_000, clock }: MemoryStoreOptions) {
    this.leaseMs = leaseMs;
    this.#folder = folder;
    this.#now = () => Math.floor(clock?.now() ?? Date.now());
  }

  async create(run: string, owner: string): Promise<Lease> {
    this.#checkOpen();
    checkRunId(run);
    if (this.#runs.has(run)) throw exists(run);
    const now = this.#now();
    this.#runs.set(run, {
      summary: {
        run,
        status: 'running',
        reason: undefined,
        name: '',
        task: '',
        model: '',
        simulated: false,
        startedAt: now,
        updatedAt: now,
        seq: 0,
      },
      epoch: 1,
      owner: { name: owner, until: now + this.leaseMs },
      events: [],
    });
    return { run, owner, epoch: 1 };
  }

  async claim(run: string, owner: string): Promise<Lease> {
    const found = this.#get(run);
    const now = this.#now();
    if (found.owner && found.owner.until > now) throw locked(run, found.owner, now);
    found.epoch += 1;
    found.owner = { name: owner, until: now + this.leaseMs };
    return { run, owner, epoch: found.epoch };
  }

  async renew(lease: Lease): Promise<void> {
    this.#extend(lease);
  }

  async release({ run, owner, epoch }: Lease): Promise<void> {
    const found = this.#get(run);
    if (found.epoch === epoch && found.owner?.name === owner) found.owner = undefined;
  }

  async append(lease: Lease, events: readonly RunEvent[]): Promise<void> {
    const found = this.#extend(lease);
    for (const [index, event] of events.entries()) {
      const wanted = found.events.length + 1 + index;
      if (event.seq !== wanted) throw outOfSequence(lease.run, wanted, event.seq);
    }
    for (const event of events) {
      found.events.push(JSON.stringify(event));
      noteInSummary(found.summary, event);
    }
    for (const waiter of this.#waiters) {
      if (waiter.run === lease.run && found.events.length > waiter.after) waiter.wake();
    }
  }

  async read(run: string, after: number, limit = 1000): Promise<RunEvent[]> {
    const { events } = this.#get(run);
    return events.slice(after, after + limit).map((text) => JSON.parse(text) as RunEvent);
  }

  async changed(run: string, after: number, signal: AbortSignal): Promise<void> {
    this.#checkOpen();
    const there = this.#runs.get(run)?.events.length ?? 0;
    if (there > after || signal.aborted) return;
    await new Promise<void>((resolve) => {
      const waiter: Waiter = {
        run,
        after,
        wake: () => {
          this.#waiters.delete(waiter);
          signal.removeEventListener('abort', waiter.wake);
          resolve();
        },
      };
      this.#waiters.add(waiter);
      signal.addEventListener('abort', waiter.wake, { once: true });
    });
  }

  async list(filter: { status?: RunStatus; limit?: number } = {}): Promise<RunSummary[]> {
    this.#checkOpen();
    const newestFirst = [...this.#runs.values()].reverse().map((run) => this.#summary(run));
    const wanted = newestFirst.filter(({ status }) => status === (filter.status ?? status));
    return wanted.slice(0, filter.limit);
  }

  async find(idOrPrefix: string): Promise<RunSummary> {
    this.#checkOpen();
    const exact = this.#runs.get(idOrPrefix);
    if (exact) return this.#summary(exact);
    const ids = [...this.#runs.keys()].filter((id) => idOrPrefix && id.startsWith(idOrPrefix));
    if (ids.length > 1) throw ambiguous(idOrPrefix, ids.sort().slice(0, 5));
    return this.#summary(this.#get(ids[0] ?? idOrPrefix));
  }

  folder(run: string): string {
    checkRunId(run);
    return join(this.#folder, run);
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const waiter of this.#waiters) waiter.wake();
  }

  #checkOpen(): void {
    if (this.#closed) throw closedStore();
  }

  #get(run: string): MemoryRun {
    this.#checkOpen();
    const found = this.#runs.get(run);
    if (!found) throw notFound(run);
    return found;
  }

  #extend({ run, owner, epoch }: Lease): MemoryRun {
    const found = this.#get(run);
    if (found.epoch !== epoch || found.owner?.name !== owner) throw fenced(run);
    found.owner.until = this.#now() + this.leaseMs;
    return found;
  }

  #summary({ summary, owner }: MemoryRun): RunSummary {
    return { ...summary, owner: owner && owner.until > this.#now() ? { ...owner } : undefined };
  }
}

function noteInSummary(summary: MemoryRun['summary'], event: RunEvent): void {
  summary.seq = event.seq;
  summary.updatedAt = Date.parse(event.ts);
  const change = summaryChange(event);
  if (!change) return;
  summary.status = change.status;
  summary.reason = change.reason;
  if (change.forkedAt !== undefined) summary.startedAt = change.forkedAt;
  if (!change.start) return;
  const { at, ...rest } = change.start;
  Object.assign(summary, rest, { startedAt: at });
}
