import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Json, JsonObject } from '../../../src/base/json.ts';
import type { PlanFanIn, PlanNode } from '../../../src/events/plan-graph.ts';
import { foldAll } from '../../../src/events/reduce.ts';
import { resultOf } from '../../../src/events/result.ts';
import type { Command } from '../../../src/runtime/command.ts';
import { type GraphBench, ONE_ATTEMPT, type Shell, startedGraph } from './graph-bench.ts';
import { fanOutOver, type Setting, startRepeating } from './repeating.ts';

const list = (count: number): JsonObject => ({
  list: Array.from({ length: count }, (_, index) => `item ${index}`),
});
const out = ({ out: frames }: GraphBench): (number | undefined)[] =>
  frames.map(({ node }) => node?.instance);
const start = (change: Parameters<typeof fanOutOver>[0], setting: Setting, maxParallel = 4) =>
  startRepeating(
    [fanOutOver(change, { maxParallel }), { id: 'after', dependsOn: ['each'] }],
    setting,
  );
const frameOf = (bench: GraphBench, instance: number): string =>
  bench.out.find(({ node }) => node?.instance === instance)?.id ?? '';
const value = (bench: GraphBench): Json | undefined => bench.graph.state.each;
const twice: PlanNode['retry'] = { ...ONE_ATTEMPT, attempts: 2 };

describe('a fan-out with more results than the state has room for', () => {
  const { state } = startedGraph([]).graph.plan;
  const small = { state: { ...state, limits: { ...state.limits, bytes: 200 } } };
  const sized = { text: 'x'.repeat(50) };

  it.each<[string, PlanFanIn | undefined]>([
    ['merge', undefined],
    ['concat', { strategy: 'concat' }],
  ])('stops as soon as it is known: %s', (_, fanIn) => {
    const setting = { values: list(9), graph: small };
    const bench = start({ ...(fanIn && { fanIn }) }, setting, 2);
    for (let turn = 0; turn < 2 && bench.out.length > 0; turn += 1) bench.end('each', sized);
    const { full } = bench.said('fanout.finished')[0] ?? {};
    expect(full).toMatch(
      /^the results of [12] of 9 items have \d+ bytes, and the state may have 200/,
    );
    expect(bench.said('agent.started').length).toBeLessThan(5);
    expect(bench.said('node.failed')).toMatchObject([{ code: 'state/too-large', message: full }]);
    expect(bench.node('each').fan).toMatchObject({ failed: 0 });
  });

  it('goes on where only one of them, or what is made of them, goes into the state', () => {
    const setting = { values: list(4), graph: small };
    const bench = start({ fanIn: { strategy: 'majority' } }, setting, 4);
    for (let left = 4; left > 0; left -= 1) bench.end('each', sized);
    expect(value(bench)).toMatchObject(sized);
  });

  it('asks nobody again when the run is resumed: what it has is still too much', () => {
    const bench = start({}, { values: list(9), graph: small }, 1);
    for (let turn = 0; turn < 2 && bench.out.length > 0; turn += 1) bench.end('each', sized);
    expect(bench.state.status).toBe('failed');
    const before = bench.said('agent.started').length;
    bench.resume();
    expect(bench.said('agent.started')).toHaveLength(before);
    expect(bench.state.ending).toMatchObject({ status: 'failed', reason: 'state/too-large' });
    expect(bench.node('each').instances?.[0]?.output).toEqual(sized);
  });
});

