import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyEdits } from '../../src/base/apply-edits.ts';

const edit = (from: number, to: number, text: string) => ({ from, to, text });

describe('edits', () => {
  it.each([
    ['one', [[edit(1, 2, 'X')]], 'aXcdef', [0]],
    ['several, in any order', [[edit(4, 5, 'Y')], [edit(0, 1, '')]], 'bcdYf', [0, 1]],
    ['those that touch', [[edit(0, 2, 'X')], [edit(2, 4, 'Y')]], 'XYef', [0, 1]],
    ['an insertion', [[edit(3, 3, '--')]], 'abc--def', [0]],
    ['at the end', [[edit(6, 6, '!')]], 'abcdef!', [0]],
    ['not one that overlaps', [[edit(1, 3, 'X')], [edit(2, 4, 'Y')]], 'aXdef', [0]],
    ['the same only once', [[edit(1, 2, 'X')], [edit(1, 2, 'X')]], 'aXcdef', [0]],
    ['one insertion at a place', [[edit(1, 1, 'X')], [edit(1, 1, 'Y')]], 'aXbcdef', [0]],
    ['no half of a change', [[edit(1, 2, 'X')], [edit(4, 5, 'Y'), edit(1, 3, 'Z')]], 'aXcdef', [0]],
    ['both halves of a change', [[edit(4, 5, 'Y'), edit(1, 3, 'Z')]], 'aZdYf', [0]],
    ['nothing outside of the text', [[edit(5, 7, 'X')], [edit(-1, 1, 'X')]], 'abcdef', []],
    ['nothing that ends before it starts', [[edit(3, 1, 'X')]], 'abcdef', []],
    ['nothing for a change without edits', [[]], 'abcdef', []],
  ])('make %s', (_, changes, text, applied) => {
    expect(applyEdits('abcdef', changes)).toEqual({ text, applied });
  });

  it('leave everything else as it was, letter by letter', () => {
    const change = fc.array(
      fc.record({
        from: fc.nat(30),
        to: fc.nat(30),
        text: fc.constantFrom('', '\u0000', '\u0000\u0000'),
      }),
      { minLength: 1, maxLength: 3 },
    );
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z]{0,30}$/), fc.array(change), (text, changes) => {
        const result = applyEdits(text, changes);
        const made = result.applied.flatMap((index) => changes[index] ?? []);
        const gone = new Set(
          made.flatMap(({ from, to }) => Array.from({ length: to - from }, (_, at) => from + at)),
        );
        const kept = [...text].filter((_, at) => !gone.has(at)).join('');
        expect(result.text.replaceAll('\u0000', '')).toBe(kept);
        const added = made.reduce((sum, one) => sum + one.text.length, 0);
        expect(result.text.length).toBe(kept.length + added);
      }),
    );
  });
});
