import { orAborted } from '../../base/concurrency.ts';

/** Lets so many pieces of work go on at the same time; the others wait in the order they came. */
export class Turns {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  /** `most`: pieces of work at once. */
  constructor(most: number) {
    this.#free = most;
  }

  /** Does the work when it is its turn; rejects with the signal's reason if that aborts before. */
  async take<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    await this.#turn(signal);
    try {
      return await work();
    } finally {
      this.#next();
    }
  }

  async #turn(signal: AbortSignal): Promise<void> {
    if (this.#free > 0) {
      this.#free -= 1;
      return;
    }
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.push(resolve);
    try {
      await orAborted(promise, signal);
    } catch (error) {
      const place = this.#waiting.indexOf(resolve);
      // Whoever was just given a turn and does not want it any more hands it on.
      if (place < 0) this.#next();
      else this.#waiting.splice(place, 1);
      throw error;
    }
  }

  #next(): void {
    const next = this.#waiting.shift();
    if (next) next();
    else this.#free += 1;
  }
}
