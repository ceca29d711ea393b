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
 * The only writer of a run's log: redact, number, append, and only when that is safe, fold. Calls
 * must not overlap: the driver makes one at a time.
 */
export class Recorder {
  readonly #parts: RecorderParts;
  readonly #wallStart: number;
  readonly #start: number;
  #last: Promise<unknown> = Promise.resolve();

  constructor(parts: RecorderParts) {
    this.#parts = parts;
    this.#wallStart = Math.max(parts.clock.now(), parts.state.lastAt);
    this.#start = parts.clock.monotonic();
  }

  /**
   * Appends facts as one batch; resolves with them as events when they are as safe as the durability
   * promises.
   */
  async record(facts: readonly Fact[]): Promise<readonly RunEvent[]> {
    if (facts.length === 0) return [];
    const recorded = this.#append(facts);
    this.#last = recorded;
    return recorded;
  }

  /**
   * Resolves when the state has caught up with the log: a reader may see an event a moment before
   * the state has it.
   */
  async caughtUp(): Promise<void> {
    await this.#last.catch(() => {}); // who records is told
  }

  async #append(facts: readonly Fact[]): Promise<readonly RunEvent[]> {
    const { store, lease, state, durability } = this.#parts;
    const ts = new Date(this.now()).toISOString();
    const events = facts.map((fact, index) => this.#event(fact, state.seq + 1 + index, ts));
    await store.append(lease, events, durability);
    for (const event of events) fold(state, event);
    return events;
  }

  /** Wall time that never goes back while the process lives, in milliseconds since 1970. */
  now(): number {
    return Math.floor(this.#wallStart + this.#parts.clock.monotonic() - this.#start);
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
