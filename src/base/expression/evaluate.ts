import { canonicalJson, isObject, type Json } from '../json.ts';
import type { Arithmetic, Comparison, Expression, Span } from './expression.ts';

/** Steps that one evaluation may take. */
const MAX_STEPS = 100_000;
/** Longest text or list that an operator may make. */
const MAX_LENGTH = 1_000_000;

/** Why an expression has no value, such as a missing key. Who evaluates decides what follows. */
export class ExpressionFailure extends Error {
  readonly reason: 'unknown-name' | 'no-value';
  readonly from: number;
  readonly to: number;

  constructor(reason: ExpressionFailure['reason'], message: string, { from, to }: Span) {
    super(message);
    this.name = 'ExpressionFailure';
    this.reason = reason;
    this.from = from;
    this.to = to;
  }
}

/**
 * The value of an expression over named values (runtime 2.5). Looks at own keys of maps and
 * nothing else. Throws `ExpressionFailure`.
 */
export function evaluate(expression: Expression, names: ReadonlyMap<string, Json>): Json {
  return new Evaluation(names).value(expression);
}

/** Whether a value counts as true, as in Python: not null, 0, empty or false. */
export function isTrue(value: Json): boolean {
  if (Array.isArray(value)) return value.length > 0;
  if (isObject(value)) return Object.keys(value).length > 0;
  return Boolean(value);
}

class Evaluation {
  readonly #names: ReadonlyMap<string, Json>;
  #steps = 0;

  constructor(names: ReadonlyMap<string, Json>) {
    this.#names = names;
  }

  value(at: Expression): Json {
    if (++this.#steps > MAX_STEPS) throw failure(at, 'the expression takes too many steps');
    switch (at.kind) {
      case 'literal':
        return at.value;
      case 'name':
        return this.#name(at, at.name);
      case 'list':
        return at.items.map((item) => this.value(item));
      case 'field':
        return own(this.#map(at.of, at.name), at.name) ?? null;
      case 'index':
        return this.#index(at);
      case 'get':
        return this.#get(at);
      case 'len':
        return this.#length(at);
      case 'empty-map':
        return {};
      case 'not':
        return !isTrue(this.value(at.of));
      case 'and':
        return at.parts.every((part) => isTrue(this.value(part)));
      case 'or':
        return at.parts.some((part) => isTrue(this.value(part)));
      case 'sign':
        return finite(at, at.sign === '-' ? -this.#number(at.of) : this.#number(at.of));
      case 'arithmetic':
        return this.#arithmetic(at);
      case 'comparison':
        return this.#comparison(at);
    }
  }

  #name(at: Expression, name: string): Json {
    const value = this.#names.get(name);
    if (value === undefined)
      throw new ExpressionFailure('unknown-name', `there is no \`${name}\``, at);
    return value;
  }

  #map(of: Expression, field: string): { [key: string]: Json } {
    const value = this.value(of);
    if (isObject(value)) return value;
    throw failure(of, `${kindOf(value)} has no field \`${field}\``);
  }

  #index(at: Extract<Expression, { kind: 'index' }>): Json {
    const of = this.value(at.of);
    const key = this.value(at.at);
    if (isObject(of)) {
      const value = own(of, textKey(key));
      if (value !== undefined) return value;
      throw failure(at.at, `there is no key ${JSON.stringify(key)}`);
    }
    if ((Array.isArray(of) || typeof of === 'string') && isWhole(key)) {
      const items = typeof of === 'string' ? [...of] : of;
      const value = items[Number(key) < 0 ? items.length + Number(key) : Number(key)];
      if (value !== undefined) return value;
      throw failure(at.at, `there is no item ${String(key)}`);
    }
    throw failure(at, `${kindOf(of)} has no ${JSON.stringify(key)}`);
  }

  #get(at: Extract<Expression, { kind: 'get' }>): Json {
    const of = this.#map(at.of, 'get');
    const value = own(of, textKey(this.value(at.key)));
    return value ?? (at.fallback && value === undefined ? this.value(at.fallback) : null);
  }

  #length({ of }: Extract<Expression, { kind: 'len' }>): number {
    const value = this.value(of);
    if (typeof value === 'string') return [...value].length;
    if (Array.isArray(value)) return value.length;
    if (isObject(value)) return Object.keys(value).length;
    throw failure(of, `${kindOf(value)} has no length`);
  }

  #number(of: Expression): number {
    const value = asNumber(this.value(of));
    if (value === undefined) throw failure(of, 'this is not a number');
    return value;
  }

  #arithmetic(at: Extract<Expression, { kind: 'arithmetic' }>): Json {
    const left = this.value(at.left);
    const right = this.value(at.right);
    const [one, other] = [asNumber(left), asNumber(right)];
    if (one !== undefined && other !== undefined) {
      const zero = other === 0 && at.operator !== '+' && at.operator !== '-' && at.operator !== '*';
      if (zero) throw failure(at.right, 'this divides by zero');
      return finite(at, compute(at.operator, one, other));
    }
    const joined = at.operator === '+' ? join(left, right) : undefined;
    if (joined !== undefined) return joined;
    throw failure(at, `${kindOf(left)} \`${at.operator}\` ${kindOf(right)} has no meaning`);
  }

  #comparison({ first, rest }: Extract<Expression, { kind: 'comparison' }>): boolean {
    let left = this.value(first);
    for (const { operator, value } of rest) {
      const right = this.value(value);
      if (!compare(operator, { left, right, at: value })) return false;
      left = right;
    }
    return true;
  }
}

