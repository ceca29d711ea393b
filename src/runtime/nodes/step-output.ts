import { isObject, type Json, type JsonObject } from '../../base/json.ts';

/** Deepest nesting of an output, and most values in it. */
const DEPTH = 64;
const VALUES = 1_000_000;
/** Keys that reach a prototype. */
const FORBIDDEN = new Set(['__proto__', 'constructor', 'prototype']);

/** What code returned, as the output of its node. */
export type StepOutput = { output: JsonObject } | { problem: string };

/**
 * Copies what code returned, so that it cannot change it later: an object is the output, nothing is
 * `{}`, any other value `{ result: value }`. Fields that are undefined are left out. What JSON does
 * not know, and what has no end, is a problem, in words that name its place.
 */
export function stepOutput(returned: unknown): StepOutput {
  if (returned === undefined) return { output: {} };
  const copier = new Copier();
  const copy = copier.copy(returned, 'the result', 0);
  if (copier.problem !== undefined) return { problem: copier.problem };
  if (copy === undefined) return { problem: 'the result is nothing that JSON knows' };
  return { output: isObject(copy) ? copy : { result: copy } };
}

class Copier {
  problem: string | undefined;
  #left = VALUES;

  /** Undefined after a problem. */
  copy(value: unknown, place: string, depth: number): Json | undefined {
    this.#left -= 1;
    if (this.#left < 0) return this.#fail(`the result has more than ${VALUES} values`);
    if (depth > DEPTH) return this.#fail(`the result is nested deeper than ${DEPTH} levels`);
    if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
    if (typeof value === 'number') {
      return Number.isFinite(value) ? value : this.#fail(`${place} is ${value}`);
    }
    if (Array.isArray(value)) return this.#list(value, place, depth);
    if (value === undefined) return this.#fail(`${place} is undefined`);
    if (typeof value !== 'object') return this.#fail(`${place} is a ${typeof value}`);
    const prototype: unknown = Object.getPrototypeOf(value);
    if (prototype !== null && prototype !== Object.prototype) {
      return this.#fail(`${place} is an object with a class`);
    }
    return this.#fields(value as Record<string, unknown>, place, depth);
  }

  #list(items: readonly unknown[], place: string, depth: number): Json[] | undefined {
    const list: Json[] = [];
    for (let index = 0; index < items.length && this.problem === undefined; index += 1) {
      const item = this.copy(items[index], `${place}[${index}]`, depth + 1);
      if (item !== undefined) list.push(item);
    }
    return list;
  }

  #fields(from: Record<string, unknown>, place: string, depth: number): JsonObject | undefined {
    const fields: JsonObject = {};
    for (const [key, value] of Object.entries(from)) {
      if (value === undefined) continue;
      if (FORBIDDEN.has(key)) return this.#fail(`${place} has the key ${key}`);
      const copy = this.copy(value, `${place}.${key}`, depth + 1);
      if (copy === undefined) return undefined;
      fields[key] = copy;
    }
    return fields;
  }

  #fail(problem: string): undefined {
    this.problem ??= `${problem}, which a state cannot hold`;
  }
}
