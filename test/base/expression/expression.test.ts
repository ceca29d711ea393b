import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { evaluate, isTrue } from '../../../src/base/expression/evaluate.ts';
import type { Expression } from '../../../src/base/expression/expression.ts';
import { ExpressionFailure } from '../../../src/base/expression/failure.ts';
import { parseExpression } from '../../../src/base/expression/parse.ts';
import { referencesOf } from '../../../src/base/expression/references.ts';
import type { Json } from '../../../src/base/json.ts';

const NAMES = new Map<string, Json>([
  [
    'state',
    {
      a: { x: 5, list: [1, 2, 3], name: 'Ann', none: null },
      ...{ n: 7, t: true, s: 'héllo', nested: [[1, 2], [3]], m: { k: 1 } },
    },
  ],
  ['result', { score: 0.8 }],
]);

/** An expression and what Python 3 makes of it; without a value it is an error there. */
const PYTHON = JSON.parse(readFileSync(join(import.meta.dirname, 'python.json'), 'utf8')) as [
  string,
  Json?,
][];

function read(text: string): Expression {
  const parsed = parseExpression(text);
  if (!parsed.ok) throw new Error(`${text}: ${parsed.error.message}`);
  return parsed.expression;
}

function evaluated(text: string, names: ReadonlyMap<string, Json> = NAMES): Json {
  return evaluate(read(text), names);
}

function failureOf(text: string, names?: ReadonlyMap<string, Json>): ExpressionFailure {
  try {
    evaluated(text, names);
  } catch (error) {
    if (error instanceof ExpressionFailure) return error;
    throw error;
  }
  throw new Error(`${text} has a value`);
}

function errorOf(text: string) {
  const parsed = parseExpression(text);
  if (parsed.ok) throw new Error(`${text} was read`);
  return parsed.error;
}

describe('an expression', () => {
  it.each(PYTHON.filter((row) => row.length === 2))(
    'has the value of Python: %s',
    (text, value) => {
      expect(evaluated(text)).toEqual(value);
    },
  );

  it.each(PYTHON.filter((row) => row.length === 1))('fails as in Python: %s', (text) => {
    const parsed = parseExpression(text);
    if (parsed.ok) expect(() => evaluate(parsed.expression, NAMES)).toThrow(ExpressionFailure);
  });

  it.each<[string, Json]>([
    ['true', true],
    ['false or null', false],
    ['state.n and state.s', true],
    ['0 or state.s', true],
    ['"" or []', false],
  ])('knows words of JSON, and its `and` and `or` give truth values: %s', (text, value) => {
    expect(evaluated(text)).toBe(value);
  });

  it('calls nothing but .get and len', () => {
    expect(evaluated("state.get('a').get('zz', len(state.s))")).toBe(5);
    expect(evaluated("state.get('a').get('none', 1)")).toBeNull();
    expect(evaluated('state.get(1, 2)')).toBe(2);
  });
});

