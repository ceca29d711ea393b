/** Bytes that arrive in pieces and are taken in other pieces; a large one is copied once. */
export class ByteQueue {
  #chunks: Uint8Array[] = [];
  #length = 0;

  /** Bytes that wait. */
  get length(): number {
    return this.#length;
  }

  /** Puts bytes behind those that wait. */
  add(bytes: Uint8Array): void {
    this.#chunks.push(bytes);
    this.#length += bytes.length;
  }

  /** Takes the first bytes; ask `length` before, there are no more than that. */
  take(count: number): Buffer {
    const [first] = this.#chunks;
    const single = first !== undefined && this.#chunks.length === 1;
    const joined = single
      ? Buffer.from(first.buffer, first.byteOffset, first.length)
      : Buffer.concat(this.#chunks);
    const rest = joined.subarray(count);
    this.#chunks = rest.length > 0 ? [rest] : [];
    this.#length = rest.length;
    return joined.subarray(0, count);
  }
}
