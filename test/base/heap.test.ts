import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Heap } from '../../src/base/heap.ts';

describe('a heap', () => {
  it('gives its items out smallest first, whatever the order in which they came', () => {
    fc.assert(
      fc.property(fc.array(fc.integer()), (numbers) => {
        const heap = new Heap<number>((item) => item);
        for (const number of numbers) heap.push(number);
        const sorted: number[] = [];
        for (let item = heap.pop(); item !== undefined; item = heap.pop()) sorted.push(item);
        expect(sorted).toEqual([...numbers].sort((a, b) => a - b));
        expect(heap.top).toBeUndefined();
      }),
    );
  });

  it('stays in order when items come and go', () => {
    fc.assert(
      fc.property(fc.array(fc.option(fc.integer(), { nil: undefined })), (steps) => {
        const heap = new Heap<number>((item) => item);
        const held: number[] = [];
        for (const step of steps) {
          if (step === undefined) expect(heap.pop()).toBe(held.shift());
          else {
            heap.push(step);
            held.push(step);
            held.sort((a, b) => a - b);
          }
          expect(heap.top).toBe(held[0]);
        }
      }),
    );
  });

  it('shows all items that are small enough, and none twice', () => {
    fc.assert(
      fc.property(fc.array(fc.integer()), fc.integer(), (numbers, most) => {
        const heap = new Heap<number>((item) => item);
        for (const number of numbers) heap.push(number);
        const shown: number[] = [];
        heap.visit((item) => {
          if (item <= most) shown.push(item);
          return item <= most;
        });
        const small = numbers.filter((number) => number <= most);
        expect(shown.sort((a, b) => a - b)).toEqual(small.sort((a, b) => a - b));
      }),
    );
  });
});
