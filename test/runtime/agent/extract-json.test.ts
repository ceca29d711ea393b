import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { extractJson } from '../../../src/runtime/agent/extract-json.ts';

const A = { a: 1 };

describe("the JSON object in a model's text", () => {
  it.each<[string, string, unknown]>([
    ['the whole text', '{"a":1}', { value: A, repaired: false }],
    ['a text with space around it', ' \n{"a":1}\n', { value: A, repaired: false }],
    ['a code fence', 'Here:\n```json\n{"a":1}\n```\nDone.', { value: A, repaired: true }],
    ['a fence that is never closed', '```json\n{"a":1}', { value: A, repaired: true }],
    ['a fence in one line', '```json {"a":1} ```', { value: A, repaired: true }],
    ['the second fence', '```py\nx = 1\n```\n```\n{"a":1}\n```', { value: A, repaired: true }],
    ['prose around it', 'I think {this} is it: {"a":1}. OK?', { value: A, repaired: true }],
    ['a lone brace before it', 'Use { here: {"a":1}', { value: A, repaired: true }],
    ['the only object of a list', '[{"a":1}]', { value: A, repaired: true }],
    ['raw line breaks in a text', '{"a":"x\ny\tz"}', { value: { a: 'x\ny\tz' }, repaired: true }],
    [
      'other raw control characters',
      '{"a":"\u0000\u0007"}',
      { value: { a: '\0\u0007' }, repaired: true },
    ],
    [
      'escapes that are none',
      String.raw`{"a":"\d+ \' \u12"}`,
      { value: { a: String.raw`\d+ \' \u12` }, repaired: true },
    ],
    ['a comma too many', '{"a":1,}', { value: A, repaired: true }],
    ['a comma too few', '{"a":[1 2] "b":3}', { value: { a: [1, 2], b: 3 }, repaired: true }],
    ['a brace too few', '{"a":{"b":[1 ]', { value: { a: { b: [1] } }, repaired: true }],
    ['a brace too many', '{"a":[{"b":1}}],"c":2}', { value: { a: [{ b: 1 }] }, repaired: true }],
    ['a bracket too few', '{"a":[{"b":1}}', { value: { a: [{ b: 1 }] }, repaired: true }],
    [
      'a bracket too many',
      '{"a":{"b":1]},"c":2}',
      { value: { a: { b: 1 }, c: 2 }, repaired: true },
    ],
    [
      'numbers that are none',
      '{"a":NaN,"b":-Infinity,"c":1e999,"d":2}',
      { value: { a: null, b: null, c: null, d: 2 }, repaired: true },
    ],
    ['an example before it', 'As {"a": ...} says: {"a":1}', { value: A, repaired: true }],
  ])('is found in %s', (_, text, found) => {
    expect(extractJson(text)).toEqual(found);
  });

  it.each([
    ['nothing', ''],
    ['prose', 'I will do that {soon}.'],
    ['a number', '42'],
    ['a list of several objects', '[{"a":1},{"a":2}]'],
    ['such a list in a fence', '```json\n[{"a":1},{"a":2}]\n```'],
    ['such a list in prose', 'Rows: [{"a":1},{"a":2}] as asked.'],
    ['an empty object in prose', 'Nothing: {}.'],
    ['an object that is broken before another in it', '{"a":"he said "no"","b":{"c":1}}'],
    ['a text that ends in a text', '{"a":"x","b":"half of'],
    ['a text that ends in a number', '{"a":12'],
    ['a text that ends behind a key', '{"a":1,"b"'],
    ['a text that ends before a value', '{"a":1,"b": '],
    ['10,000 brackets', '{"a":'.repeat(10_000)],
    ['10,000 brackets that are closed', `${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`],
  ])('is not found in %s', (_, text) => {
    expect(extractJson(text)).toBeUndefined();
  });

  it.each([
    ['in a text', '{"a":1,"b":"half of', A],
    ['in a number', '{"a":1,"b":12', A],
    ['behind a key', '{"a":1,"b"', A],
    ['in a list', '{"a":[{"b":1},{"b":"x', { a: [{ b: 1 }, {}] }],
  ])('lacks what was cut off %s, if it may', (_, text, value) => {
    expect(extractJson(text, true)).toEqual({ value, repaired: true, cut: true });
  });

  it('has no keys that reach a prototype', () => {
    const found = extractJson('x {"__proto__":{"b":1},"constructor":2,"prototype":3,"a":1} y');
    expect(Object.entries(found?.value ?? {})).toEqual([['a', 1]]);
    expect(Object.getPrototypeOf(found?.value)).toBe(Object.prototype);
  });

  const LONG = 1_000_000;
  it.each([
    ['a text that never ends', `{"a":"${'x'.repeat(5 * LONG)}`],
    ['a text of backslashes', `{"a":"${'\\'.repeat(5 * LONG)}`],
    ['a text of quotes', '"'.repeat(LONG)],
    ['a text of braces', '{'.repeat(LONG)],
    ['a text of braces and quotes', '{"'.repeat(LONG)],
    ['a text of fences', '```\n'.repeat(LONG)],
    ['a fence of line breaks', `\`\`\`${'\n'.repeat(LONG)}`],
    ['a text of keys', '{"a":1,'.repeat(LONG)],
    ['a list without end', `{"a":[${'1,'.repeat(LONG)}`],
    ['an object of 5 MB', `x {"a":"${'y '.repeat(2.5 * LONG)}"}`],
  ])('takes time in proportion to %s', (_, text) => {
    // More than in proportion would take minutes.
    expect(() => extractJson(text, true)).not.toThrow();
  });

  it('is what was written, whatever stands around it', () => {
    const words = fc.string().filter((text) => !/[{}[\]"`]/.test(text));
    const safe = fc.dictionary(
      fc.string().filter((key) => !/^(__proto__|constructor|prototype)$/.test(key)),
      fc.jsonValue({ maxDepth: 4 }),
      { minKeys: 1, noNullPrototype: true },
    );
    fc.assert(
      fc.property(words, safe, words, (before, value, after) => {
        const plain = JSON.parse(
          JSON.stringify(value, (key, inner) =>
            /^(__proto__|constructor|prototype)$/.test(key) ? undefined : inner,
          ),
        );
        expect(extractJson(`${before} ${JSON.stringify(value)}\n${after}`)?.value).toEqual(plain);
      }),
    );
  });

  it('never throws, wherever a text is cut, and keeps no text in half', () => {
    const whole = '{"a":"x\\"y\\u00e4","b":[1,{"c":true,"d":null}],"e":{"f":-1.5e3}}';
    const allowed = new Set(['x"yä']);
    for (let end = 0; end <= whole.length; end += 1) {
      const found = extractJson(`x ${whole.slice(0, end)}`, true);
      for (const text of textsIn(found?.value)) expect(allowed).toContain(text);
    }
  });
});

function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsIn) : [];
}
