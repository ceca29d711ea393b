import { AwpError } from '../base/errors.ts';
import type { Json } from '../base/json.ts';

/** Characters of a result, about as its JSON has them. */
const MOST_CHARS = 8 * 1024 * 1024;
/** Levels of lists and objects in a result. */
const MOST_DEPTH = 64;

/**
 * A value as the JSON that it stands for: `toJSON` is asked, fields without a value are left out.
 * Throws `tool/bad-result`, with the place, for what JSON does not have: nothing at all, functions,
 * symbols, big integers, numbers without end, maps and sets, bytes, circles, more than 64 levels, or
 * more than 8 Mi characters.
 */
export function plainJson(value: unknown): Json {
  return new Walk().json(value, '');
}

class Walk {
  #chars = 0;
  readonly #above = new Set<object>();

  json(given: unknown, place: string): Json {
    const value = asked(given);
    this.#count(value);
    const wrong = problemOf(value);
    if (wrong !== undefined) throw badResult(`${nameOf(place)} is ${wrong}`);
    if (typeof value !== 'object' || value === null) return value as Json;
    if (this.#above.has(value)) throw badResult(`${nameOf(place)} contains itself`);
    if (this.#above.size >= MOST_DEPTH) {
      throw badResult(`it is nested deeper than ${MOST_DEPTH} levels`);
    }
    this.#above.add(value);
    const plain = Array.isArray(value) ? this.#list(value, place) : this.#object(value, place);
    this.#above.delete(value);
    return plain;
  }

  #list(items: readonly unknown[], place: string): Json[] {
    // A loop over numbers also sees the holes of a list.
    return Array.from(items, (item, index) => this.json(item, `${place}[${index}]`));
  }

  #object(value: object, place: string): Json {
    const fields: [string, Json][] = [];
    for (const [key, inner] of Object.entries(value)) {
      if (inner === undefined) continue;
      this.#chars += key.length + 4;
      fields.push([key, this.json(inner, place === '' ? key : `${place}.${key}`)]);
    }
    return Object.fromEntries(fields);
  }

  #count(value: unknown): void {
    this.#chars += typeof value === 'string' ? value.length + 3 : 4;
    if (this.#chars <= MOST_CHARS) return;
    throw badResult('it is larger than 8 Mi characters', 'give less at once, or write a file');
  }
}

/** What a value says that it is in JSON, such as a date. */
function asked(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !('toJSON' in value)) return value;
  const { toJSON } = value;
  return typeof toJSON === 'function' ? toJSON.call(value, '') : value;
}

function problemOf(value: unknown): string | undefined {
  if (value === undefined) return 'nothing';
  if (typeof value === 'bigint') return 'a big integer';
  if (typeof value === 'function' || typeof value === 'symbol') return `a ${typeof value}`;
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value);
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return 'bytes';
  if (value instanceof Promise) return 'a promise that was not waited for';
  const without = [Map, Set, WeakMap, WeakSet, RegExp, Error].find((kind) => value instanceof kind);
  return without && `a ${without.name}`;
}

function nameOf(place: string): string {
  return place === '' ? 'it' : `\`${place.slice(0, 100)}\``;
}

function badResult(what: string, hint?: string): AwpError {
  return new AwpError('tool/bad-result', `the result is no JSON: ${what}`, {
    hint: hint ?? 'give texts, finite numbers, true, false, null, lists and plain objects',
  });
}
