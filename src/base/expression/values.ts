import { isObject, type Json, type JsonObject } from '../json.ts';
import type { Arithmetic, Comparison, Span } from './expression.ts';
import { failure } from './failure.ts';

/** What one evaluation may look at: parts of the expression, characters and items of values. */
const MAX_WORK = 20_000_000;
/** Deepest nesting of values that are compared. */
const MAX_VALUE_DEPTH = 500;
/** Longest text or list that an operator may make. */
const MAX_LENGTH = 1_000_000;

/**
 * Counts what an evaluation looks at, so that none takes long, however large the values are.
 * Several evaluations can share one.
 */
export class Work {
  #left = MAX_WORK;

  /** Throws `ExpressionFailure` when the limit is passed. */
  spend(amount: number, at: Span): void {
    this.#left -= amount;
    if (this.#left < 0) throw failure(at, 'the values are too large for an expression');
  }
}

/** Two values, the place of the second and the work that comparing them counts for. */
export interface Pair {
  left: Json;
  right: Json;
  at: Span;
  work: Work;
}

/** Whether a comparison holds, as in Python. Throws `ExpressionFailure` where there is no order. */
export function compare(operator: Comparison, pair: Pair): boolean {
  switch (operator) {
    case '==':
      return same(pair);
    case 'is':
      return identical(pair);
    case '!=':
      return !same(pair);
    case 'is not':
      return !identical(pair);
    case 'in':
      return contains(pair);
    case 'not in':
      return !contains(pair);
    case '<':
      return order(pair) < 0;
    case '<=':
      return order(pair) <= 0;
    case '>':
      return order(pair) > 0;
    case '>=':
      return order(pair) >= 0;
  }
}

/** `1 == True`, but `1 is not True`. */
function identical(pair: Pair): boolean {
  return typeof pair.left === typeof pair.right && same(pair);
}

/** Equal as in Python: true is 1, a text never equals a number, the order of keys does not count. */
function same(pair: Pair, depth = 0): boolean {
  const { left, right, at, work } = pair;
  if (depth > MAX_VALUE_DEPTH) throw failure(at, 'the values nest too deep to be compared');
  const [one, other] = [asNumber(left), asNumber(right)];
  if (one !== undefined && other !== undefined) return one === other;
  work.spend(1 + (typeof left === 'string' ? left.length : 0), at);
  if (Array.isArray(left) && Array.isArray(right)) {
    const sameItem = (item: Json, index: number): boolean =>
      same({ ...pair, left: item, right: right[index] ?? null }, depth + 1);
    return left.length === right.length && left.every(sameItem);
  }
  if (isObject(left) && isObject(right)) return sameMaps(pair, { left, right, depth });
  return left === right;
}

function sameMaps(
  pair: Pair,
  { left, right, depth }: { left: JsonObject; right: JsonObject; depth: number },
): boolean {
  const keys = Object.keys(left);
  return (
    keys.length === Object.keys(right).length &&
    keys.every(
      (key) =>
        Object.hasOwn(right, key) &&
        same({ ...pair, left: left[key] ?? null, right: right[key] ?? null }, depth + 1),
    )
  );
}

function contains(pair: Pair): boolean {
  const { left, right, at, work } = pair;
  if (Array.isArray(right)) return right.some((item) => same({ ...pair, left: item, right: left }));
  if (isObject(right)) return typeof left === 'string' && Object.hasOwn(right, left);
  if (typeof right === 'string' && typeof left === 'string') {
    work.spend(right.length, at);
    return right.includes(left);
  }
  throw failure(at, `${kindOf(right)} cannot contain ${kindOf(left)}`);
}

function order(pair: Pair, depth = 0): number {
  const { left, right, at, work } = pair;
  const [one, other] = [asNumber(left), asNumber(right)];
  if (one !== undefined && other !== undefined) return one - other;
  if (typeof left === 'string' && typeof right === 'string') {
    work.spend(Math.min(left.length, right.length), at);
    return orderTexts(left, right);
  }
  if (Array.isArray(left) && Array.isArray(right)) {
    for (const [index, item] of left.entries()) {
      const peer = right[index];
      if (peer === undefined) return 1;
      const items = { ...pair, left: item, right: peer };
      if (!same(items, depth + 1)) return order(items, depth + 1);
    }
    return left.length - right.length;
  }
  throw failure(at, `${kindOf(left)} and ${kindOf(right)} have no order`);
}

/** By code point, as Python does. */
function orderTexts(left: string, right: string): number {
  const shorter = Math.min(left.length, right.length);
  let at = 0;
  while (at < shorter && left.charCodeAt(at) === right.charCodeAt(at)) at++;
  if (at === shorter) return left.length - right.length;
  return pointAround(left, at) - pointAround(right, at);
}

/** The code point that the unit at `at` belongs to. */
function pointAround(text: string, at: number): number {
  const inside =
    /[\udc00-\udfff]/.test(text.charAt(at)) && /[\ud800-\udbff]/.test(text.charAt(at - 1));
  return text.codePointAt(inside ? at - 1 : at) ?? 0;
}

/** The result for two numbers; the right one of a division is not zero. May be infinite. */
export function compute(operator: Arithmetic, left: number, right: number): number {
  switch (operator) {
    case '+':
      return left + right;
    case '-':
      return left - right;
    case '*':
      return left * right;
    case '/':
      return left / right;
    case '//':
      return quotient(left, right);
    case '%':
      return remainder(left, right);
  }
}

/** The remainder with the sign of the divisor. */
function remainder(left: number, right: number): number {
  const rest = left % right;
  return rest !== 0 && rest < 0 !== right < 0 ? rest + right : rest;
}

/** Rounded down, and such that it fits the remainder: `1.0 // 0.1` is 9. */
function quotient(left: number, right: number): number {
  const exact = (left - remainder(left, right)) / right;
  const down = Math.floor(exact);
  return exact - down > 0.5 ? down + 1 : down;
}

/** Two texts or two lists as one; undefined for anything else, or when it would be too long. */
export function join(left: Json, right: Json): string | Json[] | undefined {
  if (typeof left === 'string' && typeof right === 'string') {
    return left.length + right.length <= MAX_LENGTH ? left + right : undefined;
  }
  if (Array.isArray(left) && Array.isArray(right)) {
    return left.length + right.length <= MAX_LENGTH ? [...left, ...right] : undefined;
  }
  return undefined;
}

/** A number, truth values being 0 and 1; undefined for anything else. */
export function asNumber(value: Json): number | undefined {
  if (typeof value === 'boolean') return Number(value);
  return typeof value === 'number' ? value : undefined;
}

/** What a value is, for messages. */
export function kindOf(value: Json): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  return isObject(value) ? 'a map' : `a ${typeof value === 'string' ? 'text' : typeof value}`;
}
