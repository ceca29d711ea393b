import type { RunEvent } from '../events/event.ts';
import type { RunStatus } from '../events/state.ts';

/** The right to write a run's log. Its epoch grows with every owner; an old one is refused. */
export interface Lease {
  run: string;
  owner: string;
  epoch: number;
}

/** A run as lists show it. Kept up to date by the store from the events it appends. */
export interface RunSummary {
  run: string;
  status: RunStatus;
  reason: string | undefined;
  name: string;
  task: string;
  model: string;
  simulated: boolean;
  /** Milliseconds since 1970. */
  startedAt: number;
  updatedAt: number;
  /** Number of the last event. */
  seq: number;
  /** Who writes it now, with the time until which the lease holds; undefined when nobody does. */
  owner: { name: string; until: number } | undefined;
}

/**
 * Where the logs of runs are kept. Errors: `store/locked` (another live process owns the run),
 * `store/fenced` (this lease was taken over), `store/damaged`, `store/newer`, `store/read-only`,
 * `store/full`, `store/busy`, `store/not-found`, `store/exists`.
 */
export interface Store {
  /** Makes a run and owns it. Throws `store/exists`. */
  create(run: string, owner: string): Promise<Lease>;
  /** Owns a run whose owner is gone. Throws `store/locked`, `store/not-found`, `store/damaged`. */
  claim(run: string, owner: string): Promise<Lease>;
  /** Keeps the lease alive; the runtime calls it well within `leaseMs`. Throws `store/fenced`. */
  renew(lease: Lease): Promise<void>;
  /** Gives the lease back. */
  release(lease: Lease): Promise<void>;
  /**
   * Adds events in order; their `seq` must follow the log's last. Resolves once they are safe:
   * a crash right after must not lose them. `durability: 'batched'` resolves earlier, and the
   * events are synced within 50 ms (decision 7).
   */
  append(lease: Lease, events: readonly RunEvent[], durability: 'full' | 'batched'): Promise<void>;
  /** At most `limit` events (default 1,000) after number `after`, oldest first, hashes checked. */
  read(run: string, after: number, limit?: number): Promise<RunEvent[]>;
  /** Resolves when the log may have grown beyond `after` or the signal aborts; may wake in vain. */
  changed(run: string, after: number, signal: AbortSignal): Promise<void>;
  /** Newest first. */
  list(filter?: { status?: RunStatus; limit?: number }): Promise<RunSummary[]>;
  /** The run with this id or unique prefix. Throws `store/not-found`, `store/ambiguous`. */
  find(idOrPrefix: string): Promise<RunSummary>;
  /** The folder of the run's files: `inputs/`, `artifacts/`, `work/`, `blobs/`. */
  folder(run: string): string;
  /** How long a lease holds without renewal, in milliseconds. */
  leaseMs: number;
  close(): Promise<void>;
}
