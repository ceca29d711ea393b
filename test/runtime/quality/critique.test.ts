import { describe, expect, it } from 'vitest';
import { sha256 } from '../../../src/base/hash.ts';
import type { JsonObject } from '../../../src/base/json.ts';
import type { EventData } from '../../../src/events/event.ts';
import { resultOf } from '../../../src/events/loop-results.ts';
import type { PlanCritique } from '../../../src/events/plan-policy.ts';
import { ModelError } from '../../../src/ports/model-provider.ts';
import type { ScriptedAnswer } from '../../../src/providers/scripted.ts';
import { complete, delegate, only } from '../../make.ts';
import { critique, critiquePolicy, defect, type ReviewedOptions, reviewed } from './reviewed.ts';

const criticised = ({ policy, ...given }: ReviewedOptions, change: Partial<PlanCritique> = {}) =>
  reviewed({ policy: { critique: critiquePolicy(change), ...policy }, ...given });

/** Critics that answer by name of the worker: of its result, of the first repair, of the second one. */
const critics =
  (scores: readonly (number | JsonObject)[]) =>
  (name: string): ScriptedAnswer => {
    const attempt = /_repair(?:-(\d))?$/.exec(name);
    const score = scores[attempt ? Number(attempt[1] ?? 1) : 0] ?? 0.9;
    return typeof score === 'number' ? critique(score) : score;
  };

/** Workers of which every one says something else. */
const different = (name: string): ScriptedAnswer => ({
  summary: `${name} found ${sha256(name)}`,
  confidence: 0.8,
});

