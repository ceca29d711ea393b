import type { Json } from '../../../base/json.ts';

/** Kinds of values in a program that can become arguments; `piece`: text between the braces of a template. */
export type LiteralKind = 'string' | 'number' | 'boolean' | 'piece';

/** A part of a program. Comments and layout are none, but for blocks and ends of lines in Python. */
export interface Token {
  /** `fixed`: a value or a text that cannot be replaced by a name. */
  kind: 'name' | 'op' | 'fixed' | 'literal' | 'line' | 'indent' | 'dedent';
  text: string;
  /** Where it stands in the source, in characters. */
  start: number;
  end: number;
  /** Of literals. */
  literal?: { kind: LiteralKind; value: Json };
  /** Brackets around it. */
  depth: number;
}

/** Whether a token is this operator or bracket. */
export function isOp(token: Token | undefined, ...texts: readonly string[]): boolean {
  return token?.kind === 'op' && texts.includes(token.text);
}

/** Whether a token is this word. */
export function isWord(token: Token | undefined, ...texts: readonly string[]): boolean {
  return token?.kind === 'name' && texts.includes(token.text);
}

/** A text that is read from left to right. */
export class Reader {
  readonly text: string;
  at = 0;
  readonly tokens: Token[] = [];
  /** The brackets that are open, as they close. */
  readonly open: string[] = [];

  /** Reads `text` from its beginning. */
  constructor(text: string) {
    this.text = text;
  }

  /** Whether nothing is left. */
  get done(): boolean {
    return this.at >= this.text.length;
  }

  /** The character here; empty at the end. */
  get here(): string {
    return this.text[this.at] ?? '';
  }

  /** Takes what a sticky expression finds here; undefined when it finds nothing. */
  take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text)?.[0];
    if (found === undefined || found === '') return undefined;
    this.at += found.length;
    return found;
  }

  /** Adds what was read since `start`. */
  add(kind: Token['kind'], start: number, literal?: Token['literal']): void {
    const text = this.text.slice(start, this.at);
    const more = literal && { literal };
    this.tokens.push({ kind, text, start, end: this.at, depth: this.open.length, ...more });
  }

  /** Adds a mark that stands for no text. */
  mark(kind: 'line' | 'indent' | 'dedent'): void {
    this.tokens.push({ kind, text: '', start: this.at, end: this.at, depth: this.open.length });
  }

  /** Takes an operator or a bracket; false when none is here, or a bracket closes another one. */
  operator(pattern: RegExp): boolean {
    const start = this.at;
    const text = this.take(pattern);
    if (text === undefined) return false;
    const closing = CLOSING[text];
    if (CLOSERS.has(text) && this.open.pop() !== text) return false;
    this.add('op', start);
    if (closing !== undefined) this.open.push(closing);
    return this.open.length <= MOST_OPEN;
  }
}

/** Brackets that may be open at the same time. */
const MOST_OPEN = 200;
const CLOSING: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}' };
const CLOSERS = new Set(Object.values(CLOSING));

/** A number as JSON has it; undefined for one that JSON has not, or not exactly. */
export function numberValue(text: string): number | undefined {
  const value = Number(text.replaceAll('_', ''));
  if (!Number.isFinite(value)) return undefined;
  return Number.isInteger(value) && !Number.isSafeInteger(value) ? undefined : value;
}
