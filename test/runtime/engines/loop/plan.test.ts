import { describe, expect, it } from 'vitest';
import type { Fact } from '../../../../src/events/event.ts';
import type { Subtask } from '../../../../src/events/loop-events.ts';
import type { SubtaskState } from '../../../../src/events/loop-state.ts';
import type { PlanPolicy } from '../../../../src/events/plan-policy.ts';
import {
  delegated,
  type Ended,
  ended,
  envelope,
  next,
  policyPlan,
  said,
  settle,
  startedAs,
  stateAfter,
  wholeTurn,
} from './facts.ts';

function part(id: string, ...dependencies: string[]): Subtask {
  return { id, description: `do ${id}`, dependencies };
}

function planned(...subtasks: Subtask[]): Fact {
  return { type: 'manager.decided', agent: '0', data: { decision: 'plan', call: '0/1', subtasks } };
}

function planWith(commit: 'strict' | 'advisory' = 'strict', more: Partial<PlanPolicy> = {}) {
  return policyPlan({ planning: { maxSubtasks: 4, commit }, ...more });
}

/** The plan in force after these facts, with what the loop records behind each of them. */
function play(
  facts: readonly Fact[],
  plan = planWith(),
): { facts: Fact[]; parts: SubtaskState[]; wants: string; notes: string[] } {
  let all: Fact[] = [];
  let wants = '';
  for (const fact of facts) {
    all = [...all, fact];
    const settled = settle(plan, all);
    all.push(...settled.facts);
    wants = settled.wants;
  }
  const frame = stateAfter(plan, all).frames.get('0');
  const parts = [...(frame?.delegation?.subtasks.values() ?? [])];
  return { facts: all, parts, wants, notes: frame?.notes ?? [] };
}

const statuses = (parts: readonly SubtaskState[]): string[] =>
  parts.map(({ id, status }) => `${id} ${status}`);

describe("a manager's plan", () => {
  it('comes into force, and the manager is asked for its next turn', () => {
    const { parts, wants } = play([planned(part('a'), part('b', 'a'))]);
    expect(statuses(parts)).toEqual(['a pending', 'b pending']);
    expect(wants).toBe('ask turn');
  });

  it('is cut to as many parts as are allowed, and nothing depends on what was cut', () => {
    const all = ['a', 'b', 'c', 'd', 'e', 'f'].map((id) => part(id, 'f'));
    const { parts, notes } = play([planned(...all)]);
    expect(parts.map(({ id, dependencies }) => [id, dependencies])).toEqual(
      ['a', 'b', 'c', 'd'].map((id) => [id, []]),
    );
    expect(notes.join()).toContain('2 parts were left out');
  });

  it('is replaced by another one before work has begun', () => {
    const { parts } = play([planned(part('a')), planned(part('x'), part('y'))]);
    expect(statuses(parts)).toEqual(['x pending', 'y pending']);
  });

  it('is not taken where planning is not enabled', () => {
    const { facts, wants } = play([planned(part('a'))], policyPlan());
    expect(facts.at(-1)).toMatchObject({ type: 'plan.refused' });
    expect(wants).toBe('ask turn');
  });

  it('is locked once work has begun: only who does parts to come is taken over', () => {
    const { parts, notes, facts } = play([
      planned(part('a'), part('b')),
      ...wholeTurn(1, ['a']),
      planned({ ...part('b'), strategy: 'submanager' }, part('new'), part('a')),
    ]);
    expect(statuses(parts)).toEqual(['a completed', 'b pending']);
    expect(parts[1]?.strategy).toBe('submanager');
    expect(facts.at(-1)).toMatchObject({ type: 'plan.made', data: { merged: true } });
    expect(notes.join()).toContain('stays as it is');
  });

  it('that is only advice may drop and add parts, but what was begun stays', () => {
    const { parts } = play(
      [
        planned(part('a'), part('b'), part('c')),
        ...wholeTurn(1, ['a', 'b'], { fails: 'x/y' }),
        planned(part('b1'), part('b2', 'b1', 'c')),
      ],
      planWith('advisory'),
    );
    expect(statuses(parts)).toEqual(['a failed', 'b failed', 'b1 pending', 'b2 pending']);
    expect(parts.at(-1)?.dependencies).toEqual(['b1']);
  });

  it.each([
    ['strict', 2],
    ['advisory', 3],
  ] as const)('that is %s is refused after %i in a row, and then the loop ends', (commit, most) => {
    const plan = planWith(commit);
    const plans = Array.from({ length: most + 2 }, () => planned(part('a')));
    const { facts, wants } = play(plans, plan);
    const kinds = facts.map(({ type }) => type).filter((type) => type !== 'manager.decided');
    expect(kinds).toEqual([
      ...Array.from({ length: most }, () => 'plan.made'),
      'plan.refused',
      'stall.noticed',
    ]);
    expect(wants).toBe('ask closing');
    const closing: Fact = {
      type: 'budget.exhausted',
      agent: '0',
      data: {
        ...{ dimension: 'loops', limit: 1, used: 1, reserved: 0, wanted: 1 },
        purpose: 'closing',
      },
    };
    expect(said(next(plan, [...facts, closing]))).toContain('run.finished');
  });

  it('may be made again after work', () => {
    const again = [planned(part('x')), planned(part('x'))];
    const { wants, facts } = play([...again, ...wholeTurn(1, ['other']), ...again]);
    expect(facts.some(({ type }) => type === 'plan.refused')).toBe(false);
    expect(wants).toBe('ask turn');
  });

  it('that never leads to work ends partial, with the reason', () => {
    const plan = planWith();
    const { facts } = play(
      Array.from({ length: 4 }, () => planned(part('a'))),
      plan,
    );
    const complete: Fact = {
      type: 'manager.decided',
      agent: '0',
      data: { decision: 'fail', call: '0/9', reason: 'x' },
    };
    const state = stateAfter(plan, [...facts, complete]);
    expect(state.frames.get('0')?.delegation?.stuck).toMatchObject({ reason: 'manager/plan-loop' });
  });
});

