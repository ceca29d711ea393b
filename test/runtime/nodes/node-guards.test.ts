import { describe, expect, it } from 'vitest';
import { fixedClock } from '../../../src/effects/fake-clock.ts';
import type { RunEvent } from '../../../src/events/event.ts';
import type { Plan, ToolPolicy } from '../../../src/events/plan.ts';
import type { PlanNode } from '../../../src/events/plan-graph.ts';
import { ModelError, type ModelRequest } from '../../../src/ports/model-provider.ts';
import type { ScriptedAnswer } from '../../../src/providers/scripted.ts';
import { NodeGuards } from '../../../src/runtime/nodes/node-guards.ts';
import { resumeRun, startRun } from '../../../src/runtime/run.ts';
import { DEFAULT_TOOL_POLICY } from '../../../src/runtime/tools/policy.ts';
import { memoryStore } from '../../../src/stores/memory-store.ts';
import { askedBy, logOf, only, temporaryFolder } from '../../make.ts';
import { whileTimePasses } from '../../providers/support/over-server.ts';
import { graphPlan, planAgent, planGraph, planState, stepHost, type TestNode } from '../graphs.ts';

const breaker: NonNullable<ToolPolicy['breaker']> = {
  ...{ failures: 2, resetMs: 60_000, halfOpen: 1 },
  ...{
    monitored: ['server_error', 'timeout'],
    perTool: { writer: { failures: 9, resetMs: 1, halfOpen: 1 } },
  },
};
const withBreaker: ToolPolicy = { ...DEFAULT_TOOL_POLICY, breaker };
const rate = (perAgent: number, onExceeded: ToolPolicy['rate']['onExceeded']): ToolPolicy => ({
  ...DEFAULT_TOOL_POLICY,
  rate: { perAgent, perTool: null, onExceeded },
});
const down = () => new ModelError('model/overloaded', 'down', { usage: { input: 1, output: 0 } });
const once: PlanNode['retry'] = {
  ...{ attempts: 1, backoff: 'none', baseMs: 0, maxMs: 0 },
  ...{ retryable: ['timeout', 'rate_limit', 'server_error'], nonRetryable: [] },
};

interface Setting {
  tools: ToolPolicy;
  model: (request: ModelRequest) => ScriptedAnswer;
  limits?: Partial<Plan['limits']>;
  prefix?: readonly RunEvent[];
  /** Nodes at once; one after the other when left out. */
  maxParallel?: number;
}

async function run(
  nodes: Readonly<Record<string, TestNode>>,
  { tools, model, limits, prefix, maxParallel }: Setting,
) {
  using folder = temporaryFolder();
  const clock = fixedClock(prefix ? Date.parse(prefix.at(-1)?.ts ?? '') : undefined);
  const store = memoryStore({ folder: folder.path });
  const appends: number[] = [];
  const append = store.append.bind(store);
  store.append = (lease, events, durability) => {
    appends.push(events.at(-1)?.seq ?? 0);
    return append(lease, events, durability);
  };
  const host = stepHost(
    folder.path,
    { s: () => ({}) },
    { script: model, effects: { clock }, store },
  );
  const agent = { attempts: 1 };
  const mode = maxParallel === undefined ? { mode: 'sequential' as const } : { maxParallel };
  const state = planState({ initial: { items: [1, 2, 3] } });
  const plan = graphPlan(planGraph(nodes, { ...mode, state }), {
    tools,
    agents: { writer: planAgent('writer', agent), other: planAgent('other', agent) },
  });
  if (prefix) {
    const lease = await store.create('r-test', 'a process that died');
    await store.append(lease, prefix, 'full');
    await store.release(lease);
  }
  const started = await (prefix
    ? resumeRun(host, { id: 'r-test' })
    : startRun(host, {
        ...{ id: 'r-test', inputs: [] },
        plan: { ...plan, limits: { ...plan.limits, ...limits } },
      }));
  await whileTimePasses(clock, started.done);
  const log = await logOf(store);
  const ends = [...(started.state.graphs.get('0')?.nodes.values() ?? [])].map(
    ({ plan: { id }, status, code }) => `${id} ${code ?? status}`,
  );
  return { state: started.state, log, ends, appends };
}

const all = (ids: string, node: TestNode = {}): Readonly<Record<string, TestNode>> =>
  Object.fromEntries(
    [...ids].map((id) => [id, { agent: 'writer', onFailure: 'continue', retry: once, ...node }]),
  );

