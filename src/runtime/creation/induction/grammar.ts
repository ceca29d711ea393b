import type { Parts } from './parts.ts';
import type { Token } from './token.ts';

/** Names that a program gives to something itself. */
export interface OwnNames {
  names: ReadonlySet<string>;
  /** Places, among the parts, of parameters in the head of a function. */
  parameters: ReadonlySet<number>;
}

/** What is to be known of a language to compare programs in it. */
export interface Grammar {
  /** The parts of a program, with values that cannot be taken out as `fixed`; undefined for no program. */
  tokens(source: string): Token[] | undefined;
  own(parts: Parts): OwnNames;
  /** Whether a name stands for something of the program: not for a field, or an argument of others. */
  isName(parts: Parts, at: number, own: OwnNames): boolean;
  /** Whether a part counts, and is no layout. */
  counts(parts: Parts, at: number): boolean;
}