describe('what is no expression', () => {
  it.each<[string, 'X1' | 'X2' | 'X4', number, string]>([
    ['', 'X1', 0, 'leave it out'],
    ['   ', 'X1', 3, 'leave it out'],
    ['1 +', 'X1', 3, 'missing'],
    ['(1', 'X1', 2, 'add `)`'],
    ['[1, 2', 'X1', 5, 'add `]`'],
    ['state.', 'X1', 6, 'name of a field'],
    ['a b', 'X1', 2, 'operator'],
    ["a 'b'", 'X1', 2, 'operator'],
    ["'abc", 'X1', 0, "add '"],
    ["'abc\\", 'X1', 0, "add '"],
    ['1e999', 'X1', 0, 'smaller'],
    ['3x', 'X1', 0, 'quote it'],
    ['!a', 'X1', 0, 'write `not`'],
    ['a == not b', 'X1', 5, 'operator'],
    ['$x', 'X1', 0, 'state.x'],
    ['a ; b', 'X1', 2, 'quotes'],
    ['é', 'X1', 0, 'quotes'],
    ['😀', 'X1', 0, 'quotes'],
    ['a)', 'X1', 1, 'operator'],
    ['len()', 'X1', 4, 'operator'],
    ['len(a, b)', 'X1', 5, 'operator'],
    ['state.get()', 'X1', 10, 'operator'],
    ['f(x)', 'X4', 1, '.get'],
    ['state.items()', 'X4', 11, '.get'],
    ['"a".upper()', 'X4', 9, '.get'],
    ['lambda x: 1', 'X4', 0, 'functions'],
    ['a ** 2', 'X4', 2, 'multiply'],
    ['1 if a else 2', 'X4', 2, '`and` and `or`'],
    ['a ? 1 : 2', 'X4', 2, '`and` and `or`'],
    ['a[1:2]', 'X4', 3, 'one item'],
    ['a[:2]', 'X4', 2, 'one item'],
    ["f'{a}'", 'X4', 0, 'plain string'],
    ["rb'a'", 'X4', 0, 'plain string'],
    ['{"a": 1}', 'X4', 0, '{}'],
    ['[x for x in a]', 'X4', 3, 'list'],
    ['a = 1', 'X4', 2, '=='],
    ['(a := 1)', 'X4', 3, 'assigned'],
    ['a && b', 'X4', 2, '`and`'],
    ['a || b', 'X4', 2, '`or`'],
    ['~a', 'X4', 0, '`not`'],
    ['a ^ b', 'X4', 2, 'bits'],
    ['await a', 'X4', 0, 'called'],
    [`${'('.repeat(33)}1${')'.repeat(33)}`, 'X2', 32, 'simpler'],
    [`${'not '.repeat(40)}a`, 'X2', 128, 'simpler'],
    [`${'-'.repeat(40)}1`, 'X2', 32, 'simpler'],
    [`a${'.b'.repeat(40)}`, 'X2', 65, 'simpler'],
    [Array.from({ length: 200 }, () => '1').join('+'), 'X2', 255, 'simpler'],
    ['a'.repeat(2001), 'X2', 0, 'agent'],
  ])('is said at its place, with what to write: %s', (text, code, from, help) => {
    const error = errorOf(text);
    expect(error).toMatchObject({ code, from });
    expect(error.help).toContain(help);
    expect(error.message).not.toBe('');
    expect(error.to).toBeGreaterThanOrEqual(error.from);
    expect(error.to).toBeLessThanOrEqual(text.length);
  });

  it('may be as long and as deep as the limits say', () => {
    expect(parseExpression(`'${'a'.repeat(1998)}'`).ok).toBe(true);
    expect(evaluated(`${'('.repeat(31)}1${')'.repeat(31)}`)).toBe(1);
  });
});

describe('a failure', () => {
  it.each<[string, string, number, number]>([
    ['1 + nobody', 'there is no `nobody`', 4, 10],
    ['state.missing.deep', 'null has no field `deep`', 0, 13],
    ["state['missing']", 'there is no key "missing"', 6, 15],
    ['state.a.list[9]', 'there is no item 9', 13, 14],
    ['state.a.x[0]', 'a number has no 0', 0, 12],
    ["1 < 'a'", 'a number and a text have no order', 4, 7],
    ["1 in 'a'", 'a text cannot contain a number', 5, 8],
    ["'a' + 1", 'a text `+` a number has no meaning', 0, 7],
    ['1 / 0', 'this divides by zero', 4, 5],
    ['1e308 * 10', 'the result is not a finite number', 0, 10],
    ["-'a'", 'this is not a number', 1, 4],
    ['len(1)', 'a number has no length', 4, 5],
    ["state.a.list.get('x')", 'a list has no field `get`', 0, 12],
  ])('says what and where: %s', (text, message, from, to) => {
    expect(failureOf(text)).toMatchObject({ message, from, to });
  });

  it('tells an unknown name from a missing value', () => {
    expect(failureOf('nobody').reason).toBe('unknown-name');
    expect(failureOf('state.a.list[9]').reason).toBe('no-value');
  });

  it('is what values that are too large or too deep lead to', () => {
    let deep: Json = 1;
    for (let level = 0; level < 20_000; level++) deep = [deep];
    const names = new Map<string, Json>([
      ['deep', deep],
      ['long', 'x'.repeat(600_000)],
      ['list', Array.from({ length: 100_000 }, (_, index) => index)],
    ]);
    expect(failureOf('deep == deep', names).message).toContain('too deep');
    expect(failureOf('deep < deep', names).message).toContain('too deep');
    expect(failureOf('long + long', names).message).toContain('no meaning');
    const often = (part: string): string => Array.from({ length: 100 }, () => part).join(' and ');
    expect(failureOf(often("'a' not in long"), names).message).toContain('too large');
    expect(failureOf(often('len(long) > 1'), names).message).toContain('too large');
    expect(evaluated('99999 in list and list == list', names)).toBe(true);
  });
});

