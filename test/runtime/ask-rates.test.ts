import { describe, expect, it } from 'vitest';
import type { RunEvent } from '../../src/events/event.ts';
import { only } from '../make.ts';
import { type OneTurn, runOneTurn, workerEnds } from './one-turn.ts';

const report = { summary: 'done', confidence: 1 };
const turn: OneTurn = {
  envelopes: ['a', 'b', 'c', 'd', 'e'],
  worker: () => report,
  change: { policy: { callsPerMinute: 2 } },
};

/** Most calls of workers that began within a minute. */
function mostInAMinute(log: readonly RunEvent[]): number {
  const times = only(log, 'model.asked')
    .filter(({ agent }) => agent !== '0')
    .map(({ ts }) => Date.parse(ts));
  return Math.max(
    ...times.map((from) => times.filter((at) => at >= from && at < from + 60_000).length),
  );
}

describe('model calls of workers in a minute', () => {
  it('wait where there are too many, and none fails', async () => {
    const { state, log } = await runOneTurn(turn);
    expect(state.status).toBe('complete');
    expect(workerEnds(state)).toEqual([...'abcde'].map((name) => `${name} ok 1`));
    expect(mostInAMinute(log)).toBe(2);
    expect(state.activeMs).toBeGreaterThanOrEqual(120_000);
    expect(only(log, 'stall.noticed')).toEqual([]);
  });

  it('count across processes', async () => {
    const whole = await runOneTurn(turn);
    for (const cut of whole.cuts.slice(0, -1)) {
      const { state, log } = await runOneTurn({ ...turn, prefix: whole.log.slice(0, cut) });
      expect([cut, state.status]).toEqual([cut, 'complete']);
      // A call that a crash ended is made again, and counts again.
      expect(mostInAMinute(log)).toBeLessThanOrEqual(2);
    }
  });

  it('are not limited when nobody says so', async () => {
    const { state } = await runOneTurn({ ...turn, change: {} });
    expect(state.activeMs).toBeLessThan(60_000);
  });

  it('wait no longer than the run has time', async () => {
    const { state } = await runOneTurn({ ...turn, options: { budget: { time: 90_000 } } });
    expect([state.status, state.ending?.reason]).toEqual(['partial', 'budget/time']);
  });
});
