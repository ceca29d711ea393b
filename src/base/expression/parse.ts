import {
  type Arithmetic,
  type Comparison,
  type Expression,
  type ExpressionError,
  Unreadable,
} from './expression.ts';
import { type Token, tokensOf } from './tokens.ts';

/** Longest expression, in characters. */
const MAX_EXPRESSION_LENGTH = 2000;
/** Deepest nesting. */
const MAX_EXPRESSION_DEPTH = 32;

/** An expression, or why the text is none. */
export type ParsedExpression =
  | { ok: true; expression: Expression }
  | { ok: false; error: ExpressionError };

/**
 * Reads an expression of the standard (runtime 2.5, decision 29): a subset of Python's, with
 * `true`, `false` and `null`, `.get(key, default)` and `len(x)`. Never throws.
 */
export function parseExpression(text: string): ParsedExpression {
  if (text.length > MAX_EXPRESSION_LENGTH) {
    const message = `the expression is longer than ${MAX_EXPRESSION_LENGTH.toLocaleString('en')} characters`;
    const help = 'let an agent compute it and look at its result';
    return { ok: false, error: { code: 'X2', message, help, from: 0, to: text.length } };
  }
  try {
    return { ok: true, expression: new Reader(tokensOf(text)).whole() };
  } catch (error) {
    if (error instanceof Unreadable) return { ok: false, error: error.error };
    throw error;
  }
}

const LITERALS: ReadonlyMap<string, boolean | null> = new Map<string, boolean | null>([
  ['True', true],
  ['False', false],
  ['None', null],
  ['true', true],
  ['false', false],
  ['null', null],
]);
const OPERATORS = new Set(['and', 'or', 'not', 'in', 'is']);
/** Words of Python that the grammar leaves out. */
const FOREIGN: ReadonlyMap<string, string> = new Map([
  ['if', 'conditional expressions are not part of it; write `and` and `or`'],
  ['else', 'conditional expressions are not part of it; write `and` and `or`'],
  ['lambda', 'functions are not part of it; compare values'],
  ['for', 'comprehensions are not part of it; let an agent compute the list'],
  ['await', 'nothing is called from an expression'],
  ['yield', 'nothing is called from an expression'],
  ['import', 'nothing is imported into an expression'],
]);
const COMPARISONS = new Set(['==', '!=', '<', '<=', '>', '>=']);
const SYMBOLS: ReadonlyMap<string, string> = new Map([
  ['**', 'there are no powers; multiply'],
  ['{', 'the only map is the empty one, `{}`; compare single values'],
  ['=', 'write `==` to compare'],
  [':=', 'nothing is assigned in an expression'],
  [':', 'there are no slices; take one item with `[0]`'],
  ['|', 'write `or`'],
  ['&', 'write `and`'],
  ['^', 'there are no operations on bits'],
  ['~', 'write `not`'],
  ['@', 'there are no matrices'],
]);

/** One method for each line of the grammar. */
class Reader {
  readonly #tokens: readonly Token[];
  #at = 0;
  #depth = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  whole(): Expression {
    if (this.#next().kind === 'end')
      throw this.#wrong('the expression is empty', 'write `true`, or leave it out');
    const expression = this.#or();
    if (this.#next().kind !== 'end') throw this.#unexpected();
    return expression;
  }

  #or(): Expression {
    return this.#deeper(() => this.#chain('or', () => this.#chain('and', () => this.#not())));
  }

  #chain(kind: 'and' | 'or', part: () => Expression): Expression {
    const first = part();
    const parts = [first];
    while (this.#takeName(kind)) parts.push(part());
    const last = parts.at(-1) ?? first;
    return parts.length === 1 ? first : { kind, parts, from: first.from, to: last.to };
  }

  #not(): Expression {
    const from = this.#next().from;
    if (!this.#takeName('not')) return this.#comparison();
    const of = this.#deeper(() => this.#not());
    return { kind: 'not', of, from, to: of.to };
  }

  #comparison(): Expression {
    const first = this.#sum();
    const rest: { operator: Comparison; value: Expression }[] = [];
    for (let operator = this.#comparator(); operator; operator = this.#comparator()) {
      rest.push({ operator, value: this.#sum() });
    }
    const last = rest.at(-1);
    return last ? { kind: 'comparison', first, rest, from: first.from, to: last.value.to } : first;
  }

  #comparator(): Comparison | undefined {
    const { kind, text } = this.#next();
    if (kind === 'operator' && COMPARISONS.has(text)) {
      this.#at++;
      return text as Comparison;
    }
    if (this.#takeName('in')) return 'in';
    if (this.#takeName('is')) return this.#takeName('not') ? 'is not' : 'is';
    if (kind === 'name' && text === 'not' && this.#tokens[this.#at + 1]?.text === 'in') {
      this.#at += 2;
      return 'not in';
    }
    return undefined;
  }

  #sum(): Expression {
    return this.#operation(['+', '-'], () =>
      this.#operation(['*', '/', '//', '%'], () => this.#unary()),
    );
  }

  #operation(operators: readonly Arithmetic[], part: () => Expression): Expression {
    let left = part();
    for (let count = 1; ; count++) {
      const { kind, text } = this.#next();
      const operator = kind === 'operator' ? operators.find((known) => known === text) : undefined;
      if (!operator) return left;
      if (this.#depth + count > MAX_EXPRESSION_DEPTH * 4) throw this.#tooDeep();
      this.#at++;
      const right = part();
      left = { kind: 'arithmetic', operator, left, right, from: left.from, to: right.to };
    }
  }

