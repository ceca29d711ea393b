import { describe, expect, it } from 'vitest';
import { skipReason } from '../../../src/events/graph-walk.ts';
import type { PlanNode } from '../../../src/events/plan-graph.ts';
import { startedGraph } from './graph-bench.ts';

type Condition = 'success' | 'failure' | 'always';
type How = 'finished' | 'continue' | 'skip' | 'skipped';

/** A run whose node `a` ended in this way, and `b` depends on it. */
function behind(how: How, condition: Condition, expr?: string) {
  const bench = startedGraph([
    { id: 'a', enabled: how !== 'skipped', onFailure: how === 'continue' ? 'continue' : 'skip' },
    { id: 'b', dependsOn: [{ id: 'a', condition, ...(expr !== undefined && { expr }) }] },
  ]);
  if (how === 'finished') bench.end('a', { score: 3 });
  if (how === 'continue' || how === 'skip') bench.end('a', { fails: 'tool/broken' });
  return bench;
}

describe('a node that depends on another', () => {
  it.each<[How, Condition, 'runs' | 'dependency' | 'upstream_failed']>([
    ['finished', 'success', 'runs'],
    ['finished', 'always', 'runs'],
    ['finished', 'failure', 'dependency'],
    ['continue', 'success', 'upstream_failed'],
    ['continue', 'failure', 'runs'],
    ['continue', 'always', 'runs'],
    ['skip', 'success', 'runs'],
    ['skip', 'failure', 'runs'],
    ['skip', 'always', 'runs'],
    ['skipped', 'success', 'dependency'],
    ['skipped', 'failure', 'dependency'],
    ['skipped', 'always', 'runs'],
  ])('that ended as %s, on condition %s: %s', (how, condition, what) => {
    const bench = behind(how, condition);
    if (what === 'runs') expect(bench.at).toEqual(['b']);
    else expect(bench.node('b')).toMatchObject({ status: 'skipped', reason: what });
  });

  it.each<[How, Condition, string, boolean]>([
    ['finished', 'success', 'state.a.score > 2', true],
    ['finished', 'success', 'state.a.score > 3', false],
    ['finished', 'always', 'state.a.score > 3', false],
    ['continue', 'failure', "state.a.error == 'it said tool/broken'", true],
    ['continue', 'failure', 'state.a.confidence > 0', false],
    ['skip', 'success', "'score' not in state.a", true],
    ['skip', 'success', 'state.a.score', false],
    ['skipped', 'always', "'a' not in state", true],
  ])('that ended as %s, on condition %s and %s: %s', (how, condition, expr, runs) => {
    const bench = behind(how, condition, expr);
    expect(bench.at).toEqual(runs ? ['b'] : []);
    expect(bench.said('expression.failed')).toEqual([]);
  });

  it('is not run by an expression that has no value, and that is said once', () => {
    const bench = behind('finished', 'success', 'state.a.b.c.d > 1');
    expect(bench.node('b')).toMatchObject({ status: 'skipped', reason: 'dependency' });
    expect(bench.said('expression.failed')).toMatchObject([
      { node: 'b', at: 'depends_on', expression: 'state.a.b.c.d > 1' },
    ]);
  });

  it('is not run by an expression that is none', () => {
    const bench = behind('finished', 'success', 'state.a ==');
    expect(bench.node('b').status).toBe('skipped');
    expect(bench.said('expression.failed')).toHaveLength(1);
    expect(skipReason(bench.node('b'), bench.graph)).toContain('could not be evaluated');
  });
});

describe('a node with several ways into it', () => {
  const ways = (c: Partial<PlanNode>) =>
    startedGraph([
      { id: 'a' },
      { id: 'b', enabled: false },
      { id: 'c', onFailure: 'continue', ...c },
      { id: 'd', dependsOn: ['a', 'b', 'c'] },
      { id: 'e', dependsOn: ['b', 'd'] },
    ]);

  it('runs when one of them is taken', () => {
    const bench = ways({}).end('a').end('c');
    expect(bench.at).toEqual(['d']);
  });

  it('waits until all have ended', () => {
    const bench = ways({}).end('a');
    expect(bench.node('d')).toMatchObject({ status: 'waiting', left: 1 });
  });

  it('is skipped when one is blocked, and so is what follows', () => {
    const bench = ways({}).end('a').end('c', { fails: 'tool/broken' });
    expect(bench.node('d')).toMatchObject({ status: 'skipped', reason: 'upstream_failed' });
    expect(bench.node('e')).toMatchObject({ status: 'skipped', reason: 'dependency' });
  });

  it('counts one that is named twice once', () => {
    const bench = startedGraph(['a', { id: 'b', dependsOn: ['a', 'a'] }]);
    expect(bench.end('a').at).toEqual(['b']);
  });

  it('tells of a failing expression once, although another way is taken', () => {
    const bench = startedGraph(
      [{ id: 'a' }, { id: 'x' }, { id: 'b', dependsOn: [{ id: 'a', expr: 'nobody' }, 'x'] }],
      {},
    );
    bench.end('a').end('x');
    expect(bench.at).toEqual(['b']);
    expect(bench.said('expression.failed')).toHaveLength(1);
  });
});

describe('what a node says of itself', () => {
  it.each<[string, Partial<PlanNode>, 'runs' | 'disabled' | 'condition', string?]>([
    ['nothing', {}, 'runs'],
    ['enabled: false', { enabled: false }, 'disabled'],
    ['an enabled that holds', { enabled: 'state.n == 3' }, 'runs'],
    ['an enabled that does not hold', { enabled: 'state.n > 3' }, 'disabled'],
    ['an enabled without a value', { enabled: 'state.x.y' }, 'disabled', 'enabled'],
    ['a when that holds', { when: 'state.n' }, 'runs'],
    ['a when that does not hold', { when: 'not state.n' }, 'condition'],
    ['a when without a value', { when: 'm' }, 'condition', 'when'],
    ['enabled before when', { enabled: false, when: 'm' }, 'disabled'],
  ])('%s', (_name, change, what, failedAt) => {
    const { state } = startedGraph([]).graph.plan;
    const bench = startedGraph([{ id: 'a', ...change }, 'z'], {
      state: { ...state, initial: { n: 3 } },
    });
    if (what === 'runs') expect(bench.at).toEqual(['a', 'z']);
    else expect(bench.node('a')).toMatchObject({ status: 'skipped', reason: what });
    const failed = bench.said('expression.failed');
    expect(failed.map(({ at }) => at)).toEqual(failedAt ? [failedAt] : []);
    const why = skipReason(bench.node('a'), bench.graph);
    expect(why.includes('could not be evaluated')).toBe(failedAt !== undefined);
  });

  it('is looked at when what is before it has ended', () => {
    const bench = startedGraph(['a', { id: 'b', dependsOn: ['a'], when: 'state.a.go' }]);
    expect(bench.end('a', { go: true }).at).toEqual(['b']);
  });
});
