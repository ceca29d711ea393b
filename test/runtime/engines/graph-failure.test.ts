import { describe, expect, it } from 'vitest';
import { skipReason } from '../../../src/events/graph-walk.ts';
import type { PlanNode } from '../../../src/events/plan-graph.ts';
import {
  type End,
  GraphBench,
  graphPlan,
  ONE_ATTEMPT,
  planGraph,
  type Shell,
  startedGraph,
  type TestNode,
} from './graph-bench.ts';

const twice = { ...ONE_ATTEMPT, attempts: 3, backoff: 'linear' as const };

describe('a node that fails', () => {
  it('is tried again after its wait, and its attempts are counted', () => {
    const bench = startedGraph([{ id: 'a', retry: twice }]);
    bench.end('a', { fails: 'model/timeout' });
    expect(bench.at).toEqual([]);
    expect(bench.pass(1999).at).toEqual([]);
    expect(bench.pass(1).at).toEqual(['a']);
    expect(bench.out[0]).toMatchObject({ id: '1.2', node: { id: 'a', attempt: 2 } });
    bench.end('a', { fails: 'model/rate-limited' });
    expect(bench.pass(4000).at).toEqual(['a']);
    bench.end('a', { fails: 'model/overloaded' });
    expect(bench.state).toMatchObject({ status: 'failed', ending: { reason: 'model/overloaded' } });
    expect(bench.said('node.retried')).toEqual([
      {
        node: 'a',
        attempt: 2,
        inMs: 2000,
        code: 'model/timeout',
        message: 'it said model/timeout',
      },
      {
        node: 'a',
        attempt: 3,
        inMs: 4000,
        code: 'model/rate-limited',
        message: 'it said model/rate-limited',
      },
    ]);
  });

  it('is tried again at once without a wait, in the same step', () => {
    const bench = startedGraph([{ id: 'a', retry: { ...twice, backoff: 'none' } }]);
    expect(bench.end('a', { fails: 'model/timeout' }).at).toEqual(['a']);
    const types = bench.log.slice(-3).map(({ type }) => type);
    expect(types).toEqual(['agent.failed', 'node.retried', 'agent.started']);
  });

  it('is not tried again after a failure that its rule leaves out', () => {
    const bench = startedGraph([{ id: 'a', retry: twice }]).end('a', { fails: 'model/auth' });
    expect(bench.state.status).toBe('failed');
    expect(bench.said('node.retried')).toEqual([]);
  });

  it('keeps its place while it waits', () => {
    const bench = startedGraph([{ id: 'a', retry: twice }, 'b', 'c'], { maxParallel: 2 });
    bench.end('a', { fails: 'model/timeout' });
    expect(bench.at).toEqual(['b']);
    expect(bench.end('b').at).toEqual(['c']);
    expect(bench.pass(2000).at).toEqual(['c', 'a']);
    expect(bench.graph.open).toBe(2);
  });

  it('is woken at its own time when several wait', () => {
    const bench = startedGraph([
      { id: 'a', retry: { ...twice, baseMs: 5000 } },
      { id: 'b', retry: { ...twice, baseMs: 1000 } },
      { id: 'c', retry: { ...twice, baseMs: 3000 } },
    ]);
    for (const id of ['a', 'b', 'c']) bench.end(id, { fails: 'model/timeout' });
    expect(bench.pass(1000).at).toEqual(['b']);
    expect(bench.pass(2000).at).toEqual(['b', 'c']);
    expect(bench.pass(2000).at).toEqual(['b', 'c', 'a']);
  });

  it('is waited for after a crash as if there had been none', () => {
    const bench = startedGraph([{ id: 'a', retry: twice }]).end('a', { fails: 'model/timeout' });
    const again = new GraphBench(bench.plan).load(bench.log);
    again.now += 500;
    again.resume();
    expect(again.at).toEqual([]);
    expect(again.waits).toEqual([1e12 + 2000]);
    expect(again.pass(1500).at).toEqual(['a']);
  });
});

