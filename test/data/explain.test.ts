import { describe, expect, it } from 'vitest';
import { cardOf, cardsBelow, nearestCode, shownExample } from '../../src/data/explain.ts';

describe('looking up a code', () => {
  it.each([
    ['R7', 'R7'],
    ['r7', 'R7'],
    [' R07 ', 'R7'],
    ['y03', 'Y3'],
    ['ct10', 'CT10'],
    ['a2-3', 'A2-3'],
    ['AX-1', 'AX-1'],
    ['p1', 'P1'],
  ])('%s is %s', (text, code) => {
    expect(cardOf(text)?.code).toBe(code);
  });

  it.each(['', 'R', 'R0', 'R77', 'A2', 'A2-03', 'constructor', '__proto__', 'R7 R8'])(
    '%j is none',
    (text) => {
      expect(cardOf(text)).toBeUndefined();
    },
  );

  it('knows what is near', () => {
    expect(nearestCode('a2_3')).toBe('A2-3');
    expect(nearestCode('something else')).toBeUndefined();
  });
});

describe('looking up several codes', () => {
  const codesBelow = (start: string): string[] => cardsBelow(start).map(({ code }) => code);

  it('has those of a kind, in the order of their numbers', () => {
    expect(codesBelow('x')).toEqual(['X1', 'X2', 'X3', 'X4', 'X5']);
    expect(codesBelow('CT')).toEqual(['CT10']);
    expect(codesBelow('A')).toContain('A0-1');
  });

  it('has those of a level', () => {
    expect(codesBelow('a2')).toEqual(['A2-1', 'A2-2', 'A2-3', 'A2-4', 'A2-5']);
    expect(codesBelow('AX')).toEqual([]);
  });

  it.each(['', 'R1', 'Q', '__proto__', 'A9'])('has none for %j', (start) => {
    expect(codesBelow(start)).toEqual([]);
  });
});

describe('an example as it is shown', () => {
  it('is one manifest when it is a text', () => {
    expect(shownExample('awp: "1.0.0"\n')).toEqual({
      files: [{ path: 'workflow.awp.yaml', text: 'awp: "1.0.0"' }],
      more: 0,
    });
  });

  it('is cut where it is long, and says so', () => {
    const many = Object.fromEntries(
      Array.from({ length: 5 }, (_, index) => [`${index}.md`, 'x'.repeat(200)]),
    );
    const { files, more } = shownExample(many);
    expect(files.map(({ path }) => path)).toEqual(['0.md', '1.md', '2.md']);
    expect(files[0]?.text).toBe(`${'x'.repeat(100)}…`);
    expect(more).toBe(2);
    const [long] = shownExample('a\n'.repeat(100)).files;
    expect(long?.text.split('\n')).toHaveLength(41);
    expect(long?.text.endsWith('\n…')).toBe(true);
  });

  it('shows control characters as pictures, so that no terminal acts on them', () => {
    expect(shownExample('a\u001b[2J\u0000\tb').files[0]?.text).toBe('a␛[2J␀\tb');
  });
});
