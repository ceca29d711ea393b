import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/base/json.ts';
import type { PolicyOptions } from '../../src/data/policy-options.ts';
import { only } from '../make.ts';
import { type Played, type PlayInput, playWith } from '../providers/demo/play.ts';
import { EMPTY, sales, tall, wide } from './loop-tables.ts';

const CLEAN = sales('100', '200', '150');
const DIRTY = sales('100', 'n/a', '150');

function run(input: PlayInput, policy: PolicyOptions, more: object = {}): Promise<Played> {
  return playWith('trend', [input], { options: { policy, ...more } });
}

/** What managers decided, each with whom they delegated to. */
function decisions({ events }: Played, agent = '0'): string[] {
  return only(events, 'manager.decided')
    .filter((event) => event.agent === agent)
    .map(({ data }) =>
      data.decision === 'delegate'
        ? `to ${data.delegations.map(({ workerId }) => workerId).join(' ')}`
        : data.decision,
    );
}

describe('the demo plans', () => {
  it('parts that depend on each other, and delegates them by their names', async () => {
    const played = await run(CLEAN, { planning: true });
    expect(played.result.status).toBe('complete');
    expect(decisions(played)).toEqual([
      'plan',
      'to profile trend outliers',
      'to chart report',
      'complete',
    ]);
    const [plan] = only(played.events, 'plan.made');
    const parts = plan?.data.subtasks.map(({ id, dependencies }) => [id, ...dependencies]);
    expect(parts).toEqual([
      ['profile'],
      ['trend'],
      ['outliers'],
      ['chart', 'trend'],
      ['report', 'profile', 'trend', 'outliers'],
    ]);
    const done = only(played.events, 'subtask.changed').flatMap(({ data }) =>
      data.status === 'completed' ? [data.id] : [],
    );
    expect([...done].sort()).toEqual(['chart', 'outliers', 'profile', 'report', 'trend']);
  });

  it('two parts where there is no room for more', async () => {
    const played = await run(CLEAN, { planning: { maxSubtasks: 3 } });
    expect(played.result.status).toBe('complete');
    const [plan] = only(played.events, 'plan.made');
    expect(plan?.data.subtasks.map(({ id }) => id)).toEqual(['look', 'write']);
  });

  it('nothing where a plan may have one part only', async () => {
    const played = await run(CLEAN, { planning: { maxSubtasks: 1 } });
    expect(decisions(played)[0]).toBe('to profile trend outliers');
  });
});

describe('the demo finds out why a worker failed', () => {
  it.each([
    ['with a plan', { planning: true, diagnosis: true }],
    ['without one', { diagnosis: true }],
  ])('%s: by the error that the data caused', async (_, policy) => {
    const played = await run(DIRTY, policy);
    expect(played.result).toMatchObject({
      status: 'complete',
      result: { change: 50, unreadable: 1, peak: { label: 'Mar', value: 150 } },
    });
    expect(decisions(played).filter((one) => one !== 'plan')).toEqual([
      'to profile trend outliers',
      'diagnose',
      'to trend_again',
      'to chart report',
      'complete',
    ]);
    const [found] = only(played.events, 'diagnosis.made');
    expect(found?.data).toMatchObject({ failedWorker: 'trend' });
    const [tested] = only(played.events, 'hypothesis.resolved');
    expect(tested?.data).toMatchObject({ id: 'cells', status: 'confirmed' });
    expect(played.result.result).not.toHaveProperty('not_done');
  });

  it('and does not diagnose when nothing failed', async () => {
    const played = await run(CLEAN, { diagnosis: true });
    expect(decisions(played)).toEqual(['to profile trend outliers', 'to chart report', 'complete']);
  });

  it('goes another way when a worker had no second call', async () => {
    const played = await run(DIRTY, {}, { toolPolicy: { callsPerAgent: 1 } });
    expect(decisions(played)).toEqual([
      'to profile trend outliers',
      'to trend_again',
      'to chart report',
      'complete',
    ]);
    expect(played.result.result).toMatchObject({ change: 50, unreadable: 1 });
  });

  it('but not when the way that reads everything failed, too', async () => {
    const played = await run(sales('x', 'y', 'z'), { planning: true });
    const about = { ...(CLEAN.about as JsonObject) };
    const same = await run({ ...sales('x', 'y', 'z'), about }, { planning: true });
    expect(played.result.reason).toBe('model/out-of-scope');
    // Columns without a number have a profile; a trend they have not.
    expect(decisions(same)).not.toContain('to trend_again');
    expect(same.result.result).toMatchObject({ not_done: ['trend'] });
    expect(same.files.has('report.md')).toBe(true);
  });
});