describe('a fan-out', () => {
  it('starts its instances in the order of the items, as many at once as it may', () => {
    const bench = start({}, { values: list(5) }, 2);
    expect(bench.said('fanout.started')).toEqual([{ node: 'each', count: 5 }]);
    expect(out(bench)).toEqual([0, 1]);
    bench.end(frameOf(bench, 1), { n: 1 });
    expect(out(bench)).toEqual([0, 2]);
    bench.end(frameOf(bench, 0), { n: 0 });
    expect(out(bench)).toEqual([2, 3]);
    expect(bench.out.map(({ id, node }) => [id, node])).toEqual([
      ['1.3', { id: 'each', attempt: 1, instance: 2 }],
      ['1.4', { id: 'each', attempt: 1, instance: 3 }],
    ]);
    for (const index of [3, 2, 4]) bench.end(frameOf(bench, index), { n: index });
    expect(value(bench)).toEqual({
      items: [0, 1, 2, 3, 4].map((n) => ({ n })),
      _fan_out_count: 5,
      confidence: 1,
    });
    expect(bench.said('fanout.finished')).toEqual([{ node: 'each', count: 5, failed: 0 }]);
    expect(bench.at).toEqual(['after']);
  });

  it.each<[string, Setting, number]>([
    ['its own', {}, 3],
    ["the graph's", { graph: { maxParallel: 2 } }, 2],
    ["the run's", { limits: { parallel: 1 } }, 1],
    ['one, in a sequential graph', { graph: { mode: 'sequential' } }, 1],
  ])('keeps to the smallest number at once: %s', (_, setting, most) => {
    const bench = start({}, { values: list(7), ...setting }, 3);
    for (let left = 7; left > 0; left -= 1) {
      expect(out(bench)).toHaveLength(Math.min(most, left));
      bench.end('each');
    }
    expect(bench.statuses).toMatchObject({ each: 'finished', after: 'running' });
  });

  it('shares the room of its graph with other nodes', () => {
    const nodes = ['a', fanOutOver({}, { maxParallel: 9 }), 'b'];
    const bench = startRepeating(nodes, { values: list(3), graph: { maxParallel: 3 } });
    expect(bench.at).toEqual(['a', 'each', 'each']);
    bench.end('each').end('each');
    expect(bench.at).toEqual(['a', 'each', 'b']);
  });

  it.each<[string, JsonObject, string]>([
    ['missing', {}, 'the source list is not in the state'],
    ['null', { list: null }, 'the source list is null, not a list'],
    ['a text', { list: 'abc' }, 'the source list is a text, not a list'],
    ['a number', { list: 3 }, 'the source list is a number, not a list'],
    ['a map', { list: { a: 1 } }, 'the source list is a map, not a list'],
    ['empty', { list: [] }, 'the source list is an empty list'],
  ])('over a source that is %s finishes with an error that says so', (_, values, error) => {
    const bench = start({}, { values });
    expect(value(bench)).toEqual({ error, items: [], _fan_out_count: 0, confidence: 0 });
    expect(bench.node('each')).toMatchObject({ status: 'finished', main: { confidence: 0 } });
    expect(bench.said('fanout.finished')).toEqual([{ node: 'each', count: 0, failed: 0 }]);
    expect(bench.at).toEqual(['after']);
  });

  it('gives its instances the agent that is named for them', () => {
    const bench = startRepeating([fanOutOver({}, { agent: 'other' })], { values: list(1) });
    expect(bench.out[0]?.agentKey).toBe('other');
  });
});

