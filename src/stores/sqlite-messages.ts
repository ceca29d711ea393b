import type { ProcessIdentity } from './process-identity.ts';
import type { SummaryChange } from './run-summary.ts';
import type { WireError } from './sqlite-errors.ts';

/** What the writer thread is asked to do with one run. */
export type Entry =
  /** Nothing: it is done when the database is there and has our schema. */
  | { op: 'open'; run: '' }
  | { op: 'create' | 'claim'; run: string; owner: string }
  | { op: 'renew' | 'release'; run: string; owner: string; epoch: number }
  | AppendEntry;

/** Events of one run to be added, as JSON texts, so that crossing threads costs little. */
export interface AppendEntry {
  op: 'append';
  run: string;
  owner: string;
  epoch: number;
  /** Number of the first event. */
  first: number;
  texts: string[];
  /** Time of the last event, in milliseconds since 1970. */
  at: number;
  /** Whether it is done only when it is synced. */
  full: boolean;
  changes: SummaryChange[];
}

/** Entries that are committed in one transaction. */
export interface Batch {
  /** The time for leases, in milliseconds since 1970. */
  now: number;
  entries: Entry[];
}

/** What came of an entry: the lease's epoch, nothing, or an error. */
export type Outcome = number | undefined | { error: WireError };

/** What the thread answers: first whether it could open, then what came of each batch. */
export type Answer =
  | { kind: 'opened' }
  | { kind: 'refused'; error: WireError }
  | { kind: 'done'; outcomes: Outcome[] }
  | { kind: 'closed'; error?: WireError };

/** What the thread is told. */
export type Request = { kind: 'batch'; batch: Batch } | { kind: 'close' };

/** What the thread is started with. */
export interface WriterSettings {
  /** The `.awp` folder. */
  home: string;
  leaseMs: number;
  /** Our process, for leases; undefined where the system does not tell. */
  process: ProcessIdentity | undefined;
}
