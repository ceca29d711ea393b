import { describe, expect, it } from 'vitest';
import type { Envelope } from '../../../../src/events/decision.ts';
import type { Fact } from '../../../../src/events/event.ts';
import type { Defect } from '../../../../src/events/loop-events.ts';
import type { PlanCritique } from '../../../../src/events/plan-policy.ts';
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

const plan = policyPlan();

describe('a turn with too many workers', () => {
  it('starts the first ones and puts the rest off, in one note', () => {
    const of = policyPlan({ turnWorkers: 2 });
    const ids = Array.from({ length: 1000 }, (_, index) => `w${index}`);
    const { facts, wants } = settle(of, [delegated(...ids)]);
    expect(wants).toBe('start w0; start w1');
    expect(facts).toHaveLength(998);
    const { notes = [] } = stateAfter(of, [delegated(...ids), ...facts]).frames.get('0') ?? {};
    expect(notes).toHaveLength(1);
    expect(notes[0]).toMatch(/^Put off, because a turn has at most 2 workers: w2, w3/);
    expect(notes[0]?.length).toBeLessThan(1100);
  });

  it('counts those that have ended, too', () => {
    const of = policyPlan({ turnWorkers: 2 });
    const begin = [delegated('a', 'b', 'c'), startedAs('1.1', 'a'), ended('1.1')];
    expect(said(next(of, begin))).toBe('skip c turn-limit');
  });

  it('has no limit when it is switched off', () => {
    const of = policyPlan({ turnWorkers: null });
    expect(settle(of, [delegated('a', 'b', 'c', 'd', 'e', 'f', 'g')]).facts).toHaveLength(0);
  });
});

describe('work that is delegated again', () => {
  const job = (workerId: string, more: Partial<Envelope> = {}): Envelope =>
    envelope(workerId, { instructions: 'Add the  numbers', ...more });
  const isHeld = (facts: Fact[], ...again: Envelope[]): string =>
    said(next(plan, [...facts, delegated(...again)]));

  it('is held back after it succeeded, also under another name and another spelling', () => {
    const once = wholeTurn(1, [job('a')]);
    expect(isHeld(once, job('b', { instructions: ' add THE numbers\n' }))).toBe('skip b redundant');
    expect(isHeld(once, job('b', { temperature: 1.5, timeoutMs: 5 }))).toBe('skip b redundant');
  });

  it.each<[string, Partial<Envelope>]>([
    ['instructions', { instructions: 'Add the other numbers' }],
    ['a context', { context: { from: 2 } }],
    ['a contract', { contract: { requiredFields: ['sum'] } }],
    ['tools', { toolsAllowed: ['arithmetic.*'] }],
    ['skills', { skills: ['sums'] }],
  ])('is other work with other %s', (_, more) => {
    expect(isHeld(wholeTurn(1, [job('a')]), job('b', more))).toBe('start b');
  });

  it('may be delegated to several workers of one turn', () => {
    expect(isHeld([], job('a'), job('b'), job('c'))).toBe('start a; start b; start c');
  });

  it.each<[string, Ended[], string]>([
    ['once', [{ fails: 'worker/timeout' }], 'start z'],
    [
      'twice in the same way',
      [{ fails: 'worker/timeout' }, { fails: 'worker/timeout' }],
      'skip z redundant',
    ],
    [
      'twice in different ways',
      [{ fails: 'worker/timeout' }, { fails: 'model/bad-answer' }],
      'start z',
    ],
    ['without being sure, twice', [{ confidence: 0.2 }, { confidence: 0.1 }], 'skip z redundant'],
  ])('that failed %s', (_, ends, expected) => {
    const facts = ends.flatMap((end, index) => wholeTurn(index + 1, [job(`w${index}`)], end));
    expect(isHeld(facts, job('z'))).toBe(expected);
  });

  it('may go to a manager of its own after it failed twice', () => {
    const facts = [1, 2].flatMap((turn) => wholeTurn(turn, [job(`w${turn}`)], { fails: 'x/y' }));
    expect(isHeld(facts, job('z', { asSubmanager: true }))).toBe('start z');
  });

  it('may be done again after other work, such as a check after a repair, but not for ever', () => {
    const check = job('check');
    const repair = envelope('repair');
    const facts = [...wholeTurn(1, [check]), ...wholeTurn(2, [repair])];
    expect(isHeld(facts, check)).toBe('start check');
    const checked = [...facts, ...wholeTurn(3, [check])];
    expect(isHeld(checked, check)).toBe('skip check redundant');
    expect(isHeld(checked, repair)).toBe('skip repair redundant');
    const refined = [...checked, ...wholeTurn(4, [envelope('repair_2')])];
    expect(isHeld(refined, check)).toBe('start check');
  });

  it('leaves the rest of the turn alone', () => {
    const facts = wholeTurn(1, [job('a')]);
    const settled = settle(plan, [...facts, delegated(job('b'), envelope('c'))]);
    expect(settled.wants).toBe('start c');
  });

  it('three turns in a row ends the loop, with a last turn', () => {
    const facts: Fact[] = wholeTurn(1, [job('a')]);
    const wants = [2, 3, 4].map((turn) => {
      facts.push(delegated(job(`a${turn}`)));
      const settled = settle(plan, facts);
      facts.push(...settled.facts);
      return settled.wants;
    });
    expect(wants).toEqual(['ask turn', 'ask turn', 'ask closing']);
    expect(facts.at(-1)?.data).toMatchObject({ action: 'stop', reason: 'manager/repeats' });
  });
});

