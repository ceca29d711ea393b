import type { Fact, RunEvent } from '../events/event.ts';
import { fold } from '../events/reduce.ts';
import type { RunState } from '../events/state.ts';
import type { Clock } from '../ports/effects.ts';
import type { Lease, Store } from '../ports/store.ts';
import type { Redact } from './redact.ts';

/** What a recorder needs. */
export interface RecorderParts {
  store: Store;
  lease: Lease;
  /** The state as of the log's last event; the recorder moves it on. */
  state: RunState;
  clock: Clock;
  redact: Redact;
  durability: 'full' | 'batched';
}

/**
 * The only writer of a run's log: redact, number, fold, append. The state may be ahead of the log by
 * what is staged, so that all that follows from one event is appended at once; nothing is done about
 * staged facts before `flush` has made them safe. Calls of `flush` must not overlap: the driver makes
 * one at a time.
 */
export class Recorder {
  readonly #parts: RecorderParts;
  readonly #wallStart: number;
  readonly #start: number;
  #staged: RunEvent[] = [];
  /** The last time that was written out, in milliseconds since 1970. */
  #writtenMs = -1;
  #written = '';

  constructor(parts: RecorderParts) {
    this.#parts = parts;
    this.#wallStart = Math.max(parts.clock.now(), parts.state.lastAt);
    this.#start = parts.clock.monotonic();
  }

  /** Adds facts to the state at once and to the log with the next `flush`; gives them as events. */
  stage(facts: readonly Fact[]): readonly RunEvent[] {
    if (facts.length === 0) return [];
    const { state } = this.#parts;
    const ts = this.#timestamp();
    return facts.map((fact) => {
      const event = this.#event(fact, state.seq + 1, ts);
      fold(state, event);
      this.#staged.push(event);
      return event;
    });
  }

  /** Appends what is staged as one batch; resolves with it when it is as safe as the durability promises. */
  async flush(): Promise<readonly RunEvent[]> {
    if (this.#staged.length === 0) return [];
    const { store, lease, durability } = this.#parts;
    const events = this.#staged;
    this.#staged = [];
    await store.append(lease, events, durability);
    return events;
  }

  /** Stages and flushes. */
  async record(facts: readonly Fact[]): Promise<readonly RunEvent[]> {
    this.stage(facts);
    return this.flush();
  }

  /** Wall time that never goes back while the process lives, in milliseconds since 1970. */
  now(): number {
    return Math.floor(this.#wallStart + this.#parts.clock.monotonic() - this.#start);
  }

  /** Most facts come in the same millisecond as others. */
  #timestamp(): string {
    const now = this.now();
    if (now === this.#writtenMs) return this.#written;
    this.#writtenMs = now;
    this.#written = new Date(now).toISOString();
    return this.#written;
  }

  #event(fact: Fact, seq: number, ts: string): RunEvent {
    const given = this.#parts.redact(fact) as Fact &
      Partial<Pick<RunEvent, 'parent' | 'depth' | 'loop'>>;
    const { type, agent, data } = given;
    const { run, frames } = this.#parts.state;
    const frame = agent === undefined ? undefined : frames.get(agent);
    const parent = frame?.parent ?? given.parent;
    const loop = frame?.loop ?? given.loop;
    // Put together field by field: this is done for every event, and spreading would cost more than folding it.
    const event: Record<string, unknown> = { v: 1, run, seq, ts, type };
    if (agent !== undefined) event.agent = agent;
    if (parent !== undefined) event.parent = parent;
    event.depth = frame?.depth ?? given.depth ?? 0;
    if (loop !== undefined) event.loop = loop;
    event.data = data;
    return event as unknown as RunEvent;
  }
}

/**
 * Writes the log that a fork begins with, all of it at once. Its events were redacted when they
 * happened; the new run's chain of hashes is its own.
 */
export async function recordFork(
  store: Pick<Store, 'append'>,
  lease: Lease,
  events: readonly RunEvent[],
): Promise<void> {
  await store.append(lease, events, 'full');
}
