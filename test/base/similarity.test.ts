import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { similarity } from '../../src/base/similarity.ts';

describe('how alike two texts are', () => {
  it.each([
    ['the same', 'the same', 1],
    ['', '', 1],
    ['a', 'b', 0],
    ['night', 'nacht', 0.25],
    ['', 'something', 0],
  ])('%j and %j are %d alike', (one, other, expected) => {
    expect(similarity(one, other)).toBe(expected);
  });

  it('is a share that does not depend on the order', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (one, other) => {
        const alike = similarity(one, other);
        expect(alike).toBe(similarity(other, one));
        expect(alike).toBeGreaterThanOrEqual(0);
        expect(alike).toBeLessThanOrEqual(1);
        expect(similarity(one, one)).toBe(1);
      }),
    );
  });
});
