import { describe, expect, it } from 'vitest';
import { AwpError } from '../../src/base/errors.ts';
import type { Json, JsonObject } from '../../src/base/json.ts';
import type { Plan } from '../../src/events/plan.ts';
import type { PlanGraph } from '../../src/events/plan-graph.ts';
import type { FunctionCall } from '../../src/ports/step.ts';
import { follow } from '../../src/runtime/follow.ts';
import { startRun } from '../../src/runtime/run.ts';
import { only, startTestRun, temporaryFolder } from '../make.ts';
import {
  endOf,
  graphPlan,
  planGraph,
  planState,
  runPlan,
  type Steps,
  stepHost,
  type TestNode,
} from './graphs.ts';

type Nodes = Readonly<Record<string, TestNode>>;

const number = (value: unknown): number => Number((value as JsonObject).n);
const sum = ({ input }: FunctionCall): JsonObject => ({
  n: Object.values(input).reduce<number>((total, one) => total + number(one), 1),
});

async function run(nodes: Nodes, steps: Steps, change: Partial<PlanGraph> = {}) {
  using folder = temporaryFolder();
  return runPlan(stepHost(folder.path, steps), graphPlan(planGraph(nodes, change)));
}

describe('a graph of steps', () => {
  it('runs a chain in order, each step with what came before', async () => {
    const { state, log } = await run(
      { a: {}, b: { after: ['a'] }, c: { after: ['b'] } },
      {
        a: () => ({ n: 1 }),
        b: ({ input }) => ({ n: number(input.a) + 1 }),
        c: ({ state }) => ({ n: number(state.b) + 1 }),
      },
    );
    expect(endOf(state)).toEqual({
      status: 'complete',
      result: { a: { n: 1 }, b: { n: 2 }, c: { n: 3 } },
    });
    const started = only(log, 'agent.started');
    expect(
      started.map(({ agent, parent, depth, data }) => [agent, parent, depth, data.name]),
    ).toEqual([
      ['0', undefined, 0, 'test'],
      ['1', '0', 1, 'a'],
      ['2', '0', 1, 'b'],
      ['3', '0', 1, 'c'],
    ]);
  });

  it('starts the ways of a diamond at the same time, and their end once', async () => {
    let both = 0;
    const meet = Promise.withResolvers<void>();
    const way = async (): Promise<JsonObject> => {
      both += 1;
      if (both === 2) meet.resolve();
      await meet.promise;
      return { n: 1 };
    };
    const { state } = await run(
      {
        top: {},
        left: { after: ['top'] },
        right: { after: ['top'] },
        end: { after: ['left', 'right'] },
      },
      { top: () => ({ n: 1 }), left: way, right: way, end: sum },
    );
    expect(endOf(state)).toMatchObject({ status: 'complete', result: { end: { n: 4 } } });
  });

  it('appends what a step brought and what follows from it at once', async () => {
    using folder = temporaryFolder();
    const nodes = Object.fromEntries(
      Array.from({ length: 20 }, (_, n) => [`n${n}`, n === 0 ? {} : { after: [`n${n - 1}`] }]),
    );
    const host = stepHost(
      folder.path,
      Object.fromEntries(Object.keys(nodes).map((id) => [id, () => ({})])),
    );
    let appends = 0;
    const append = host.store.append.bind(host.store);
    host.store.append = (...given) => {
      appends += 1;
      return append(...given);
    };
    await runPlan(host, graphPlan(planGraph(nodes)));
    // The start of the run, the first step, the end of each step with the start of the next one.
    expect(appends).toBe(2 + 20);
  });

  it('never has more steps at work than the graph and the run allow', async () => {
    using folder = temporaryFolder();
    const count = async (nodes: number, change: Partial<PlanGraph>, parallel: number) => {
      let open = 0;
      let most = 0;
      const work = async (): Promise<void> => {
        open += 1;
        most = Math.max(most, open);
        await new Promise(setImmediate);
        open -= 1;
      };
      const names = Array.from({ length: nodes }, (_, n) => `n${n}`);
      const host = stepHost(folder.path, Object.fromEntries(names.map((name) => [name, work])));
      const plan = graphPlan(
        planGraph(Object.fromEntries(names.map((name) => [name, {}])), change),
      );
      const { state } = await runPlan(host, { ...plan, limits: { ...plan.limits, parallel } });
      expect(state.status).toBe('complete');
      return most;
    };
    expect(await count(20, { maxParallel: 3 }, 64)).toBe(3);
    expect(await count(20, { maxParallel: 64 }, 5)).toBe(5);
    expect(await count(20, { mode: 'sequential' }, 64)).toBe(1);
  });

  it('starts no more agents than the run may have, and ends partial with what there is', async () => {
    const plan = (graph: PlanGraph): Plan => {
      const made = graphPlan(graph);
      return { ...made, limits: { ...made.limits, workers: 2 } };
    };
    using folder = temporaryFolder();
    const steps = { a: () => ({ n: 1 }), b: () => ({ n: 2 }), c: () => ({ n: 3 }) };
    const graph = planGraph({ a: {}, b: { after: ['a'] }, c: { after: ['b'] } });
    const { state } = await runPlan(stepHost(folder.path, steps), plan(graph));
    expect(endOf(state)).toMatchObject({
      status: 'partial',
      reason: 'budget/workers',
      result: { a: { n: 1 }, b: { n: 2 } },
    });
    expect(state.ledger.used.workers).toBe(2);
  });
});