describe('an instance that fails', () => {
  it('is tried again for itself', () => {
    const bench = start({ retry: twice }, { values: list(2) });
    bench.end(frameOf(bench, 0), { fails: 'model/timeout' });
    expect(bench.said('node.retried')).toMatchObject([
      { node: 'each', instance: 0, attempt: 2, inMs: 0, code: 'model/timeout' },
    ]);
    expect(bench.out.map(({ id, node }) => [id, node?.instance, node?.attempt])).toEqual([
      ['1.2', 1, 1],
      ['1.3', 0, 2],
    ]);
    bench.end('each', { n: 1 }).end('each', { n: 0 });
    expect(value(bench)).toMatchObject({ items: [{ n: 0 }, { n: 1 }] });
  });

  it('keeps its place while it waits to be tried again', () => {
    const retry = { ...twice, backoff: 'linear', baseMs: 1000 } as const;
    const bench = start({ retry }, { values: list(3) }, 1);
    bench.end('each', { fails: 'model/timeout' });
    expect(bench.out).toEqual([]);
    bench.pass(999);
    expect(bench.out).toEqual([]);
    bench.pass(1);
    expect(out(bench)).toEqual([0]);
    bench.end('each');
    expect(out(bench)).toEqual([1]);
  });

  it('goes on with replacements for itself, in their order', () => {
    const degradation: PlanNode['degradation'] = [
      { fallback: 'agent', agent: 'other' },
      { fallback: 'cached_results', maxStalenessMs: 5 },
      { fallback: 'skip' },
    ];
    const bench = start({ degradation }, { values: list(2) });
    bench.end(frameOf(bench, 1), { fails: 'step/failed' });
    expect(bench.out.at(-1)).toMatchObject({ agentKey: 'other', node: { instance: 1 } });
    bench.end(frameOf(bench, 1), { fails: 'step/failed' });
    expect(bench.asked).toMatchObject([
      { do: 'use-cached', node: 'each', instance: 1, maxStalenessMs: 5 },
    ]);
    const data = { node: 'each', instance: 1, fallback: 'cached_results', code: '', message: '' };
    bench.record({
      type: 'node.degraded',
      agent: '0',
      data: { ...data, fallback: 'cached_results' },
    });
    bench.state.ready.add('0');
    bench.go().end(frameOf(bench, 0), { n: 0 });
    expect(value(bench)).toMatchObject({ items: [{ n: 0 }, {}], confidence: 0.5 });
    expect(bench.node('each').status).toBe('finished');
  });

  it('takes a kept result', () => {
    const bench = start({}, { values: list(1) });
    bench.record({
      type: 'node.finished',
      agent: '0',
      data: { node: 'each', instance: 0, output: { kept: true }, confidence: 0.25 },
    });
    bench.record({ type: 'agent.failed', agent: '1', data: { code: 'step/failed', message: '' } });
    bench.go();
    expect(value(bench)).toMatchObject({ items: [{ kept: true }], confidence: 0.25 });
  });

  it.each<[PlanNode['onFailure'], 'finished' | 'failed']>([
    ['continue', 'finished'],
    ['skip', 'finished'],
    ['stop', 'failed'],
  ])('with on_failure %s the node has %s when all have ended', (onFailure, status) => {
    const bench = start({ onFailure }, { values: list(3) }, 3);
    bench.end(frameOf(bench, 1), { fails: 'step/failed' });
    expect(out(bench)).toEqual([0, 2]);
    expect(bench.said('node.failed')).toMatchObject([{ node: 'each', instance: 1 }]);
    bench.end('each', { n: 0 }).end('each', { n: 2 });
    expect(bench.statuses.each).toBe(status);
    expect(value(bench)).toMatchObject({
      items: [{ n: 0 }, { error: 'it said step/failed', confidence: 0 }, { n: 2 }],
      _fan_out_count: 3,
    });
    expect(bench.said('fanout.finished')).toEqual([{ node: 'each', count: 3, failed: 1 }]);
    if (status === 'failed') {
      expect(bench.node('each')).toMatchObject({ code: 'step/failed', action: 'stop' });
    }
  });

  it.each<PlanNode['onFailure']>(['stop', 'continue', 'skip'])(
    'as all others do: the node fails with the first failure, on_failure %s',
    (onFailure) => {
      const bench = start({ onFailure }, { values: list(3) }, 3);
      bench.end(frameOf(bench, 2), { fails: 'model/auth' });
      bench.end('each', { fails: 'step/failed' }).end('each', { fails: 'step/failed' });
      expect(bench.node('each')).toMatchObject({
        status: 'failed',
        code: 'model/auth',
        reason: 'it said model/auth',
        action: onFailure,
      });
    },
  );
});

