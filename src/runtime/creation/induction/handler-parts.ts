import { isOp, isWord, type Token } from './token.ts';

/** What a handler is made of. */
export interface HandlerParts {
  /** The program, with names in the place of values that vary. */
  program: string;
  given: readonly Given[];
  solves: Solves;
}

/** A value that is given to a handler. */
interface Given {
  /** Name of the argument. */
  name: string;
  /** Its default value, as the language writes it. */
  first: string;
  /** Its name in the program. */
  inside: string;
}

/** How a program defines `solve`, which it leaves to others to call; undefined when it does not. */
export type Solves = 'async' | 'plain' | undefined;

/** Looks for a `solve` that nobody calls. */
export function solvesIn(tokens: readonly Token[]): Solves {
  const uses = tokens.flatMap((token, at) => (isWord(token, 'solve') ? [at] : []));
  const [at = 0] = uses;
  const isDefined = isWord(tokens[at - 1], 'def', 'function') && isOp(tokens[at + 1], '(');
  if (uses.length !== 1 || !isDefined) return undefined;
  return isWord(tokens[at - 2], 'async') ? 'async' : 'plain';
}
