import { describe, expect, it } from 'vitest';
import { waitsForPeople } from '../../src/events/approvals.ts';
import {
  NODE_REQUESTS,
  type NodeQuestion,
  nodeCall,
  nodeRequest,
} from '../../src/events/node-requests.ts';
import { GraphBench, graphPlan, planGraph, type TestNode } from '../runtime/engines/graph-bench.ts';

describe('a request about a node', () => {
  it.each(['a', 'a/b', 'node:0/x', ''])('names its graph and node %j', (node) => {
    for (const about of Object.keys(NODE_REQUESTS) as NodeQuestion[]) {
      const request = { call: nodeCall({ frame: '3-2.4' }, node), tool: NODE_REQUESTS[about] };
      expect(nodeRequest(request)).toEqual({ frame: '3-2.4', node, about });
    }
  });

  it.each([
    ['a call of a tool', '1.1/1.t1', 'node.start'],
    ['another question', 'node:0/a', 'mail.send'],
    ['half of one', 'node:0', 'node.start'],
  ])('is not %s', (_, call, tool) => {
    expect(nodeRequest({ call, tool })).toBeUndefined();
  });
});

/** A run whose node `a` waits for a person. */
function waiting(nodes: readonly TestNode[] = [{ id: 'a', approval: 'before' }]) {
  const bench = new GraphBench(graphPlan(planGraph(nodes))).start();
  const data = {
    ...{ id: 'a1', call: 'node:0/a', tool: 'node.start', args: { node: 'a' } },
    ...{ argsHash: 'x', reason: '' },
  };
  bench.record({ type: 'approval.requested', agent: '0', data });
  return bench;
}

const answer = (bench: GraphBench, decision: 'approved' | 'rejected'): void =>
  bench.record({
    ...{ type: 'approval.resolved', agent: '0' },
    data: { id: 'a1', call: 'node:0/a', decision, by: 'test' },
  });

describe('a node that waits', () => {
  it('is held until there is an answer, and the first one counts', () => {
    const bench = waiting();
    expect(bench.node('a').held).toBe('a1');
    answer(bench, 'approved');
    answer(bench, 'rejected');
    expect(bench.node('a')).toMatchObject({ held: undefined, approved: true });
    expect(bench.state.approvals.get('a1')).toMatchObject({ used: true });
    expect(bench.go().at).toEqual(['a']);
  });

  it('takes no answer any more when it has ended', () => {
    const bench = waiting();
    const data = { node: 'a', reason: 'stopped', message: '' } as const;
    bench.record({ type: 'node.skipped', agent: '0', data });
    answer(bench, 'approved');
    expect(bench.node('a')).toMatchObject({ status: 'skipped', approved: false });
    expect(bench.graph.held).toBe(0);
  });

  it('is waited for by nobody when its graph has ended', () => {
    const bench = waiting([{ id: 'a', approval: 'before' }, { id: 'b' }]);
    bench.end('b', { fails: 'tool/broken' });
    expect(bench.state).toMatchObject({ status: 'failed', pendingApprovals: new Set() });
  });

  it('is let go when a limit of the run lets nothing start any more', () => {
    const bench = waiting([{ id: 'a', approval: 'before' }, { id: 'b' }]);
    const data = { dimension: 'tokens', limit: 1, used: 1, reserved: 0, wanted: 1 } as const;
    bench.record({ type: 'budget.exhausted', agent: '0', data });
    bench.end('b');
    expect(bench.state).toMatchObject({ status: 'partial', pendingApprovals: new Set() });
  });

  it('is waited for after such a limit when only its output has to be allowed', () => {
    const bench = new GraphBench(graphPlan(planGraph([{ id: 'a', approval: 'after' }]))).start();
    bench.end('a', { n: 1 });
    const request = {
      ...{ id: 'a1', call: 'node:0/a', tool: 'node.output', args: { output: { n: 1 } } },
      ...{ argsHash: 'x', reason: '' },
    };
    bench.record({ type: 'approval.requested', agent: '0', data: request });
    const data = { dimension: 'tokens', limit: 1, used: 1, reserved: 0, wanted: 1 } as const;
    bench.record({ type: 'budget.exhausted', agent: '0', data });
    expect(bench.go().state.status).toBe('running');
    answer(bench, 'approved');
    expect(bench.go().state).toMatchObject({
      status: 'partial',
      ending: { result: { a: { n: 1 } } },
    });
  });
});

describe('time while people are asked', () => {
  it('counts only when something goes on by itself', () => {
    const retry = {
      attempts: 2,
      backoff: 'linear',
      baseMs: 5000,
      maxMs: 60_000,
      retryable: ['*'],
      nonRetryable: [],
    } as const;
    const bench = waiting([{ id: 'a', approval: 'before' }, { id: 'b', retry }, { id: 'c' }]);
    expect(waitsForPeople(bench.state)).toBe(false);
    bench.end('c');
    bench.end('b', { fails: 'tool/broken' });
    // It is tried again in a while: that is a part of the run's time.
    expect([bench.at, waitsForPeople(bench.state)]).toEqual([[], false]);
    bench.now += 5000;
    bench.state.ready.add('0');
    bench.go().end('b');
    expect(waitsForPeople(bench.state)).toBe(true);
  });
});
