import { describe, expect, it } from 'vitest';
import type { Fact } from '../../../../src/events/event.ts';
import type { Hypothesis } from '../../../../src/events/loop-events.ts';
import { type Ended, policyPlan, settle, stateAfter, wholeTurn } from './facts.ts';

const rules = { diagnosis: { maxHypotheses: 2, threshold: 0.4 } };
const plan = policyPlan(rules);

function guess(id: string, testWorker?: string): Hypothesis {
  return { id, cause: 'c', test: 't', likelihood: 0.5, ...(testWorker && { testWorker }) };
}

function diagnosed(failedWorker: string, ...hypotheses: Hypothesis[]): Fact {
  const data = { decision: 'diagnose', call: '0/1', failedWorker, hypotheses } as const;
  return { type: 'manager.decided', agent: '0', data };
}

/** All facts after these, with what the loop records behind each of them. */
function play(
  facts: readonly Fact[],
  of = plan,
): { facts: Fact[]; kinds: string[]; wants: string } {
  let all: Fact[] = [];
  let wants = '';
  for (const fact of facts) {
    all = [...all, fact];
    const settled = settle(of, all);
    all.push(...settled.facts);
    wants = settled.wants;
  }
  const kinds = all.map(({ type }) => type).filter((type) => /^(diagnosis|stall)/.test(type));
  return { facts: all, kinds, wants };
}

const failing = wholeTurn(1, ['a'], { fails: 'x/y' });

describe("a manager's diagnosis", () => {
  it('comes into force with as many hypotheses as are allowed', () => {
    const { facts, wants } = play([
      ...failing,
      diagnosed('a', guess('h1'), guess('h2'), guess('h3')),
    ]);
    const loop = stateAfter(plan, facts).frames.get('0')?.delegation;
    expect(loop?.hypotheses.map(({ id, status }) => [id, status])).toEqual([
      ['h1', 'active'],
      ['h2', 'active'],
    ]);
    expect(wants).toBe('ask turn');
  });

  it.each([
    ['diagnosis is not enabled', policyPlan(), 'a', 'not enabled'],
    ['no worker had this name', plan, 'b', 'no worker of yours'],
  ] as const)('is refused when %s', (_, of, worker, words) => {
    const { facts, kinds } = play([...failing, diagnosed(worker, guess('h'))], of);
    expect(kinds).toEqual(['diagnosis.refused']);
    expect(facts.at(-1)?.data).toMatchObject({ reason: expect.stringContaining(words) });
  });

  it('is locked after two in a row until two turns have worked', () => {
    const ask = diagnosed('a', guess('h'));
    const made = 'diagnosis.made';
    const no = 'diagnosis.refused';
    const work = (turn: number): Fact[] => wholeTurn(turn, [`w${turn}`]);
    expect(play([...failing, ask, ask, ask]).kinds).toEqual([made, made, no]);
    expect(play([...failing, ask, ask, ...work(2), ask]).kinds).toEqual([made, made, no]);
    expect(play([...failing, ask, ask, ...work(2), ...work(3), ask]).kinds).toEqual([
      made,
      made,
      made,
    ]);
    expect(play([...failing, ask, ...work(2), ask, ask]).kinds).toEqual([made, made, made]);
  });

  it.each([
    [4, 3],
    [20, 5],
    [null, 9],
  ] as const)('of a loop of %s turns is made %s times at most', (loops, most) => {
    const of = { ...policyPlan(rules), limits: { ...plan.limits, loops } };
    const rounds = Array.from({ length: 9 }, (_, index) => [
      diagnosed('a', guess('h')),
      ...wholeTurn(index + 2, [`w${index}`]),
    ]).flat();
    const { kinds } = play([...failing, ...rounds], of);
    expect(kinds.filter((kind) => kind === 'diagnosis.made')).toHaveLength(most);
  });

  it('that is asked for again and again ends the loop', () => {
    const ask = diagnosed('nobody', guess('h'));
    const { kinds, wants, facts } = play([...failing, ask, ask, ask]);
    expect(kinds).toEqual(['diagnosis.refused', 'diagnosis.refused', 'stall.noticed']);
    expect(facts.at(-1)?.data).toMatchObject({ action: 'stop', reason: 'manager/diagnosis-loop' });
    expect(wants).toBe('ask closing');
  });
});

describe('a hypothesis', () => {
  const begin = [...failing, diagnosed('a', guess('h1', 'test_it'), guess('h2'))];

  it.each<[string, Ended, string]>([
    ['confirmed by a worker that is sure', { confidence: 0.41 }, 'confirmed'],
    ['refuted by one that is not', { confidence: 0.4 }, 'refuted'],
    ['refuted by one that fails', { fails: 'x/y' }, 'refuted'],
  ])('is %s', (_, end, status) => {
    const { facts } = play([...begin, ...wholeTurn(2, ['test_it'], end)]);
    const loop = stateAfter(plan, facts).frames.get('0')?.delegation;
    expect(loop?.hypotheses.map((one) => one.status)).toEqual([status, 'active']);
  });

  it('is not decided by a worker of this name that came before it', () => {
    const { facts } = play([
      ...wholeTurn(1, ['test_it']),
      diagnosed('test_it', guess('h', 'test_it')),
    ]);
    expect(facts.some(({ type }) => type === 'hypothesis.resolved')).toBe(false);
  });
});