describe('the demo reviews', () => {
  it('every result, and finds nothing wrong with true ones', async () => {
    const played = await run(CLEAN, { validation: { skipAbove: 1 }, critique: true });
    expect(played.result.status).toBe('complete');
    const valid = only(played.events, 'result.validated').map(({ data }) => data.valid);
    expect(valid).toEqual(Array.from({ length: 5 }, () => true));
    const scores = only(played.events, 'result.criticised').map(({ data }) => data.score);
    expect(scores).toEqual(Array.from({ length: 5 }, () => 0.95));
    expect(only(played.events, 'result.repaired')).toEqual([]);
  });

  it('finds the result poor that a program did not get, and has it repaired', async () => {
    const played = await run(DIRTY, { diagnosis: true, critique: true });
    const [repaired] = only(played.events, 'result.repaired');
    expect(repaired?.data).toMatchObject({ kept: true, attempt: 1, after: 0.95 });
    expect(decisions(played)).toEqual(['to profile trend outliers', 'to chart report', 'complete']);
    expect(played.result).toMatchObject({ status: 'complete', result: { change: 50 } });
  });
});

describe('the demo has a board', () => {
  it('on which its workers put what they found, once each', async () => {
    const played = await run(CLEAN, { board: { autoPost: false } });
    const posts = only(played.events, 'board.posted').map(({ data }) => data);
    expect(posts.map(({ topic }) => topic).sort()).toEqual(['outliers', 'profile', 'trend']);
    expect(posts.find(({ topic }) => topic === 'trend')?.payload).toMatchObject({
      finding: expect.stringContaining('Peak: Feb (200)'),
      readable_cells: 3,
    });
    expect(played.result.status).toBe('complete');
  });

  it('only where there is one', async () => {
    const played = await run(CLEAN, {});
    expect(only(played.events, 'board.posted')).toEqual([]);
  });
});

describe('a sub-manager of the demo', () => {
  it('has the columns of a wide table described by workers of its own', async () => {
    const played = await run(wide(30), {});
    expect(played.result.status).toBe('complete');
    expect(decisions(played)).toEqual([
      'to profile trend outliers',
      'to merge chart',
      'to report',
      'complete',
    ]);
    expect(decisions(played, '1.1')).toEqual([
      'to columns_1 columns_2 columns_3 columns_4',
      'complete',
    ]);
    const [settled] = only(played.events, 'budget.settled');
    expect(settled?.data).toMatchObject({ scope: '1.1', used: { workers: 4 } });
    // Whoever described the columns, the description is the same.
    const alone = await run(wide(30), {}, { budget: { depth: 0 } });
    expect(only(alone.events, 'budget.reserved')).toEqual([]);
    expect(played.files.get('profile.json')).toBe(alone.files.get('profile.json'));
    expect(played.result.result.rows).toBe(6);
  });

  it('describes 50,000 rows, to the last one', async () => {
    const played = await run(tall(50_000), { planning: true });
    expect(played.result.status).toBe('complete');
    expect(decisions(played, '1.1')).toEqual(['to columns_1 columns_2', 'complete']);
    const profile = JSON.parse(played.files.get('profile.json') ?? '{}');
    const values = Array.from({ length: 50_000 }, (_, at) => (at * 31) % 97);
    expect(profile.columns[1]).toMatchObject({
      name: 'sold',
      count: 50_000,
      sum: values.reduce((sum, value) => sum + value, 0),
    });
    const [plan] = only(played.events, 'plan.made');
    expect(plan?.data.subtasks[0]).toMatchObject({ id: 'profile', strategy: 'submanager' });
  });

  it('is a worker where no manager may start, and describes the table alone', async () => {
    const played = await run(
      wide(30),
      { submanagers: { strict: true, share: 0.9 } },
      {
        budget: { tokens: 200_000, calls: 30 },
      },
    );
    expect(played.files.has('profile.json')).toBe(true);
    expect(played.result.result.rows).toBe(6);
  });

  it('that comes by promotion gives its piece to one worker', async () => {
    const played = await run(CLEAN, { submanagers: { promotion: { threshold: 0.01 } } });
    expect(only(played.events, 'submanager.promoted').length).toBeGreaterThan(0);
    expect(played.result).toMatchObject({ status: 'complete', result: { change: 50 } });
  });
});

