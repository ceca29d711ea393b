import type { PlanCritique } from '../../../../events/plan-policy.ts';
import type { Frame } from '../../../../events/state.ts';
import type { LoopStep } from '../look.ts';
import { stop, whyStopped } from '../stop.ts';

/** What `incomplete` counts at least, however much of the plan is still to come. */
const LEAST_WEIGHT = 0.2;

/** A loop whose results have the same kind of defect again and again ends (spec, runtime 4.6). */
export const defectCap: LoopStep = ({ state, frame, policy: { critique } }) => {
  if (!critique || whyStopped(state, frame)) return undefined;
  const [worst] = defectsFrom(critique.endAt, frame, critique);
  if (!worst) return undefined;
  const message = `defects of the kind "${worst.category}" were found ${worst.count} times`;
  return stop(frame, { reason: 'manager/defects', message });
};

/**
 * Kinds of defects that came up this often, with how often they did. With `phaseAware`, what is
 * incomplete counts only as far as parts of the plan were begun.
 */
export function defectsFrom(
  least: number,
  { delegation }: Pick<Frame, 'delegation'>,
  { phaseAware }: Pick<PlanCritique, 'phaseAware'>,
): { category: string; count: number }[] {
  const parts = [...(delegation?.subtasks.values() ?? [])];
  const begun = parts.filter(({ status }) => status !== 'pending').length;
  const share = parts.length === 0 ? 1 : Math.max(LEAST_WEIGHT, begun / parts.length);
  return [...(delegation?.patterns.values() ?? [])].filter(({ category, count }) => {
    const weight = phaseAware && category === 'incomplete' ? share : 1;
    return count * weight >= least;
  });
}