describe('values', () => {
  it.each(['constructor', '__proto__', 'toString', 'hasOwnProperty', 'length', '__class__'])(
    'have no property but their own keys: %s',
    (key) => {
      const names = new Map<string, Json>([['m', { a: 1 }]]);
      expect(evaluated(`m.${key}`, names)).toBeNull();
      expect(evaluated(`m.get('${key}', 7)`, names)).toBe(7);
      expect(evaluated(`'${key}' in m`, names)).toBe(false);
      expect(failureOf(`m['${key}']`, names).message).toContain('no key');
      for (const value of ["'text'", '[1]', '1', 'true', 'null'])
        expect(failureOf(`(${value}).${key}`, names).reason).toBe('no-value');
      expect(failureOf(key, names).reason).toBe('unknown-name');
    },
  );

  it('may have keys with such names of their own', () => {
    const names = new Map<string, Json>([['m', JSON.parse('{"__proto__": 3, "constructor": 4}')]]);
    expect(evaluated("m.__proto__ + m['constructor']", names)).toBe(7);
  });

  it('are ordered by code point, not by unit', () => {
    expect(evaluated("'😀' > '\uff5e'")).toBe(true);
    expect(evaluated("'😀' < '😁' and 'a😀' > 'a'")).toBe(true);
    expect(evaluated('"\u{1F600}x"[1]')).toBe('x');
  });

  it.each<[Json, boolean]>([
    [null, false],
    [0, false],
    ['', false],
    [[], false],
    [{}, false],
    [false, false],
    [[0], true],
    [{ a: 0 }, true],
    ['0', true],
    [-1, true],
  ])('count as true as in Python: %j', (value, wanted) => {
    expect(isTrue(value)).toBe(wanted);
  });
});

describe('references', () => {
  it.each<[string, string[]]>([
    ['1 + 2', []],
    ['state.a.b > result.score', ['state.a.b', 'result.score']],
    ["state['a']['b'].c", ['state.a.b.c']],
    ["state.get('a', {}).get('b', other.x)", ['state.a.b', 'other.x']],
    ["state.get('a', first).b", ['state.a', 'first']],
    ['state[key].x', ['state', 'key']],
    ['state.list[0].x', ['state.list']],
    ['len(a) and not b or -c in [d, (e, {})]', ['a', 'b', 'c', 'd', 'e']],
    ["state.get(key, 'x')", ['state', 'key']],
  ])('are found in the order of the text: %s', (text, wanted) => {
    const found = referencesOf(read(text));
    const names = found.map(({ name, path }) => [name, ...path].join('.'));
    for (const name of wanted) expect(names.some((one) => one.startsWith(name))).toBe(true);
    expect(names).toHaveLength(wanted.length);
    for (const { name, from, to } of found) expect(text.slice(from, to)).toContain(name);
  });
});

const text = fc.oneof(
  fc.string({ maxLength: 60 }),
  fc.string({ unit: 'grapheme', maxLength: 40 }),
  fc
    .array(
      fc.constantFrom(
        ...['a', '1', '.5', "'s'", '"', "'", '(', ')', '[', ']', '{', '}', '.', ',', '+', '-', '*'],
        ...['/', '//', '%', '==', '<', '>=', 'in', 'not', 'is', 'and', 'or', '.get', 'len', '\\'],
        ...[' ', '\n', 'if', 'lambda', ':', '=', '**', 'True', 'null', 'state', '.x', '?', '!'],
      ),
      { maxLength: 40 },
    )
    .map((parts) => parts.join('')),
);

