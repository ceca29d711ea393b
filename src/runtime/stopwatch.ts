import type { Frame, RunState } from '../events/state.ts';
import type { Clock } from '../ports/effects.ts';
import { timeLeft } from './budget-time.ts';

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

  /** Active time of the run so far, in milliseconds. */
  get activeMs(): number {
    const running = this.#since === undefined ? 0 : this.#clock.monotonic() - this.#since;
    return this.#before + this.#spent + running;
  }

  /**
   * Milliseconds that a frame has left: of its loop's time, and of that of all around it; the run's
   * when no frame is named. Infinite without a limit. `closing` is what the last turn may use.
   */
  remainingMs(kind: 'work' | 'closing', frame?: Pick<Frame, 'scope'>): number {
    const late = timeLeft(this.#state, frame, { kind, activeMs: this.activeMs });
    return Math.max(0, late?.left ?? Number.POSITIVE_INFINITY);
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
