import { describe, expect, it } from 'vitest';
import type { Fact } from '../../../../src/events/event.ts';
import type { PlanPolicy } from '../../../../src/events/plan-policy.ts';
import { type Ended, next, policyPlan, said, settle, wholeTurn } from './facts.ts';

type Stall = Partial<PlanPolicy['stall']>;

function planWith(stall: Stall = {}, rules = { enabled: true, window: 3 }) {
  const policy = { stall: { minDelta: 0.05, action: 'warn_then_stop', ...stall } } as const;
  return policyPlan(policy, { stall: rules });
}

/** What is said after each of these turns, each with other work and one worker. */
function saidAfter(
  ends: readonly Ended[],
  stall?: Stall,
  rules?: { enabled: boolean; window: number },
) {
  const plan = planWith(stall, rules);
  const facts: Fact[] = [];
  return ends.map((end, index) => {
    facts.push(...wholeTurn(index + 1, [`w${index}`], end));
    const { facts: fresh, wants } = settle(plan, facts);
    facts.push(...fresh);
    return [...fresh.map((fact) => said([{ do: 'record', facts: [fact] }])), wants].join(', ');
  });
}

const same = (confidence: number): Ended => ({ confidence, says: 'the file has 12 rows' });
const other = (index: number): Ended => ({
  confidence: 0.6,
  says: ['twelve rows', 'a dup was found', 'mean of 3.7', 'no outlier', 'plot drawn'][index] ?? '',
});
const GOES_ON = 'ask turn';

describe('stall detection', () => {
  it.each<[string, Ended[], string[]]>([
    [
      'warns, then stops, when turns find the same and are no surer',
      [same(0.5), same(0.5), same(0.5), same(0.5)],
      [GOES_ON, GOES_ON, 'warn, ask turn', 'stop stall, ask closing'],
    ],
    [
      'never takes a high plateau for a stall',
      Array.from({ length: 6 }, () => same(0.9)),
      Array.from({ length: 6 }, () => GOES_ON),
    ],
    [
      'takes a plateau right at the target for one that is sure',
      [same(0.8), same(0.8), same(0.8)],
      [GOES_ON, GOES_ON, GOES_ON],
    ],
    [
      'does not stall when the same findings get surer',
      [same(0.4), same(0.5), same(0.6), same(0.7)],
      [GOES_ON, GOES_ON, GOES_ON, GOES_ON],
    ],
    [
      'does not stall when other things are found with the same confidence',
      [0, 1, 2, 3, 4].map(other),
      Array.from({ length: 5 }, () => GOES_ON),
    ],
    [
      'does not take empty findings for the same',
      [{ confidence: 0.5 }, { confidence: 0.5 }, { confidence: 0.5 }],
      [GOES_ON, GOES_ON, GOES_ON],
    ],
    [
      'takes going to and fro for a stall',
      [same(0.5), other(1), same(0.5), other(1)],
      [GOES_ON, GOES_ON, 'warn, ask turn', 'stop stall, ask closing'],
    ],
    [
      'warns anew when there was progress after the warning',
      [same(0.5), same(0.5), same(0.5), other(2), other(3), same(0.5), same(0.5), same(0.5)],
      [GOES_ON, GOES_ON, 'warn, ask turn', ...Array(4).fill(GOES_ON), 'warn, ask turn'],
    ],
    [
      'takes turns without any success for a stall',
      [{ fails: 'model/timeout' }, { fails: 'worker/a' }, { fails: 'tool/b' }, { fails: 'c/d' }],
      [GOES_ON, GOES_ON, 'warn, ask turn', 'stop stall, ask closing'],
    ],
  ])('%s', (_, ends, expected) => {
    expect(saidAfter(ends)).toEqual(expected);
  });

  it.each<[string, Stall, { enabled: boolean; window: number }, string[]]>([
    [
      'is off when it is disabled',
      {},
      { enabled: false, window: 3 },
      [GOES_ON, GOES_ON, GOES_ON, GOES_ON],
    ],
    [
      'stops at once when told so',
      { action: 'stop' },
      { enabled: true, window: 3 },
      [GOES_ON, GOES_ON, 'stop stall, ask closing'],
    ],
    [
      'only warns when told so',
      { action: 'warn' },
      { enabled: true, window: 2 },
      [GOES_ON, 'warn, ask turn', 'warn, ask turn', 'warn, ask turn'],
    ],
    [
      'looks at two turns at least',
      { action: 'warn' },
      { enabled: true, window: 1 },
      [GOES_ON, 'warn, ask turn'],
    ],
    [
      'has no channel of confidence without a least change',
      { minDelta: 0 },
      { enabled: true, window: 2 },
      [GOES_ON, GOES_ON, GOES_ON],
    ],
    [
      'tries every strategy once before it stops',
      { strategies: ['decompose_finer', 'escalate'] },
      { enabled: true, window: 2 },
      [
        GOES_ON,
        'strategy decompose_finer, ask turn',
        'strategy escalate, ask turn',
        'stop stall, ask closing',
      ],
    ],
    [
      'only warns when all strategies were tried and no more is allowed',
      { strategies: ['reframe'], action: 'warn' },
      { enabled: true, window: 2 },
      [GOES_ON, 'strategy reframe, ask turn', 'warn, ask turn', 'warn, ask turn'],
    ],
  ])('%s', (_, stall, rules, expected) => {
    expect(
      saidAfter(
        expected.map(() => same(0.5)),
        stall,
        rules,
      ),
    ).toEqual(expected);
  });

  it('is not noticed twice after one turn', () => {
    const plan = planWith({ action: 'warn' });
    const facts = [1, 2, 3].flatMap((turn) => wholeTurn(turn, [`w${turn}`], same(0.5)));
    const { facts: fresh } = settle(plan, facts);
    expect(fresh).toHaveLength(1);
    expect(said(next(plan, [...facts, ...fresh]))).toBe('ask turn');
  });

  it('takes a file that is new, and not one that is written again, for progress', () => {
    const wrote = (turn: number, name: string): Fact => ({
      type: 'artifact.written',
      agent: `${turn}.1`,
      data: { path: `${turn}-${name}`, name, type: 'text/plain', bytes: 1, sha256: 'x' },
    });
    const run = (...names: string[]) =>
      names.flatMap((name, index) => [
        ...wholeTurn(index + 1, [`w${index}`], same(0.5)),
        wrote(index + 1, name),
      ]);
    const plan = planWith();
    expect(settle(plan, run('a.py', 'a.py', 'a.py')).wants).toBe('ask turn');
    expect(settle(plan, run('a.py', 'a.py', 'a.py')).facts).toHaveLength(1);
    expect(settle(plan, run('a.py', 'b.py', 'b.py')).facts).toHaveLength(0);
  });

  it('counts as it did in logs of before, which say nothing of what follows', () => {
    const old: Fact = { type: 'stall.noticed', agent: '0', data: { turns: 1, message: 'x' } };
    const turns = wholeTurn(1, ['a'], same(0.9));
    expect(said(next(planWith(), [...turns, old]))).toBe('ask turn');
    expect(said(next(planWith(), [...turns, old, old]))).toBe('ask closing');
  });
});