describe('what a step returns', () => {
  class Own {
    n = 1;
  }
  const circle: { self?: unknown } = {};
  circle.self = circle;
  it.each<[string, () => unknown, JsonObject]>([
    ['an object is its output', () => ({ n: 1 }), { n: 1 }],
    ['also later', async () => ({ n: 1 }), { n: 1 }],
    ['a text is its result', () => 'hello', { result: 'hello' }],
    ['a list is its result', () => [1, 2], { result: [1, 2] }],
    ['null is its result', () => null, { result: null }],
    ['nothing is an empty output', () => undefined, {}],
    ['fields without a value are left out', () => ({ n: 1, m: undefined }), { n: 1 }],
  ])('%s', async (_, step, output) => {
    const { state } = await run({ a: {} }, { a: step });
    expect(endOf(state)).toEqual({ status: 'complete', result: { a: output } });
  });

  it.each<[string, () => unknown, string, string]>([
    [
      'an error',
      () => {
        throw new Error('no way');
      },
      'step/failed',
      'no way',
    ],
    [
      'a rejection',
      async () => {
        throw new TypeError('wrong');
      },
      'step/failed',
      'wrong',
    ],
    [
      'a text that is thrown',
      () => {
        throw 'thrown';
      },
      'step/failed',
      'thrown',
    ],
    [
      'nothing that is thrown',
      () => {
        throw undefined;
      },
      'step/failed',
      'undefined',
    ],
    [
      'what cannot be a text',
      () => {
        throw Object.create(null);
      },
      'step/failed',
      'without a word',
    ],
    [
      'an error of ours',
      () => {
        throw new AwpError('network/denied', 'not there', { hint: 'ask' });
      },
      'network/denied',
      'not there (ask)',
    ],
    ['a function', () => ({ f: () => 1 }), 'step/bad-output', 'the result.f is a function'],
    [
      'a number that is none',
      () => ({ list: [1, Number.NaN] }),
      'step/bad-output',
      'the result.list[1] is NaN',
    ],
    [
      'an object of a class',
      () => ({ own: new Own() }),
      'step/bad-output',
      'an object with a class',
    ],
    ['a circle', () => circle, 'step/bad-output', 'deeper than 64'],
    ['a promise in it', () => ({ later: Promise.resolve(1) }), 'step/bad-output', 'with a class'],
    [
      'a key that reaches a prototype',
      () => JSON.parse('{"__proto__": 1}'),
      'step/bad-output',
      'the key __proto__',
    ],
  ])('%s fails its node', async (_, step, code, message) => {
    const { state, log } = await run({ a: {} }, { a: step });
    expect(endOf(state)).toMatchObject({ status: 'failed', reason: code });
    const [failed] = only(log, 'agent.failed');
    expect(failed).toMatchObject({ agent: '1', data: { code } });
    expect(failed?.data.message).toContain(message);
    expect(failed?.data.message).not.toContain('    at ');
  });

  it('cannot be changed by it, or by a step that sees it', async () => {
    const mine = { list: [1] };
    const { state } = await run(
      { a: {}, b: { after: ['a'] }, c: { after: ['b'] } },
      {
        a: () => mine,
        b: ({ input, state: all }) => {
          mine.list.push(2);
          const problems: string[] = [];
          for (const change of [
            () => (input.a as { list: Json[] }).list.push(3),
            () => (all.a as { list: Json[] }).list.push(3),
            () => Object.assign(input, { d: 1 }),
            () => Object.assign(all, { d: 1 }),
            () => delete (all as JsonObject).a,
          ]) {
            try {
              change();
            } catch (error) {
              problems.push((error as Error).name);
            }
          }
          return { problems };
        },
        c: ({ state: all }) => ({ seen: { ...all } }),
      },
    );
    const types = Array.from({ length: 5 }, () => 'TypeError');
    const seen = { a: { list: [1] }, b: { problems: types } };
    expect(endOf(state).result).toEqual({ ...seen, c: { seen } });
  });
});

