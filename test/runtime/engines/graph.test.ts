import { describe, expect, it } from 'vitest';
import { GraphBench, graphPlan, planGraph, startedGraph } from './graph-bench.ts';

const DIAMOND = [
  'a',
  { id: 'b', dependsOn: ['a'] },
  { id: 'c', dependsOn: ['a'] },
  { id: 'd', dependsOn: ['b', 'c'] },
] as const;

describe('a graph', () => {
  it('starts each node as soon as its own dependencies have ended', () => {
    const bench = startedGraph(['a', 'x', { id: 'b', dependsOn: ['a'] }]);
    expect(bench.at).toEqual(['a', 'x']);
    expect(bench.end('a').at).toEqual(['x', 'b']);
  });

  it('ends complete with the outputs by node, and with what its last node said', () => {
    const bench = startedGraph(DIAMOND);
    bench.end('a').end('c').end('b').end('d', { answer: 42 });
    expect(bench.state).toMatchObject({ status: 'complete' });
    expect(bench.state.ending).toEqual({
      status: 'complete',
      text: 'text of 4',
      result: { a: { said: 'a' }, b: { said: 'b' }, c: { said: 'c' }, d: { answer: 42 } },
    });
    expect(bench.log.slice(-2).map(({ type }) => type)).toEqual(['agent.finished', 'run.finished']);
    expect(bench.state.openFrames.size).toBe(0);
  });

  it('hands out the values it started with, too', () => {
    const { state } = startedGraph([]).graph.plan;
    const bench = startedGraph(['a'], { state: { ...state, initial: { tone: 'dry' } } });
    expect(bench.end('a').state.ending?.result).toEqual({ tone: 'dry', a: { said: 'a' } });
  });

  it('ends at once when all of its nodes are skipped', () => {
    const bench = startedGraph([
      { id: 'a', enabled: false },
      { id: 'b', dependsOn: ['a'] },
    ]);
    expect(bench.state).toMatchObject({ status: 'complete', ending: { result: {} } });
    expect(bench.state.ending?.text).toBe('no node brought anything');
  });

  it('without nodes ends at once', () => {
    expect(startedGraph([]).state.status).toBe('complete');
  });

  it('whose nodes wait for each other fails and says so', () => {
    const bench = startedGraph([
      'a',
      { id: 'b', dependsOn: ['c'] },
      { id: 'c', dependsOn: ['b'] },
    ]).end('a');
    expect(bench.state).toMatchObject({ status: 'failed', ending: { reason: 'node/cycle' } });
    expect(bench.statuses).toEqual({ a: 'finished', b: 'skipped', c: 'skipped' });
  });

  it('keeps a node with a hostile name apart from what objects inherit', () => {
    const bench = startedGraph(['__proto__', { id: 'constructor', dependsOn: ['__proto__'] }]);
    bench.end('__proto__').end('constructor');
    const result = bench.state.ending?.result ?? {};
    expect(Object.keys(result)).toEqual(['__proto__', 'constructor']);
    expect(Object.getPrototypeOf(result)).toBe(Object.prototype);
  });

  it('gives nodes of the same agent frames that count their runs', () => {
    const bench = startedGraph(['a', 'b']);
    expect(bench.out.map(({ id }) => id)).toEqual(['1', '2']);
  });
});

describe('the number of agents at work', () => {
  const five = ['a', 'b', 'c', 'd', 'e'];

  it('is at most that of the graph', () => {
    const bench = startedGraph(five, { maxParallel: 2 });
    expect(bench.at).toEqual(['a', 'b']);
    expect(bench.end('b').at).toEqual(['a', 'c']);
  });

  it('names at most one more than the run has room for, so that it is asked again', () => {
    const bench = new GraphBench(
      graphPlan(planGraph(five), { parallel: 2 }),
      (command, { state }) =>
        command.do === 'start-node' && state.openWorkers >= 2 ? [] : undefined,
    ).start();
    expect(bench.at).toEqual(['a', 'b']);
    bench.end('a');
    expect(bench.at).toEqual(['b', 'c']);
  });

  it.each(['parallel', 'conditional', 'adaptive'] as const)('is one for all in mode %s', (mode) => {
    expect(startedGraph(five, { mode }).at).toEqual(five);
  });
});

describe('a sequential graph', () => {
  it('runs one node at a time, in the order of places as far as dependencies let it', () => {
    const bench = startedGraph(['c', { id: 'a', dependsOn: ['b'] }, 'd', 'b'], {
      mode: 'sequential',
    });
    const order: string[] = [];
    while (bench.state.status === 'running') {
      expect(bench.at).toHaveLength(1);
      order.push(...bench.at);
      bench.end(bench.at[0]!);
    }
    expect(order).toEqual(['c', 'd', 'b', 'a']);
  });

  it('starts nothing else while a node waits for its next attempt', () => {
    const retry = {
      ...startedGraph(['a']).node('a').plan.retry,
      attempts: 2,
      backoff: 'linear' as const,
    };
    const bench = startedGraph([{ id: 'a', retry }, 'b'], { mode: 'sequential' });
    bench.end('a', { fails: 'node/timeout' });
    expect(bench.at).toEqual([]);
    expect(bench.pass(2000).at).toEqual(['a']);
    expect(bench.end('a').at).toEqual(['b']);
  });

  it('goes on after a node that is skipped, and after one that failed', () => {
    const bench = startedGraph(
      [
        { id: 'a', enabled: false },
        { id: 'b', onFailure: 'continue' },
        { id: 'c', dependsOn: ['b'] },
        'd',
      ],
      { mode: 'sequential' },
    );
    bench.end('b', { fails: 'tool/broken' });
    expect(bench.at).toEqual(['d']);
    expect(bench.statuses).toMatchObject({ a: 'skipped', b: 'failed', c: 'skipped' });
  });
});

describe('a step that a crash has ended', () => {
  it('is called again, and its attempt counts once', () => {
    const bench = startedGraph(['a']);
    const again = new GraphBench(bench.plan).load(bench.log).resume();
    expect(again.asked).toMatchObject([{ do: 'call-step', frame: { id: '1', attempt: 0 } }]);
    expect(again.node('a').main.attempt).toBe(1);
    again.endFrame('1', { ok: true }).go();
    expect(again.state.status).toBe('complete');
  });

  it('is called again after another crash', () => {
    const bench = startedGraph(['a']);
    const once = new GraphBench(bench.plan).load(bench.log).resume();
    const twice = new GraphBench(bench.plan).load(once.log).resume();
    expect(twice.asked).toMatchObject([{ do: 'call-step' }]);
  });
});
