import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../src/base/json.ts';
import { contextEntries } from '../../../src/runtime/nodes/context-entries.ts';

const LIMITS = { totalChars: 1000, minPerEntry: 200, previewChars: 250 };

describe('earlier results in a prompt', () => {
  it('are whole where there is room: maps indented, texts as they are', () => {
    const { shown, files } = contextEntries({ a: { b: 1 }, c: 'text', d: [1], e: 2 }, LIMITS);
    expect(shown.map(({ key, text }) => [key, text])).toEqual([
      ['a', '{\n  "b": 1\n}'],
      ['c', 'text'],
      ['d', '[\n  1\n]'],
      ['e', '2'],
    ]);
    expect(files).toEqual([]);
  });

  it.each([
    [1, 1000, 0],
    [1, 1001, 1],
    [4, 250, 0],
    [4, 251, 4],
    [5, 200, 0],
    [10, 100, 0],
    [6, 200, 1],
  ])('%i of %i characters: %i of them go into files', (count, chars, spilled) => {
    const values = Object.fromEntries(
      Array.from({ length: count }, (_, index) => [`k${index}`, 'x'.repeat(chars)]),
    );
    const { shown, files } = contextEntries(values, LIMITS);
    expect(files).toHaveLength(spilled);
    expect(shown.filter(({ file }) => file !== undefined)).toHaveLength(spilled);
    for (const { text, file } of shown) {
      expect(text).toHaveLength(file === undefined ? chars : Math.min(chars, 250));
    }
  });

  it('have all of a large one in its file', () => {
    const value = { rows: Array.from({ length: 100 }, (_, id) => ({ id })) };
    const { shown, files } = contextEntries({ rows: value, text: 'y'.repeat(2000) }, LIMITS);
    expect(files.map(({ name }) => name)).toEqual(['rows.json', 'text.txt']);
    expect(JSON.parse(files[0]?.text ?? '')).toEqual(value);
    expect(shown[1]).toMatchObject({ chars: 2000, file: 'text.txt', text: 'y'.repeat(250) });
  });

  it('have names of files that are no paths and differ', () => {
    const big = 'z'.repeat(1001);
    const keys = ['../../etc/passwd', 'a/b', 'A', 'a', 'a-2', '', '.', 'x'.repeat(300), 'taken'];
    const values = Object.fromEntries(keys.map((key) => [key, big]));
    const { files } = contextEntries(values, LIMITS, ['Taken.txt']);
    const names = files.map(({ name }) => name);
    expect(names.slice(0, 7)).toEqual([
      '__.._etc_passwd.txt',
      'a_b.txt',
      'A.txt',
      'a-2.txt',
      'a-2-2.txt',
      '_.txt',
      '_-2.txt',
    ]);
    expect(names.at(-1)).toBe('taken-2.txt');
    expect(new Set(names.map((name) => name.toLowerCase())).size).toBe(names.length);
  });

  it('are only named when there are too many, and counted when there are far too many', () => {
    const values = Object.fromEntries(
      Array.from({ length: 400 }, (_, index) => [`k${index}`, 'x'.repeat(300)]),
    );
    const { shown, named, more, files } = contextEntries(values, LIMITS);
    expect([shown.length, named.length, more, files.length]).toEqual([4, 100, 296, 400]);
  });

  it('never pass the budget by more than the beginnings, and lose nothing', () => {
    const values = fc.dictionary(fc.string({ maxLength: 8 }), fc.string({ maxLength: 400 }), {
      maxKeys: 30,
    });
    const limits = fc.record({
      totalChars: fc.integer({ min: 1, max: 2000 }),
      minPerEntry: fc.integer({ min: 1, max: 400 }),
      previewChars: fc.integer({ min: 0, max: 300 }),
    });
    fc.assert(
      fc.property(values, limits, (given: JsonObject, budget) => {
        const { shown, named, more, files } = contextEntries(given, budget);
        const length = (texts: readonly { text: string }[]): number =>
          texts.reduce((sum, { text }) => sum + text.length, 0);
        const whole = shown.filter(({ file }) => file === undefined);
        expect(length(whole)).toBeLessThanOrEqual(budget.totalChars);
        expect(length(shown) - length(whole)).toBeLessThanOrEqual(budget.totalChars);
        expect(shown.length + named.length + more).toBe(Object.keys(given).length);
        expect(whole.length + files.length).toBe(Object.keys(given).length);
        for (const { name } of files) expect(name).not.toMatch(/[/\\]|^\.+$/);
      }),
    );
  });
});