describe('limits of the demo', () => {
  it.each([
    ['one worker', { workers: 1 }],
    ['two workers', { workers: 2 }],
    ['three workers', { workers: 3 }],
    ['four workers', { workers: 4 }],
    ['two calls of tools', { tools: 2 }],
    ['one turn', { loops: 1 }],
    ['two turns', { loops: 2 }],
    ['six calls of models', { calls: 6 }],
    ['few tokens', { tokens: 60_000 }],
  ])('%s: it sums up what there is, and says what is not done', async (_, budget) => {
    const played = await run(DIRTY, { planning: true }, { budget });
    expect(['complete', 'partial', 'failed']).toContain(played.result.status);
    const { result } = played.result;
    const lacks = !played.files.has('report.md');
    if (played.result.status === 'complete') {
      expect(lacks ? result.not_done : 'report').toContain('report');
    }
    for (const file of (result.files ?? []) as string[])
      expect([...played.files.keys()]).toContain(file);
  });

  it('keeps the last worker for the report', async () => {
    const played = await run(CLEAN, {}, { budget: { workers: 4 } });
    expect(decisions(played).slice(0, 2)).toEqual(['to profile trend outliers', 'to report']);
    expect(played.files.has('report.html')).toBe(true);
  });

  it('takes turns when few workers may start in one', async () => {
    const played = await run(CLEAN, { turnWorkers: 1 });
    expect(decisions(played)).toEqual([
      'to profile',
      'to trend',
      'to outliers',
      'to report',
      'to chart',
      'complete',
    ]);
    expect(played.result.status).toBe('complete');
  });

  it('says that a table has no rows', async () => {
    const { result, events } = await run(EMPTY, { planning: true });
    expect(result).toMatchObject({ status: 'failed', reason: 'model/out-of-scope' });
    expect(only(events, 'model.failed')[0]?.data.message).toContain('no row');
  });
});

describe('a person who says no to the demo', () => {
  it('is not asked again for the same, and is told what is not done', async () => {
    let asked = 0;
    const played = await playWith('trend', [CLEAN], {
      options: { approve: ['loops'] },
      ask: async () => {
        asked += 1;
        return asked === 1
          ? { decision: 'approved', by: 'test' }
          : { decision: 'rejected', by: 'test', reason: 'enough' };
      },
    });
    expect(asked).toBe(2);
    expect(played.result.status).toBe('complete');
    expect(played.result.result).toMatchObject({ change: 50, not_done: ['chart', 'report'] });
  });

  it('to everything ends the run, with the reason', async () => {
    const played = await playWith('trend', [CLEAN], {
      options: { approve: ['loops'] },
      ask: async () => ({ decision: 'rejected', by: 'test' }),
    });
    expect(played.result.status).toBe('failed');
    expect(played.result.metadata.message).toContain('a person did not want it');
  });
});