describe('what follows when a node has failed for good', () => {
  const three = (onFailure: PlanNode['onFailure']) =>
    startedGraph([
      { id: 'a', onFailure },
      { id: 'b', dependsOn: ['a'] },
      { id: 'c', dependsOn: [{ id: 'a', condition: 'failure' }] },
      'x',
      { id: 'y', dependsOn: ['x'] },
    ]).end('a', { fails: 'tool/broken' });

  it('stop: what works is stopped, nothing starts, and the run fails with its code', () => {
    const bench = three('stop');
    expect(bench.statuses).toEqual({
      ...{ a: 'failed', b: 'skipped', c: 'skipped', x: 'skipped', y: 'skipped' },
    });
    expect(bench.state).toMatchObject({ status: 'failed' });
    expect(bench.state.ending).toMatchObject({
      reason: 'tool/broken',
      message: 'a failed: it said tool/broken',
    });
    expect(bench.state.frames.get('4')?.outcome).toMatchObject({ code: 'node/stopped' });
    expect(bench.state.openFrames.size).toBe(0);
    expect(bench.graph.open).toBe(0);
    expect(bench.said('node.skipped')).toHaveLength(4);
  });

  it('stop: what had ended is kept', () => {
    const bench = startedGraph(['a', 'b'])
      .end('b', { found: 7 })
      .end('a', { fails: 'tool/broken' });
    expect(bench.state.ending?.result).toEqual({
      a: { error: 'it said tool/broken', confidence: 0 },
      b: { found: 7 },
    });
  });

  it('continue: what depends on its success is skipped, the rest runs, and the run is partial', () => {
    const bench = three('continue');
    expect(bench.at).toEqual(['x', 'c']);
    bench.end('x').end('y').end('c');
    expect(bench.state).toMatchObject({ status: 'partial', ending: { reason: 'node/failed' } });
    expect(bench.state.ending?.message).toBe('a failed: it said tool/broken');
    expect(bench.state.ending?.result).toMatchObject({ a: { confidence: 0 }, y: { said: 'y' } });
  });

  it('skip: what depends on it gets an empty value, and the run is complete', () => {
    const bench = three('skip');
    expect(bench.at).toEqual(['x', 'b', 'c']);
    bench.end('x').end('y').end('b').end('c');
    expect(bench.state.status).toBe('complete');
    expect(bench.state.ending?.result.a).toEqual({});
  });

  it('counts all failures that it went on after', () => {
    const bench = startedGraph([
      { id: 'a', onFailure: 'continue' },
      { id: 'b', onFailure: 'continue' },
    ]);
    bench.end('a', { fails: 'tool/broken' }).end('b', { fails: 'tool/broken' });
    expect(bench.state.ending?.message).toBe('a failed: it said tool/broken (and 1 more)');
  });

  it('keeps what its agent had', () => {
    const bench = startedGraph([{ id: 'a', onFailure: 'continue' }, 'b']);
    const data = { code: 'model/bad-answer', message: 'no', output: { draft: 'x' }, text: 'x' };
    bench.record({ type: 'agent.failed', agent: '1', data });
    bench.go();
    expect(bench.graph.state.a).toEqual({ draft: 'x', error: 'no', confidence: 0 });
  });

  it('an output that is to be left out skips the node, and those after it go on', () => {
    const bench = startedGraph([
      { id: 'a', retry: { ...twice, retryable: ['*'] } },
      { id: 'b', dependsOn: ['a'] },
      { id: 'c', dependsOn: [{ id: 'a', condition: 'failure' }] },
    ]);
    bench.end('a', { fails: 'node/skip-output' });
    expect(bench.at).toEqual(['b', 'c']);
    expect(bench.graph.state.a).toEqual({});
    expect(bench.node('a')).toMatchObject({ status: 'skipped', reason: 'output' });
    expect(bench.said('node.failed')).toEqual([]);
    expect(skipReason(bench.node('a'), bench.graph)).toBe('it said node/skip-output');
    bench.end('b').end('c');
    expect(bench.state.status).toBe('complete');
  });

  const bad: TestNode = {
    id: 'x',
    fanOut: { source: 'list', variable: 'item', maxParallel: 2 },
    fanIn: { strategy: 'reduce', expr: 'nobody + item.n' },
  };

  it.each<[string, readonly (TestNode | string)[], readonly End[]]>([
    ['waits for room', [bad, 'z'], [{ n: 1 }, { n: 2 }]],
    [
      'is decided about first',
      [{ id: 'a', retry: { ...twice, backoff: 'none' } }, 'x'],
      [{ fails: 'model/timeout' }, { fails: 'tool/broken' }],
    ],
    [
      'is decided about later',
      ['x', { id: 'b', retry: { ...twice, backoff: 'none' } }],
      [{ fails: 'tool/broken' }, { fails: 'model/timeout' }],
    ],
    [
      'takes the place of another',
      ['x', { id: 'b', degradation: [{ fallback: 'agent', agent: 'other' }] }],
      [{ fails: 'tool/broken' }, { fails: 'tool/broken' }],
    ],
    [
      'is another item',
      [
        'x',
        {
          id: 'b',
          fanOut: { source: 'list', variable: 'item', maxParallel: 1 },
          onFailure: 'skip',
        },
      ],
      [{ fails: 'tool/broken' }, { n: 1 }],
    ],
  ])('stops the graph, and nothing starts in the same look that %s', (_, nodes, ends) => {
    const { state } = startedGraph([]).graph.plan;
    const change = { maxParallel: 2, state: { ...state, initial: { list: [1, 2] } } };
    const bench = startedGraph(nodes, change);
    const before = bench.said('agent.started').length;
    for (const [index, { id }] of bench.out.entries()) bench.endFrame(id, ends[index] ?? {});
    bench.go();
    expect(bench.said('agent.started')).toHaveLength(before);
    expect(bench.state.ending).toMatchObject({ status: 'failed' });
    expect(bench.graph.stopping?.node).toBe('x');
  });

  it('a failure of which a person decided is neither tried again nor replaced', () => {
    const bench = startedGraph([
      { id: 'a', retry: { ...twice, retryable: ['*'] }, degradation: [{ fallback: 'skip' }] },
    ]);
    bench.end('a', { fails: 'approval/rejected' });
    expect(bench.state.ending).toMatchObject({ reason: 'approval/rejected' });
  });
});

