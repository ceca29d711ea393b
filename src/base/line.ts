/**
 * Keys in the order in which they came. Unlike a `Set`, one from whose front much was taken is looked
 * at from its front at constant cost.
 */
export class Line {
  #items: string[] = [];
  #front = 0;
  readonly #there = new Set<string>();

  get size(): number {
    return this.#there.size;
  }

  has(key: string): boolean {
    return this.#there.has(key);
  }

  /** Puts a key at the end; one that is in it stays where it is. */
  add(key: string): void {
    if (this.#there.has(key)) return;
    this.#there.add(key);
    this.#items.push(key);
  }

  /** A key that was taken out must not come back. */
  delete(key: string): void {
    if (!this.#there.delete(key)) return;
    for (;;) {
      const first = this.#items[this.#front];
      if (first === undefined || this.#there.has(first)) break;
      this.#front += 1;
    }
    if (this.#front < 1000 || this.#front * 2 < this.#items.length) return;
    this.#items = this.#items.slice(this.#front);
    this.#front = 0;
  }

  *[Symbol.iterator](): Generator<string> {
    for (let at = this.#front; at < this.#items.length; at += 1) {
      const key = this.#items[at];
      if (key !== undefined && this.#there.has(key)) yield key;
    }
  }
}
