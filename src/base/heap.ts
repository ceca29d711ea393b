/** Items of which the smallest comes first; adding and taking one cost the logarithm of their number. */
export class Heap<T> {
  readonly #items: T[] = [];
  readonly #rank: (item: T) => number;

  /** `rank` must not change while an item is in it. */
  constructor(rank: (item: T) => number) {
    this.#rank = rank;
  }

  push(item: T): void {
    const items = this.#items;
    const rank = this.#rank(item);
    let at = items.length;
    while (at > 0) {
      const above = (at - 1) >> 1;
      const parent = items[above] as T;
      if (this.#rank(parent) <= rank) break;
      items[at] = parent;
      at = above;
    }
    items[at] = item;
  }

  /** Takes the smallest out; undefined when it is empty. */
  pop(): T | undefined {
    const [first] = this.#items;
    const last = this.#items.pop();
    if (last !== undefined && this.#items.length > 0) this.#sink(last);
    return first;
  }

  /** The smallest, which stays; undefined when it is empty. */
  get top(): T | undefined {
    return this.#items[0];
  }

  /**
   * Shows items, each after the smaller one above it, for as long as `goOn` says so; what lies below
   * an item that it refuses is no smaller and is not looked at. Nothing is changed.
   */
  visit(goOn: (item: T) => boolean): void {
    const open = [0];
    for (let at = open.pop(); at !== undefined; at = open.pop()) {
      const item = this.#items[at];
      if (item !== undefined && goOn(item)) open.push(2 * at + 2, 2 * at + 1);
    }
  }

  #sink(item: T): void {
    const items = this.#items;
    const rank = this.#rank(item);
    let at = 0;
    for (;;) {
      let below = 2 * at + 1;
      if (below >= items.length) break;
      const other = below + 1;
      if (other < items.length && this.#rank(items[other] as T) < this.#rank(items[below] as T)) {
        below = other;
      }
      const child = items[below] as T;
      if (this.#rank(child) >= rank) break;
      items[at] = child;
      at = below;
    }
    items[at] = item;
  }
}
