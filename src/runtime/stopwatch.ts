import type { RunState } from '../events/state.ts';
import type { Clock } from '../ports/effects.ts';
import { closingMs } from './budget.ts';

/**
 * The wall time of a run, over all processes that worked on it, without the time that it waits for
 * people (decision 13). Part of a limit is kept for the last turn.
 */
export class Stopwatch {
  readonly #clock: Clock;
  readonly #state: RunState;
  readonly #before: number;
  #spent = 0;
  /** When it was started last; undefined while it stands. */
  #since: number | undefined;

  constructor(clock: Clock, state: RunState) {
    this.#clock = clock;
    this.#state = state;
    this.#before = state.activeMs;
    this.#since = clock.monotonic();
  }

  /** Milliseconds that are left; infinite without a limit. */
  remainingMs(kind: 'work' | 'closing'): number {
    const { time } = this.#state.limits;
    if (time === null) return Number.POSITIVE_INFINITY;
    const running = this.#since === undefined ? 0 : this.#clock.monotonic() - this.#since;
    const left = time - this.#before - this.#spent - running;
    return Math.max(0, kind === 'closing' ? left : left - closingMs(time));
  }

  /** Stands from now on. */
  pause(): void {
    if (this.#since === undefined) return;
    this.#spent += this.#clock.monotonic() - this.#since;
    this.#since = undefined;
  }

  /** Goes on. */
  go(): void {
    this.#since ??= this.#clock.monotonic();
  }
}