describe('an agent that keeps failing', () => {
  it('is held back, whatever node it is for, and others are not', async () => {
    const { ends, log } = await run(
      { ...all('abcd'), e: { agent: 'other', onFailure: 'continue' }, s: {} },
      { tools: withBreaker, model: (request) => (askedBy(request) === 'e' ? { n: 1 } : down()) },
    );
    expect(ends).toEqual([
      ...['a model/overloaded', 'b model/overloaded'],
      ...['c node/breaker-open', 'd node/breaker-open', 'e finished', 's finished'],
    ]);
    expect(only(log, 'security.denied').map(({ agent, data }) => [agent, data.kind])).toEqual([
      ['3', 'circuit_breaker.opened'],
      ['4', 'circuit_breaker.opened'],
    ]);
    expect(only(log, 'model.asked').filter(({ agent }) => agent === '3')).toEqual([]);
  });

  it('is replaced by the agent that takes over, and is not tried again', async () => {
    const { ends, state } = await run(
      {
        ...all('ab'),
        c: {
          ...all('c', { retry: { ...once, attempts: 5 } }).c,
          degradation: [{ fallback: 'agent', agent: 'other' }],
        },
      },
      { tools: withBreaker, model: (request) => (/^c/.test(askedBy(request)) ? { n: 1 } : down()) },
    );
    expect(ends.at(-1)).toBe('c finished');
    expect(state.frames.get('3.2')).toMatchObject({ agentKey: 'other' });
  });

  it('is not what fails for other reasons', async () => {
    const { ends } = await run(all('abc'), {
      tools: withBreaker,
      model: () => new ModelError('model/auth', 'no', { usage: { input: 0, output: 0 } }),
    });
    expect(ends).toEqual(['a model/auth', 'b model/auth', 'c model/auth']);
  });

  it('is still held back after a crash', async () => {
    const setting: Setting = { tools: withBreaker, model: down };
    const whole = await run(all('abc'), setting);
    for (const length of whole.appends.slice(0, -1)) {
      const { ends } = await run(all('abc'), { ...setting, prefix: whole.log.slice(0, length) });
      expect({ length, ends }).toEqual({ length, ends: whole.ends });
    }
  });
});

describe('the breakers of agents', () => {
  const started = (agent: string, at: number, agentKey = 'w'): RunEvent =>
    event(agent, at, 'agent.started', { role: 'node', agentKey });
  const failed = (agent: string, at: number, code = 'step/failed'): RunEvent =>
    event(agent, at, 'agent.failed', { code, message: '' });
  const finished = (agent: string, at: number): RunEvent => event(agent, at, 'agent.finished', {});
  function event(agent: string, at: number, type: string, data: object): RunEvent {
    return { type, agent, ts: new Date(at).toISOString(), data } as unknown as RunEvent;
  }
  const seeing = (events: readonly RunEvent[], tools = withBreaker) => {
    const guards = new NodeGuards({ tools });
    for (const one of events) guards.see(one);
    return guards;
  };
  const open = [started('1', 0), failed('1', 1), started('2', 2), failed('2', 3)];

  it.each<[string, readonly RunEvent[], number, boolean]>([
    ['are closed before', open.slice(0, 2), 5, false],
    ['open after so many failures in a row', open, 5, true],
    [
      'are closed again by what works in between',
      [...open.slice(0, 2), started('x', 1), finished('x', 2), ...open.slice(2)],
      5,
      false,
    ],
    ['let a trial through after their time', open, 60_004, false],
    ['let only so many through', [...open, started('3', 60_004)], 60_005, true],
    [
      'open again when a trial fails',
      [...open, started('3', 60_004), failed('3', 60_005)],
      60_006,
      true,
    ],
    [
      'close when a trial works',
      [...open, started('3', 60_004), finished('3', 60_005)],
      60_006,
      false,
    ],
    [
      'take a trial that says nothing as none',
      [...open, started('3', 60_004), failed('3', 60_005, 'state/not-shared')],
      60_006,
      false,
    ],
    [
      'do not count what they held back',
      [...open, started('3', 5), failed('3', 5, 'node/breaker-open')],
      60_004,
      false,
    ],
  ])('%s', (_, events, now, isHeld) => {
    expect(seeing(events).problem('w', now) !== undefined).toBe(isHeld);
    expect(seeing(events).problem('v', now)).toBeUndefined();
  });

  it('count runs by the minute, but for those that were held back', () => {
    const tools = rate(2, 'reject');
    const two = [started('1', 0), started('2', 10)];
    expect(seeing(two, tools).problem('w', 20)).toMatchObject({ code: 'node/rate-limited' });
    expect(seeing(two, tools).problem('w', 60_001)).toBeUndefined();
    const held = [started('1', 0), started('2', 10), failed('2', 10, 'node/rate-limited')];
    expect(seeing(held, tools).problem('w', 20)).toBeUndefined();
    expect(seeing(two, rate(2, 'queue')).problem('w', 20)).toEqual({
      verdict: 'later',
      until: 60_000,
    });
  });

  it('count what was admitted before the log tells of it, once', () => {
    const guards = new NodeGuards({ tools: rate(2, 'reject') });
    guards.admit('w', '1', 0);
    guards.see(started('1', 0));
    expect(guards.problem('w', 1)).toBeUndefined();
    guards.admit('w', '2', 1);
    expect(guards.problem('w', 1)).toBeDefined();
  });
});

