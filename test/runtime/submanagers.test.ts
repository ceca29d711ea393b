import { describe, expect, it } from 'vitest';
import { ModelError } from '../../src/ports/model-provider.ts';
import { budgetReport } from '../../src/runtime/budget-report.ts';
import { complete, delegate, only, temporaryFolder } from '../make.ts';
import { called, runTeam, sub, type Team, type TeamOptions, textOf } from './submanager-runs.ts';

/** Runs a team and gives back what most tests ask for. */
async function play(team: Team, options?: TeamOptions) {
  using folder = temporaryFolder();
  return runTeam(folder.path, team, options);
}

/** A team whose managers `lead1`, `lead2`, ... each delegate to the next one. */
function chain(levels: number): Team {
  const managers: Record<string, Team['managers'][string]> = {
    manager: [delegate(sub('lead1')), complete('root')],
  };
  for (let level = 1; level <= levels; level++) {
    managers[`lead${level}`] = [delegate(sub(`lead${level + 1}`)), complete(`level ${level}`)];
  }
  return { managers };
}

describe('sub-managers', () => {
  it('have a loop of their own in the same log, with a share of the budget that comes back', async () => {
    const { state, log } = await play({
      managers: {
        manager: [delegate(sub('lead'), 'plain'), complete('all of it')],
        lead: [delegate('one', 'two'), complete('led')],
      },
    });
    expect(state.status).toBe('complete');
    expect(
      only(log, 'agent.started').map(({ agent, parent, depth, data }) => [
        ...[agent, parent, depth, data.role, data.name],
      ]),
    ).toEqual([
      ['0', undefined, 0, 'manager', 'manager'],
      ['1.1', '0', 1, 'manager', 'lead'],
      ['1.2', '0', 1, 'worker', 'plain'],
      ['1.1-1.1', '1.1', 2, 'worker', 'one'],
      ['1.1-1.2', '1.1', 2, 'worker', 'two'],
    ]);
    expect(only(log, 'budget.reserved').map(({ agent, data }) => [agent, data])).toEqual([
      [
        '0',
        {
          scope: '1.1',
          limits: {
            ...{ loops: 4, workers: 6, tools: 30, depth: 3, calls: null, cost: null, parallel: 8 },
            tokens: expect.any(Number),
            time: expect.any(Number),
          },
        },
      ],
    ]);
    expect(only(log, 'budget.settled')).toMatchObject([
      { agent: '1.1', data: { scope: '1.1', used: { loops: 2, workers: 2, calls: 4 } } },
    ]);
    expect(state.ledger.used).toMatchObject({ loops: 4, workers: 3, calls: 7 });
    expect([...state.nested]).toEqual([]);
    expect(called(state, 'manager').delegation?.submanagers).toEqual({ open: 0, total: 1 });
  });

  it('are told their place, their share, whom they work for, and the task of the run as data', async () => {
    const asked: string[] = [];
    await play(
      {
        managers: {
          manager: [delegate(sub('lead', { instructions: 'Count the birds.' })), complete()],
          lead: [complete()],
        },
      },
      {
        options: { task: 'Report on all animals.' },
        host: { seen: (request, name) => name === 'lead' && asked.push(textOf(request)) },
      },
    );
    const [text = ''] = asked;
    expect(text).toContain('{"name":"lead","level":1,"deepest_level":3,"your_manager":"manager"}');
    expect(text).toContain('Count the birds.');
    expect(text).toMatch(/## Task of the whole run\n<task-[^>]*>\nReport on all animals\./);
    expect(text).toContain('"loops":{"used":0,"max":4}');
  });

  it.each([
    [0, []],
    [1, ['lead1']],
    [2, ['lead1', 'lead2']],
    [3, ['lead1', 'lead2', 'lead3']],
  ])(
    'with a depth of %i there are the levels %j, and the rest are workers that are told of',
    async (depth, leads) => {
      const budget = { depth, loops: 200, workers: 100, tokens: null, tools: 1000 };
      const { state, log } = await play(chain(4), { options: { budget } });
      const started = only(log, 'agent.started').filter(({ agent }) => agent !== '0');
      const ofRole = (role: string) =>
        started.filter(({ data }) => data.role === role).map(({ data }) => data.name);
      expect(ofRole('manager')).toEqual(leads);
      expect(ofRole('worker')).toEqual([`lead${depth + 1}`]);
      expect(only(log, 'submanager.refused').map(({ data }) => data)).toEqual([
        {
          worker: `lead${depth + 1}`,
          index: 1,
          reason: `the limit on depth (${depth}) is reached`,
        },
      ]);
      expect(state.status).toBe('complete');
    },
  );

  it('are plain workers when they must call tools themselves', async () => {
    const { log } = await play(
      {
        managers: {
          manager: [
            delegate(sub('lead', { required_tool_invocations: ['arithmetic.add'] })),
            complete(),
          ],
        },
      },
      { options: { tools: ['arithmetic.*'] } },
    );
    expect(only(log, 'submanager.refused')).toMatchObject([
      { data: { reason: 'only a worker can call required tools' } },
    ]);
    expect(only(log, 'agent.started')[1]?.data).toMatchObject({ role: 'worker', name: 'lead' });
  });

  it('are no more in the whole tree than its cap says, and the manager is told', async () => {
    const told: string[] = [];
    const { state, log } = await play(
      {
        managers: {
          manager: [delegate(sub('a'), sub('b')), delegate(sub('d')), complete()],
          a: [delegate(sub('c')), complete()],
          b: [complete()],
          c: [complete()],
        },
      },
      {
        options: { policy: { submanagers: { total: 3 } }, budget: { loops: 100, workers: 50 } },
        host: { seen: (request, name) => name === 'manager' && told.push(textOf(request)) },
      },
    );
    expect(only(log, 'submanager.refused').map(({ data }) => [data.worker, data.reason])).toEqual([
      ['d', 'the limit on sub-managers (3) is reached'],
    ]);
    expect(called(state, 'manager').delegation?.submanagers).toEqual({ open: 0, total: 3 });
    expect(told.at(-1)).toContain(
      'd got no manager of its own: the limit on sub-managers (3) is reached.',
    );
  });

  it('wait for each other where only some may be at work at the same time', async () => {
    const { state, log } = await play(
      {
        managers: {
          manager: [delegate(sub('a'), sub('b'), sub('c'), 'plain'), complete()],
          ...Object.fromEntries(['a', 'b', 'c'].map((name) => [name, [complete(name)]])),
        },
      },
      { options: { policy: { submanagers: { atOnce: 1 } } } },
    );
    const open = new Set<string>();
    let most = 0;
    for (const { type, agent = '', data } of log) {
      if (type === 'agent.started' && data.role === 'manager' && agent !== '0') open.add(agent);
      if (type === 'agent.finished') open.delete(agent);
      most = Math.max(most, open.size);
    }
    expect(most).toBe(1);
    expect(only(log, 'submanager.refused')).toEqual([]);
    expect(called(state, 'manager').delegation?.submanagers.total).toBe(3);
    // The one that may start at once does not wait behind those that may not.
    const order = only(log, 'agent.started').map(({ data }) => data.name);
    expect(order.indexOf('plain')).toBeLessThan(order.indexOf('b'));
  });

  it('never wait for those above or beside them, which would wait for each other for ever', async () => {
    const { state, log } = await play(
      {
        managers: {
          manager: [delegate(sub('a'), sub('b')), complete()],
          a: [delegate(sub('a1')), complete()],
          b: [delegate(sub('b1')), complete()],
        },
      },
      {
        options: {
          policy: { submanagers: { atOnce: 2 } },
          budget: { loops: 100, workers: 50 },
        },
      },
    );
    expect(state.status).toBe('complete');
    expect(only(log, 'submanager.refused').map(({ data }) => [data.worker, data.reason])).toEqual([
      ['a1', 'the limit on sub-managers at the same time (2) is reached'],
      ['b1', 'the limit on sub-managers at the same time (2) is reached'],
    ]);
  });

  it('are shut out by caps of zero', async () => {
    for (const policy of [{ submanagers: { atOnce: 0 } }, { submanagers: { total: 0 } }]) {
      const { state, log } = await play(
        { managers: { manager: [delegate(sub('a')), complete()] } },
        { options: { policy } },
      );
      expect(only(log, 'submanager.refused')).toHaveLength(1);
      expect(called(state, 'a').role).toBe('worker');
    }
  });
});

describe('the results of sub-managers', () => {
  const reported = async (team: Team, options: TeamOptions = {}) => {
    const told: string[] = [];
    const seen = (request: Parameters<typeof textOf>[0], name: string) =>
      name === 'manager' && told.push(textOf(request));
    const played = await play(team, { ...options, host: { ...options.host, seen } });
    const found = [...(told.at(-1) ?? '').matchAll(/\[\{"worker_id":[^\n]*,"ok":[^\n]*\}\]/g)];
    const report = String(found.at(-1) ?? '');
    return { ...played, report: report === '' ? undefined : JSON.parse(report)[0] };
  };

  it('that completed are as sure as they say', async () => {
    const { report } = await reported({
      managers: {
        manager: [delegate(sub('lead')), complete()],
        lead: [delegate('one'), { ...complete('led'), confidence: 0.7 }],
      },
    });
    expect(report).toMatchObject({ worker_id: 'lead', ok: true, confidence: 0.7 });
    expect(report.status).toBeUndefined();
    expect(report.output).toEqual({ summary: 'led' });
  });

  it('that were cut short say so and why, keep all, and are no surer than their workers', async () => {
    const { state, log, report } = await reported(
      {
        managers: {
          manager: [delegate(sub('lead')), complete()],
          lead: [delegate('one', 'two'), { ...complete('half'), confidence: 0.95 }],
        },
        worker: (_request, name) => ({ summary: name, confidence: name === 'one' ? 0.8 : 0.4 }),
      },
      { options: { budget: { workers: 3, loops: 20 }, policy: { submanagers: { share: 0.4 } } } },
    );
    expect(only(log, 'budget.exhausted').map(({ data }) => [data.scope, data.dimension])).toEqual([
      ['1.1', 'workers'],
    ]);
    const { outcome } = called(state, 'lead');
    expect(outcome).toMatchObject({ ok: true, status: 'partial', reason: 'budget/workers' });
    expect(report).toMatchObject({ ok: true, status: 'partial', reason: 'budget/workers' });
    expect(report.output.summary).toBe('half');
    expect(Object.keys(report.output.worker_outputs)).toEqual(['one']);
    expect(report.confidence).toBe(called(state, 'one').outcome?.confidence);
    // A share that is used up is nothing that the run is out of.
    expect(state.status).toBe('complete');
  });

  it('that failed are not ok, say why, and keep what there was', async () => {
    const { state, report } = await reported({
      managers: {
        manager: [delegate(sub('lead')), complete()],
        lead: [
          delegate('one'),
          { decision: 'fail', reason: 'no data', partial_result: { rows: 3 } },
        ],
      },
    });
    expect(called(state, 'lead').outcome).toMatchObject({
      ...{ ok: false, code: 'manager/failed', message: 'no data', confidence: 0 },
      output: { rows: 3, worker_outputs: { one: { summary: 'one did it' } } },
    });
    expect(report).toMatchObject({ ok: false, error: 'no data', output: { rows: 3 } });
  });

  it('must meet the contract of their delegation, and are sent back when they do not', async () => {
    const contract = { output_contract: { required_fields: ['mean'] } };
    const { state, log } = await play({
      managers: {
        manager: [delegate(sub('lead', contract)), complete()],
        lead: [],
      },
      answers: {
        lead: (request) =>
          textOf(request).includes('does not meet its contract')
            ? complete('better', { mean: 4 })
            : complete('not yet'),
      },
    });
    expect(only(log, 'manager.rejected').map(({ agent, data }) => [agent, data.reason])).toEqual([
      ['1.1', '"final_result" does not meet its contract: the field "mean" is missing.'],
    ]);
    expect(called(state, 'lead').outcome).toMatchObject({ ok: true, output: { mean: 4 } });
  });

  it('of a last turn that miss something are kept, and partial', async () => {
    const contract = { output_contract: { required_fields: ['mean'] } };
    const { state } = await play(
      {
        managers: {
          manager: [delegate(sub('lead', contract)), complete()],
          lead: [delegate('one'), complete('no mean')],
        },
      },
      { options: { budget: { loops: 10 }, policy: { submanagers: { share: 0.23 } } } },
    );
    expect(called(state, 'lead').outcome).toMatchObject({
      ...{ ok: true, status: 'partial', reason: 'gate/contract' },
      problems: ['the field "mean" is missing'],
      output: { summary: 'no mean' },
    });
  });
});

describe('the share of a sub-manager', () => {
  const budgetRest = { tools: null, tokens: null, workers: null };
  const shares = async (
    asked: readonly (number | undefined)[],
    { loops, ...more }: { loops: number } & Record<string, unknown>,
  ) => {
    const names = asked.map((_, index) => `s${index + 1}`);
    const delegations = asked.map((share, index) =>
      sub(names[index] ?? '', share === undefined ? {} : { submanager_budget_fraction: share }),
    );
    const played = await play(
      {
        managers: {
          manager: [delegate(...delegations), complete()],
          ...Object.fromEntries(names.map((name) => [name, [complete(name)]])),
        },
      },
      { options: { budget: { ...budgetRest, loops }, policy: { submanagers: more } } },
    );
    const reserved = only(played.log, 'budget.reserved');
    return {
      ...played,
      loops: reserved.map(({ data }) => data.limits.loops),
      refused: only(played.log, 'submanager.refused').map(({ data }) => data.reason),
    };
  };

  it.each([
    ['one has 0.3 of what is left', [undefined], 101, {}, [30]],
    [
      'four have 0.8 together',
      [undefined, undefined, undefined, undefined],
      101,
      { atOnce: 4 },
      [20, 20, 20, 20],
    ],
    ['the policy can say another one', [undefined], 101, { share: 0.5 }, [50]],
    ['a delegation can say another one', [0.1, 0.6], 101, {}, [10, 60]],
    ['three that ask for 0.9 have 0.8 together', [0.9, 0.9, 0.9], 101, {}, [26, 26, 26]],
    ['one that asks for 0.9 has 0.8', [0.9], 101, {}, [80]],
    ['with strict, one that fits has it whole', [0.8], 101, { strict: true }, [80]],
  ] as const)('%s', async (_name, asked, loops, more, expected) => {
    const found = await shares(asked, { loops, ...more });
    expect(found.loops).toEqual(expected);
    expect(found.refused).toEqual([]);
    expect(found.state.status).toBe('complete');
  });

  it('that cannot be had whole is refused when the policy is strict', async () => {
    const { loops, refused } = await shares([0.5, 0.5, 0.9], { loops: 101, strict: true });
    expect(loops).toEqual([50]);
    expect(refused).toEqual([
      'only 30 of 100 loops may be shared out, and it asked for 50',
      'only 30 of 100 loops may be shared out, and it asked for 90',
    ]);
  });

  it('is refused when it is too small to be of use, and is never no limit', async () => {
    const { loops, refused, state } = await shares([undefined], { loops: 5 });
    expect(loops).toEqual([]);
    expect(refused).toEqual(['its share would be 1 of 4 loops, and it needs 2']);
    expect(called(state, 's1').role).toBe('worker');
    expect(state.status).toBe('complete');
  });

  it.each([
    [{ workers: 2 }, 'its share would be 0 of 2 workers, and it needs 1'],
    [{ calls: 8 }, 'its share would be 1 of 6 calls, and it needs 3'],
    [{ tokens: 9000 }, /^its share would be \d+ of \d+ tokens, and it needs \d+$/],
    [{ tools: 2 }, 'its share would be 0 of 2 tools, and it needs 1'],
  ])('counts of %j, too', async (budget, reason) => {
    const { log } = await play(
      { managers: { manager: [delegate(sub('lead')), complete()] } },
      { options: { budget: { ...budgetRest, loops: 100, ...budget } } },
    );
    const [refused] = only(log, 'submanager.refused');
    expect(refused?.data.reason).toEqual(
      typeof reason === 'string' ? reason : expect.stringMatching(reason),
    );
  });

  it('that is not used comes back once, and the next one has it again', async () => {
    const { state, log } = await play(
      {
        managers: {
          manager: [delegate(sub('a')), delegate(sub('b')), complete()],
          a: [complete('a')],
          b: [complete('b')],
        },
      },
      { options: { budget: { ...budgetRest, loops: 101 } } },
    );
    // 101 - 1 turn; later 101 - 2 turns - 1 of the first one.
    expect(only(log, 'budget.reserved').map(({ data }) => data.limits.loops)).toEqual([30, 29]);
    expect(only(log, 'budget.settled').map(({ data }) => data.scope)).toEqual(['1.1', '2.1']);
    expect(state.ledger.used.loops).toBe(5);
    expect(state.lost).toBeUndefined();
  });

  it('that is not used stays charged to who gave it when the policy says so', async () => {
    const { state, log } = await play(
      {
        managers: {
          manager: [delegate(sub('a')), delegate(sub('b')), complete()],
          a: [complete('a')],
          b: [complete('b')],
        },
      },
      {
        options: {
          budget: { ...budgetRest, loops: 101 },
          policy: { submanagers: { refund: false } },
        },
      },
    );
    // 101 - 2 turns - all 30 of the first one = 69.
    expect(only(log, 'budget.reserved').map(({ data }) => data.limits.loops)).toEqual([30, 20]);
    expect(state.ledger.used.loops).toBe(5);
    expect(state.lost?.loops).toBe(29 + 19);
    expect(budgetReport(state).loops).toEqual({ used: 5 + 29 + 19, max: 101 });
  });

  it('has the time that is left, or less where the delegation says so', async () => {
    const { log } = await play(
      {
        managers: {
          manager: [delegate(sub('a'), sub('b', { timeout: 7 })), complete()],
          a: [complete('a')],
          b: [complete('b')],
        },
      },
      { options: { budget: { ...budgetRest, loops: 50, time: 100_000 } } },
    );
    const [a, b] = only(log, 'budget.reserved').map(({ data }) => data.limits.time);
    expect(a).toBeLessThanOrEqual(90_000);
    expect(a).toBeGreaterThan(80_000);
    expect(b).toBe(7000);
  });

  const gone = new ModelError('model/auth', 'no', { usage: { input: 0, output: 0 } });
  it.each([
    ['completes', [complete()], { ok: true }],
    ['is cut short', [delegate('x', 'y'), delegate('z'), complete()], { status: 'partial' }],
    ['gives up', [{ decision: 'fail', reason: 'no' }], { code: 'manager/failed' }],
    ['cannot be understood', ['prose'], { code: 'model/bad-answer' }],
    ['has no model', [gone], { code: 'model/auth' }],
  ] as const)('comes back when it %s', async (_name, answers, outcome) => {
    const { state, log } = await play(
      { managers: { manager: [delegate(sub('lead')), complete()], lead: answers } },
      { options: { budget: { workers: 7, loops: 40 } } },
    );
    expect(called(state, 'lead').outcome).toMatchObject(outcome);
    expect(state.status).toBe('complete');
    expect(only(log, 'budget.settled').map(({ data }) => data.scope)).toEqual(['1.1']);
    expect(state.nested.size).toBe(0);
    expect(state.openWorkers).toBe(0);
    expect(state.ledger.reserved).toEqual({ tokens: 0, cost: 0 });
  });
});
