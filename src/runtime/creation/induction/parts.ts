import { isOp, type Token } from './token.ts';

/** The parts of a program with what is needed to look around in it. */
export class Parts {
  readonly tokens: readonly Token[];
  /** Of each part the place of the bracket around it; -1 when there is none. */
  readonly around: readonly number[];
  /** Of each bracket that opens the place of the one that closes it. */
  readonly #closing: ReadonlyMap<number, number>;
  /** Places of brackets with a comma right inside of them, and how many they have. */
  readonly commas: ReadonlyMap<number, number>;

  /** Looks through all parts once. */
  constructor(tokens: readonly Token[]) {
    const around: number[] = [];
    const closing = new Map<number, number>();
    const commas = new Map<number, number>();
    const open: number[] = [];
    tokens.forEach((token, at) => {
      const opener = open.at(-1) ?? -1;
      if (isOp(token, ')', ']', '}')) {
        open.pop();
        if (opener >= 0) closing.set(opener, at);
      }
      const place = open.at(-1) ?? -1;
      around.push(place);
      if (isOp(token, ',')) commas.set(place, (commas.get(place) ?? 0) + 1);
      if (isOp(token, '(', '[', '{')) open.push(at);
    });
    this.tokens = tokens;
    this.around = around;
    this.#closing = closing;
    this.commas = commas;
  }

  /** Where the bracket closes that opens at a place; -1 when it is none. */
  closing(at: number): number {
    return this.#closing.get(at) ?? -1;
  }

  /** The bracket around a part: `(`, `[`, `{`, or empty. */
  bracket(at: number): string {
    return this.tokens[this.around[at] ?? -1]?.text ?? '';
  }
}
