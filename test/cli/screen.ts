/** A terminal as far as the tree needs one: what the user sees after everything that was written. */
export class Screen {
  readonly #columns: number;
  readonly #rows: number;
  #cells: string[][] = [[]];
  #row = 0;
  #column = 0;
  cursorHidden = false;

  constructor(columns: number, rows: number) {
    this.#columns = columns;
    this.#rows = rows;
  }

  feed(text: string): this {
    const pieces = text.matchAll(/\p{Cc}\[(\??)([\d;]*)([A-Za-z])|[\s\S]/gu);
    for (const [piece, mark = '', count = '', command = ''] of pieces) {
      if (piece === '\n') this.#down();
      else if (piece === '\r') this.#column = 0;
      else if (command === '') this.#put(piece);
      else if (mark === '?') this.#mode(count, command);
      else this.#control(Number(count || 1), command);
    }
    return this;
  }

  /** Lines without trailing blanks, up to the last that has text. */
  lines(): string[] {
    const lines = this.#cells.map((row) =>
      Array.from(row, (cell) => cell ?? ' ')
        .join('')
        .trimEnd(),
    );
    while (lines.at(-1) === '') lines.pop();
    return lines;
  }

  #put(letter: string): void {
    if (this.#column >= this.#columns) {
      this.#down();
    }
    this.#line()[this.#column++] = letter;
  }

  #down(): void {
    this.#row += 1;
    this.#column = 0;
    this.#line();
  }

  #control(count: number, command: string): void {
    if (command === 'A') {
      const top = Math.max(0, this.#cells.length - this.#rows);
      this.#row = Math.max(top, this.#row - count);
    }
    if (command === 'K') this.#line().length = this.#column;
    if (command === 'J') {
      this.#line().length = this.#column;
      this.#cells.length = this.#row + 1;
    }
  }

  #mode(code: string, command: string): void {
    if (code === '25') this.cursorHidden = command === 'l';
  }

  #line(): string[] {
    while (this.#cells.length <= this.#row) this.#cells.push([]);
    const line = this.#cells[this.#row];
    if (!line) throw new Error('no such row');
    return line;
  }
}
