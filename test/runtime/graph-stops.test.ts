import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/base/json.ts';
import { fixedClock } from '../../src/effects/fake-clock.ts';
import type { RunEvent } from '../../src/events/event.ts';
import type { Plan } from '../../src/events/plan.ts';
import type { RunState } from '../../src/events/state.ts';
import type { FunctionCall } from '../../src/ports/step.ts';
import { scriptedModel } from '../../src/providers/scripted.ts';
import { resumeRun, startRun } from '../../src/runtime/run.ts';
import { memoryStore } from '../../src/stores/memory-store.ts';
import { logOf, only, type TestHostOptions, temporaryFolder } from '../make.ts';
import { whileTimePasses } from '../providers/support/over-server.ts';
import { countingTool } from './calling.ts';
import { planNode } from './engines/repeating.ts';
import {
  endOf,
  graphPlan,
  planAgent,
  planGraph,
  planState,
  type Steps,
  stepHost,
  until,
} from './graphs.ts';

/** Runs a plan while the time of a clock passes that only the test moves. */
async function runTimed(
  plan: Plan,
  steps: Steps,
  more: (clock: ReturnType<typeof fixedClock>) => Partial<TestHostOptions> = () => ({}),
) {
  using folder = temporaryFolder();
  const clock = fixedClock();
  const host = stepHost(folder.path, steps, { effects: { clock }, ...more(clock) });
  const run = await startRun(host, { id: 'r-test', plan, inputs: [] });
  await whileTimePasses(clock, run.done);
  expect(clock.pending).toBe(0);
  return { state: run.state, log: await logOf(host.store), clock };
}

/** A step that never ends by itself; it tells what it was ended with. */
function hanging() {
  const ended: unknown[] = [];
  const step = async ({ signal }: FunctionCall): Promise<never> => {
    try {
      return await until(signal);
    } catch (error) {
      ended.push((error as Error).message);
      throw error;
    }
  };
  return { ended, step };
}

const failures = (log: readonly RunEvent[]): unknown[] =>
  only(log, 'agent.failed').map(({ agent, data }) => [agent, data.code]);

/** What must hold of every run that has ended. */
function expectNothingLeft(state: RunState): void {
  expect(state.openFrames.size).toBe(0);
  expect(state.inFlight.size).toBe(0);
  expect(state.openWorkers).toBe(0);
  expect(state.ledger.reserved).toEqual({ tokens: 0, cost: 0 });
}

