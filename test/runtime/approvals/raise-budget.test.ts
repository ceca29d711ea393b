import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../src/base/json.ts';
import type { BudgetOptions } from '../../../src/data/options.ts';
import { fixedClock } from '../../../src/effects/fake-clock.ts';
import type { RunEvent } from '../../../src/events/event.ts';
import type { Limits, Spend } from '../../../src/events/plan.ts';
import type { ModelRequest, Price } from '../../../src/ports/model-provider.ts';
import type { AskPerson } from '../../../src/runtime/approvals/desk.ts';
import { resumeRun, startRun } from '../../../src/runtime/run.ts';
import {
  complete,
  delegate,
  logOf,
  only,
  type TestHostOptions,
  temporaryFolder,
  testHost,
  testPlan,
} from '../../make.ts';
import { countingTool } from '../calling.ts';

const isManager = ({ headers }: ModelRequest): boolean => headers['x-awp-role'] === 'manager';
const turnOf = ({ messages }: ModelRequest): number =>
  messages
    .map(({ text }) => text)
    .join('\n')
    .split('## Results of turn').length - 1;
const price: Price = { input: 10, output: 10 };

/** Two turns of two workers, each with one tool call. */
function script(turns: readonly JsonObject[]) {
  return (request: ModelRequest) => {
    if (isManager(request)) return turns[turnOf(request)] ?? complete('end');
    const called = request.messages.some(({ role }) => role === 'assistant');
    if (called) return { summary: 'done', confidence: 1 };
    return { toolCalls: [{ name: 'mark.it', args: { by: request.headers['x-awp-agent'] ?? '' } }] };
  };
}

const TURNS = [delegate('a', 'b'), delegate('c', 'd'), complete('end')];

function world(folder: string, more: Partial<TestHostOptions> = {}, turns = TURNS) {
  const mark = countingTool('mark.it');
  const host = testHost(folder, { script: script(turns), tools: [mark], price, ...more });
  return { host, mark };
}

interface Begun {
  budget: BudgetOptions;
  approve?: 'budget';
  ask?: AskPerson;
}

async function begin({ host }: ReturnType<typeof world>, { budget, approve, ask }: Begun) {
  const run = await startRun(host, {
    ...{ id: 'r-test', inputs: [] },
    plan: testPlan({ budget, ...(approve && { approve }) }),
    ...(ask && { ask }),
  });
  await run.done;
  return run.state;
}

/** What was done: model calls by agent, and calls of tools. */
function doneIn(log: readonly RunEvent[]): Record<string, number> {
  const counts: Record<string, number> = {};
  const add = (key: string): void => {
    counts[key] = (counts[key] ?? 0) + 1;
  };
  for (const { agent } of only(log, 'model.responded')) add(`asked ${agent}`);
  for (const { agent } of only(log, 'tool.called')) add(`called ${agent}`);
  return counts;
}

/** Limits that refuse something before all is done; of those left out three fifths of what is needed. */
const TIGHT: readonly [keyof Limits, number | undefined, number][] = [
  ['loops', 1, 15],
  ['workers', 3, 20],
  ['tokens', undefined, 500_000],
  ['tools', 3, 100],
  ['calls', 6, 50],
  ['cost', undefined, 10],
];

/** The whole work, with nothing that limits it. */
async function unlimited(folder: string) {
  const plain = world(`${folder}/plain`);
  const { ledger } = await begin(plain, { budget: {} });
  return { used: ledger.used, done: doneIn(await logOf(plain.host.store)) };
}

/** Three fifths of what was used; tokens are whole. */
function partOf({ cost, tokens }: Spend, dimension: keyof Limits): number {
  return dimension === 'cost' ? cost * 0.6 : Math.floor(tokens * 0.6);
}

