import { describe, expect, it } from 'vitest';
import type { Fact } from '../../src/events/event.ts';
import { buildGraph } from '../../src/events/graph-build.ts';
import { holdNode, releaseNode } from '../../src/events/graph-nodes.ts';
import { GraphBench, planGraph, startedGraph } from '../runtime/engines/graph-bench.ts';

describe('building a graph', () => {
  it('knows what comes after what, and what is ready', () => {
    const graph = buildGraph(
      '0',
      planGraph(['a', { id: 'b', dependsOn: ['a'] }, { id: 'c', dependsOn: ['a', 'b'] }, 'd']),
    );
    const nodes = [...graph.nodes].map(([id, { place, left, after, status }]) => ({
      ...{ id, place, left, after, status },
    }));
    expect(nodes).toEqual([
      { id: 'a', place: 1, left: 0, after: ['b', 'c'], status: 'ready' },
      { id: 'b', place: 2, left: 1, after: ['c'], status: 'waiting' },
      { id: 'c', place: 3, left: 2, after: [], status: 'waiting' },
      { id: 'd', place: 4, left: 0, after: [], status: 'ready' },
    ]);
    expect([...graph.queue]).toEqual(['a', 'd']);
    expect(graph.left).toBe(4);
  });

  it('puts given values over the initial ones', () => {
    const plan = planGraph([]);
    const initial = { a: 1, b: 2 };
    const graph = buildGraph('0', { ...plan, state: { ...plan.state, initial } }, { b: 3, c: 4 });
    expect(graph.state).toEqual({ a: 1, b: 3, c: 4 });
    expect(initial).toEqual({ a: 1, b: 2 });
  });

  it('does not count dependencies on nodes that are not there', () => {
    const graph = buildGraph('0', planGraph([{ id: 'a', dependsOn: ['nobody'] }]));
    expect([...graph.queue]).toEqual(['a']);
  });

  it('puts the nodes of a sequential graph into one chain', () => {
    const graph = buildGraph(
      '0',
      planGraph(['z', { id: 'a', dependsOn: ['m'] }, 'm'], { mode: 'sequential' }),
    );
    expect([...graph.queue]).toEqual(['z']);
    expect([...graph.nodes.values()].map(({ next }) => next)).toEqual(['m', undefined, 'a']);
  });
});

describe('facts about nodes', () => {
  it.each<[string, Fact]>([
    ['node.finished', { type: 'node.finished', agent: '0', data: { node: 'x', output: {} } }],
    [
      'node.failed',
      {
        type: 'node.failed',
        agent: '0',
        data: { node: 'x', code: 'a/b', message: '', action: 'stop' },
      },
    ],
    [
      'node.skipped',
      { type: 'node.skipped', agent: '0', data: { node: 'x', reason: 'disabled', message: '' } },
    ],
    [
      'node.retried',
      {
        type: 'node.retried',
        agent: '0',
        data: { node: 'x', attempt: 2, inMs: 1, code: 'a/b', message: '' },
      },
    ],
    [
      'node.degraded',
      {
        type: 'node.degraded',
        agent: '0',
        data: { node: 'x', fallback: 'skip', code: 'a/b', message: '' },
      },
    ],
    [
      'expression.failed',
      {
        type: 'expression.failed',
        agent: '0',
        data: { node: 'x', at: 'when', expression: 'y', message: '' },
      },
    ],
  ])('that are not there change nothing: %s', (_name, fact) => {
    const bench = startedGraph(['a']);
    const before = structuredClone([bench.graph.state, bench.statuses, bench.graph.left]);
    bench.record(fact);
    bench.record({ ...fact, agent: 'nowhere' } as Fact);
    bench.record({ ...fact, agent: '1' } as Fact);
    expect([bench.graph.state, bench.statuses, bench.graph.left]).toEqual(before);
  });

  it('of a node that has ended change nothing', () => {
    const bench = startedGraph(['a', 'b']).end('a', { n: 1 });
    const ends: Fact[] = [
      { type: 'node.finished', agent: '0', data: { node: 'a', output: { n: 2 } } },
      { type: 'node.skipped', agent: '0', data: { node: 'a', reason: 'stopped', message: '' } },
    ];
    for (const fact of ends) bench.record(fact);
    expect(bench.node('a').status).toBe('finished');
    expect(bench.graph).toMatchObject({ left: 1, open: 1, state: { a: { n: 1 } } });
  });

  it('finish a node with the output of the agent that they name', () => {
    const bench = startedGraph([{ id: 'a', approval: 'after' }]);
    bench.endFrame('1', { n: 1 });
    expect(bench.node('a').status).toBe('running');
    bench.record({ type: 'node.finished', agent: '0', data: { node: 'a', from: '1' } });
    expect(bench.node('a')).toMatchObject({ status: 'finished', main: { confidence: 1 } });
    expect(bench.graph.state.a).toEqual({ n: 1 });
    expect(bench.go().state).toMatchObject({ status: 'complete', ending: { text: 'text of 1' } });
  });
});

