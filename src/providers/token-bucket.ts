/** What sums of fractions may be off by. */
const ROUNDING = 1e-6;

/**
 * A limit on how much goes through in a minute, as services have them: it holds at most what one
 * minute allows and fills up evenly. More than it holds goes through when it is full, and is owed.
 */
export class TokenBucket {
  readonly #capacity: number;
  #level: number;
  #at: number;

  /** `perMinute` is more than 0; `now` in milliseconds of a clock that never goes back. */
  constructor(perMinute: number, now: number) {
    this.#capacity = perMinute;
    this.#level = perMinute;
    this.#at = now;
  }

  /** How long `amount` has to wait, in milliseconds; 0 when it may go now. */
  waitFor(amount: number, now: number): number {
    const missing = Math.min(amount, this.#capacity) - this.#levelAt(now);
    return missing <= ROUNDING ? 0 : Math.ceil((missing * 60_000) / this.#capacity);
  }

  /** Takes `amount` out; it may leave a debt. A negative one is given back. */
  take(amount: number, now: number): void {
    this.#level = Math.min(this.#capacity, this.#levelAt(now) - amount);
    this.#at = Math.max(this.#at, now);
  }

  #levelAt(now: number): number {
    const grown = (Math.max(0, now - this.#at) * this.#capacity) / 60_000;
    return Math.min(this.#capacity, this.#level + grown);
  }
}