describe.each(TIGHT)('a limit on %s that a person may raise', (dimension, tight, enough) => {
  const budgetOf = ({ used }: Awaited<ReturnType<typeof unlimited>>): BudgetOptions => ({
    [dimension]: tight ?? partOf(used, dimension),
  });

  it('lets the run go on to its end, and no work is done twice', async () => {
    using folder = temporaryFolder();
    const plain = await unlimited(folder.path);
    const one = world(folder.path);
    const asked: JsonObject[] = [];
    const state = await begin(one, {
      ...{ budget: budgetOf(plain), approve: 'budget' as const },
      ask: async ({ args }) => {
        asked.push(args);
        return { decision: 'approved', by: 'test', args: { proposed: enough } };
      },
    });
    const log = await logOf(one.host.store);
    expect([state.status, state.exhausted, asked.length]).toEqual(['complete', undefined, 1]);
    expect(asked[0]).toMatchObject({ dimension });
    expect(doneIn(log)).toEqual(plain.done);
    expect(only(log, 'budget.raised')).toMatchObject([
      { agent: '0', data: { dimension, to: enough, by: 'test' } },
    ]);
    expect(state.limits[dimension]).toBe(enough);
  });

  it('ends the run as partial when the person says no', async () => {
    using folder = temporaryFolder();
    const state = await begin(world(folder.path), {
      budget: budgetOf(await unlimited(folder.path)),
      approve: 'budget',
      ask: async () => ({ decision: 'rejected', by: 'test' }),
    });
    expect([state.status, state.exhausted?.dimension]).toEqual(['partial', dimension]);
  });

  it('is raised by a resume, and what was done before is not done again', async () => {
    using folder = temporaryFolder();
    const one = world(folder.path);
    expect((await begin(one, { budget: budgetOf(await unlimited(folder.path)) })).status).toBe(
      'partial',
    );
    const before = await logOf(one.host.store);
    const answered = new Set(only(before, 'model.responded').map(({ data }) => data.call));
    const run = await resumeRun(one.host, { id: 'r-test', raise: { [dimension]: enough } });
    await run.done;
    const after = (await logOf(one.host.store)).slice(before.length);
    expect(run.state.status).toBe('complete');
    const again = only(after, 'model.asked').filter(({ data }) => answered.has(data.call));
    expect(again).toEqual([]);
  });

  it('is not resumed without being raised, and not by less', async () => {
    using folder = temporaryFolder();
    const one = world(folder.path);
    await begin(one, { budget: budgetOf(await unlimited(folder.path)) });
    for (const raise of [undefined, { [dimension]: 0 }]) {
      const again = resumeRun(one.host, { id: 'r-test', ...(raise && { raise }) });
      await expect(again).rejects.toMatchObject({ code: 'usage/not-raised' });
    }
  });
});

describe('a limit on time that a person may raise', () => {
  it('stands while the person thinks, and lets the cut calls be asked again', async () => {
    using folder = temporaryFolder();
    const clock = fixedClock();
    let slow = true;
    const base = script(TURNS);
    const one = world(folder.path, {
      effects: { clock },
      script: async (request: ModelRequest) => {
        const answer = base(request);
        if (isManager(request) || !slow) return answer;
        slow = false;
        clock.advance(60_000);
        return answer;
      },
    });
    const state = await begin(one, {
      ...{ budget: { time: 50_000 }, approve: 'budget' as const },
      ask: async ({ args }) => {
        // The run notices that it waits first.
        await new Promise((resolve) => setImmediate(resolve));
        clock.advance(3_600_000);
        expect(args).toMatchObject({ dimension: 'time', limit: 50_000, proposed: 75_000 });
        return { decision: 'approved', by: 'test', args: { proposed: 200_000 } };
      },
    });
    expect([state.status, state.limits.time]).toEqual(['complete', 200_000]);
    expect(state.activeMs).toBeLessThan(200_000);
  });
});

describe('the share of a sub-manager', () => {
  const nested = [
    delegate({
      ...{ worker_id: 's', instructions: 'sub', as_submanager: true },
      submanager_budget_fraction: 0.15,
    }),
    complete('end'),
  ];

  it('is raised by itself when it runs out', async () => {
    using folder = temporaryFolder();
    const mark = countingTool('mark.it');
    const host = testHost(folder.path, {
      tools: [mark],
      script(request) {
        if (request.headers['x-awp-agent'] === 'manager') return nested[turnOf(request)] ?? '';
        if (isManager(request))
          return turnOf(request) > 2 ? complete('sub') : delegate(`w${turnOf(request)}`);
        return { summary: 'done', confidence: 1 };
      },
    });
    const asked: string[] = [];
    const state = await begin(
      { host, mark },
      {
        ...{ budget: { loops: 20 }, approve: 'budget' as const },
        ask: async ({ agent, args }) => {
          asked.push(`${agent} ${args.dimension}`);
          return { decision: 'approved', by: 'test', args: { proposed: null } };
        },
      },
    );
    const log = await logOf(host.store);
    expect([state.status, asked]).toEqual(['complete', ['1.1 loops']]);
    expect(only(log, 'budget.raised')[0]?.data).toMatchObject({ scope: '1.1', to: null });
    expect(state.limits.loops).toBe(20);
  });
});
