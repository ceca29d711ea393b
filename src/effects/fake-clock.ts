import type { Clock } from '../ports/effects.ts';

/** A clock for tests: its time stands still until `advance` moves it. */
export interface FixedClock extends Clock {
  /**
   * Moves the time by `ms` and fires on the way, in order of time, the timers that fall due, also
   * those that were set by timers that fired. Throws a `RangeError` for a negative or absurd step.
   */
  advance(ms: number): void;
  /** How many timers wait; a test of clean-up expects 0. */
  readonly pending: number;
}

interface Waiting {
  at: number;
  fire: () => void;
}

/** Where the clock begins when nothing is said: the start of 2026, UTC. */
const START = Date.UTC(2026, 0, 1);

/** A clock that stands at `start` (milliseconds since 1970) until a test advances it. */
export function fixedClock(start: number = START): FixedClock {
  const waiting = new Set<Waiting>();
  let passed = 0;
  return {
    now: () => start + passed,
    monotonic: () => passed,
    timer(ms, fire) {
      const entry = { at: passed + Math.max(0, ms), fire };
      waiting.add(entry);
      return () => void waiting.delete(entry);
    },
    advance(ms) {
      if (!(ms >= 0 && Number.isFinite(ms))) throw new RangeError(`cannot advance by ${ms} ms`);
      const end = passed + ms;
      for (let next = earliest(waiting, end); next; next = earliest(waiting, end)) {
        waiting.delete(next);
        passed = Math.max(passed, next.at);
        next.fire();
      }
      passed = end;
    },
    get pending() {
      return waiting.size;
    },
  };
}

/** The first timer that is due by `end`; of several at the same time the one that was set first. */
function earliest(waiting: ReadonlySet<Waiting>, end: number): Waiting | undefined {
  let first: Waiting | undefined;
  for (const entry of waiting) {
    if (entry.at <= end && (first === undefined || entry.at < first.at)) first = entry;
  }
  return first;
}
