import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../src/base/json.ts';
import { fixedClock } from '../../../src/effects/fake-clock.ts';
import type { RunEvent } from '../../../src/events/event.ts';
import type { Limits, Plan } from '../../../src/events/plan.ts';
import type { PlanGraph, PlanLoopNode } from '../../../src/events/plan-graph.ts';
import { foldAll } from '../../../src/events/reduce.ts';
import type { RunState } from '../../../src/events/state.ts';
import type { ModelRequest } from '../../../src/ports/model-provider.ts';
import type { Script } from '../../../src/providers/scripted.ts';
import { resumeRun } from '../../../src/runtime/run.ts';
import { memoryStore } from '../../../src/stores/memory-store.ts';
import { askedBy, complete, delegate, only, temporaryFolder, testPlan } from '../../make.ts';
import { whileTimePasses } from '../../providers/support/over-server.ts';
import {
  endOf,
  graphPlan,
  planAgent,
  planGraph,
  planState,
  runPlan,
  type Steps,
  stepHost,
  type TestNode,
} from '../graphs.ts';

type Nodes = Readonly<Record<string, TestNode>>;
type Model = (request: ModelRequest) => ReturnType<Extract<Script, (...given: never[]) => unknown>>;

const LOOP = { kind: 'delegation_loop', loop: 'loop' } as const;

/** A loop of defaults; with a share of the budget only where one is given. */
function loop(limits: Partial<Limits> = {}, change: Partial<PlanLoopNode> = {}): PlanLoopNode {
  const { manager, worker, stall } = testPlan();
  return { manager, worker: { ...worker, tools: [] }, stall, limits, ...change };
}

/** A plan whose run has only these limits. */
function planOf(graph: PlanGraph, loops: Plan['loops'] = {}, limits: Partial<Limits> = {}): Plan {
  const plan = graphPlan(graph, { loops });
  const none = { loops: null, tokens: null, tools: null, time: null, calls: null };
  return { ...plan, limits: { ...plan.limits, ...none, ...limits } };
}