describe('the time of a node', () => {
  it('ends it when it is over, and what it says later is not kept', async () => {
    const { ended, step } = hanging();
    const late = async ({ signal }: FunctionCall): Promise<JsonObject> => {
      await until(signal).catch(() => {});
      return { late: true };
    };
    const graph = planGraph({
      a: { timeoutMs: 5000, onFailure: 'continue' },
      b: { timeoutMs: 7000, onFailure: 'continue' },
      c: {},
    });
    const { state, log } = await runTimed(graphPlan(graph), {
      a: step,
      b: late,
      c: () => ({ n: 1 }),
    });
    expect(endOf(state)).toMatchObject({
      status: 'partial',
      reason: 'node/failed',
      result: { c: { n: 1 }, a: { error: 'a took longer than 5.0s' } },
    });
    expect(failures(log)).toEqual([
      ['1', 'node/timeout'],
      ['2', 'node/timeout'],
    ]);
    expect(ended).toEqual(['a took longer than 5.0s']);
    const times = only(log, 'agent.failed').map(
      ({ ts }) => Date.parse(ts) - Date.parse(log[0]?.ts ?? ''),
    );
    expect(times).toEqual([5000, 7000]);
    expectNothingLeft(state);
  });

  it('counts anew for each attempt', async () => {
    const calls: number[] = [];
    const step = async ({ attempt, signal }: FunctionCall): Promise<JsonObject> => {
      calls.push(attempt);
      return attempt < 3 ? until(signal) : { attempt };
    };
    const retry = {
      ...planNode('a').retry,
      attempts: 3,
      backoff: 'linear' as const,
      baseMs: 2000,
      maxMs: 9000,
    };
    const graph = planGraph({ a: { timeoutMs: 5000, retry } });
    const { state, log } = await runTimed(graphPlan(graph), { a: step });
    expect(calls).toEqual([1, 2, 3]);
    expect(endOf(state)).toEqual({ status: 'complete', result: { a: { attempt: 3 } } });
    const started = only(log, 'agent.started').slice(1);
    expect(started.map(({ agent, data }) => [agent, data.name])).toEqual([
      ['1', 'a'],
      ['1.2', 'a-2'],
      ['1.3', 'a-3'],
    ]);
    const at = started.map(({ ts }) => Date.parse(ts) - Date.parse(started[0]?.ts ?? ''));
    expect(at).toEqual([0, 7000, 16_000]);
  });

  it.each([
    ['none', 2000, 60_000, [0, 0, 0]],
    ['linear', 2000, 60_000, [2000, 4000, 6000]],
    ['linear', 2000, 5000, [2000, 4000, 5000]],
    ['exponential', 2000, 60_000, [2000, 4000, 8000]],
    ['exponential', 3000, 20_000, [3000, 9000, 20_000]],
  ] as const)(
    'is not that of its waits, %s by %i up to %i ms',
    async (backoff, baseMs, maxMs, waits) => {
      const retry = { ...planNode('a').retry, attempts: 4, backoff, baseMs, maxMs };
      const step = async ({ attempt, signal }: FunctionCall): Promise<JsonObject> =>
        attempt < 4 ? until(signal) : { attempt };
      const graph = planGraph({ a: { timeoutMs: 1000, retry } });
      const { state, log } = await runTimed(graphPlan(graph), { a: step });
      expect(endOf(state)).toEqual({ status: 'complete', result: { a: { attempt: 4 } } });
      const timeOf = ({ ts }: RunEvent): number => Date.parse(ts);
      const ends = only(log, 'agent.failed').map(timeOf);
      const starts = only(log, 'agent.started').slice(2).map(timeOf);
      expect(starts.map((time, index) => time - (ends[index] ?? 0))).toEqual(waits);
      expect(only(log, 'node.retried').map(({ data }) => data.inMs)).toEqual(waits);
    },
  );

  it('ends a model call, which is charged with what was set aside for it', async () => {
    const graph = planGraph({ a: { agent: 'writer', timeoutMs: 5000 } });
    const { state, log } = await runTimed(graphPlan(graph), {}, (clock) => ({
      script: scriptedModel(() => ({ text: 'late', delayMs: 60_000 }), { clock }),
    }));
    expect(endOf(state)).toMatchObject({ status: 'failed', reason: 'node/timeout' });
    const [failed] = only(log, 'model.failed');
    expect(failed).toMatchObject({
      agent: '1',
      data: { code: 'node/timeout', usage: { estimated: true } },
    });
    const [asked] = only(log, 'model.asked');
    expect(state.ledger.used.tokens).toBe(asked?.data.reserved.tokens);
    expectNothingLeft(state);
  });

  it('ends all that is below it, the deepest first', async () => {
    const { ended, step } = hanging();
    const inner = planGraph({ x: {}, y: {} });
    const graph = planGraph({
      sub: { kind: 'subworkflow', graph: inner, timeoutMs: 5000, onFailure: 'continue' },
      after: { dependsOn: [{ id: 'sub', condition: 'failure' }] },
    });
    const { state, log } = await runTimed(graphPlan(graph), {
      'sub/x': step,
      'sub/y': step,
      after: () => ({ n: 1 }),
    });
    expect(failures(log)).toEqual([
      ['1-2', 'node/timeout'],
      ['1-1', 'node/timeout'],
      ['1', 'node/timeout'],
    ]);
    expect(ended).toHaveLength(2);
    expect(endOf(state)).toMatchObject({ status: 'partial', result: { after: { n: 1 } } });
    expectNothingLeft(state);
  });
});