describe('a replacement', () => {
  it('is an agent that gets one attempt, after all attempts of the first', () => {
    const bench = startedGraph([
      {
        ...{ id: 'a', onFailure: 'continue', retry: { ...twice, attempts: 2, backoff: 'none' } },
        degradation: [
          { fallback: 'agent', agent: 'spare' },
          { fallback: 'agent', agent: 'last' },
        ],
      },
    ]);
    bench.end('a', { fails: 'model/timeout' }).end('a', { fails: 'model/timeout' });
    expect(bench.out[0]).toMatchObject({ agentKey: 'spare', node: { attempt: 3 } });
    bench.end('a', { fails: 'model/timeout' });
    expect(bench.out[0]).toMatchObject({ agentKey: 'last', node: { attempt: 4 } });
    bench.end('a', { by: 'last' });
    expect(bench.state).toMatchObject({
      status: 'complete',
      ending: { result: { a: { by: 'last' } } },
    });
    expect(bench.said('node.degraded')).toMatchObject([
      { node: 'a', fallback: 'agent', agent: 'spare', code: 'model/timeout' },
      { node: 'a', fallback: 'agent', agent: 'last', code: 'model/timeout' },
    ]);
  });

  it('is nothing at all', () => {
    const bench = startedGraph([
      { id: 'a', degradation: [{ fallback: 'skip' }] },
      { id: 'b', dependsOn: ['a'] },
    ]);
    bench.end('a', { fails: 'tool/broken' });
    expect(bench.at).toEqual(['b']);
    expect(bench.node('a')).toMatchObject({ status: 'failed', action: 'skip' });
    expect(bench.said('node.degraded')).toMatchObject([{ fallback: 'skip', code: 'tool/broken' }]);
  });

  const cached =
    (hit: boolean): Shell =>
    (command) => {
      if (command.do !== 'use-cached') return undefined;
      const failure = { code: 'tool/broken', message: 'x' };
      const about = { node: command.node, fallback: 'cached_results', ...failure } as const;
      if (!hit) return [{ type: 'node.degraded', agent: '0', data: about }];
      return [
        { type: 'node.degraded', agent: '0', data: { ...about, ageMs: 5 } },
        {
          type: 'node.finished',
          agent: '0',
          data: { node: 'a', output: { kept: true }, confidence: 1 },
        },
      ];
    };

  it.each([
    [true, { kept: true }, 'finished'],
    [false, {}, 'failed'],
  ])('is a kept result, if there is one: %s', (hit, value, status) => {
    const graph = planGraph([
      {
        id: 'a',
        degradation: [{ fallback: 'cached_results', maxStalenessMs: 9 }, { fallback: 'skip' }],
      },
      { id: 'b', dependsOn: ['a'] },
    ]);
    const bench = new GraphBench(graphPlan(graph), cached(hit)).start();
    bench.end('a', { fails: 'tool/broken' });
    expect(bench.at).toEqual(['b']);
    expect(bench.graph.state.a).toEqual(value);
    expect(bench.node('a').status).toBe(status);
  });
});

