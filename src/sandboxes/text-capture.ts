/**
 * Keeps the beginning and the end of an endless text in bounded memory. Bytes that are no UTF-8
 * become U+FFFD.
 */
export class TextCapture {
  readonly #half: number;
  readonly #decoder = new TextDecoder();
  #head = '';
  #tail = '';
  #dropped = 0;

  /** `limit`: characters that are kept, the note about what was cut not counted. */
  constructor(limit: number) {
    this.#half = Math.max(1, Math.floor(limit / 2));
  }

  /** Takes the next bytes. */
  add(bytes: Uint8Array): void {
    this.#append(this.#decoder.decode(bytes, { stream: true }));
  }

  /** What was kept, with a note where something was cut. Nothing may be added afterwards. */
  end(): string {
    this.#append(this.#decoder.decode());
    const over = this.#tail.length - this.#half;
    if (over > 0) this.#cut(over);
    if (this.#dropped === 0) return this.#head + this.#tail;
    const count = this.#dropped.toLocaleString('en-US');
    return `${this.#head}\n[... ${count} characters left out ...]\n${this.#tail}`;
  }

  #append(text: string): void {
    const room = this.#half - this.#head.length;
    this.#head += text.slice(0, room);
    this.#tail += text.slice(room);
    // Cutting only when it has doubled keeps the cost of a character constant.
    if (this.#tail.length > 2 * this.#half + 65_536) this.#cut(this.#tail.length - this.#half);
  }

  #cut(count: number): void {
    this.#dropped += count;
    this.#tail = this.#tail.slice(count);
  }
}