describe('critique', () => {
  it('is asked of a critic about each result, with its files, as data', async () => {
    const { events, asked } = await criticised({
      answers: {
        manager: [delegate('a', 'b'), complete()],
        critic: () => critique(0.9, { reusable_patterns: ['sums are checked'] }),
      },
    });
    expect(only(events, 'result.criticised').map(({ data }) => data)).toEqual(
      ['1.1', '1.2'].map((of) => ({
        ...{ of, by: `${of}-c`, score: 0.9, summary: 'seen', defects: [], prescriptions: [] },
        reusable: ['sums are checked'],
      })),
    );
    const started = only(events, 'agent.started').find(({ data }) => data.review);
    expect(started).toMatchObject({ agent: '1.1-c', data: { role: 'reviewer', temperature: 0.1 } });
    expect(asked.find(({ by }) => by === 'critic_a')?.text).toContain('## Files that it wrote');
  });

  it.each<[number, JsonObject[], boolean]>([
    [0.9, [], false],
    [0.6, [], false],
    [0.6, [defect('x', { severity: 'warning' })], false],
    [0.59, [], true],
    [0.2, [], true],
    [0.95, [defect()], true],
  ])('of %d and these defects asks for a repair or not: %j', async (score, defects, repairs) => {
    const { events } = await criticised({
      answers: { worker: different, critic: critics([critique(score, { defects }), 0.9]) },
    });
    expect(only(events, 'result.repaired')).toHaveLength(repairs ? 1 : 0);
  });

  it('takes no defect for real that the file system refutes', async () => {
    const defects = [
      defect('the file report.md is missing', { location: 'output/report.md' }),
      defect('missing file output/report.md'),
      defect('file does not exist', { location: 'output/report.md' }),
      defect('the mean is missing in report.md', { severity: 'warning' }),
      defect('chart.png is missing', { severity: 'warning' }),
    ];
    const { events } = await criticised({
      answers: {
        worker: (name, { messages }) =>
          messages.at(-1)?.role === 'tool'
            ? different(name)
            : {
                toolCalls: [
                  { name: 'file.write', args: { path: 'output/report.md', content: 'x' } },
                ],
              },
        critic: () => critique(0.3, { defects }),
      },
    });
    const [{ data } = { data: undefined }] = only(events, 'result.criticised');
    expect(data?.defects.map(({ description }) => description)).toEqual([
      ...['the mean is missing in report.md', 'chart.png is missing'],
    ]);
    expect(data).toMatchObject({ score: 0.6, note: expect.stringMatching('3 defects') });
    expect(only(events, 'result.repaired')).toEqual([]);
  });

  it('knows the categories of the workflow, and bounds what it keeps', async () => {
    const many = Array.from({ length: 50 }, () =>
      defect('d'.repeat(2000), { category: 'Wrong Format', severity: 'warning' }),
    );
    const { events } = await criticised({
      answers: {
        critic: () =>
          critique(0.8, {
            defects: [{ category: 'odd', description: 'x', severity: 'fatal' }, ...many],
            prescriptions: Array.from({ length: 99 }, (_, index) => `p${index}`),
          }),
      },
    });
    const [found] = only(events, 'result.criticised');
    expect(found?.data.defects[0]).toEqual({
      ...{ category: 'other', description: 'x', severity: 'warning' },
    });
    expect(found?.data.defects[1]).toMatchObject({ category: 'wrong_format' });
    expect(found?.data.defects).toHaveLength(20);
    expect(found?.data.prescriptions).toHaveLength(10);
    expect(JSON.stringify(found?.data).length).toBeLessThan(15_000);
  });

  it.each<[string, ScriptedAnswer, ScriptedAnswer, Partial<EventData['result.criticised']>]>([
    ['a good result', { summary: 's', confidence: 0.8 }, 'prose', { score: 1, defects: [] }],
    [
      'one that says no confidence',
      { summary: 's' },
      new ModelError('model/auth', 'no', { usage: { input: 0, output: 0 } }),
      { score: 0.7 },
    ],
    ['an unsure one', { summary: 's', confidence: 0.1 }, { score: 3 }, { score: 0.8 }],
    ['an empty one', { summary: ' ', confidence: 0.8 }, '[]', { score: 0.9 }],
    ['an error', { error: 'no data', confidence: 0.8 }, '{}', { score: 0.6 }],
  ])('goes by rules where no critic answers: %s', async (_, worker, answer, expected) => {
    const { events, state } = await criticised(
      { answers: { worker: () => worker, critic: () => answer } },
      { repairs: 0 },
    );
    const [found] = only(events, 'result.criticised');
    expect(found?.data).toMatchObject({
      ...expected,
      note: expect.stringMatching('the critic did not answer'),
    });
    expect(found?.data.by).toBeUndefined();
    expect(state.status).toBe('complete');
  });

  it('asks the model of the critic where it has one of its own', async () => {
    const given: ReviewedOptions = { answers: { worker: different, critic: () => critique(0.9) } };
    const models = [];
    for (const change of [
      { mode: 'dedicated', model: 'scripted-critic' },
      { mode: 'inline', model: 'scripted-critic' },
      { mode: 'dedicated', model: null },
    ] as const) {
      const { events } = await criticised(given, change);
      models.push(only(events, 'model.asked').find(({ agent }) => agent === '1.1-c')?.data.model);
    }
    expect(models).toEqual(['scripted-critic', 'scripted', 'scripted']);
  });
});

