import { describe, expect, it } from 'vitest';
import { nodeClock } from '../../src/effects/clock.ts';
import { fixedClock } from '../../src/effects/fake-clock.ts';

describe('the clock of the machine', () => {
  it('fires a timer once', async () => {
    const clock = nodeClock();
    await new Promise<void>((resolve) => {
      clock.timer(1, resolve);
    });
    await new Promise<void>((resolve) => {
      clock.timer(-5, resolve);
    });
  });

  it('never fires a timer that was cancelled', async () => {
    const clock = nodeClock();
    let fired = false;
    const cancel = clock.timer(0, () => {
      fired = true;
    });
    cancel();
    await new Promise<void>((resolve) => {
      clock.timer(5, resolve);
    });
    expect(fired).toBe(false);
  });

  it.each([2 ** 31, 2 ** 40, Number.POSITIVE_INFINITY])(
    'does not fire a timer of %d ms at once',
    async (ms) => {
      const clock = nodeClock();
      let fired = false;
      const cancel = clock.timer(ms, () => {
        fired = true;
      });
      await new Promise<void>((resolve) => {
        clock.timer(5, resolve);
      });
      cancel();
      expect(fired).toBe(false);
    },
  );

  it('counts since 1970 and never backwards', () => {
    const clock = nodeClock();
    expect(clock.now()).toBeGreaterThan(Date.UTC(2024, 0, 1));
    const first = clock.monotonic();
    expect(clock.monotonic()).toBeGreaterThanOrEqual(first);
  });
});

describe('a fixed clock', () => {
  it('stands still until it is advanced', () => {
    const clock = fixedClock(1000);
    expect([clock.now(), clock.monotonic()]).toEqual([1000, 0]);
    clock.advance(250);
    expect([clock.now(), clock.monotonic()]).toEqual([1250, 250]);
  });

  it('fires timers in order of time, and of setting when they are due together', () => {
    const clock = fixedClock(0);
    const fired: string[] = [];
    const note = (name: string) => () => void fired.push(`${name}@${clock.now()}`);
    clock.timer(30, note('late'));
    clock.timer(10, note('first'));
    clock.timer(10, note('second'));
    clock.timer(31, note('never'));
    clock.advance(30);
    expect(fired).toEqual(['first@10', 'second@10', 'late@30']);
    expect(clock.pending).toBe(1);
  });

  it('fires timers that were set by a timer on the way', () => {
    const clock = fixedClock(0);
    const fired: number[] = [];
    const tick = (): void => {
      fired.push(clock.now());
      clock.timer(10, tick);
    };
    clock.timer(10, tick);
    clock.advance(35);
    expect(fired).toEqual([10, 20, 30]);
    expect(clock.now()).toBe(35);
  });

  it('forgets a cancelled timer', () => {
    const clock = fixedClock();
    clock.timer(1, () => {
      throw new Error('cancelled');
    })();
    expect(clock.pending).toBe(0);
    clock.advance(10);
  });

  it.each([-1, Number.NaN, Number.POSITIVE_INFINITY])('refuses a step of %d ms', (step) => {
    expect(() => fixedClock().advance(step)).toThrow(RangeError);
  });
});