describe('the first instance that ends well', () => {
  const first: PlanFanIn = { strategy: 'first' };

  it('ends the node, and the others are stopped', () => {
    const bench = start({ fanIn: first }, { values: list(5) }, 3);
    bench.end(frameOf(bench, 1), { n: 1 });
    expect(value(bench)).toEqual({ n: 1, _fan_out_count: 5 });
    expect(bench.said('agent.failed').map(({ code }) => code)).toEqual([
      'node/stopped',
      'node/stopped',
    ]);
    expect(bench.said('fanout.finished')).toEqual([{ node: 'each', count: 5, failed: 0 }]);
    expect(bench.said('node.retried')).toEqual([]);
    expect(bench.said('node.failed')).toEqual([]);
    expect(bench.at).toEqual(['after']);
    expect(bench.graph.open).toBe(1);
    // Who was slower has not failed.
    expect(bench.node('each').fan).toMatchObject({ ended: 3, failed: 0, stopped: 2 });
    const folded = resultOf(foldAll('r-test', bench.log), '').nodes?.each;
    expect(folded).toMatchObject({ instances: { count: 5, ended: 3, failed: 0, stopped: 2 } });
  });

  it('counts, whatever others did before, with on_failure stop, too', () => {
    const bench = start({ fanIn: first, onFailure: 'stop' }, { values: list(3) }, 3);
    bench.end(frameOf(bench, 0), { fails: 'step/failed' });
    bench.end(frameOf(bench, 2), { n: 2 });
    expect(bench.node('each').status).toBe('finished');
    expect(value(bench)).toMatchObject({ n: 2 });
  });

  it('also takes the place of one that waits to be tried again', () => {
    const retry = { ...twice, backoff: 'linear', baseMs: 1000 } as const;
    const bench = start({ fanIn: first, retry }, { values: list(2) }, 2);
    bench.end(frameOf(bench, 0), { fails: 'model/timeout' });
    bench.end(frameOf(bench, 1), { n: 1 });
    expect(bench.at).toEqual(['after']);
    bench.end('after').pass(5000);
    expect(bench.graph.open).toBe(0);
    expect(bench.state.status).toBe('complete');
  });

  it('is none when all fail', () => {
    const bench = start({ fanIn: first, onFailure: 'continue' }, { values: list(2) });
    bench.end('each', { fails: 'step/failed' }).end('each', { fails: 'step/failed' });
    expect(bench.node('each')).toMatchObject({ status: 'failed', code: 'step/failed' });
  });
});

describe('what becomes of the results', () => {
  it('is left to a tool, which is called once', () => {
    const called: Command[] = [];
    const shell: Shell = (command) => {
      if (command.do !== 'fan-in-tool') return undefined;
      called.push(command);
      const { id: call, tool, args } = command;
      return [{ type: 'tool.called', agent: '0', data: { call, tool, args, idempotent: true } }];
    };
    const fanIn: PlanFanIn = { strategy: 'custom', tool: 'mine.join' };
    const bench = startRepeating([fanOutOver({ fanIn }), 'other'], { values: list(1), shell });
    bench.end('each', { n: 1 }).end('other');
    expect(called).toMatchObject([
      { node: 'each', id: '0/each.join1', tool: 'mine.join', args: { items: [{ n: 1 }] } },
    ]);
    expect(bench.node('each').status).toBe('running');
    const returned = { call: '0/each.join1', tool: 'mine.join', ok: true, status: 200, ms: 1 };
    bench.record({ type: 'tool.returned', agent: '0', data: { ...returned, data: { all: 1 } } });
    bench.record({ type: 'node.finished', agent: '0', data: { node: 'each', output: { all: 1 } } });
    bench.go();
    expect(value(bench)).toEqual({ all: 1 });
    expect(bench.state.status).toBe('complete');
  });

  it('waits for a person where one must allow it', () => {
    const bench = start({ approval: 'after' }, { values: list(1) });
    bench.end('each', { n: 1 });
    expect(bench.asked[0]).toMatchObject({
      do: 'ask-person',
      about: 'after',
      args: { output: { items: [{ n: 1 }] } },
    });
    expect(bench.node('each').status).toBe('running');
  });

  it('is a failure of the node when the expression has no value, and all is kept', () => {
    const fanIn: PlanFanIn = { strategy: 'reduce', targetField: 'n', expr: 'acc.n + item.m' };
    const bench = start({ fanIn, onFailure: 'continue' }, { values: list(2) });
    bench.end('each', { n: 1 }).end('each', { n: 2 });
    expect(bench.said('expression.failed')).toMatchObject([
      { node: 'each', at: 'fan_in.expr', expression: 'acc.n + item.m' },
    ]);
    expect(bench.node('each')).toMatchObject({ status: 'failed', code: 'node/bad-fan-in' });
    expect(value(bench)).toMatchObject({ n: [{ n: 1 }, { n: 2 }] });
  });
});