const isManager = ({ headers }: ModelRequest): boolean => headers['x-awp-role'] === 'manager';
const textOf = ({ messages }: ModelRequest): string => messages.at(-1)?.text ?? '';
const turnOf = (request: ModelRequest): number =>
  Number(/## Turn\n(\d+)/.exec(textOf(request))?.[1]);

/** The manager delegates once to `a` and `b`, then completes with what it knows. */
const twice: Model = (request) => {
  if (!isManager(request)) return { summary: `${askedBy(request)} did it`, confidence: 1 };
  return turnOf(request) === 1 ? delegate('a', 'b') : complete('both did it');
};

interface Asked {
  steps?: Steps;
  model?: Model;
  plan: Plan;
}

async function run({ steps = {}, model = twice, plan }: Asked) {
  using folder = temporaryFolder();
  return runPlan(stepHost(folder.path, steps, { script: model }), plan);
}

/** What no run may leave behind, however it ended. */
function nothingIsHeld(state: RunState): void {
  expect(state.nested.size).toBe(0);
  expect([...state.unsettled]).toEqual([]);
  for (const { ledger, openWorkers, nested } of [state, ...state.scopes.values()]) {
    expect(ledger.reserved.tokens).toBe(0);
    expect(ledger.reserved.cost).toBeCloseTo(0, 9);
    expect([openWorkers, nested.size]).toEqual([0, 0]);
  }
}

const line: Nodes = {
  gather: {},
  loop: { ...LOOP, after: ['gather'] },
  write: { after: ['loop'] },
};
const lineSteps: Steps = {
  gather: () => ({ topic: 'tides' }),
  write: ({ input }) => ({ text: `about ${JSON.stringify(input.loop)}` }),
};

describe('a delegation loop that is a node', () => {
  it('runs between other nodes, with its workers below it and its result under its key', async () => {
    const { state, log } = await run({
      plan: planOf(planGraph(line), { loop: loop() }),
      steps: lineSteps,
    });
    expect(endOf(state)).toMatchObject({
      status: 'complete',
      result: { loop: { summary: 'both did it', confidence: 0.9 } },
    });
    const places = only(log, 'agent.started').map(({ agent, parent, depth, data }) => [
      agent,
      parent,
      depth,
      data.role,
      data.name,
    ]);
    expect(places).toEqual([
      ['0', undefined, 0, 'graph', 'test'],
      ['1', '0', 1, 'step', 'gather'],
      ['2', '0', 1, 'manager', 'loop'],
      ['2-1.1', '2', 2, 'worker', 'a'],
      ['2-1.2', '2', 2, 'worker', 'b'],
      ['3', '0', 1, 'step', 'write'],
    ]);
    expect(state.ending?.result.write).toEqual({
      text: 'about {"summary":"both did it","confidence":0.9}',
    });
    nothingIsHeld(state);
  });

  it('is told its own task, what it may see, and its own budget; its workers, too', async () => {
    const asked: Record<string, string> = {};
    const sharing = { ...planState().sharing, never: ['secret'] };
    await run({
      plan: planOf(
        planGraph(line, { state: planState({ sharing, initial: { secret: 'no', depth: 3 } }) }),
        { loop: loop({ loops: 4, tokens: 50_000 }, { task: 'Find out all' }) },
        { tokens: 90_000, calls: 9 },
      ),
      steps: lineSteps,
      model: (request) => {
        asked[askedBy(request)] ??= request.messages.map(({ text }) => text).join('\n');
        return twice(request);
      },
    });
    expect(asked.loop).toMatch(/## Task\n<task-\w+ from="who started you">\nFind out all/);
    expect(asked.loop).toMatch(/## Input\n<data-.*>\n\{"depth":3,"gather":\{"topic":"tides"\}\}\n/);
    expect(asked.loop).toContain('"turns":4');
    expect(asked.loop).toMatch(
      /## Budget\n\{"loops":\{"used":0,"max":4\}.*"consumed":0,"max":50000/,
    );
    expect(asked.a).toMatch(/## Task of the whole run\n<task-.*>\nDo it\n/);
    expect(asked.a).toMatch(/## Task of your manager\n<task-.*>\nFind out all\n/);
    expect(asked.a).toMatch(/## Input\n<data-.*>\n\{"depth":3,"gather":\{"topic":"tides"\}\}\n/);
  });

  it('is shown the beginning of what is long; its workers find all of it in a file', async () => {
    using folder = temporaryFolder();
    const long = 'tides '.repeat(5000);
    const asked: Record<string, string> = {};
    const loops = { loop: loop() };
    const plan = planOf(planGraph({ loop: LOOP }, { state: planState({ initial: { long } }) }), {
      loop: { ...loops.loop, worker: { ...loops.loop.worker, tools: ['file.*'] } },
    });
    const host = stepHost(
      folder.path,
      {},
      {
        script: (request) => {
          asked[askedBy(request)] ??= textOf(request);
          const last = request.messages.at(-1);
          if (last?.role === 'tool') return { summary: `${last.text.length}`, confidence: 1 };
          if (isManager(request)) {
            return turnOf(request) === 1 ? delegate('a') : complete(textOf(request).slice(-400));
          }
          return {
            toolCalls: [{ name: 'file.read', args: { path: 'inputs/context/long.txt' } }],
          };
        },
      },
    );
    const { state } = await runPlan(host, plan);
    expect(state.status).toBe('complete');
    expect(asked.loop?.length).toBeLessThan(15_000);
    for (const text of [asked.loop, asked.a]) {
      expect(text).toContain('"chars":30000,"file":"inputs/context/long.txt"');
      expect(text).toContain('Workers find what is cut whole in the files that are named.');
    }
    expect(Number(state.frames.get('1-1.1')?.outcome?.output.summary)).toBeGreaterThan(20_000);
  });

  it('fails as a node when its manager gives up, with what there is', async () => {
    const { state } = await run({
      plan: planOf(planGraph(line), { loop: loop() }),
      steps: lineSteps,
      model: (request) => {
        if (!isManager(request)) return { summary: 'half', confidence: 1 };
        if (turnOf(request) === 1) return delegate('a');
        return { decision: 'fail', reason: 'no way', partial_result: { seen: 1 } };
      },
    });
    expect(endOf(state)).toMatchObject({ status: 'failed', reason: 'manager/failed' });
    const [frame] = [...state.frames.values()].filter(({ role }) => role === 'manager');
    expect(frame?.outcome).toMatchObject({
      ok: false,
      output: { seen: 1, worker_outputs: { a: { summary: 'half' } } },
    });
    nothingIsHeld(state);
  });

  it('writes down no hidden value, and no key of the runtime', async () => {
    const sharing = { ...planState().sharing, sensitive: ['pin', 'loop.code'] };
    const { state, log } = await run({
      plan: planOf(planGraph({ loop: LOOP }, { state: planState({ sharing }) }), { loop: loop() }),
      model: (request) => {
        if (!isManager(request)) return { summary: 'x', pin: '1234', confidence: 1 };
        if (turnOf(request) === 1) return delegate('a');
        return complete('done', { pin: '1234', code: '5678', _meta: 1 });
      },
    });
    expect(endOf(state).result).toEqual({
      loop: { summary: 'done', pin: '[redacted]', code: '[redacted]', confidence: 0.9 },
    });
    expect(JSON.stringify(log)).not.toContain('1234');
    expect(only(log, 'state.refused').map(({ data }) => [data.node, data.key])).toEqual([
      ['loop', '_meta'],
    ]);
  });

  it('is tried again as a whole, with a new share', async () => {
    let tries = 0;
    const { state, log } = await run({
      plan: planOf(
        planGraph({
          loop: {
            ...LOOP,
            retry: {
              ...{ attempts: 2, backoff: 'none', baseMs: 0, maxMs: 0 },
              ...{ retryable: ['manager'], nonRetryable: [] },
            },
          },
        }),
        { loop: loop({ tokens: 50_000 }) },
        { tokens: 90_000 },
      ),
      model: (request) => {
        if (!isManager(request)) return { summary: 'x', confidence: 1 };
        tries += 1;
        return tries === 1 ? { decision: 'fail', reason: 'not yet' } : twice(request);
      },
    });
    expect(state.status).toBe('complete');
    expect(
      only(log, 'budget.reserved').map(({ data }) => [data.scope, data.limits.tokens]),
    ).toEqual([
      ['1', 50_000],
      ['1.2', 50_000],
    ]);
    nothingIsHeld(state);
  });

  it('starts once for each item, with the item among what it is handed', async () => {
    const fanOut = { source: 'topics', variable: 'topic', maxParallel: 2 };
    const { state } = await run({
      plan: planOf(
        planGraph(
          { loop: { ...LOOP, fanOut } },
          { state: planState({ initial: { topics: ['tides', 'winds'] } }) },
        ),
        { loop: loop({ tokens: 50_000 }) },
        { tokens: 90_000 },
      ),
      model: (request) => complete(/"topic":"(\w+)"/.exec(textOf(request))?.[1]),
    });
    expect(endOf(state)).toMatchObject({
      status: 'complete',
      result: { loop: { items: [{ summary: 'tides' }, { summary: 'winds' }] } },
    });
    nothingIsHeld(state);
  });

  it('needs no typed output of the run', async () => {
    const { state } = await run({
      plan: { ...planOf(planGraph({ loop: LOOP }), { loop: loop() }), output: { type: 'number' } },
      model: (request) => {
        expect(request.messages[0]?.text).not.toContain('Typed output');
        return twice(request);
      },
    });
    expect(state.status).toBe('complete');
  });
});

describe('the share of a loop', () => {
  it('is what it wants, or what is left; what it does not use goes back', async () => {
    const { state, log } = await run({
      plan: planOf(
        planGraph({
          one: { ...LOOP, loop: 'one' },
          two: { ...LOOP, loop: 'two' },
          three: { ...LOOP, loop: 'three', after: ['one', 'two'] },
        }),
        {
          one: loop({ tokens: 60_000, calls: 5, parallel: 2 }),
          two: loop({ tokens: 60_000 }),
          three: loop({ tokens: 60_000 }),
        },
        { tokens: 100_000, depth: 2 },
      ),
    });
    expect(state.status).toBe('complete');
    const shares = only(log, 'budget.reserved').map(({ data }) => [data.scope, data.limits]);
    const none = { loops: null, workers: null, tools: null, time: null, cost: null, depth: 2 };
    expect(shares).toEqual([
      ['1', { ...none, tokens: 60_000, calls: 5, parallel: 2 }],
      ['2', { ...none, tokens: 40_000, calls: null, parallel: 64 }],
      ['3', { ...none, tokens: 60_000, calls: null, parallel: 64 }],
    ]);
    const settled = only(log, 'budget.settled').map(({ data }) => data);
    expect(settled.map(({ scope }) => scope).sort()).toEqual(['1', '2', '3']);
    for (const { scope, used } of settled) {
      expect(used).toEqual(state.scopes.get(scope)?.ledger.used);
      expect(used).toMatchObject({ loops: 2, workers: 2, calls: 4 });
    }
    const tokens = settled.reduce((sum, { used }) => sum + used.tokens, 0);
    expect(state.ledger.used.tokens).toBe(tokens);
    nothingIsHeld(state);
  });

  it.each<[string, Partial<Limits>, string]>([
    ['turns', { loops: 1 }, 'budget/loops'],
    ['workers', { workers: 1 }, 'budget/workers'],
    ['model calls', { calls: 2 }, 'budget/calls'],
    ['tokens', { tokens: 4000 }, 'budget/tokens'],
    ['tokens, which are too few for a question', { tokens: 300 }, 'budget/tokens'],
    ['cost', { cost: 0.0065 }, 'budget/cost'],
  ])(
    'that is used up ends the loop partial, and the run goes on: %s',
    async (_, limits, reason) => {
      using folder = temporaryFolder();
      const host = stepHost(folder.path, lineSteps, {
        script: (request) => {
          if (!isManager(request)) return { summary: 'x'.repeat(900), confidence: 1 };
          return delegate(`a${turnOf(request)}`, `b${turnOf(request)}`);
        },
        price: { input: 1, output: 1 },
      });
      const plan = planOf(planGraph(line), { loop: loop(limits) });
      const { state, log } = await runPlan(host, plan);
      expect(endOf(state)).toMatchObject({
        status: 'complete',
        result: { loop: { status: 'partial', reason } },
      });
      expect(state.exhausted).toBeUndefined();
      for (const { data } of only(log, 'budget.exhausted')) expect(data.scope).toBe('2');
      const { used } = state.scopes.get('2')?.ledger ?? {};
      for (const [dimension, limit] of Object.entries(limits)) {
        expect(used?.[dimension as 'tokens']).toBeLessThanOrEqual(limit as number);
      }
      nothingIsHeld(state);
    },
  );

  it('lets its manager sum up when a limit of the run is reached in it, and the run ends partial', async () => {
    const { state } = await run({
      plan: planOf(planGraph(line), { loop: loop() }, { workers: 2 }),
      steps: lineSteps,
    });
    expect(endOf(state)).toMatchObject({
      status: 'partial',
      reason: 'budget/workers',
      result: {
        gather: { topic: 'tides' },
        loop: { status: 'partial', reason: 'budget/workers', summary: 'both did it' },
      },
    });
    nothingIsHeld(state);
  });

  it('is not eaten by nodes beside it: they wait for what it does not use', async () => {
    const { state, log } = await run({
      plan: planOf(
        planGraph({ loop: LOOP, beside: {} }),
        { loop: loop({ workers: 3 }) },
        { workers: 3 },
      ),
      steps: { beside: () => ({ n: 1 }) },
    });
    expect(endOf(state)).toMatchObject({ status: 'complete', result: { beside: { n: 1 } } });
    const order = log.flatMap(({ type, agent }) => (type === 'agent.finished' ? [agent] : []));
    expect(order.slice(-3)).toEqual(['1', '2', '0']);
  });

  it('of tool calls is waited for, too', async () => {
    const add = { toolCalls: [{ name: 'arithmetic.add', args: { a: 1, b: 2 } }] };
    const plan = planOf(
      planGraph({ loop: LOOP, beside: { agent: 'beside' } }),
      { loop: loop({ tools: 2 }) },
      { tools: 2 },
    );
    const beside = { ...planAgent('beside'), tools: ['arithmetic.*'] };
    const { state, log } = await run({
      plan: { ...plan, agents: { beside } },
      model: (request) => {
        if (isManager(request) || request.headers['x-awp-agent'] !== 'beside') {
          return twice(request);
        }
        return request.messages.at(-1)?.role === 'tool' ? { n: 3, confidence: 1 } : add;
      },
    });
    expect(endOf(state)).toMatchObject({ status: 'complete', result: { beside: { n: 3 } } });
    const order = log.map(({ type, agent }) => `${type} ${agent}`);
    expect(order.indexOf('tool.called 2')).toBeGreaterThan(order.indexOf('agent.finished 1'));
    nothingIsHeld(state);
  });

  it('is refused when nothing is left, and the run ends partial', async () => {
    const { state } = await run({
      plan: planOf(planGraph(line), { loop: loop({ workers: 2 }) }, { workers: 1 }),
      steps: lineSteps,
    });
    expect(endOf(state)).toEqual({
      status: 'partial',
      reason: 'budget/workers',
      message: 'the limit on workers (1) is reached',
      result: { gather: { topic: 'tides' } },
    });
  });

  it('goes back when the node has no time left', async () => {
    using folder = temporaryFolder();
    const clock = fixedClock();
    const host = stepHost(folder.path, lineSteps, {
      effects: { clock },
      script: (request) => (isManager(request) ? delegate('a') : new Promise(() => {})),
    });
    const nodes = {
      ...line,
      loop: { ...line.loop, timeoutMs: 5000, onFailure: 'continue' as const },
    };
    const plan = planOf(planGraph(nodes), { loop: loop({ tokens: 50_000 }) }, { tokens: 90_000 });
    const { state, log } = await whileTimePasses(clock, runPlan(host, plan));
    expect(endOf(state)).toMatchObject({ status: 'partial', reason: 'node/failed' });
    expect(state.graphs.get('0')?.nodes.get('loop')).toMatchObject({ code: 'node/timeout' });
    const [settled] = only(log, 'budget.settled');
    expect(settled?.data.used.tokens).toBe(state.ledger.used.tokens);
    nothingIsHeld(state);
  });

  it('of time ends what is out, and leaves some for the last turn', async () => {
    using folder = temporaryFolder();
    const clock = fixedClock();
    const host = stepHost(folder.path, lineSteps, {
      effects: { clock },
      script: (request) => {
        if (!isManager(request)) return new Promise(() => {});
        return turnOf(request) === 1 ? delegate('a') : complete('nothing came');
      },
    });
    const plan = planOf(planGraph(line), { loop: loop({ time: 20_000 }) });
    const { state, log } = await whileTimePasses(clock, runPlan(host, plan));
    expect(endOf(state)).toMatchObject({
      status: 'complete',
      result: { loop: { status: 'partial', reason: 'budget/time', summary: 'nothing came' } },
    });
    const [spent] = only(log, 'budget.exhausted');
    expect(spent).toMatchObject({ agent: '2', data: { scope: '2', dimension: 'time' } });
    expect(state.frames.get('2-1.1')?.outcome).toMatchObject({ ok: false, code: 'budget/time' });
    nothingIsHeld(state);
  });

  it('of a pool that others fill is waited for', async () => {
    const { state } = await run({
      plan: planOf(
        planGraph({ one: LOOP, two: { ...LOOP, loop: 'two' }, three: {} }),
        { loop: loop(), two: loop() },
        { parallel: 1 },
      ),
      steps: { three: async () => ({ n: 3 }) },
      model: (request) => {
        if (!isManager(request)) return { summary: 'x', confidence: 1 };
        return turnOf(request) === 1 ? delegate('a', 'b', 'c') : complete('done');
      },
    });
    expect(state.status).toBe('complete');
    expect(state.ledger.used.workers).toBe(7);
    nothingIsHeld(state);
  });

  it('is not given where managers may not be below the run', async () => {
    const { state } = await run({
      plan: planOf(planGraph(line), { loop: loop() }, { depth: 0 }),
      steps: lineSteps,
    });
    expect(endOf(state)).toMatchObject({ status: 'partial', reason: 'budget/depth' });
  });
});

const inner = planGraph(
  { first: {}, second: { after: ['first'] } },
  { name: 'inner', state: planState({ initial: { base: 10, factor: 1 } }) },
);
const sub = (change: Partial<TestNode> = {}): Nodes => ({
  gather: {},
  sub: { kind: 'subworkflow', graph: inner, after: ['gather'], ...change },
  write: { after: ['sub'] },
});
const subSteps: Steps = {
  gather: () => ({ n: 4, topic: 'tides' }),
  write: ({ input }) => ({ got: input.sub ?? null }),
  'sub/first': ({ state }) => ({ n: Number(state.base) * Number(state.factor) }),
  'sub/second': ({ state }) => ({
    n: Number((state.first as JsonObject).n) + 1,
    seen: { ...state },
  }),
};

describe('a graph that is a node', () => {
  it('is mapped in and out', async () => {
    const { state, log } = await run({
      plan: planOf(
        planGraph(
          sub({
            inputMapping: { factor: 'state.gather.n', word: 'gather.topic' },
            outputMapping: { result: 'state.second.n', start: 'first.n' },
          }),
        ),
      ),
      steps: subSteps,
    });
    expect(endOf(state)).toMatchObject({
      status: 'complete',
      result: { sub: { result: 41, start: 40 }, write: { got: { result: 41, start: 40 } } },
    });
    expect(only(log, 'agent.started').find(({ agent }) => agent === '2')?.data).toMatchObject({
      role: 'graph',
      values: { factor: 4, word: 'tides' },
    });
    expect(only(log, 'subworkflow.started').map(({ agent, data }) => [agent, data])).toEqual([
      ['0', { node: 'sub', name: 'inner' }],
    ]);
    expect(only(log, 'subworkflow.finished').map(({ data }) => data)).toEqual([
      { node: 'sub', ok: true },
    ]);
  });

  it('starts with what its node may see, and brings all outputs, when nothing is mapped', async () => {
    const { state } = await run({
      plan: planOf(planGraph(sub({ shareInput: ['gather.topic'] }))),
      steps: subSteps,
    });
    expect(state.ending?.result.sub).toEqual({
      first: { n: 10 },
      second: {
        n: 11,
        seen: { base: 10, factor: 1, gather: { topic: 'tides' }, first: { n: 10 } },
      },
    });
  });

  it('does not take values from outside for what its own nodes bring', async () => {
    const below = planGraph({
      research: { when: 'False' },
      write: {
        dependsOn: [
          { id: 'research', condition: 'always', expr: 'state.research.secret == "outer"' },
        ],
      },
    });
    const { state } = await run({
      plan: planOf(
        planGraph({
          research: {},
          sub: { kind: 'subworkflow', graph: below, after: ['research'] },
        }),
      ),
      steps: {
        research: () => ({ secret: 'outer' }),
        'sub/research': () => ({}),
        'sub/write': () => ({ wrote: true }),
      },
    });
    expect(state.frames.get('2')?.values).toEqual({});
    expect(endOf(state)).toEqual({
      status: 'complete',
      result: { research: { secret: 'outer' }, sub: {} },
    });
  });

  it.each<[string, Partial<TestNode>, string]>([
    ['an input has no value', { inputMapping: { factor: 'gather.none.more' } }, 'node/bad-mapping'],
    ['an input is no expression', { inputMapping: { factor: '1 +' } }, 'node/bad-mapping'],
    ['it asks for what it may not see', { shareInput: ['nobody.x'] }, 'state/not-shared'],
  ])('fails as a whole, before it starts anything, when %s', async (_, change, code) => {
    const { state, log } = await run({
      plan: planOf(planGraph(sub({ ...change, onFailure: 'continue' }))),
      steps: subSteps,
    });
    expect(endOf(state)).toMatchObject({ status: 'partial', reason: 'node/failed' });
    expect(state.graphs.get('0')?.nodes.get('sub')).toMatchObject({ status: 'failed', code });
    expect(state.frames.has('2-1')).toBe(false);
    const nodes = [...(state.graphs.get('2')?.nodes.values() ?? [])];
    expect(nodes.map(({ status, reason }) => [status, reason])).toEqual([
      ['skipped', 'stopped'],
      ['skipped', 'stopped'],
    ]);
    expect(only(log, 'subworkflow.finished').map(({ data }) => data.ok)).toEqual([false]);
  });

  it('does not hand in what is shared with nobody', async () => {
    const sharing = { ...planState().sharing, never: ['topic'], sensitive: ['n'] };
    const { state } = await run({
      plan: planOf(
        planGraph(sub({ inputMapping: { all: 'state.gather' } }), {
          state: planState({ sharing }),
        }),
      ),
      steps: subSteps,
    });
    expect(state.frames.get('2')?.values).toEqual({ all: { n: '[redacted]' } });
  });

  it('fails as a whole, and the run goes on where it may', async () => {
    const { state } = await run({
      plan: planOf(planGraph(sub({ onFailure: 'skip' }))),
      steps: {
        ...subSteps,
        'sub/second': () => {
          throw new Error('no way');
        },
      },
    });
    expect(state.graphs.get('0')?.nodes.get('sub')).toMatchObject({
      status: 'failed',
      code: 'step/failed',
    });
    expect(state.graphs.get('0')?.nodes.get('write')).toMatchObject({ status: 'finished' });
  });

  it('may hold a loop, which has its own share of the run', async () => {
    const below = planGraph(line, { name: 'below' });
    const { state, log } = await run({
      plan: planOf(
        planGraph({ sub: { kind: 'subworkflow', graph: below } }),
        { loop: loop({ calls: 5 }) },
        { calls: 20 },
      ),
      steps: { 'sub/gather': () => ({}), 'sub/write': () => ({}) },
    });
    expect(state.status).toBe('complete');
    expect(only(log, 'budget.reserved')).toMatchObject([
      { agent: '1', data: { scope: '1-2', limits: { calls: 5 } } },
    ]);
    expect(state.frames.get('1-2-1.1')).toMatchObject({ role: 'worker', scope: '1-2' });
    nothingIsHeld(state);
  });
});

describe('a run with loops and graphs as nodes', () => {
  const plan = planOf(
    planGraph({
      gather: {},
      loop: { ...LOOP, after: ['gather'] },
      short: { ...LOOP, loop: 'short', after: ['gather'] },
      sub: {
        kind: 'subworkflow',
        graph: inner,
        after: ['gather'],
        inputMapping: { factor: 'gather.n' },
        outputMapping: { n: 'second.n' },
      },
      broken: {
        kind: 'subworkflow',
        graph: planGraph({ bad: {} }, { name: 'bad' }),
        onFailure: 'continue',
      },
      write: { after: ['loop', 'short', 'sub'] },
    }),
    { loop: loop({ tokens: 60_000, calls: 9 }), short: loop({ workers: 1 }) },
    { tokens: 200_000 },
  );
  const steps: Steps = {
    ...subSteps,
    write: ({ input }) => ({ keys: Object.keys(input).sort() }),
    'broken/bad': () => {
      throw new Error('no way');
    },
  };
  const endOfAll = (state: RunState) => ({
    ...endOf(state),
    statuses: [...(state.graphs.get('0')?.nodes.values() ?? [])].map(({ status }) => status),
  });

  it('ends the same when its process dies after any event', { timeout: 60_000 }, async () => {
    using folder = temporaryFolder();
    const resumed = async (log?: readonly RunEvent[]) => {
      const store = memoryStore({ folder: folder.path });
      const host = stepHost(folder.path, steps, { script: twice, store });
      if (!log) return runPlan(host, plan);
      const lease = await store.create('r-test', 'a process that died');
      await store.append(lease, log, 'full');
      await store.release(lease);
      const again = await resumeRun(host, { id: 'r-test' });
      await again.done;
      const all: RunEvent[] = [];
      for (let page = await store.read('r-test', 0); page.length > 0; ) {
        all.push(...page);
        page = await store.read('r-test', all.length);
      }
      return { state: again.state, log: all };
    };
    const whole = await resumed();
    expect(endOf(whole.state)).toMatchObject({ status: 'partial', reason: 'node/failed' });
    for (let length = 1; length < whole.log.length; length++) {
      const cut = `after event ${length}, ${whole.log[length - 1]?.type}`;
      const { state, log } = await resumed(whole.log.slice(0, length));
      expect({ cut, ...endOfAll(state) }).toEqual({ cut, ...endOfAll(whole.state) });
      const outputs = only(log, 'agent.finished').flatMap(({ agent = '' }) =>
        agent === '0' ? [] : agent,
      );
      expect(outputs.length).toBe(new Set(outputs).size);
      nothingIsHeld(state);
      const folded = foldAll('r-test', log);
      expect(folded.ledger).toEqual(state.ledger);
      expect(folded.scopes).toEqual(state.scopes);
    }
  });
});