interface Pair {
  left: Json;
  right: Json;
  at: Expression;
}

function compare(operator: Comparison, pair: Pair): boolean {
  switch (operator) {
    case '==':
    case 'is':
      return same(pair.left, pair.right);
    case '!=':
    case 'is not':
      return !same(pair.left, pair.right);
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

/** Equal as in Python: true is 1, texts and numbers are never equal. */
function same(left: Json, right: Json): boolean {
  const [one, other] = [asNumber(left), asNumber(right)];
  if (one !== undefined && other !== undefined) return one === other;
  return canonicalJson(numbers(left)) === canonicalJson(numbers(right));
}

/** Truth values as numbers, all the way down: `[true]` equals `[1]`. */
function numbers(value: Json): Json {
  if (typeof value === 'boolean') return Number(value);
  if (Array.isArray(value)) return value.map(numbers);
  if (isObject(value))
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, numbers(item)]));
  return value;
}

function contains({ left, right, at }: Pair): boolean {
  if (Array.isArray(right)) return right.some((item) => same(item, left));
  if (isObject(right)) return typeof left === 'string' && Object.hasOwn(right, left);
  if (typeof right === 'string' && typeof left === 'string') return right.includes(left);
  throw failure(at, `${kindOf(right)} cannot contain ${kindOf(left)}`);
}

function order({ left, right, at }: Pair): number {
  const [one, other] = [asNumber(left), asNumber(right)];
  if (one !== undefined && other !== undefined) return one - other;
  if (typeof left === 'string' && typeof right === 'string') return orderTexts(left, right);
  if (Array.isArray(left) && Array.isArray(right)) {
    for (const [index, item] of left.entries()) {
      const peer = right[index];
      if (peer === undefined) return 1;
      if (!same(item, peer)) return order({ left: item, right: peer, at });
    }
    return left.length - right.length;
  }
  throw failure(at, `${kindOf(left)} and ${kindOf(right)} have no order`);
}

/** By code point, as Python does. */
function orderTexts(left: string, right: string): number {
  const [one, other] = [[...left], [...right]];
  for (const [index, character] of one.entries()) {
    const peer = other[index];
    if (peer === undefined) return 1;
    if (character !== peer) return (character.codePointAt(0) ?? 0) - (peer.codePointAt(0) ?? 0);
  }
  return one.length - other.length;
}

function compute(operator: Arithmetic, left: number, right: number): number {
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
      return Math.floor(left / right);
    case '%':
      return left - right * Math.floor(left / right);
  }
}

function join(left: Json, right: Json): Json | undefined {
  if (
    typeof left === 'string' &&
    typeof right === 'string' &&
    left.length + right.length <= MAX_LENGTH
  ) {
    return left + right;
  }
  if (Array.isArray(left) && Array.isArray(right) && left.length + right.length <= MAX_LENGTH) {
    return [...left, ...right];
  }
  return undefined;
}

function finite(at: Span, value: number): number {
  if (Number.isFinite(value)) return value;
  throw failure(at, 'the result is not a finite number');
}

function asNumber(value: Json): number | undefined {
  if (typeof value === 'boolean') return Number(value);
  return typeof value === 'number' ? value : undefined;
}

function isWhole(value: Json): boolean {
  return typeof value === 'number' && Number.isInteger(value);
}

function textKey(key: Json): string {
  return typeof key === 'string' ? key : JSON.stringify(key);
}

function own(map: { [key: string]: Json }, key: string): Json | undefined {
  return Object.hasOwn(map, key) ? map[key] : undefined;
}

function failure(at: Span, message: string): ExpressionFailure {
  return new ExpressionFailure('no-value', message, at);
}

function kindOf(value: Json): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  return isObject(value) ? 'a map' : `a ${typeof value === 'string' ? 'text' : typeof value}`;
}
