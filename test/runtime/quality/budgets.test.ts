import { describe, expect, it } from 'vitest';
import { sha256 } from '../../../src/base/hash.ts';
import type { RunEvent } from '../../../src/events/event.ts';
import { emptyState, fold } from '../../../src/events/reduce.ts';
import { complete, delegate, only } from '../../make.ts';
import { critique, critiquePolicy, defect, type ReviewedOptions, reviewed } from './reviewed.ts';

const everything: ReviewedOptions = {
  policy: {
    validation: { skipAbove: 0.95, skipBelowBudget: 0 },
    critique: critiquePolicy({ budgetShare: 0.3, repairs: 2 }),
  },
  answers: {
    manager: [delegate('a', 'b', 'c'), delegate('d', 'e'), complete()],
    closing: complete('summed up'),
    worker: (name) => ({ summary: `${name} ${sha256(name)}`, confidence: 0.7 }),
    critic: (name) => critique(name.includes('_repair') ? 0.7 : 0.4, { defects: [defect()] }),
  },
};

/** For every budget at every event, that nothing is used or reserved beyond its limits. */
function overspent(events: readonly RunEvent[]): string[] {
  const state = emptyState('r-test');
  return events.flatMap((event) => {
    fold(state, event);
    return [state, ...state.scopes.values()].flatMap((scope) => {
      const { limits, ledger } = scope;
      return (['tokens', 'calls', 'workers', 'loops'] as const).flatMap((dimension) => {
        const limit = limits[dimension];
        const set = dimension === 'tokens' ? ledger.reserved.tokens : 0;
        const all = ledger.used[dimension] + set;
        return limit !== null && all > limit
          ? [`${event.seq}: ${all} ${dimension} > ${limit}`]
          : [];
      });
    });
  });
}

const settled = (events: readonly RunEvent[]): [string[], string[]] => [
  only(events, 'budget.reserved')
    .map(({ data }) => data.scope)
    .sort(),
  only(events, 'budget.settled')
    .map(({ data }) => data.scope)
    .sort(),
];

describe('budgets of reviews and repairs', () => {
  it('are set aside for each and given back once', async () => {
    const { events, state } = await reviewed(everything);
    const [reserved, given] = settled(events);
    expect(reserved.length).toBeGreaterThan(10);
    expect(given).toEqual(reserved);
    expect(state.nested.size).toBe(0);
    expect(state.status).toBe('complete');
    expect(only(events, 'budget.warned').filter(({ data }) => data.scope)).toEqual([]);
  });

  it.each([4000, 6000, 8000, 10_000, 14_000, 18_000, 24_000, 32_000, 45_000, 60_000, 90_000])(
    'never pass a limit of %d tokens, and leave the last turn its room',
    async (tokens) => {
      const { events, state } = await reviewed({ ...everything, options: { budget: { tokens } } });
      expect(overspent(events)).toEqual([]);
      expect(['complete', 'partial']).toContain(state.status);
      const [reserved, given] = settled(events);
      expect(given).toEqual(reserved);
      const decided = only(events, 'manager.decided');
      if (decided.length > 0) expect(state.ending?.result).not.toEqual({});
    },
  );

  it.each([3, 5, 7, 9, 12, 20])('never pass a limit of %d calls', async (calls) => {
    const { events, state } = await reviewed({
      ...everything,
      options: { budget: { calls } },
      plan: { limits: { ...limits, calls } },
    });
    expect(overspent(events)).toEqual([]);
    expect(['complete', 'partial']).toContain(state.status);
    const last = only(events, 'model.asked').findLast(({ agent }) => agent === '0');
    expect(['turn', 'closing']).toContain(last?.data.purpose);
    expect(only(events, 'manager.decided').at(-1)?.data.decision).toBe('complete');
  });

  it.each([3, 4, 5, 6])('count repairs against a limit of %d workers', async (workers) => {
    const { events, state } = await reviewed({ ...everything, options: { budget: { workers } } });
    expect(overspent(events)).toEqual([]);
    expect(state.ledger.used.workers).toBeLessThanOrEqual(workers);
    expect(['complete', 'partial']).toContain(state.status);
  });

  it.each([0, 0.01, 0.05, 0.15])('stay within a share of %d of the tokens', async (budgetShare) => {
    const limit = 100_000;
    const { events, state } = await reviewed({
      ...everything,
      policy: { critique: critiquePolicy({ budgetShare }) },
      options: { budget: { tokens: limit } },
    });
    const quality = [...state.frames.values()].filter(
      ({ review, order }) => review?.kind === 'critique' || order?.repairOf !== undefined,
    );
    const used = quality.reduce((sum, { usage }) => sum + usage.input + usage.output, 0);
    expect(used).toBeLessThanOrEqual(limit * budgetShare);
    expect(only(events, 'result.criticised').length).toBeGreaterThanOrEqual(5);
    expect(state.status).toBe('complete');
    if (budgetShare > 0) return;
    expect(only(events, 'agent.failed')[0]?.data).toMatchObject({
      ...{ code: 'worker/not-reviewed', message: expect.stringMatching('used up') },
    });
    expect(only(events, 'result.criticised')[0]?.data.note).toContain('used up');
  });

  it('charge what they use to the run', async () => {
    const { state } = await reviewed(everything);
    const used = [...state.frames.values()].reduce(
      (sum, { usage }) => sum + usage.input + usage.output,
      0,
    );
    expect(state.ledger.used.tokens).toBe(used);
    expect(state.ledger.reserved).toEqual({ tokens: 0, cost: 0 });
  });
});

const limits = {
  ...{ loops: 15, workers: null, tokens: null, time: null, tools: 100, depth: 3, cost: null },
  parallel: 8,
};
