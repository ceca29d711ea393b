import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Line } from '../../src/base/line.ts';

describe('a line', () => {
  it('keeps keys in the order in which they came, without those that left', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(40)), fc.array(fc.nat(40)), (come, leave) => {
        const line = new Line();
        const like = new Set<string>();
        for (const key of come.map(String)) {
          line.add(key);
          like.add(key);
        }
        for (const key of leave.map(String)) {
          line.delete(key);
          like.delete(key);
          expect([...line]).toEqual([...like]);
        }
        expect(line.size).toBe(like.size);
      }),
    );
  });

  it('lets go of what has left it', () => {
    const line = new Line();
    for (let key = 0; key < 5000; key += 1) line.add(String(key));
    for (let key = 0; key < 4998; key += 1) line.delete(String(key));
    expect([...line]).toEqual(['4998', '4999']);
    expect(line.has('4997')).toBe(false);
    line.add('new');
    expect([...line]).toEqual(['4998', '4999', 'new']);
  });
});
