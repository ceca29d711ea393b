import { isObject, type Json } from '../base/json.ts';
import { secretPattern, secretSpellings } from '../base/secret-pattern.ts';

/** Shorter values are no secrets: they would blank out ordinary words. */
const LEAST = 8;
const MARK = '[secret]';

/** Replaces secrets in facts; the same fact when there is none in it. */
export type Redact = <T>(fact: T) => T;

/**
 * Makes a function that blanks out secret values of at least 8 characters, in all their spellings,
 * in every text and name of a fact. A number that is written like a secret becomes null.
 */
export function makeRedact(secrets: readonly string[]): Redact {
  const pattern = secretPattern(secrets, LEAST);
  if (!pattern) return (fact) => fact;
  const numbers = new Set(secrets.filter(isLongNumber).map(Number));
  return (fact) => redactValue(fact as Json, { pattern, numbers }) as typeof fact;
}

function isLongNumber(secret: string): boolean {
  return secret.length >= LEAST && /^-?[\d.]+$/.test(secret) && String(Number(secret)) === secret;
}

interface Hidden {
  pattern: RegExp;
  numbers: ReadonlySet<number>;
}

function redactValue(value: Json, hidden: Hidden): Json {
  if (typeof value === 'string') return value.replace(hidden.pattern, MARK);
  if (typeof value === 'number') return hidden.numbers.has(value) ? null : value;
  if (Array.isArray(value)) return redactItems(value, hidden);
  return isObject(value) ? redactFields(value, hidden) : value;
}

function redactItems(items: readonly Json[], hidden: Hidden): Json {
  let changed = false;
  const redacted = items.map((item) => {
    const now = redactValue(item, hidden);
    changed ||= now !== item;
    return now;
  });
  return changed ? redacted : (items as Json);
}

function redactFields(fields: { readonly [name: string]: Json }, hidden: Hidden): Json {
  let changed = false;
  const redacted = Object.entries(fields).map(([name, item]): [string, Json] => {
    const entry: [string, Json] = [name.replace(hidden.pattern, MARK), redactValue(item, hidden)];
    changed ||= entry[0] !== name || entry[1] !== item;
    return entry;
  });
  return changed ? Object.fromEntries(redacted) : (fields as Json);
}

/** One piece of an answer that comes bit by bit. */
export interface TextPiece {
  agent: string;
  call: string;
  text: string;
}

/**
 * Redacts answers that come in pieces: what could be the beginning of a secret is held back until
 * the next piece shows whether it is one. What is held when an answer ends is never handed out: the
 * log has the whole answer. An agent has one answer at a time.
 */
export class PieceRedactor {
  readonly #pattern: RegExp | undefined;
  readonly #beginnings: Beginnings;
  readonly #held = new Map<string, { call: string; text: string }>();

  constructor(secrets: readonly string[]) {
    this.#pattern = secretPattern(secrets, LEAST);
    this.#beginnings = new Beginnings(secretSpellings(secrets, LEAST));
  }

  /** What of this piece, and of what was held back before it, can be shown; its text may be empty. */
  take(piece: TextPiece): TextPiece {
    if (!this.#pattern) return piece;
    const before = this.#held.get(piece.agent);
    const text = (before?.call === piece.call ? before.text : '') + piece.text;
    const clean = text.replace(this.#pattern, MARK);
    const ready = this.#beginnings.firstIn(clean);
    this.#held.set(piece.agent, { call: piece.call, text: clean.slice(ready) });
    return { ...piece, text: clean.slice(0, ready) };
  }
}

/** Finds where the end of a text could be the beginning of a spelling. */
class Beginnings {
  /** Sorted, in lower case. */
  readonly #spellings: readonly string[];
  readonly #longest: number;

  constructor(spellings: readonly string[]) {
    this.#spellings = [...new Set(spellings.map(lowerCase))].sort(byCode);
    this.#longest = Math.max(0, ...spellings.map(({ length }) => length));
  }

  /** The first offset from which on everything is the beginning of a spelling; else its length. */
  firstIn(text: string): number {
    const from = Math.max(0, text.length - this.#longest);
    const end = lowerCase(text.slice(from));
    for (let at = 0; at < end.length; at++) if (this.#begins(end.slice(at))) return from + at;
    return text.length;
  }

  #begins(part: string): boolean {
    let [low, high] = [0, this.#spellings.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#spellings[middle] ?? '') < part) low = middle + 1;
      else high = middle;
    }
    return this.#spellings[low]?.startsWith(part) ?? false;
  }
}

/** Of letters that never change their length with it. */
function lowerCase(text: string): string {
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}

function byCode(a: string, b: string): number {
  return a < b ? -1 : 1;
}