describe('a limit of the run', () => {
  const refused = { dimension: 'workers', limit: 2, used: 2, reserved: 0, wanted: 1 } as const;

  function spent() {
    const bench = startedGraph(['a', 'b', { id: 'c', dependsOn: ['a'] }]);
    bench.record({ type: 'budget.exhausted', agent: '0', data: refused });
    return bench.go();
  }

  it('lets what works end, starts nothing more, and makes the run partial', () => {
    const bench = spent();
    expect(bench.at).toEqual(['a', 'b']);
    bench.end('a');
    expect(bench.at).toEqual(['b']);
    expect(bench.state.status).toBe('running');
    bench.end('b');
    expect(bench.statuses).toEqual({ a: 'finished', b: 'finished', c: 'skipped' });
    expect(bench.state.ending).toMatchObject({
      status: 'partial',
      reason: 'budget/workers',
      result: { a: { said: 'a' }, b: { said: 'b' } },
    });
  });

  it('is no failure of the node that it ended', () => {
    const bench = spent().end('a', { fails: 'budget/workers' });
    expect(bench.at).toEqual(['b']);
    expect(bench.end('b').state.ending).toMatchObject({
      status: 'partial',
      reason: 'budget/workers',
    });
  });

  it('lets nothing be tried again', () => {
    const bench = startedGraph([{ id: 'a', retry: twice }]).end('a', { fails: 'model/timeout' });
    bench.record({ type: 'budget.exhausted', data: refused });
    bench.state.ready.add('0');
    expect(bench.go().state.ending).toMatchObject({ status: 'partial' });
  });

  it('that is raised lets the run go on where it was', () => {
    const bench = spent().end('a').end('b');
    const again = new GraphBench(bench.plan).load(bench.log).resume({ workers: 9 });
    expect(again.at).toEqual(['c']);
    again.end('c');
    expect(again.state).toMatchObject({ status: 'complete' });
    expect(again.state.ending?.result).toEqual({
      ...{ a: { said: 'a' }, b: { said: 'b' }, c: { said: 'c' } },
    });
  });
});

describe('a run that failed and is taken up again', () => {
  it('tries what stopped it anew, with all of its attempts, and what was stopped', () => {
    const bench = startedGraph([
      'z',
      { id: 'a', dependsOn: ['z'], retry: { ...twice, attempts: 2, backoff: 'none' } },
      'x',
      { id: 'b', dependsOn: ['a', 'x'] },
    ]);
    bench.end('z').end('a', { fails: 'model/timeout' }).end('a', { fails: 'model/timeout' });
    expect(bench.state.status).toBe('failed');
    const again = new GraphBench(bench.plan).load(bench.log).resume();
    expect(again.at).toEqual(['a', 'x']);
    expect(again.out.map(({ id }) => id)).toEqual(['2.3', '3.2']);
    again.end('a', { fails: 'model/timeout' });
    expect(again.at).toEqual(['x', 'a']);
    again.end('a').end('x').end('b');
    expect(again.state.status).toBe('complete');
    expect(Object.keys(again.state.ending?.result ?? {}).sort()).toEqual(['a', 'b', 'x', 'z']);
  });

  it('leaves a failure alone that it went on after', () => {
    const bench = startedGraph([
      { id: 'a', onFailure: 'continue' },
      { id: 'b', dependsOn: ['a'] },
      'c',
    ]);
    bench.end('a', { fails: 'tool/broken' }).end('c', { fails: 'tool/broken' });
    const again = new GraphBench(bench.plan).load(bench.log).resume();
    expect(again.at).toEqual(['c']);
    again.end('c');
    expect(again.state.ending).toMatchObject({ status: 'partial', reason: 'node/failed' });
    expect(again.node('b').reason).toBe('upstream_failed');
  });

  it('does so one node at a time in a sequential graph', () => {
    const bench = startedGraph(['a', 'b', 'c'], { mode: 'sequential' });
    bench.end('a').end('b', { fails: 'tool/broken' });
    const again = new GraphBench(bench.plan).load(bench.log).resume();
    expect(again.at).toEqual(['b']);
    expect(again.end('b').at).toEqual(['c']);
    expect(again.end('c').state.status).toBe('complete');
  });
});