/** An expression as text again, every part in brackets. */
function print(at: Expression): string {
  switch (at.kind) {
    case 'literal':
      return JSON.stringify(at.value);
    case 'name':
      return at.name;
    case 'empty-map':
      return '{}';
    case 'list':
      return `[${at.items.map(print).join(', ')}]`;
    case 'field':
      return `${print(at.of)}.${at.name}`;
    case 'index':
      return `${print(at.of)}[${print(at.at)}]`;
    case 'get':
      return `${print(at.of)}.get(${[at.key, ...(at.fallback ? [at.fallback] : [])].map(print).join(', ')})`;
    case 'len':
      return `len(${print(at.of)})`;
    case 'not':
      return `(not ${print(at.of)})`;
    case 'sign':
      return `(${at.sign}${print(at.of)})`;
    case 'and':
    case 'or':
      return `(${at.parts.map(print).join(` ${at.kind} `)})`;
    case 'arithmetic':
      return `(${print(at.left)} ${at.operator} ${print(at.right)})`;
    case 'comparison':
      return `(${[print(at.first), ...at.rest.map(({ operator, value }) => `${operator} ${print(value)}`)].join(' ')})`;
  }
}

const leaf = fc.constantFrom(
  ...['0', '1', '2.5', '-3', "'a'", "''", 'true', 'null', 'state.n', 'state.a.list', 'state.m'],
  ...['[]', '{}', 'state.s', "state.get('zz', 1)"],
);
const generated = fc.letrec<{ any: string }>((tie) => ({
  any: fc.oneof(
    { maxDepth: 3 },
    leaf,
    fc
      .tuple(
        tie('any'),
        fc.constantFrom('+', '-', '*', '/', '//', '%', '==', '<', 'in', 'and', 'or', 'is not'),
        tie('any'),
      )
      .map(([left, operator, right]) => `(${left} ${operator} ${right})`),
    tie('any').map((inner) => `(not ${inner})`),
    tie('any').map((inner) => `[${inner}]`),
  ),
})).any;

describe('any text', () => {
  it('is read or refused with a place, and never throws', () => {
    fc.assert(
      fc.property(text, (any) => {
        const parsed = parseExpression(any);
        if (parsed.ok) {
          expect(parsed.expression.to).toBeLessThanOrEqual(any.length);
          for (const { from, to } of referencesOf(parsed.expression))
            expect(to).toBeGreaterThan(from);
          return;
        }
        const { from, to, help, message } = parsed.error;
        expect(from).toBeGreaterThanOrEqual(0);
        expect(to).toBeLessThanOrEqual(any.length);
        expect(help !== '' && message !== '').toBe(true);
      }),
      { numRuns: 3000 },
    );
  });

  it('has a value or a failure, and nothing else', () => {
    fc.assert(
      fc.property(fc.oneof(text, generated), (any) => {
        const parsed = parseExpression(any);
        if (!parsed.ok) return;
        try {
          JSON.stringify(evaluate(parsed.expression, NAMES));
        } catch (error) {
          expect(error).toBeInstanceOf(ExpressionFailure);
        }
      }),
      { numRuns: 3000 },
    );
  });

  it('has the same value when it is printed and read again', () => {
    const outcome = (any: Expression): unknown => {
      try {
        return { value: evaluate(any, NAMES) };
      } catch (error) {
        return (error as Error).message;
      }
    };
    fc.assert(
      fc.property(generated, (any) => {
        const expression = read(any);
        expect(outcome(read(print(expression)))).toEqual(outcome(expression));
      }),
      { numRuns: 1000 },
    );
  });

  it('leaves what it looks at as it was', () => {
    const before = JSON.stringify([...NAMES]);
    fc.assert(
      fc.property(generated, (any) => {
        try {
          evaluated(any);
        } catch {
          // what fails must leave it alone too
        }
      }),
    );
    expect(JSON.stringify([...NAMES])).toBe(before);
  });
});
