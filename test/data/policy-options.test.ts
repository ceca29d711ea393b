import { describe, expect, it } from 'vitest';
import { loopPolicy } from '../../src/data/loop-policy.ts';
import { type PolicyOptions, policyOption } from '../../src/data/policy-options.ts';
import { DEFAULT_POLICY } from '../../src/events/plan-policy.ts';
import { delegationLoopSchema } from '../../src/models/delegation.ts';

describe('the option policy', () => {
  it.each<[string, PolicyOptions, object]>([
    ['says nothing when it is empty', {}, {}],
    ['keeps a plain setting', { turnWorkers: null }, { turnWorkers: null }],
    [
      'switches a part on with its defaults',
      { planning: true },
      { planning: { maxSubtasks: 10, commit: 'strict' } },
    ],
    ['leaves a part off', { critique: false, phases: false }, {}],
    [
      'fills in what a part does not say',
      { validation: { skipAbove: 0.5 } },
      { validation: { skipAbove: 0.5, skipBelowBudget: 0.1 } },
    ],
    [
      'fills in the sub-managers and their promotion',
      { submanagers: { total: 2, promotion: true } },
      {
        submanagers: {
          ...DEFAULT_POLICY.submanagers,
          total: 2,
          promotion: { threshold: 0.65, maxDepth: 2, minBudget: 0.15 },
        },
      },
    ],
    [
      'knows all strategies by one word',
      { stall: { strategies: true } },
      {
        stall: {
          ...DEFAULT_POLICY.stall,
          strategies: ['decompose_finer', 'simplify', 'reframe', 'escalate'],
        },
      },
    ],
  ])('%s', (_what, option, expected) => {
    expect(policyOption(option)).toEqual(expected);
  });

  it.each<[string, unknown, RegExp]>([
    ['an unknown part', { planing: true }, /no option policy\.planing/],
    ['an unknown setting', { critique: { modle: 'x' } }, /no option policy\.critique\.modle/],
    ['a turn without workers', { turnWorkers: 0 }, /turnWorkers cannot be 0/],
    ['a number that is none', { turnWorkers: 'six' }, /policy\.turnWorkers cannot be "six"/],
    ['what is no number', { turnWorkers: Number.NaN }, /turnWorkers cannot be NaN/],
    ['a share above one', { critique: { minToComplete: 2 } }, /minToComplete cannot be 2/],
    ['a gate that there is not', { gates: ['smoke'] }, /policy\.gates/],
    ['a part that must have settings', { context: true }, /policy\.context cannot be true/],
    ['phases without shares', { phases: [{ name: 'a' }] }, /policy\.phases/],
    [
      'phases that are more than all',
      {
        phases: [
          { name: 'a', share: 0.9 },
          { name: 'b', share: 0.9 },
        ],
      },
      /policy\.phases/,
    ],
    ['a strategy that there is not', { stall: { strategies: ['pray'] } }, /stall\.strategies/],
    ['what is no object', 3, /policy cannot be 3/],
  ])('refuses %s', (_what, option, message) => {
    expect(() => policyOption(option as PolicyOptions)).toThrow(message);
  });
});

describe('the policy of a workflow file', () => {
  const policyOfYaml = (loop: object) => loopPolicy(delegationLoopSchema.parse(loop));

  it('has a board and a digest when nothing is said, as the standard has them', () => {
    expect(policyOfYaml({})).toEqual({ board: { autoPost: true }, digest: { maxDepth: 1 } });
  });

  it.each<[string, object, object]>([
    [
      'a zero that means off is unlimited',
      { budget: { max_workers_per_iteration: 0, max_rejected_completions: 0 } },
      { turnWorkers: null, rejectedCompletions: null },
    ],
    [
      'critique only where it is enabled',
      { critique: { enabled: true, max_repair_attempts: 1 } },
      { critique: { mode: 'inline', repairs: 1, minToComplete: 0.6 } },
    ],
    [
      'a model that judges only where it is written',
      { validation: { llm: {} } },
      { validation: { skipAbove: 0.95, skipBelowBudget: 0.1 } },
    ],
    [
      'keys that are never handed down',
      { forbidden_inheritance_keys: ['pay'] },
      {
        submanagers: { forbiddenKeys: ['pay'], atOnce: 3 },
      },
    ],
    [
      'strategies',
      { termination: { strategy_switching: { enabled: true } } },
      {
        stall: { strategies: ['decompose_finer', 'simplify', 'reframe', 'escalate'] },
      },
    ],
    [
      'how often workers ask',
      { worker_policy: { enforced: { rate_limiting: {} } } },
      {
        callsPerMinute: 30,
      },
    ],
    [
      'the window of the manager',
      { manager_context_budget_tokens: 9000 },
      {
        context: { windowTokens: 9000, compactAt: 0.8, totalChars: 64_000 },
      },
    ],
  ])('%s', (_what, loop, expected) => {
    expect(policyOfYaml(loop)).toMatchObject(expected);
  });

  it('says that no model makes digests', () => {
    expect(() => policyOfYaml({ digest_mode: 'llm' })).toThrow(/digest_mode cannot be llm/);
  });

  it.each(['critique', 'planning', 'diagnosis', 'budget_reservation', 'decision_journal'])(
    '%s is off unless it is enabled',
    (part) => {
      const keys = Object.keys(policyOfYaml({ [part]: {} })).sort();
      expect(keys).toEqual(['board', 'digest']);
    },
  );
});