describe('the clock of a node', () => {
  it('stands while a person is asked, also when others work', async () => {
    const answer = Promise.withResolvers<void>();
    const tool = countingTool('mail.send', { approval: () => 'it sends' });
    const graph = planGraph({
      asks: { agent: 'sender', timeoutMs: 5000 },
      works: {},
    });
    const plan = graphPlan(graph, {
      agents: { sender: planAgent('sender', { tools: ['mail.*'] }) },
    });
    using folder = temporaryFolder();
    const clock = fixedClock();
    const host = stepHost(
      folder.path,
      {
        works: () =>
          new Promise<void>((resolve) => {
            clock.timer(600_000, () => {
              answer.resolve();
              clock.timer(1000, resolve);
            });
          }),
      },
      {
        effects: { clock },
        tools: [tool],
        script: ({ messages }) =>
          messages.at(-1)?.role === 'tool'
            ? { confidence: 1 }
            : { toolCalls: [{ name: 'mail.send', args: {} }] },
      },
    );
    const run = await startRun(host, {
      ...{ id: 'r-test', plan, inputs: [] },
      ask: async () => {
        await answer.promise;
        return { decision: 'approved', by: 'test' };
      },
    });
    // Time passes only while somebody is asked: loading code takes turns of the machine.
    const isOpen = (): boolean => run.state.status === 'running';
    while (isOpen() && run.state.pendingApprovals.size === 0) await new Promise(setImmediate);
    while (isOpen() && run.state.pendingApprovals.size > 0) {
      clock.advance(10_000);
      await new Promise(setImmediate);
    }
    while (run.state.openFrames.has('1')) await new Promise(setImmediate);
    await whileTimePasses(clock, run.done);
    expect(endOf(run.state)).toMatchObject({
      status: 'complete',
      result: { asks: { confidence: 1 } },
    });
    expect(tool.calls).toHaveLength(1);
    const log = await logOf(host.store);
    const waited =
      Date.parse(only(log, 'approval.resolved')[0]?.ts ?? '') - Date.parse(log[0]?.ts ?? '');
    expect(waited).toBeGreaterThanOrEqual(500_000);
  });

  it('does not count the time between two processes', async () => {
    using folder = temporaryFolder();
    const plan = graphPlan(planGraph({ a: { timeoutMs: 5000 } }));
    const working = (clock: ReturnType<typeof fixedClock>) => () =>
      new Promise<JsonObject>((resolve) => {
        clock.timer(3000, () => resolve({ n: 1 }));
      });
    const first = fixedClock();
    const before = stepHost(folder.path, { a: working(first) }, { effects: { clock: first } });
    const run = await startRun(before, { id: 'r-test', plan, inputs: [] });
    await whileTimePasses(first, run.done);
    const log = await logOf(before.store);
    const cut = log.findIndex(({ agent }) => agent === '1') + 1;
    const store = memoryStore({ folder: folder.path });
    const lease = await store.create('r-test', 'a process that died');
    await store.append(lease, log.slice(0, cut), 'full');
    await store.release(lease);
    const second = fixedClock(first.now() + 3_600_000);
    const after = stepHost(
      folder.path,
      { a: working(second) },
      { effects: { clock: second }, store },
    );
    const resumed = await resumeRun(after, { id: 'r-test' });
    await whileTimePasses(second, resumed.done);
    expect(endOf(resumed.state)).toEqual({ status: 'complete', result: { a: { n: 1 } } });
    expect(resumed.state.activeMs).toBeLessThan(10_000);
  });
});