describe('repair', () => {
  it('goes over a poor result again, and what is better counts', async () => {
    const { events, state, asked } = await criticised({
      answers: {
        worker: different,
        critic: critics([
          critique(0.4, { defects: [defect()], prescriptions: ['add them up'] }),
          0.8,
        ]),
      },
    });
    expect(only(events, 'result.repaired').map(({ data }) => data)).toEqual([
      {
        ...{ of: '1.1', by: '1.1-r1', attempt: 1, before: 0.4, after: 0.8, kept: true },
        reason: 'it is not worse',
      },
    ]);
    const started = only(events, 'agent.started').find(({ agent }) => agent === '1.1-r1');
    expect(started?.data).toMatchObject({
      ...{ role: 'worker', name: 'a_repair', askedAs: 'a', index: 1 },
      order: { repairOf: '1.1' },
    });
    const task = asked.find(({ by }) => by === 'a_repair')?.text ?? '';
    for (const part of ['do a', 'half of it is not there', 'add them up', sha256('a')]) {
      expect(task).toContain(part);
    }
    const manager = state.frames.get('0');
    expect(manager?.turns[0]?.workers).toEqual(['1.1']);
    expect(manager && resultOf(state, manager, '1.1')?.id).toBe('1.1-r1');
    const last = asked.findLast(({ by }) => by === 'manager')?.text ?? '';
    expect(last).toContain('"worker_id":"a","repaired":true');
    expect(last).toContain('a_repair found');
    expect(last).not.toContain(sha256('a'));
  });

  it.each<[string, readonly (number | JsonObject)[], Partial<PlanCritique>, string[]]>([
    ['stops when it is worse', [0.5, 0.4], {}, ['1 false']],
    ['goes on while it is poor', [0.3, 0.4, 0.8], {}, ['1 true', '2 true']],
    ['keeps the better one of two', [0.3, 0.5, 0.4], {}, ['1 true', '2 false']],
    ['ends after as many as are allowed', [0.1, 0.2, 0.3], { repairs: 1 }, ['1 true']],
    ['is off at none', [0.1], { repairs: 0 }, []],
  ])('%s', async (_, scores, change, expected) => {
    const { events, state } = await criticised(
      { answers: { worker: different, critic: critics(scores) } },
      change,
    );
    const found = only(events, 'result.repaired').map(({ data }) => `${data.attempt} ${data.kept}`);
    expect(found).toEqual(expected);
    expect(state.status).toBe('complete');
  });

  it('gives up when it changes nothing, without asking the critic again', async () => {
    const { events } = await criticised({
      answers: {
        worker: () => ({ summary: 'always the same', confidence: 0.8 }),
        critic: () => critique(0.3),
      },
    });
    expect(only(events, 'result.criticised')).toHaveLength(1);
    expect(only(events, 'result.repaired').map(({ data }) => data)).toMatchObject([
      { kept: false, after: 0.3, reason: 'it changed nothing' },
    ]);
  });

  it('leaves the result as it was when it fails', async () => {
    const { events, state } = await criticised({
      answers: {
        worker: (name) =>
          name === 'a'
            ? { summary: 'first', confidence: 0.8 }
            : new ModelError('model/auth', 'no', { usage: { input: 0, output: 0 } }),
        critic: () => critique(0.3),
      },
    });
    expect(only(events, 'result.repaired')[0]?.data).toMatchObject({
      ...{ kept: false, after: 0, reason: expect.stringMatching('the repair failed') },
    });
    const manager = state.frames.get('0');
    expect(manager && resultOf(state, manager, '1.1')?.outcome?.output.summary).toBe('first');
  });

  it('mends an answer that broke its contract, and nothing that a limit or a service ended', async () => {
    const contract = { output_contract: { required_fields: ['mean'] } };
    const manager = [delegate({ worker_id: 'a', instructions: 'do a', ...contract }), complete()];
    const broken = await criticised({
      answers: {
        manager,
        worker: (name) =>
          name === 'a' ? { summary: 'no' } : { mean: 3, summary: 'yes', confidence: 0.8 },
      },
    });
    expect(only(broken.events, 'result.criticised')[0]?.data).toMatchObject({
      note: 'the worker failed',
    });
    expect(only(broken.events, 'result.repaired')).toMatchObject([{ data: { kept: true } }]);
    const gone = await criticised({
      answers: {
        worker: () => new ModelError('model/auth', 'no', { usage: { input: 0, output: 0 } }),
      },
    });
    expect(only(gone.events, 'result.repaired')).toEqual([]);
  });

  it('knows what a validator called wrong', async () => {
    const { asked } = await criticised({
      policy: {
        critique: critiquePolicy(),
        validation: { skipAbove: 0.95, skipBelowBudget: 0 },
      },
      answers: {
        worker: different,
        check: () => ({ valid: false, feedback: 'the year is wrong' }),
        critic: critics([0.4, 0.9]),
      },
    });
    expect(asked.find(({ by }) => by === 'a_repair')?.text).toContain('the year is wrong');
  });

  /** A worker, and one that repairs, that write these before they report. */
  const writing = (files: Record<string, JsonObject[]>) => (name: string, request: unknown) => {
    const { messages } = request as { messages: { role: string }[] };
    const calls = files[name] ?? [];
    if (messages.at(-1)?.role === 'tool' || calls.length === 0) return different(name);
    return { toolCalls: calls.map((args) => ({ name: 'file.write', args })) };
  };
  const files = {
    a: [
      { path: 'output/report.md', content: 'bad' },
      { path: 'output/kept.md', content: 'good' },
    ],
    a_repair: [
      { path: 'output/report.md', content: 'mended' },
      { path: 'output/more.md', content: 'new' },
    ],
  };

  it.each([
    ['kept: its files take the places of the ones that they mend', 0.9, 'report.md more.md'],
    ['not kept: its files go', 0.1, ''],
  ])('%s', async (_, score, repaired) => {
    const { state, asked, run } = await criticised({
      answers: { worker: writing(files), critic: critics([0.4, score]) },
    });
    const own = [...state.artifacts.values()].filter(({ agent }) => agent === '1.1-r1');
    expect([...state.artifacts.keys()].sort()).toEqual(
      score > 0.4 ? ['kept.md', 'more.md', 'report.md'] : ['kept.md', 'report.md'],
    );
    expect(own.map(({ path }) => path).sort()).toEqual(repaired.split(' ').filter(Boolean).sort());
    expect(asked.find(({ by }) => by === 'a_repair')?.text).toContain('shared/report.md');
    expect(run.state.status).toBe('complete');
  });
});