describe('an agent that runs too often', () => {
  it('waits until there is room', async () => {
    const { ends, log } = await run(all('abcd'), {
      tools: rate(2, 'queue'),
      model: () => ({ n: 1 }),
    });
    expect(ends).toEqual(['a finished', 'b finished', 'c finished', 'd finished']);
    const at = only(log, 'agent.started')
      .slice(1)
      .map(({ ts }) => Date.parse(ts));
    const [first = 0, , third = 0] = at;
    expect(third - first).toBeGreaterThanOrEqual(60_000);
  });

  it.each<[string, Readonly<Record<string, TestNode>>, readonly string[]]>([
    [
      'nodes',
      { ...all('abc'), e: { agent: 'other' }, s: {} },
      ['a 0', 'e 0', 's 0', 'b 60', 'c 120'],
    ],
    [
      'instances',
      {
        a: { agent: 'writer', fanOut: { source: 'items', variable: 'item', maxParallel: 9 } },
        e: { agent: 'other' },
        s: {},
      },
      ['a 0', 'e 0', 's 0', 'a-2 60', 'a-3 120'],
    ],
    [
      'rounds',
      { a: { agent: 'writer', repeat: { interactive: false, max: 2 } }, ...all('b'), s: {} },
      ['a 0', 's 0', 'a-2 60', 'b 120'],
    ],
    [
      'what takes over',
      {
        a: { agent: 'other', degradation: [{ fallback: 'agent', agent: 'writer' }], retry: once },
        b: { agent: 'writer' },
        s: { after: ['b'] },
      },
      ['a 0', 'b 0', 's 0', 'a-2 60'],
    ],
  ])('holds back no others: %s', async (_, nodes, expected) => {
    const { log, state } = await run(nodes, {
      tools: rate(1, 'queue'),
      maxParallel: 2,
      model: (request) =>
        /^a$/.test(askedBy(request)) && nodes.a?.agent === 'other' ? down() : { n: 1 },
    });
    const begin = Date.parse(log[0]?.ts ?? '');
    const starts = only(log, 'agent.started').slice(1);
    expect(starts.map(({ data, ts }) => `${data.name} ${(Date.parse(ts) - begin) / 1000}`)).toEqual(
      expected,
    );
    expect(state.status).toBe('complete');
  });

  it('is tried again when there is room, and holds back no others meanwhile', async () => {
    const { log, state } = await run(
      { ...all('a', { retry: { ...once, attempts: 2 } }), e: { agent: 'other' }, s: {} },
      {
        tools: rate(1, 'queue'),
        maxParallel: 2,
        model: (request) => (askedBy(request) === 'a' ? down() : { n: 1 }),
      },
    );
    const begin = Date.parse(log[0]?.ts ?? '');
    expect(
      only(log, 'agent.started')
        .slice(1)
        .map(({ data, ts }) => `${data.name} ${(Date.parse(ts) - begin) / 1000}`),
    ).toEqual(['a 0', 'e 0', 's 0', 'a-2 60']);
    expect(state.status).toBe('complete');
  });

  it('lets as many start in one look as its rate has room for', () => {
    const at = (events: readonly number[], perMinute: number, now: number) => {
      const guards = new NodeGuards({ tools: rate(perMinute, 'queue') });
      for (const [index, time] of events.entries()) guards.admit('w', String(index), time);
      return guards.room('w', now);
    };
    expect(at([], 2, 5)).toEqual({ free: 2, until: 60_005 });
    expect(at([0], 2, 5)).toEqual({ free: 1, until: 60_000 });
    expect(at([0, 3], 2, 5)).toEqual({ free: 0, until: 60_000 });
    expect(at([0, 3, 4], 2, 5)).toEqual({ free: 0, until: 60_003 });
    expect(new NodeGuards({ tools: rate(2, 'reject') }).room('w', 5)).toBeUndefined();
  });

  it('is refused where the rules say so', async () => {
    const { ends, log } = await run(all('abc'), {
      tools: rate(2, 'reject'),
      model: () => ({ n: 1 }),
    });
    expect(ends).toEqual(['a finished', 'b finished', 'c node/rate-limited']);
    expect(only(log, 'security.denied')[0]?.data.kind).toBe('rate_limit.exceeded');
  });

  it('is refused when the run has less time than it would wait', async () => {
    const { ends } = await run(all('abc'), {
      ...{ tools: rate(2, 'queue'), model: () => ({ n: 1 }) },
      limits: { time: 30_000 },
    });
    expect(ends.at(-1)).toBe('c node/rate-limited');
  });
});