describe('a failure that stops the graph', () => {
  it('ends what is at work and starts nothing more; outputs are kept', async () => {
    const { ended, step } = hanging();
    const graph = planGraph({
      good: {},
      bad: { after: ['good'] },
      slow: {},
      asked: { agent: 'writer' },
      never: { after: ['slow'] },
    });
    const { state, log } = await runTimed(
      graphPlan(graph),
      {
        good: () => ({ n: 1 }),
        bad: () => {
          throw new Error('broken');
        },
        slow: step,
        never: () => ({}),
      },
      (clock) => ({ script: scriptedModel(() => ({ text: 'x', delayMs: 60_000 }), { clock }) }),
    );
    expect(endOf(state)).toMatchObject({
      status: 'failed',
      reason: 'step/failed',
      result: { good: { n: 1 } },
    });
    expect(failures(log)).toEqual([
      ['2', 'step/failed'],
      ['3', 'node/stopped'],
      ['4', 'node/stopped'],
      ['0', 'step/failed'],
    ]);
    expect(ended).toHaveLength(1);
    expect(only(log, 'agent.started').map(({ data }) => data.name)).not.toContain('never');
    expectNothingLeft(state);
  });

  it('ends a tool that puts results together, which a resumed run calls again', async () => {
    using folder = temporaryFolder();
    const joining = Promise.withResolvers<void>();
    let isBroken = true;
    const join = countingTool('mine.join', {
      idempotent: true,
      run: async (_args, { signal }) => {
        joining.resolve();
        return isBroken ? until(signal) : { ok: true, status: 200, data: { all: 2 } };
      },
    });
    const steps: Steps = {
      each: () => ({ n: 1 }),
      bad: async () => {
        await joining.promise;
        if (isBroken) throw new Error('broken');
      },
    };
    const graph = planGraph(
      {
        each: {
          fanOut: { source: 'list', variable: 'item', maxParallel: 2 },
          fanIn: { strategy: 'custom', tool: 'mine.join' },
        },
        bad: {},
      },
      { state: planState({ initial: { list: [1, 2] } }) },
    );
    const host = stepHost(folder.path, steps, { tools: [join] });
    const run = await startRun(host, { id: 'r-test', plan: graphPlan(graph), inputs: [] });
    await run.done;
    expect(endOf(run.state)).toMatchObject({ status: 'failed', reason: 'step/failed' });
    expectNothingLeft(run.state);
    const [returned] = only(await logOf(host.store), 'tool.returned');
    expect(returned).toMatchObject({
      agent: '0',
      data: { ok: false, status: 408, error: 'node/stopped: it was stopped because bad failed' },
    });
    isBroken = false;
    const again = await resumeRun(host, { id: 'r-test' });
    await again.done;
    expect(endOf(again.state)).toMatchObject({ status: 'complete', result: { each: { all: 2 } } });
  });

  it('gives what it stopped another chance when the run is taken up again', async () => {
    using folder = temporaryFolder();
    let isBroken = true;
    const ran: string[] = [];
    const step =
      (name: string) =>
      async ({ signal }: FunctionCall) => {
        ran.push(name);
        if (!isBroken || name === 'a') return { name };
        return name === 'bad' ? Promise.reject(new Error('broken')) : until(signal);
      };
    const names = ['a', 'bad', 'slow', 'end'];
    const host = stepHost(folder.path, Object.fromEntries(names.map((name) => [name, step(name)])));
    const graph = planGraph({
      a: {},
      bad: { after: ['a'] },
      slow: { after: ['a'] },
      end: { after: ['bad', 'slow'] },
    });
    const first = await startRun(host, { id: 'r-test', plan: graphPlan(graph), inputs: [] });
    await first.done;
    expect(first.state.status).toBe('failed');
    isBroken = false;
    const second = await resumeRun(host, { id: 'r-test' });
    await second.done;
    expect(endOf(second.state)).toEqual({
      status: 'complete',
      result: Object.fromEntries(names.map((name) => [name, { name }])),
    });
    expect(ran.filter((name) => name === 'a')).toHaveLength(1);
    const log = await logOf(host.store);
    expect(only(log, 'run.reopened')).toHaveLength(1);
    expectNothingLeft(second.state);
  });
});

