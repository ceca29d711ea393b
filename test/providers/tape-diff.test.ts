import { describe, expect, it } from 'vitest';
import { difference, linesOf, nearestOf } from '../../src/providers/tape-diff.ts';

describe('the difference of two texts', () => {
  it.each([
    ['nothing', ['a', 'b'], ['a', 'b'], []],
    ['a line that changed', ['a', 'b', 'c'], ['a', 'x', 'c'], ['  a', '- b', '+ x', '  c']],
    ['a line more', ['a', 'c'], ['a', 'b', 'c'], ['  a', '+ b', '  c']],
    ['a line less', ['a', 'b', 'c'], ['a', 'c'], ['  a', '- b', '  c']],
    ['everything', ['a'], ['b', 'c'], ['- a', '+ b', '+ c']],
    ['an empty text', [], ['a'], ['+ a']],
    [
      'two places, without what is between',
      ['1', '2', '3', '4', '5', '6'],
      ['x', '2', '3', '4', '5', 'y'],
      ['- 1', '+ x', '  2', '  5', '- 6', '+ y'],
    ],
  ])('shows %s', (_, before, after, shown) => {
    expect(difference(before, after)).toEqual(shown);
  });

  it('shows of a long line the part that differs', () => {
    const [old = '', now = ''] = difference(
      [`${'x'.repeat(5000)}left${'y'.repeat(5000)}`],
      [`${'x'.repeat(5000)}right${'y'.repeat(5000)}`],
    );
    expect(old).toMatch(/^- …x+lefty+…$/);
    expect(now).toMatch(/^\+ …x+righty+…$/);
    expect(old.length).toBeLessThan(200);
  });

  it('stays short for texts of any length', () => {
    const long = (mark: string): string[] => Array.from({ length: 20_000 }, (_, at) => mark + at);
    const shown = difference(long('a'), long('b'));
    expect(shown.length).toBeLessThan(30);
    expect(shown.at(-1)).toBe('  and more');
  });
});

describe('the nearest text', () => {
  it('is the one that shares most lines', () => {
    const candidates = [
      { name: 'other', lines: ['x', 'y'] },
      { name: 'near', lines: ['a', 'b', 'z'] },
      { name: 'half', lines: ['a', 'y', 'z'] },
    ];
    expect(nearestOf(['a', 'b', 'c'], candidates)?.name).toBe('near');
    expect(nearestOf(['a'], [])).toBeUndefined();
  });

  it('is looked for over settings, tools and messages', () => {
    const question = {
      model: 'm',
      temperature: 0,
      tools: [{ name: 'a.b', parameters: {} }],
      messages: [
        { role: 'system', text: 'one\ntwo' },
        { role: 'tool', call: 'c1', name: 'a.b', text: 'three' },
      ],
    };
    expect(linesOf(question)).toEqual([
      'model: "m"',
      'temperature: 0',
      'tool {"name":"a.b","parameters":{}}',
      '[system]',
      'one',
      'two',
      '[tool] {"call":"c1","name":"a.b"}',
      'three',
    ]);
  });
});
