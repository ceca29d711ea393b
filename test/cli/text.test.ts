import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { block, cut, oneLine, pad, widthOf } from '../../src/cli/text.ts';

describe('text from outside', () => {
  it.each([
    ['a colour', '\x1b[31mred', '\\x1b[31mred'],
    ['a title change', '\x1b]0;owned\x07', '\\x1b]0;owned\\x07'],
    ['a C1 control', '\x9b2J', '\\x9b2J'],
    ['a delete', 'a\x7fb', 'a\\x7fb'],
    ['a change of direction', 'a\u202eb\u2066c', 'a\\u202eb\\u2066c'],
    ['tags that cannot be seen', 'a\u{e0041}b', 'a\\u{e0041}b'],
    ['half of a surrogate pair', 'a\ud800b', 'a\\ud800b'],
    ['a line separator', 'a\u2028b', 'a\\u2028b'],
    ['line breaks', 'a\r\nb\tc', 'a b c'],
    ['ordinary letters', 'Größe 数据 🎉', 'Größe 数据 🎉'],
  ])('cannot act on the terminal with %s', (_, text, wanted) => {
    expect(oneLine(text)).toBe(wanted);
  });

  it('keeps its lines in a block, and only those', () => {
    expect(block('a\r\nb\tc\x1b[2J\rd')).toBe('a\nb\tc\\x1b[2J\\x0dd');
  });

  it('never carries a control character, whatever it was', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(/\p{Cc}|\p{Bidi_Control}/u.test(oneLine(text))).toBe(false);
      }),
    );
  });
});

describe('the width of text', () => {
  it.each([
    ['abc', 3],
    ['Größe', 5],
    ['数据', 4],
    ['e\u0301', 1],
    ['🎉', 2],
    ['👨‍👩‍👧', 2],
    ['✓ ok', 4],
    ['ﾊﾝｶｸ', 4],
    ['', 0],
  ])('of %j is %i columns', (text, columns) => {
    expect(widthOf(text)).toBe(columns);
  });

  it.each([
    ['abcdef', 6, 'abcdef'],
    ['abcdef', 4, 'abc…'],
    ['数据数据', 5, '数据…'],
    ['数据数据', 4, '数…'],
    ['abc', 0, ''],
  ])('%j cut to %i columns is %j', (text, columns, wanted) => {
    expect(cut(text, columns)).toBe(wanted);
  });

  it('is never passed by what was cut or padded', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.nat(30), (text, columns) => {
        expect(widthOf(cut(oneLine(text), columns))).toBeLessThanOrEqual(columns);
        expect(widthOf(pad(cut(oneLine(text), columns), columns))).toBe(columns);
      }),
    );
  });
});