describe('a limit that is reached while a tool puts results together', () => {
  it('lets it end: its results are kept', async () => {
    using folder = temporaryFolder();
    const refused = Promise.withResolvers<void>();
    const join = countingTool('mine.join', {
      run: async () => {
        await refused.promise;
        return { ok: true, status: 200, data: { all: 2 } };
      },
    });
    const steps: Steps = { each: () => ({ n: 1 }), late: () => ({}), later: () => ({}) };
    const graph = planGraph(
      {
        each: {
          fanOut: { source: 'list', variable: 'item', maxParallel: 2 },
          fanIn: { strategy: 'custom', tool: 'mine.join' },
        },
        late: {},
        later: { after: ['late'] },
      },
      { state: planState({ initial: { list: [1, 2] } }) },
    );
    const plan = graphPlan(graph);
    const host = stepHost(folder.path, steps, { tools: [join] });
    const limited = { ...plan, limits: { ...plan.limits, workers: 3 } };
    const run = await startRun(host, { id: 'r-test', plan: limited, inputs: [] });
    while (run.state.exhausted === undefined) await new Promise(setImmediate);
    refused.resolve();
    await run.done;
    expect(endOf(run.state)).toMatchObject({
      status: 'partial',
      reason: 'budget/workers',
      result: { each: { all: 2 }, late: {} },
    });
    expectNothingLeft(run.state);
  });
});

describe('the wall time of a run', () => {
  it('ends what is at work, and the run is partial with what there is', async () => {
    const { ended, step } = hanging();
    const graph = planGraph({ a: {}, b: {}, c: { agent: 'writer' }, d: { after: ['b'] } });
    const plan = graphPlan(graph);
    const limited = { ...plan, limits: { ...plan.limits, time: 30_000 } };
    const { state, log } = await runTimed(
      limited,
      { a: () => ({ n: 1 }), b: step, d: () => ({}) },
      (clock) => ({ script: scriptedModel(() => ({ text: 'x', delayMs: 600_000 }), { clock }) }),
    );
    expect(endOf(state)).toMatchObject({
      status: 'partial',
      reason: 'budget/time',
      result: { a: { n: 1 } },
    });
    expect(ended).toHaveLength(1);
    expect(failures(log)).toEqual(
      expect.arrayContaining([
        ['2', 'budget/time'],
        ['3', 'budget/time'],
      ]),
    );
    expectNothingLeft(state);
  });
});

describe('a run in which nothing moves', () => {
  const idle = { idleMs: 10_000 };

  it('ends partial, with all outputs', async () => {
    const { ended, step } = hanging();
    const graph = planGraph({ a: {}, b: { after: ['a'] }, c: { after: ['b'] } }, idle);
    const { state, log } = await runTimed(graphPlan(graph), {
      a: () => ({ n: 1 }),
      b: step,
      c: () => ({}),
    });
    expect(endOf(state)).toEqual({
      status: 'partial',
      reason: 'run/idle',
      message: 'nothing moved for 10.0s',
      result: { a: { n: 1 } },
    });
    expect(ended).toEqual(['nothing moved for 10.0s']);
    expect(failures(log)).toEqual([['2', 'run/idle']]);
    expect(only(log, 'node.skipped').map(({ data }) => [data.node, data.reason])).toEqual([
      ['b', 'stopped'],
      ['c', 'stopped'],
    ]);
    expectNothingLeft(state);
  });

  it('goes on while a step says something', async () => {
    const graph = planGraph({ a: {} }, idle);
    const { state } = await runTimed(
      graphPlan(graph),
      {
        a: async ({ log, signal }) => {
          for (let n = 0; n < 5; n += 1) {
            log(`line ${n}`);
            await pause(9000, signal);
          }
          return { n: 5 };
        },
      },
      (clock) => {
        timer = clock.timer;
        return {};
      },
    );
    expect(endOf(state)).toEqual({ status: 'complete', result: { a: { n: 5 } } });
  });

  it.each<[string, number, string]>([
    ['as long as its own time has not passed', 45_000, 'complete'],
    ['and its own time ends it', 90_000, 'complete'],
  ])('goes on while a tool works without a word, %s', async (_, ms, status) => {
    const graph = planGraph({ a: { agent: 'worker' } }, idle);
    const plan = graphPlan(graph, { agents: { worker: planAgent('worker', { tools: ['*.*'] }) } });
    const { state, log } = await runTimed(plan, {}, (clock) => {
      timer = clock.timer;
      const silent = countingTool('slow.work', {
        timeoutMs: 60_000,
        run: async (_args, { signal }) => {
          await pause(ms, signal);
          return { ok: true, status: 200, data: {} };
        },
      });
      return {
        tools: [silent],
        script: ({ messages }) =>
          messages.some(({ role }) => role === 'tool')
            ? { n: 1 }
            : { toolCalls: [{ name: 'slow.work', args: {} }] },
      };
    });
    expect(state.status).toBe(status);
    expect(only(log, 'tool.returned').map(({ data }) => [data.status, data.error])).toEqual([
      ms < 60_000 ? [200, undefined] : [408, 'tool/timeout: slow.work took longer than 60 s'],
    ]);
  });

  it('goes on while a node waits to be tried again', async () => {
    const retry = {
      ...planNode('a').retry,
      attempts: 2,
      backoff: 'linear' as const,
      baseMs: 60_000,
      maxMs: 60_000,
      retryable: ['step'],
      nonRetryable: [],
    };
    const graph = planGraph({ a: { retry } }, idle);
    const { state } = await runTimed(graphPlan(graph), {
      a: ({ attempt }) => {
        if (attempt === 1) throw new Error('not yet');
        return { attempt };
      },
    });
    expect(endOf(state)).toEqual({ status: 'complete', result: { a: { attempt: 2 } } });
  });

  let timer: ReturnType<typeof fixedClock>['timer'];
  const pause = (ms: number, signal: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      const cancel = timer(ms, resolve);
      signal.addEventListener('abort', () => {
        cancel();
        reject(signal.reason);
      });
    });
});