describe('a part of a plan', () => {
  it('is at work while its worker is, and completed when that is sure enough', () => {
    const begin = [planned(part('a')), delegated('a'), startedAs('1.1', 'a')];
    expect(statuses(play(begin).parts)).toEqual(['a in_progress']);
    expect(statuses(play([...begin, ended('1.1', { confidence: 0.31 })]).parts)).toEqual([
      'a completed',
    ]);
  });

  it.each<[string, Ended]>([
    ['failed', { fails: 'worker/timeout' }],
    ['was not sure', { confidence: 0.3 }],
  ])('has failed when its worker %s, and may be tried again', (_, end) => {
    const first = [planned(part('a')), ...wholeTurn(1, ['a'], end)];
    expect(statuses(play(first).parts)).toEqual(['a failed']);
    const again = wholeTurn(2, [envelope('again', { subtaskId: 'a' })]);
    expect(statuses(play([...first, ...again]).parts)).toEqual(['a completed']);
  });

  it('is found by the id that a delegation names, not by a name that looks alike', () => {
    const { parts } = play([
      planned(part('clean_data'), part('plot')),
      ...wholeTurn(1, [envelope('clean_data_2'), envelope('x', { subtaskId: 'plot' })]),
    ]);
    expect(statuses(parts)).toEqual(['clean_data pending', 'plot completed']);
  });

  it('tells the manager of a part that the plan does not have', () => {
    const { notes } = play([
      planned(part('a')),
      delegated(envelope('w', { subtaskId: 'nowhere' })),
      startedAs('1.1', 'w'),
    ]);
    expect(notes.join()).toContain('no part "nowhere"');
  });

  it('is completed when one of several workers did it', () => {
    const one = (id: string) => envelope(id, { subtaskId: 'a' });
    const begin = [
      planned(part('a')),
      delegated(one('w1'), one('w2')),
      startedAs('1.1', 'w1'),
      startedAs('1.2', 'w2'),
      ended('1.1', { fails: 'x/y' }),
    ];
    expect(statuses(play(begin).parts)).toEqual(['a in_progress']);
    const { parts } = play([...begin, ended('1.2')]);
    expect(parts).toMatchObject([{ status: 'completed', by: '1.2' }]);
  });

  it('stays completed when it is done again and fails', () => {
    const { parts } = play([
      planned(part('a')),
      ...wholeTurn(1, ['a']),
      ...wholeTurn(2, [envelope('b', { subtaskId: 'a' })], { fails: 'x/y' }),
    ]);
    expect(statuses(parts)).toEqual(['a completed']);
  });

  it('goes to a manager of its own after several turns, once, and is never taken for done', () => {
    const tries = (from: number, count: number): Fact[] =>
      Array.from({ length: count }, (_, index) => from + index).flatMap((turn) =>
        wholeTurn(turn, [envelope(`w${turn}`, { subtaskId: 'a' })], { confidence: 0.1 }),
      );
    const plan = planWith('strict', { loopsPerSubtask: 2 });
    expect(play([planned(part('a')), ...tries(1, 1)], plan).parts).toMatchObject([
      { status: 'failed', turns: 1 },
    ]);
    const second = play([planned(part('a')), ...tries(1, 2)], plan);
    expect(second.parts).toMatchObject([{ status: 'pending', strategy: 'submanager', turns: 0 }]);
    expect(second.notes.join()).toContain('a manager of its own');
    expect(play([planned(part('a')), ...tries(1, 4)], plan).parts).toMatchObject([
      { status: 'failed', strategy: 'submanager', turns: 2 },
    ]);
  });

  it.each([
    ['no depth is left', { limits: { ...policyPlan().limits, depth: 0 } }, {}],
    ['no sub-manager is allowed', {}, { submanagers: { ...EMPTY_SUBMANAGERS(), total: 0 } }],
  ])('gets no manager of its own where %s', (_, change, policy) => {
    const plan = { ...planWith('strict', { loopsPerSubtask: 1, ...policy }), ...change };
    const { parts } = play([planned(part('a')), ...wholeTurn(1, ['a'], { confidence: 0 })], plan);
    expect(parts).toMatchObject([{ status: 'failed' }]);
    expect(parts[0]?.strategy).toBeUndefined();
  });
});

