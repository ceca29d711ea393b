import { isObject, type Json, type JsonObject } from '../json.ts';
import type { Expression, Span } from './expression.ts';
import { ExpressionFailure, failure } from './failure.ts';
import { asNumber, compare, compute, join, kindOf, Work } from './values.ts';

/**
 * The value of an expression over named values (runtime 2.5). Looks at own keys of maps and
 * nothing else. Throws `ExpressionFailure`, also when it passes what `work` allows.
 */
export function evaluate(
  expression: Expression,
  names: ReadonlyMap<string, Json>,
  work: Work = new Work(),
): Json {
  return new Evaluation(names, work).value(expression);
}

/** Whether a value counts as true, as in Python: not null, 0, empty or false. */
export function isTrue(value: Json): boolean {
  if (Array.isArray(value)) return value.length > 0;
  if (isObject(value)) return Object.keys(value).length > 0;
  return Boolean(value);
}

class Evaluation {
  readonly #names: ReadonlyMap<string, Json>;
  readonly #work: Work;

  constructor(names: ReadonlyMap<string, Json>, work: Work) {
    this.#names = names;
    this.#work = work;
  }

  value(at: Expression): Json {
    this.#work.spend(1, at);
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

  #map(of: Expression, field: string): JsonObject {
    const value = this.value(of);
    if (isObject(value)) return value;
    throw failure(of, `${kindOf(value)} has no field \`${field}\``);
  }

  #index(at: Extract<Expression, { kind: 'index' }>): Json {
    const of = this.value(at.of);
    const key = this.value(at.at);
    if (isObject(of)) {
      const value = own(of, key);
      if (value !== undefined) return value;
      throw failure(at.at, `there is no key ${JSON.stringify(key)}`);
    }
    if ((Array.isArray(of) || typeof of === 'string') && isWhole(key)) {
      const items = typeof of === 'string' ? this.#characters(of, at) : of;
      const value = items[Number(key) < 0 ? items.length + Number(key) : Number(key)];
      if (value !== undefined) return value;
      throw failure(at.at, `there is no item ${String(key)}`);
    }
    throw failure(at, `${kindOf(of)} has no ${JSON.stringify(key)}`);
  }

  #get(at: Extract<Expression, { kind: 'get' }>): Json {
    const of = this.#map(at.of, 'get');
    const value = own(of, this.value(at.key));
    return value ?? (at.fallback && value === undefined ? this.value(at.fallback) : null);
  }

  #length({ of }: Extract<Expression, { kind: 'len' }>): number {
    const value = this.value(of);
    if (typeof value === 'string') return this.#characters(value, of).length;
    if (Array.isArray(value)) return value.length;
    if (isObject(value)) return Object.keys(value).length;
    throw failure(of, `${kindOf(value)} has no length`);
  }

  #characters(text: string, at: Span): string[] {
    this.#work.spend(text.length, at);
    return [...text];
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
    if (joined !== undefined) {
      this.#work.spend(joined.length, at);
      return joined;
    }
    throw failure(at, `${kindOf(left)} \`${at.operator}\` ${kindOf(right)} has no meaning`);
  }

  #comparison({ first, rest }: Extract<Expression, { kind: 'comparison' }>): boolean {
    let left = this.value(first);
    for (const { operator, value } of rest) {
      const right = this.value(value);
      if (!compare(operator, { left, right, at: value, work: this.#work })) return false;
      left = right;
    }
    return true;
  }
}

function finite(at: Span, value: number): number {
  if (Number.isFinite(value)) return value;
  throw failure(at, 'the result is not a finite number');
}

function isWhole(value: Json): boolean {
  return typeof value === 'number' && Number.isInteger(value);
}

/** What a map itself has at a key; all of its keys are texts. */
function own(map: JsonObject, key: Json): Json | undefined {
  return typeof key === 'string' && Object.hasOwn(map, key) ? map[key] : undefined;
}