const critique: PlanCritique = {
  ...{ mode: 'inline', model: null, repairs: 0, budgetShare: 0.3, patterns: true },
  ...{ minToComplete: 0, minToDelegate: 0.5, delegationBlocks: 1, categories: [] },
  ...{ diagnoseAt: 2, endAt: 3, phaseAware: true },
};

function criticised(worker: string, score: number, ...kinds: string[]): Fact {
  const defects = kinds.map(
    (category): Defect => ({ category, description: 'd', severity: 'warning' }),
  );
  const data = { of: worker, by: 'r', score, summary: '', defects, prescriptions: [] };
  return { type: 'result.criticised', agent: '0', data };
}

describe('other work while that of the last turn is bad', () => {
  const of = policyPlan({ critique });
  const bad = [...wholeTurn(1, ['a', 'b']), criticised('1.1', 0.2), criticised('1.2', 0.6)];

  it('is held back, but not what puts the bad work right', () => {
    const right = envelope('a', { instructions: 'do a, but well' });
    const settled = settle(of, [...bad, delegated('c', right)]);
    expect(settled.facts).toMatchObject([
      { type: 'agent.skipped', data: { worker: 'c', guard: 'low-score' } },
    ]);
    expect(settled.wants).toBe('start a');
  });

  it('starts when the score is high enough, and when it was held back often enough', () => {
    const good = [...wholeTurn(1, ['a']), criticised('1.1', 0.5)];
    expect(said(next(of, [...good, delegated('c')]))).toBe('start c');
    const held = [...bad, delegated('c')];
    const once = [...held, ...settle(of, held).facts];
    const second = [...once, delegated('a2'), startedAs('2.1', 'a2'), ended('2.1')];
    expect(said(next(of, [...second, criticised('2.1', 0), delegated('d')]))).toBe('start d');
  });

  it('is not looked at without critics', () => {
    expect(said(next(plan, [...bad, delegated('c')]))).toBe('start c');
  });
});

describe('the same kind of defect again and again', () => {
  const of = policyPlan({ critique: { ...critique, minToDelegate: 0 } });
  const found = (kind: string, times: number): Fact[] =>
    Array.from({ length: times }, (_, index) => index + 1).flatMap((turn) => [
      ...wholeTurn(turn, [`w${turn}`]),
      criticised(`${turn}.1`, 0.9, kind),
    ]);

  it('ends the loop at the limit, with a last turn', () => {
    expect(settle(of, found('wrong', 2)).wants).toBe('ask turn');
    const { facts, wants } = settle(of, found('wrong', 3));
    expect(facts.at(-1)?.data).toMatchObject({ action: 'stop', reason: 'manager/defects' });
    expect(wants).toBe('ask closing');
  });

  it('counts less for what is incomplete while parts of the plan are still to come', () => {
    const parts = ['w1', 'w2', 'w3', 'p4', 'p5', 'p6'].map((id) => ({
      ...{ id, description: id, dependencies: [] },
    }));
    const made: Fact = { type: 'plan.made', agent: '0', data: { call: 'x', subtasks: parts } };
    expect(settle(of, found('incomplete', 3)).wants).toBe('ask closing');
    expect(settle(of, [made, ...found('incomplete', 3)]).wants).toBe('ask turn');
  });
});