function EMPTY_SUBMANAGERS(): PlanPolicy['submanagers'] {
  return { atOnce: 1, total: 1, share: null, refund: true, strict: false, forbiddenKeys: [] };
}

describe('workers of one turn whose parts depend on each other', () => {
  const parts = [part('load'), part('clean', 'load'), part('plot', 'clean'), part('other')];
  const begin = [planned(...parts), delegated('load', 'clean', 'plot', 'other')];

  it('start when what they depend on is completed, whoever else is at work', () => {
    const first = play(begin);
    expect(first.wants).toBe('start load; start other');
    const running = [...begin, startedAs('1.1', 'load'), startedAs('1.4', 'other')];
    expect(play(running).wants).toBe('');
    const loaded = [...running, ended('1.1')];
    expect(play(loaded).wants).toBe('start clean');
    const cleaned = [...loaded, startedAs('1.2', 'clean'), ended('1.2')];
    expect(play(cleaned).wants).toBe('start plot');
    const plotted = [...cleaned, startedAs('1.3', 'plot'), ended('1.3')];
    expect(play(plotted).wants).toBe('');
    expect(play([...plotted, ended('1.4')]).wants).toBe('ask turn');
  });

  it('are not started when what they depend on failed, with all that depends on them', () => {
    const { facts, wants, notes } = play([
      ...begin,
      startedAs('1.1', 'load'),
      startedAs('1.4', 'other'),
      ended('1.1', { fails: 'x/y' }),
    ]);
    const skipped = facts.filter(({ type }) => type === 'agent.skipped');
    expect(skipped.map((fact) => said([{ do: 'record', facts: [fact] }]))).toEqual([
      'skip clean dependency',
      'skip plot dependency',
    ]);
    expect(wants).toBe('');
    expect(notes.join('\n')).toContain('clean was not started: its part depends on "load"');
  });

  it.each([
    ['strict', 'ask turn', 1],
    ['advisory', 'start plot', 0],
  ] as const)('that nobody is at work on: a %s plan', (commit, wants, skipped) => {
    const played = play([planned(...parts), delegated('plot')], planWith(commit));
    expect(played.wants).toBe(wants);
    expect(played.facts.filter(({ type }) => type === 'agent.skipped')).toHaveLength(skipped);
  });

  it('are not started when they wait for each other', () => {
    const circle: Fact = {
      type: 'plan.made',
      agent: '0',
      data: { call: '0/1', subtasks: [part('a', 'b'), part('b', 'a')] },
    };
    const { facts, wants } = play([circle, delegated('a', 'b')]);
    expect(facts.filter(({ type }) => type === 'agent.skipped')).toHaveLength(2);
    expect(wants).toBe('ask turn');
  });

  it('build on those who did what their parts depend on', () => {
    const { facts } = play([
      ...begin,
      startedAs('1.1', 'load'),
      startedAs('1.4', 'other'),
      ended('1.1'),
      startedAs('1.2', 'clean'),
      ended('1.2'),
      startedAs('1.3', 'plot'),
    ]);
    const work = stateAfter(planWith(), facts).frames.get('0')?.delegation?.work;
    expect(work?.get('1.1')?.builtOn).toEqual([]);
    expect(work?.get('1.2')?.builtOn).toEqual(['1.1']);
    expect([...(work?.get('1.3')?.builtOn ?? [])].sort()).toEqual(['1.1', '1.2']);
    expect(work?.get('1.4')?.builtOn).toEqual([]);
  });
});
