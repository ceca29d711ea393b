import type { Clock } from '../ports/effects.ts';

/** Counts what happens within a time that begins anew whenever it is over. */
export class Rate {
  readonly #clock: Clock;
  readonly #limit: number;
  readonly #ms: number;
  #since = Number.NEGATIVE_INFINITY;
  #count = 0;

  constructor(clock: Clock, { limit, ms }: { limit: number; ms: number }) {
    this.#clock = clock;
    this.#limit = limit;
    this.#ms = ms;
  }

  /** Makes room for one that was asked for. */
  expect(): void {
    this.#count--;
  }

  /** Counts one more; false once there were more than the limit. */
  one(): boolean {
    const now = this.#clock.monotonic();
    if (now - this.#since >= this.#ms) {
      this.#since = now;
      this.#count = 0;
    }
    this.#count++;
    return this.#count <= this.#limit;
  }
}