describe('what is learnt from critiques', () => {
  it('is told to later workers and to the manager, unless that is off', async () => {
    const given: ReviewedOptions = {
      answers: {
        manager: [delegate('a'), delegate('b'), complete()],
        worker: different,
        critic: () =>
          critique(0.7, {
            defects: [defect('rows were dropped', { severity: 'warning' })],
            prescriptions: ['count the rows'],
            reusable_patterns: ['units are named'],
          }),
      },
    };
    const told = async (change: Partial<PlanCritique>) => {
      const { asked, state } = await criticised(given, change);
      const of = (name: string) => asked.findLast(({ by }) => by === name)?.text ?? '';
      const pattern = state.frames.get('0')?.delegation?.patterns.get('incomplete');
      expect(pattern).toMatchObject({ count: 2, firstTurn: 1, lastTurn: 2 });
      return ['a', 'b', 'manager'].map((name) => of(name).includes('## Known pitfalls'));
    };
    expect(await told({})).toEqual([false, true, true]);
    expect(await told({ patterns: false })).toEqual([false, false, false]);
  });
});

describe('the gate of critiques', () => {
  it.each<[number, number, string[]]>([
    [0.6, 0.7, ['gates.passed']],
    [0.8, 0.7, ['critique', 'critique for good']],
    [0, 0.1, ['gates.passed']],
  ])('wants %d on average, and there is %d', async (minToComplete, score, expected) => {
    const { events } = await criticised(
      { answers: { worker: different, critic: () => critique(score) } },
      { minToComplete, repairs: 0 },
    );
    const found = events.flatMap((event) => {
      if (event.type === 'gates.passed') return [event.type];
      if (event.type !== 'gate.rejected') return [];
      return [`${event.data.gate}${event.data.final ? ' for good' : ''}`];
    });
    expect(found).toEqual(expected);
  });

  it('refuses three times at most in one loop', async () => {
    const { events, state } = await criticised(
      {
        policy: { rejectedCompletions: null, critique: critiquePolicy({ minToComplete: 0.9 }) },
        answers: { worker: different, critic: () => critique(0.7) },
      },
      {},
    );
    expect(only(events, 'gate.rejected')).toHaveLength(3);
    expect(only(events, 'gates.passed')).toHaveLength(1);
    expect(state.status).toBe('complete');
  });
});