describe('a limit of the run', () => {
  const cut = () => {
    const bench = start({}, { values: list(6), limits: { workers: 3 } }, 2);
    for (let n = 0; n < 3; n += 1) bench.end('each', { n });
    return bench;
  };

  it('lets no other instance start, and what there is is kept', () => {
    const bench = cut();
    expect(bench.said('budget.exhausted')).toHaveLength(1);
    expect(bench.state.ending).toMatchObject({ reason: 'budget/workers' });
    expect(bench.state.status).toBe('partial');
    expect(bench.node('each')).toMatchObject({ status: 'failed', code: 'budget/workers' });
    expect(value(bench)).toMatchObject({
      items: [{ n: 0 }, { n: 1 }, { n: 2 }],
      _fan_out_count: 3,
    });
  });

  it('that is raised lets the others go on', () => {
    const bench = cut().resume({ workers: 20 });
    expect(out(bench)).toEqual([3, 4]);
    for (let n = 3; n < 6; n += 1) bench.end('each', { n });
    bench.end('after');
    expect(bench.state.status).toBe('complete');
    expect(value(bench)).toEqual({
      items: [0, 1, 2, 3, 4, 5].map((n) => ({ n })),
      _fan_out_count: 6,
      confidence: 1,
    });
  });
});

describe('a resumed run', () => {
  it('tries again only the instances that failed', () => {
    const bench = start({ onFailure: 'stop' }, { values: list(3) }, 3);
    bench.end(frameOf(bench, 1), { fails: 'step/failed' });
    bench.end('each', { n: 0 }).end('each', { n: 2 });
    expect(bench.state.status).toBe('failed');
    bench.resume();
    expect(out(bench)).toEqual([1]);
    bench.end('each', { n: 1 }).end('after');
    expect(bench.state.status).toBe('complete');
    expect(value(bench)).toMatchObject({ items: [{ n: 0 }, { n: 1 }, { n: 2 }] });
  });
});

describe('many instances', () => {
  it('cost the same each', () => {
    const perInstance = (count: number): number => {
      const values = list(count);
      let looked = 0;
      const items = values.list as Json[];
      const watched = new Proxy(items, {
        get(target, key, receiver) {
          looked += 1;
          return Reflect.get(target, key, receiver) as unknown;
        },
      });
      const bench = start({}, { values: { list: watched } }, 8);
      while (bench.at[0] === 'each') bench.endFrame(bench.out[0]?.id ?? '', { n: 1 }).go();
      expect(value(bench)).toMatchObject({ _fan_out_count: count });
      return (looked + bench.log.length) / count;
    };
    expect(perInstance(2000)).toBeLessThanOrEqual(perInstance(20));
  });

  it('of a list of 100,000 are cut by a limit as soon as it is reached', () => {
    const setting = { values: list(100_000), limits: { workers: 50, parallel: 10 } };
    const bench = start({}, setting, 100_000);
    while (bench.out.length > 0) bench.end('each', {});
    expect(bench.state.status).toBe('partial');
    expect(bench.node('each').instances).toHaveLength(50);
    expect(bench.log.length).toBeLessThan(200);
  });
});

