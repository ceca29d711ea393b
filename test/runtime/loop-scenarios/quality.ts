import type { JsonObject } from '../../../src/base/json.ts';
import { complete, delegate } from '../../make.ts';
import { refused } from './decisions.ts';
import { critic } from './play.ts';
import { calls, report, type Scenarios, writes } from './scenario.ts';

const VALIDATION = { validation: true } as const;
const CRITIQUE = { critique: { minToComplete: 0 } } as const;
const unsure = report('perhaps twelve', { confidence: 0.6 });
const verdict = (valid: boolean, more: JsonObject = {}): JsonObject => ({
  ...{ valid, feedback: valid ? 'it is right' : 'it is wrong', ...more },
});
const bad = critic(0.4, {
  defects: [{ category: 'incomplete', description: 'half is missing', severity: 'critical' }],
  prescriptions: ['count all of it'],
});

/** What models say of results, and what is done about it. */
export const QUALITY: Scenarios = {
  'results that a model finds right, wrong, or cannot judge': {
    script: {
      manager: [delegate('good', 'wrong', 'unjudged', 'sure'), complete('with care')],
      good: [unsure],
      wrong: [unsure],
      unjudged: [unsure],
      sure: [report('twelve', { confidence: 0.99 })],
      check_good: [verdict(true, { adjusted_confidence: 0.8 })],
      check_wrong: [verdict(false, { suggestion: 'count again' })],
      check_unjudged: [refused()],
    },
    options: { policy: VALIDATION },
    ends: { status: 'complete' },
  },
  'results that no model judges because little is left': {
    script: { manager: [delegate('a'), complete('unchecked')], a: [unsure] },
    options: { policy: { validation: { skipBelowBudget: 0.9 } }, budget: { calls: 10 } },
    ends: { status: 'complete' },
    countsCrashes: true,
  },
  'a poor result that is repaired': {
    script: {
      manager: [delegate('a'), complete('repaired')],
      a: [writes('output/a.txt', 'half\n'), report('half of it')],
      a_repair: [writes('output/a.txt', 'all of it\n'), report('all of it')],
      critic_a: [bad],
      critic_a_repair: [critic(0.9)],
    },
    options: { policy: CRITIQUE },
    ends: { status: 'complete' },
  },
  'a repair that makes it worse': {
    script: {
      manager: [delegate('a'), complete('as it was')],
      a: [report('half of it')],
      a_repair: [writes('output/worse.txt'), report('something else')],
      critic_a: [bad],
      critic_a_repair: [critic(0.2)],
    },
    options: { policy: CRITIQUE },
    ends: { status: 'complete' },
  },
  'a repair that changes nothing': {
    script: {
      manager: [delegate('a'), complete('as it was')],
      a: [report('half of it')],
      a_repair: [report('half of it')],
      critic_a: [bad],
    },
    options: { policy: CRITIQUE },
    ends: { status: 'complete' },
  },
  'a critic that cannot answer, and a worker that failed': {
    script: {
      manager: [delegate('a', 'b'), complete('by rules')],
      critic_a: [refused()],
      b: [refused()],
    },
    options: { policy: CRITIQUE },
    ends: { status: 'complete' },
  },
  'validation, critique and a gate together': {
    script: {
      manager: [delegate('a', 'b'), complete('TBD'), complete('twelve')],
      a: [calls(['arithmetic.add', { a: 5, b: 7 }]), unsure],
      b: [unsure],
      critic_b: [bad],
      b_repair: [report('twelve, all of it')],
    },
    options: { policy: { ...VALIDATION, ...CRITIQUE }, budget: { parallel: 1 } },
    ends: { status: 'complete' },
  },
};
