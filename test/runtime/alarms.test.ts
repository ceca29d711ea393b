import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fixedClock } from '../../src/effects/fake-clock.ts';
import { Alarms } from '../../src/runtime/alarms.ts';

function alarms() {
  const clock = fixedClock(0);
  const taken: [number, string][] = [];
  const made: Alarms = new Alarms({
    clock,
    now: () => clock.now(),
    ring: () => taken.push(...made.take().map((key): [number, string] => [clock.now(), key])),
  });
  return { clock, taken, alarms: made };
}

describe('alarms', () => {
  it('ring each at its time, with one timer for all of them', () => {
    const { clock, taken, alarms: set } = alarms();
    for (const [key, at] of [
      ['b', 20],
      ['c', 30],
      ['a', 10],
      ['a', 25],
    ] as const)
      set.set(key, at);
    expect(clock.pending).toBe(1);
    clock.advance(100);
    expect(taken).toEqual([
      [10, 'a'],
      [20, 'b'],
      [25, 'a'],
      [30, 'c'],
    ]);
    expect([clock.pending, set.any]).toEqual([0, false]);
  });

  it('count the same key at the same time once', () => {
    const { clock, taken, alarms: set } = alarms();
    set.set('a', 10);
    set.set('a', 10);
    clock.advance(10);
    set.set('a', 20);
    clock.advance(10);
    expect(taken).toEqual([
      [10, 'a'],
      [20, 'a'],
    ]);
  });

  it('ring at once for a time that is over', () => {
    const { clock, taken, alarms: set } = alarms();
    clock.advance(50);
    set.set('late', 10);
    clock.advance(1);
    expect(taken).toEqual([[51, 'late']]);
  });

  it('forget those at the front that nobody needs', () => {
    const { clock, taken, alarms: set } = alarms();
    for (const [index, key] of ['a', 'b', 'c', 'a'].entries()) set.set(key, 10 * (index + 1));
    set.trim((key) => key !== 'a');
    clock.advance(100);
    expect(taken).toEqual([
      [20, 'b'],
      [30, 'c'],
      [40, 'a'],
    ]);
  });

  it('give all keys back when they are cleared, and ring no more', () => {
    const { clock, taken, alarms: set } = alarms();
    set.set('b', 20);
    set.set('a', 10);
    expect(set.clear()).toEqual(['a', 'b']);
    expect(clock.pending).toBe(0);
    clock.advance(100);
    expect(taken).toEqual([]);
  });

  it('wait for times that no timer of the machine can hold', () => {
    const { clock, taken, alarms: set } = alarms();
    const year = 365 * 24 * 3_600_000;
    set.set('a', year);
    clock.advance(year - 1);
    expect(taken).toEqual([]);
    clock.advance(1);
    expect(taken).toEqual([[year, 'a']]);
  });

  it('come in order whatever is set when', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({ wait: fc.nat(20), after: fc.nat(50), key: fc.constantFrom('a', 'b') }),
        ),
        (entries) => {
          const { clock, taken, alarms: set } = alarms();
          const expected = new Set<string>();
          for (const { wait, after, key } of entries) {
            clock.advance(wait);
            const at = clock.now() + 1 + after;
            set.set(key, at);
            expected.add(`${at} ${key}`);
          }
          clock.advance(100);
          expect(new Set(taken.map(([at, key]) => `${at} ${key}`))).toEqual(expected);
          expect(taken).toHaveLength(expected.size);
        },
      ),
    );
  });
});