describe('whatever the order of ends', { timeout: 300_000 }, () => {
  const kinds: readonly PlanFanIn[] = [
    { strategy: 'merge' },
    { strategy: 'concat' },
    { strategy: 'majority' },
    { strategy: 'reduce', targetField: 'n', expr: 'acc.n + item.n' },
  ];
  const setting = fc.record({
    count: fc.integer({ min: 1, max: 8 }),
    maxParallel: fc.integer({ min: 1, max: 5 }),
    graphParallel: fc.integer({ min: 1, max: 5 }),
    fanIn: fc.constantFrom(...kinds),
    bad: fc.array(fc.nat(7), { maxLength: 3 }),
    picks: fc.array(fc.nat(100), { minLength: 40, maxLength: 40 }),
  });
  type Case = typeof setting extends fc.Arbitrary<infer T> ? T : never;

  /** Attempts fail once for bad instances with an even number, always for the odd ones. */
  const play = (
    { count, maxParallel, graphParallel, fanIn, bad }: Case,
    picks: readonly number[],
  ) => {
    const node = fanOutOver({ fanIn, retry: twice, onFailure: 'continue' }, { maxParallel });
    const bench = startRepeating([node], {
      values: list(count),
      graph: { maxParallel: graphParallel },
    });
    const started: number[] = [];
    for (let at = 0; bench.out.length > 0; at += 1) {
      const open = bench.out.length;
      expect(open).toBeLessThanOrEqual(Math.min(maxParallel, graphParallel));
      expect(bench.node('each').openInstances).toBe(open);
      const frame = bench.out[(picks[at % picks.length] ?? 0) % open];
      const { instance = 0, attempt = 1 } = frame?.node ?? {};
      const fails = bad.includes(instance) && (instance % 2 === 1 || attempt === 1);
      bench.end(
        frame?.id ?? '',
        fails ? { fails: 'model/timeout' } : { n: instance, of: [instance] },
      );
    }
    for (const event of bench.log) {
      if (event.type !== 'agent.started' || event.data.node?.attempt !== 1) continue;
      started.push(event.data.node.instance ?? -1);
    }
    expect(started).toEqual([...Array(count).keys()]);
    return bench;
  };

  it('the result is the same, and never more are open than may be', () => {
    fc.assert(
      fc.property(setting, (one) => {
        const any = play(one, one.picks);
        const inOrder = play(one, [0]);
        expect(value(any)).toEqual(value(inOrder));
        expect(any.statuses).toEqual(inOrder.statuses);
        expect(foldAll('r-test', any.log)).toEqual({
          ...any.state,
          ready: expect.anything() as unknown,
        });
      }),
      { numRuns: 60 },
    );
  });

  it('a log that is cut anywhere goes on to the same end', () => {
    fc.assert(
      fc.property(setting, fc.nat(), (one, at) => {
        const whole = play(one, one.picks);
        const log = whole.log.slice(0, 2 + (at % (whole.log.length - 1)));
        const cut = startRepeating([], {});
        const bench = Object.assign(cut, { plan: whole.plan, log: [] }).load(log).resume();
        while (bench.out.length > 0) {
          const { id, node } = bench.out[0] ?? {};
          const { instance = 0, attempt = 1 } = node ?? {};
          const fails = one.bad.includes(instance) && (instance % 2 === 1 || attempt === 1);
          bench.end(id ?? '', fails ? { fails: 'model/timeout' } : { n: instance, of: [instance] });
        }
        expect(value(bench)).toEqual(value(whole));
        expect(bench.statuses).toEqual(whole.statuses);
      }),
      { numRuns: 60 },
    );
  });
});