  #unary(): Expression {
    const { kind, text, from } = this.#next();
    if (kind !== 'operator' || (text !== '-' && text !== '+')) return this.#postfix();
    this.#at++;
    const of = this.#deeper(() => this.#unary());
    return { kind: 'sign', sign: text, of, from, to: of.to };
  }

  #postfix(): Expression {
    let expression = this.#atom();
    for (let count = 1; ; count++) {
      if (count > MAX_EXPRESSION_DEPTH) throw this.#tooDeep();
      if (this.#takeOperator('.')) expression = this.#field(expression);
      else if (this.#isOperator('[')) expression = this.#index(expression);
      else if (this.#isOperator('('))
        throw this.#foreign('only `.get(key, default)` and `len(x)` can be called');
      else return expression;
    }
  }

  #field(of: Expression): Expression {
    const { kind, text, to } = this.#next();
    if (kind !== 'name')
      throw this.#wrong('a name is missing behind the `.`', 'write the name of a field');
    this.#at++;
    if (text !== 'get' || !this.#takeOperator('('))
      return { kind: 'field', of, name: text, from: of.from, to };
    const key = this.#or();
    const fallback = this.#takeOperator(',') ? this.#or() : undefined;
    const end = this.#expect(')');
    return { kind: 'get', of, key, fallback, from: of.from, to: end };
  }

  #index(of: Expression): Expression {
    this.#at++;
    const at = this.#or();
    return { kind: 'index', of, at, from: of.from, to: this.#expect(']') };
  }

  #atom(): Expression {
    const token = this.#next();
    const { kind, text, from, to } = token;
    if (kind === 'number') return this.#literal(Number(text), token);
    if (kind === 'string') return this.#literal(text, token);
    if (kind === 'operator' && (text === '(' || text === '[')) return this.#group(text, from);
    if (text === '{' && this.#tokens[this.#at + 1]?.text === '}') return this.#emptyMap(from);
    if (kind !== 'name' || OPERATORS.has(text)) throw this.#unexpected();
    const literal = LITERALS.get(text);
    if (literal !== undefined) return this.#literal(literal, token);
    if (FOREIGN.has(text)) throw this.#unexpected();
    this.#at++;
    if (text === 'len' && this.#takeOperator('(')) {
      const of = this.#or();
      return { kind: 'len', of, from, to: this.#expect(')') };
    }
    return { kind: 'name', name: text, from, to };
  }

  #literal(value: string | number | boolean | null, { from, to }: Token): Expression {
    this.#at++;
    return { kind: 'literal', value, from, to };
  }

  #emptyMap(from: number): Expression {
    this.#at++;
    return { kind: 'empty-map', from, to: this.#expect('}') };
  }

  /** `(a)` is `a`; `(a, b)`, `(a,)`, `()` and `[...]` are lists. */
  #group(open: '(' | '[', from: number): Expression {
    this.#at++;
    const close = open === '(' ? ')' : ']';
    const items: Expression[] = [];
    let comma = false;
    while (!this.#isOperator(close)) {
      items.push(this.#or());
      comma = this.#takeOperator(',');
      if (!comma) break;
    }
    const to = this.#expect(close);
    const [first] = items;
    if (open === '(' && first && items.length === 1 && !comma) return { ...first, from, to };
    return { kind: 'list', items, from, to };
  }

  #deeper(read: () => Expression): Expression {
    if (++this.#depth > MAX_EXPRESSION_DEPTH) throw this.#tooDeep();
    const expression = read();
    this.#depth--;
    return expression;
  }

  #next(): Token {
    return this.#tokens[this.#at] ?? { kind: 'end', text: '', from: 0, to: 0 };
  }

  #takeName(name: string): boolean {
    const { kind, text } = this.#next();
    if (kind !== 'name' || text !== name) return false;
    this.#at++;
    return true;
  }

  #isOperator(operator: string): boolean {
    const { kind, text } = this.#next();
    return kind === 'operator' && text === operator;
  }

  #takeOperator(operator: string): boolean {
    if (!this.#isOperator(operator)) return false;
    this.#at++;
    return true;
  }

  /** Takes an operator that must come now, and says where it ends. */
  #expect(operator: string): number {
    const { to } = this.#next();
    if (this.#takeOperator(operator)) return to;
    if (this.#next().kind === 'end')
      throw this.#wrong(`a \`${operator}\` is missing`, `add \`${operator}\``);
    throw this.#unexpected();
  }

  #unexpected(): Unreadable {
    const { kind, text } = this.#next();
    if (kind === 'end')
      return this.#wrong('the expression ends too early', 'something is missing behind it');
    const foreign =
      kind === 'name' ? FOREIGN.get(text) : kind === 'operator' ? SYMBOLS.get(text) : undefined;
    if (foreign !== undefined) return this.#foreign(foreign);
    if (kind === 'string')
      return this.#wrong('a string does not belong here', 'put an operator before it');
    return this.#wrong(
      `\`${text}\` does not belong here`,
      'put an operator such as `and` or `==` between values',
    );
  }

  #foreign(help: string): Unreadable {
    const { text } = this.#next();
    const message = text === '(' ? 'nothing can be called here' : `expressions have no \`${text}\``;
    return this.#fail('X4', message, help);
  }

  #wrong(message: string, help: string): Unreadable {
    return this.#fail('X1', message, help);
  }

  #tooDeep(): Unreadable {
    return this.#fail(
      'X2',
      `the expression nests deeper than ${MAX_EXPRESSION_DEPTH} levels, or has too many operators in a row`,
      'make it simpler',
    );
  }

  #fail(code: ExpressionError['code'], message: string, help: string): Unreadable {
    const { from, to } = this.#next();
    return new Unreadable({ code, message, help, from, to });
  }
}