describe('a stop', () => {
  it('ends ten agents at work, and the run goes on where it was', async () => {
    using folder = temporaryFolder();
    const names = Array.from({ length: 10 }, (_, n) => `n${n}`);
    let hangs = true;
    const { ended, step } = hanging();
    const nodes = Object.fromEntries([
      ...names.map((name, n) => [name, n < 5 ? {} : { agent: 'writer' }]),
      ['done', {}],
      ['end', { after: [...names, 'done'] }],
    ]);
    const host = stepHost(
      folder.path,
      Object.fromEntries([
        ...names.map((name) => [name, (call: FunctionCall) => (hangs ? step(call) : { name })]),
        ['done', () => ({ n: 1 })],
        ['end', () => ({ n: 2 })],
      ]),
      {
        script: scriptedModel(() => (hangs ? new Promise<never>(() => {}) : { confidence: 1 })),
      },
    );
    const first = await startRun(host, {
      id: 'r-test',
      plan: graphPlan(planGraph(nodes)),
      inputs: [],
    });
    const isBusy = (): boolean => first.state.inFlight.size === 10 && first.state.ready.size === 0;
    while (!isBusy()) await new Promise(setImmediate);
    first.stop('enough');
    await first.done;
    expect(first.state).toMatchObject({ status: 'cancelled', stopReason: 'enough' });
    expect(ended).toHaveLength(5);
    expect(only(await logOf(host.store), 'agent.failed')).toEqual([]);
    hangs = false;
    const second = await resumeRun(host, { id: 'r-test' });
    await second.done;
    expect(second.state.status).toBe('complete');
    expect(Object.keys(second.state.ending?.result ?? {}).sort()).toEqual(
      Object.keys(nodes).sort(),
    );
    const finished = only(await logOf(host.store), 'agent.finished').map(({ agent }) => agent);
    expect(new Set(finished).size).toBe(finished.length);
    expectNothingLeft(second.state);
  });

  it('does not wait for ever for a step that does not listen', async () => {
    const clock = fixedClock();
    using folder = temporaryFolder();
    const host = stepHost(folder.path, { a: () => new Promise(() => {}) }, { effects: { clock } });
    const run = await startRun(host, {
      id: 'r-test',
      plan: graphPlan(planGraph({ a: {} })),
      inputs: [],
    });
    while (run.state.inFlight.size === 0) await new Promise(setImmediate);
    run.stop('enough');
    await whileTimePasses(clock, run.done);
    expect(run.state.status).toBe('cancelled');
  });
});
