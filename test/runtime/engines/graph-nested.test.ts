import { describe, expect, it } from 'vitest';
import type { PlanNode } from '../../../src/events/plan-graph.ts';
import { planGraph, startedGraph, type TestNode } from './graph-bench.ts';

function nested(inner: readonly (TestNode | string)[], change: Partial<PlanNode> = {}) {
  const graph = planGraph(inner, { name: 'inner' });
  return startedGraph([
    'a',
    { id: 'sub', kind: 'subworkflow', graph, dependsOn: ['a'], ...change },
    { id: 'z', dependsOn: ['sub'] },
  ]).end('a');
}

describe('a graph in a graph', () => {
  it('is one node: its nodes run below it, its outputs are its output', () => {
    const bench = nested(['p', { id: 'q', dependsOn: ['p'] }]);
    expect(bench.out).toMatchObject([{ id: '2-1', parent: '2', node: { id: 'p' } }]);
    bench.end('p').end('q', { answer: 1, confidence: 0.5 });
    expect(bench.at).toEqual(['z']);
    expect(bench.graph.state.sub).toEqual({ p: { said: 'p' }, q: { answer: 1, confidence: 0.5 } });
    expect(bench.said('subworkflow.finished')).toEqual([{ node: 'sub', ok: true }]);
    expect(bench.end('z').state.status).toBe('complete');
  });

  it('hands out what its mapping says', () => {
    const bench = nested(['p'], {
      outputMapping: { all: 'state.p.n + 1', path: 'p.n', whole: 'state' },
    }).end('p', { n: 4 });
    expect(bench.graph.state.sub).toEqual({ all: 5, path: 4, whole: { p: { n: 4 } } });
  });

  it('fails as a whole when its mapping has no value', () => {
    const bench = nested(['p'], { outputMapping: { x: 'p.n.m' } }).end('p', { n: 4 });
    expect(bench.state.ending).toMatchObject({ status: 'failed', reason: 'node/bad-mapping' });
    expect(bench.said('expression.failed')).toMatchObject([{ node: 'sub', at: 'output_mapping' }]);
    expect(bench.said('subworkflow.finished')).toEqual([{ node: 'sub', ok: false }]);
  });

  it('fails as a whole when one of its nodes stops it', () => {
    const bench = nested(['p', 'q'], { onFailure: 'continue' }).end('p', { fails: 'tool/broken' });
    expect(bench.state.openFrames.size).toBe(0);
    expect(bench.node('sub')).toMatchObject({ status: 'failed', code: 'tool/broken' });
    expect(bench.node('z')).toMatchObject({ status: 'skipped', reason: 'upstream_failed' });
    expect(bench.graph.state.sub).toMatchObject({ error: 'p failed: it said tool/broken' });
  });

  it('ends well when it went on after a failure', () => {
    const bench = nested([{ id: 'p', onFailure: 'continue' }, 'q']);
    bench.end('p', { fails: 'tool/broken' }).end('q');
    expect(bench.at).toEqual(['z']);
    expect(bench.graph.state.sub).toMatchObject({ p: { confidence: 0 }, q: { said: 'q' } });
  });

  it('is tried again as a whole', () => {
    const retry = { ...bench0().node('a').plan.retry, attempts: 2, retryable: ['tool'] };
    const bench = nested(['p'], { retry }).end('p', { fails: 'tool/broken' });
    expect(bench.out).toMatchObject([{ id: '2.2-1', parent: '2.2' }]);
    expect(bench.end('p').at).toEqual(['z']);
  });

  it('is stopped with all below it', () => {
    const bench = startedGraph([
      'a',
      { id: 'sub', kind: 'subworkflow', graph: planGraph(['p', 'q']) },
    ]).end('a', { fails: 'tool/broken' });
    expect(bench.state.status).toBe('failed');
    expect(bench.state.openFrames.size).toBe(0);
    for (const id of ['2', '2-1', '2-2']) {
      expect(bench.state.frames.get(id)?.outcome?.code).toBe('node/stopped');
    }
  });

  it('ends when a limit of the run is reached, and so does the run', () => {
    const bench = nested(['p', { id: 'q', dependsOn: ['p'] }]);
    const data = { dimension: 'workers', limit: 2, used: 2, reserved: 0, wanted: 1 } as const;
    bench.record({ type: 'budget.exhausted', agent: '2', data });
    bench.end('p');
    expect(bench.state.ending).toMatchObject({ status: 'partial', reason: 'budget/workers' });
    expect(bench.state.ending?.result.sub).toMatchObject({ p: { said: 'p' } });
    expect(bench.node('sub')).toMatchObject({ status: 'failed', code: 'budget/workers' });
  });

  it('may be as deep as the plan says', () => {
    const deepest = planGraph(['leaf']);
    const middle = planGraph([{ id: 'm', kind: 'subworkflow', graph: deepest }]);
    const bench = startedGraph([{ id: 'top', kind: 'subworkflow', graph: middle }]);
    expect(bench.out).toMatchObject([{ id: '1-1-1', parent: '1-1' }]);
    bench.end('leaf');
    expect(bench.state.ending?.result).toEqual({ top: { m: { leaf: { said: 'leaf' } } } });
  });
});

function bench0() {
  return startedGraph(['a']);
}