describe('what a step is told', () => {
  it('is what sharing lets it see, and what the run is about', async () => {
    const calls: Record<string, FunctionCall> = {};
    const keep = (name: string, output: JsonObject) => (call: FunctionCall) => {
      calls[name] = call;
      void call.input;
      return output;
    };
    const sharing = { ...planState().sharing, strategy: 'selective' as const, never: ['key'] };
    const { log } = await run(
      {
        a: { shareOutput: ['n', 'key'] },
        b: { after: ['a'], shareOutput: ['n'] },
        c: { after: ['b'] },
      },
      { a: keep('a', { n: 1, key: 'hidden' }), b: keep('b', { n: 2 }), c: keep('c', { n: 3 }) },
      { state: planState({ sharing, initial: { topic: 'x' } }) },
    );
    expect(calls.c).toMatchObject({ node: 'c', attempt: 1, task: 'Do it' });
    expect(calls.b?.input).toEqual({ topic: 'x', a: { n: 1 } });
    expect(calls.c?.input).toEqual({ topic: 'x', b: { n: 2 } });
    expect(calls.c).not.toHaveProperty('item');
    expect(only(log, 'agent.finished')).toHaveLength(4);
  });

  it('hides sensitive values before they are written down', async () => {
    const sharing = { ...planState().sharing, sensitive: ['pin'] };
    const { state, log } = await run(
      { a: {}, b: { after: ['a'] } },
      { a: () => ({ pin: '1234', n: 1 }), b: ({ state: all }) => ({ seen: all.a ?? null }) },
      { state: planState({ sharing }) },
    );
    expect(endOf(state).result).toEqual({
      a: { pin: '[redacted]', n: 1 },
      b: { seen: { pin: '[redacted]', n: 1 } },
    });
    expect(JSON.stringify(log)).not.toContain('1234');
  });

  it('fails the node when it asks for what it may not see', async () => {
    const sharing = { ...planState().sharing, strategy: 'isolated' as const };
    const { state } = await run(
      { a: {}, b: { after: ['a'], shareInput: ['z.n'] } },
      { a: () => ({}), b: () => ({}) },
      { state: planState({ sharing }) },
    );
    expect(endOf(state)).toMatchObject({ status: 'failed', reason: 'state/not-shared' });
  });

  it('shows its lines to whoever watches', async () => {
    using folder = temporaryFolder();
    const watching = Promise.withResolvers<void>();
    const host = stepHost(folder.path, {
      a: async ({ log }) => {
        await watching.promise;
        log('half done');
      },
    });
    const started = await startTestRun(host, graphPlan(planGraph({ a: {} })));
    const seen: unknown[] = [];
    const pieces = started.withPieces((signal) => follow(host.store, 'r-test', { signal }));
    const reading = (async () => {
      for await (const event of pieces) {
        if (event.type === 'tool.progress') seen.push([event.agent, event.data.text]);
        if (event.type === 'run.finished') return;
      }
    })();
    await new Promise(setImmediate);
    watching.resolve();
    await reading;
    expect(seen).toEqual([['1', 'half done']]);
  });

  it('is looked for before anything is written', async () => {
    using folder = temporaryFolder();
    const host = stepHost(folder.path, {});
    const inner = planGraph({ b: {} });
    for (const graph of [
      planGraph({ a: {} }),
      planGraph({ a: { kind: 'subworkflow', graph: inner } }),
    ]) {
      const starting = startRun(host, { id: 'r-test', plan: graphPlan(graph), inputs: [] });
      await expect(starting).rejects.toMatchObject({ code: 'step/missing' });
    }
    await expect(host.store.read('r-test', 0)).rejects.toMatchObject({ code: 'store/not-found' });
  });
});