describe('a step', () => {
  it('is in flight from its start to its end', () => {
    const bench = startedGraph(['a']);
    expect(bench.state.inFlight.get('1')).toMatchObject({ kind: 'step', frame: '1' });
    expect(bench.state.frames.get('1')?.phase).toBe('waiting');
    expect(bench.state).toMatchObject({ openWorkers: 1, ledger: { used: { workers: 1 } } });
    bench.end('a');
    expect(bench.state.inFlight.size).toBe(0);
    expect(bench.state).toMatchObject({ openWorkers: 0, ledger: { used: { workers: 1 } } });
  });
});

describe('a node that waits for a person', () => {
  it('takes no place, and is looked at when somebody answers', () => {
    const bench = startedGraph([{ id: 'a', approval: 'before' }, 'b'], { maxParallel: 1 });
    expect(bench.asked).toMatchObject([{ do: 'ask-person', node: 'a', about: 'before' }]);
    holdNode(bench.graph, bench.node('a'), 'a1');
    expect(bench.graph).toMatchObject({ held: 1, open: 1 });
    bench.state.ready.add('0');
    expect(bench.go().asked).toHaveLength(1);
    bench.end('b');
    expect(bench.state.status).toBe('running');
    bench.node('a').approved = true;
    releaseNode(bench.state, bench.graph, bench.node('a'));
    expect(bench.go().at).toEqual(['a']);
    expect(bench.graph.held).toBe(0);
  });

  it('is not started when the person refuses', () => {
    const bench = startedGraph([{ id: 'a', approval: 'before', onFailure: 'continue' }, 'b']);
    holdNode(bench.graph, bench.node('a'), 'a1');
    bench.node('a').main.failure = { code: 'approval/rejected', message: 'no' };
    releaseNode(bench.state, bench.graph, bench.node('a'));
    bench.go();
    expect(bench.node('a')).toMatchObject({ status: 'failed', code: 'approval/rejected' });
    expect(bench.end('b').state.status).toBe('partial');
  });

  it('has its output asked about before others see it', () => {
    const bench = startedGraph([
      { id: 'a', approval: 'after' },
      { id: 'b', dependsOn: ['a'] },
    ]).end('a', { n: 1 });
    expect(bench.asked).toMatchObject([
      { do: 'ask-person', node: 'a', about: 'after', args: { output: { n: 1 } } },
    ]);
    const node = bench.node('a');
    holdNode(bench.graph, node, 'a1');
    node.approved = true;
    node.edited = { n: 2 };
    releaseNode(bench.state, bench.graph, node);
    expect(bench.go().at).toEqual(['b']);
    expect(bench.graph.state.a).toEqual({ n: 2 });
  });

  it('is let go when another failure stops the graph', () => {
    const bench = startedGraph([{ id: 'a', approval: 'before' }, 'b']);
    holdNode(bench.graph, bench.node('a'), 'a1');
    bench.end('b', { fails: 'tool/broken' });
    expect(bench.state.status).toBe('failed');
    expect(bench.graph.held).toBe(0);
    expect(bench.node('a')).toMatchObject({ status: 'skipped', reason: 'stopped' });
  });
});

describe('what a graph costs', () => {
  /** Lookups of nodes, for each node of a graph that runs to its end. */
  function lookups(size: number, chain: boolean): number {
    const nodes = Array.from({ length: size }, (_, index) => ({
      id: `n${index}`,
      dependsOn: chain && index > 0 ? [`n${index - 1}`] : [],
      when: 'len(state) >= 0',
    }));
    const bench = startedGraph(nodes, { maxParallel: 7 });
    let count = 0;
    const get = bench.graph.nodes.get.bind(bench.graph.nodes);
    bench.graph.nodes.get = (id) => {
      count += 1;
      return get(id);
    };
    bench.graph.nodes.entries = () => {
      throw new Error('all nodes are looked at');
    };
    let out = bench.out;
    while (out.length > 0 && bench.graph.left > 1) {
      for (const { id } of out) {
        if (bench.graph.left > 1) bench.endFrame(id, { ok: true }).go();
      }
      out = bench.out;
    }
    return count / size;
  }

  it.each([true, false])(
    'is the same for each node, however many there are (a chain: %s)',
    (chain) => {
      const [few, many] = [lookups(100, chain), lookups(2000, chain)];
      expect(many).toBeLessThan(few * 1.1);
    },
  );
});

describe('a log of another plan', () => {
  it('whose graph is not there ends with a clear failure', () => {
    const bench = startedGraph(['a']);
    const { graph: _graph, ...plan } = bench.plan;
    const log = bench.log
      .slice(0, 2)
      .map((event) =>
        event.type === 'run.started' ? { ...event, data: { ...event.data, plan } } : event,
      );
    const again = new GraphBench(plan).load(log);
    again.state.ready.add('0');
    again.go();
    expect(again.state).toMatchObject({ status: 'failed', ending: { reason: 'internal/bug' } });
  });
});
