import type { Json, JsonObject } from '../../base/json.ts';

/** Deepest nesting that is read. */
const DEEPEST = 64;
const FORBIDDEN_KEYS = new Set(['__proto__', 'constructor', 'prototype']);

/** An object that was read from a place in a text. */
export interface Lenient {
  value: JsonObject;
  /** Index behind it. */
  end: number;
  /** Something of it was lost: the text ended in the middle of a value, or before one. */
  cut: boolean;
}

/**
 * Reads the object that begins at `start` as models write such: raw control characters and unknown
 * escapes in texts, commas too many or missing, brackets that are missing, too many or of the wrong
 * kind, and an end that came too early. No text and no number is kept in half. Undefined when it is no
 * such object, or one of more than 64 levels. Reads each character once (spec, runtime 4.2, steps 1 to 5).
 */
export function readLenient(text: string, start: number): Lenient | undefined {
  const reader = new Reader(text, start);
  const value = reader.object(1);
  return reader.failed ? undefined : { value, end: reader.at, cut: reader.cut };
}

const BETWEEN = /[\s,]*/y;
const SPACE = /\s*/y;
const LITERAL = /true\b|false\b|null\b|NaN\b|-?Infinity\b|-?\d+(?:\.\d*)?(?:[eE][+-]?\d+)?/y;

class Reader {
  failed = false;
  cut = false;
  at: number;
  readonly #text: string;
  /** Lists that are open around the place. */
  #lists = 0;

  constructor(text: string, at: number) {
    this.#text = text;
    this.at = at;
  }

  object(depth: number): JsonObject {
    const result: JsonObject = {};
    this.at += 1;
    while (!this.#isClosed('}', this.#lists > 0 ? ']' : undefined, depth)) {
      const stray = this.#text[this.at] === ']';
      if (stray) this.at += 1;
      else if (!this.#pair(result, depth)) break;
    }
    return result;
  }

  /** Reads a key and its value; false when the object cannot go on. */
  #pair(result: JsonObject, depth: number): boolean {
    const key = this.#text[this.at] === '"' ? this.#string() : this.#fail();
    if (key === undefined) return false;
    this.#skip(SPACE);
    const colon = this.#text[this.at];
    if (colon === undefined) this.cut = true;
    else if (colon !== ':') this.#fail();
    if (colon !== ':') return false;
    this.at += 1;
    const value = this.#value(depth + 1);
    if (value === undefined) return false;
    if (!FORBIDDEN_KEYS.has(key)) result[key] = value;
    return true;
  }

  #list(depth: number): Json[] {
    const result: Json[] = [];
    this.at += 1;
    this.#lists += 1;
    // The brace belongs to an object around: one is always open.
    while (!this.#isClosed(']', '}', depth)) {
      const value = this.#value(depth + 1);
      if (value === undefined) break;
      result.push(value);
    }
    this.#lists -= 1;
    return result;
  }

  /** Whether what is open ends here: with its own bracket, with one of what is around it, or the text. */
  #isClosed(own: string, outer: string | undefined, depth: number): boolean {
    if (depth > DEEPEST) this.#fail();
    this.#skip(BETWEEN);
    const next = this.#text[this.at];
    if (next === own) this.at += 1;
    return this.failed || next === undefined || next === own || next === outer;
  }

  /** Undefined when there is none: the text ends, or has something else there. */
  #value(depth: number): Json | undefined {
    this.#skip(SPACE);
    switch (this.#text[this.at]) {
      case undefined:
        this.cut = true;
        return undefined;
      case '"':
        return this.#string();
      case '{':
        return this.object(depth);
      case '[':
        return this.#list(depth);
      default:
        return this.#literal();
    }
  }

  #literal(): Json | undefined {
    LITERAL.lastIndex = this.at;
    const said = LITERAL.exec(this.#text)?.[0];
    if (said === undefined) return this.#fail();
    this.at += said.length;
    if (/^[tfn]/.test(said)) return said === 'null' ? null : said === 'true';
    // Digits may be missing where the text ends.
    this.cut ||= this.at >= this.#text.length;
    const number = Number(said);
    if (this.cut) return undefined;
    return Number.isFinite(number) ? number : null;
  }

  #string(): string | undefined {
    const end = endOfString(this.#text, this.at);
    if (end < 0) {
      this.at = this.#text.length;
      this.cut = true;
      return undefined;
    }
    const written = this.#text.slice(this.at, end + 1);
    this.at = end + 1;
    return JSON.parse(mended(written)) as string;
  }

  #skip(what: RegExp): void {
    what.lastIndex = this.at;
    this.at += what.exec(this.#text)?.[0].length ?? 0;
  }

  #fail(): undefined {
    this.failed = true;
  }
}

/** Index of the quote that ends the text which begins at `start`; -1 when there is none. */
function endOfString(text: string, start: number): number {
  for (let at = text.indexOf('"', start + 1); at >= 0; at = text.indexOf('"', at + 1)) {
    let slashes = 0;
    while (text[at - 1 - slashes] === '\\') slashes += 1;
    if (slashes % 2 === 0) return at;
  }
  return -1;
}

/** An escape, a backslash that is none, or a raw control character. */
const ODD = /\\(?:["\\/bfnrt]|u[\da-fA-F]{4})|[\\\p{Cc}]/gu;
const NAMED: ReadonlyMap<string, string> = new Map([
  ['\n', '\\n'],
  ['\r', '\\r'],
  ['\t', '\\t'],
  ['\\', '\\\\'],
]);

/** A text in quotes with its raw control characters escaped and backslashes that escape nothing doubled. */
function mended(written: string): string {
  return written.replace(ODD, (found) => (found.length > 1 ? found : escaped(found)));
}

function escaped(character: string): string {
  return NAMED.get(character) ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/**
 * Index of the brace that closes the one at `start`, texts in quotes skipped; -1 when it stays open.
 * For places that are no JSON, too.
 */
export function closingBrace(text: string, start: number): number {
  let depth = 0;
  for (let at = start; at < text.length; at += 1) {
    const character = text[at];
    if (character === '"') {
      at = endOfString(text, at);
      if (at < 0) return -1;
    } else if (character === '{') depth += 1;
    else if (character === '}') depth -= 1;
    if (depth === 0) return at;
  }
  return -1;
}
