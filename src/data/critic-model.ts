import type { PolicyOptions } from './policy-options.ts';

/**
 * The policy of a workflow in which a critic that has a model of its own has this one instead: who
 * names a model for a run means all of it. Nothing where no model is named, or no critic has one.
 */
export function criticInstead(
  policy: PolicyOptions | undefined,
  model: string | undefined,
): { policy?: PolicyOptions } {
  const { critique } = policy ?? {};
  if (model === undefined || typeof critique !== 'object' || critique.model == null) return {};
  return { policy: { ...policy, critique: { ...critique, model } } };
}
