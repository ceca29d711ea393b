import { describe, expect, it } from 'vitest';
import { boxPolicyOf, declaredPackages } from '../../../src/runtime/tools/box-policy.ts';
import { testPlan } from '../../make.ts';

const { sandbox } = testPlan();
const packages = { python: ['pandas==2.1', 'Rich'], javascript: ['@scope/tool@2', 'lodash'] };
const policy = { ...sandbox, packages };

describe('the packages of one worker', () => {
  it.each<[readonly string[], readonly string[], readonly string[]]>([
    [['pandas', 'lodash@4'], ['pandas==2.1', 'lodash'], []],
    [['@scope/tool', 'rich[all]'], ['Rich', '@scope/tool@2'], []],
    [['numpy', 'pandas'], ['pandas==2.1'], ['numpy']],
    [['tool', '', 'x'.repeat(5000)], [], ['tool', '', 'x'.repeat(5000)]],
  ])('of %j are those that were declared', (asked, declared, others) => {
    expect(declaredPackages(policy, asked)).toEqual({ declared, others });
  });

  it('are all when it was ordered none in particular, and never more than the run has', () => {
    expect(boxPolicyOf({ sandbox: policy }, { order: undefined })).toBe(policy);
    const order = { packages: ['pandas==2.1', 'evil'] };
    expect(boxPolicyOf({ sandbox: policy }, { order })).toEqual({
      ...policy,
      packages: { python: ['pandas==2.1'], javascript: [] },
    });
  });
});
