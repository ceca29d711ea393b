import type { PlanSubmanagers } from '../../events/plan-policy.ts';
import type { Frame, RunState } from '../../events/state.ts';
import { TURN_SHARE } from './share.ts';

/** Share of one sub-manager where nothing says another one. */
const USUAL_SHARE = 0.3;

/**
 * Share of what its turn found that a sub-manager is meant to have (spec, runtime 5.2): what its
 * delegation says, else the policy, else 0.3, or less where several start. When those of one turn would
 * be more than four fifths together, all become smaller alike, unless the policy is strict.
 */
export function fractionOf(
  state: RunState,
  frame: Frame,
  { index, policy }: { index: number; policy: PlanSubmanagers },
): number {
  const asked = askedIn(state, frame);
  const usual = policy.share ?? Math.min(USUAL_SHARE, TURN_SHARE / Math.max(1, asked.size));
  const own = asked.get(index) ?? usual;
  if (policy.strict) return own;
  let sum = 0;
  for (const one of asked.values()) sum += one ?? usual;
  return sum > TURN_SHARE ? (own * TURN_SHARE) / sum : own;
}

/** What the sub-managers of the turn ask for, by their places: those that started, and that wait. */
function askedIn(
  { frames }: RunState,
  { turns, decision, waiting }: Frame,
): Map<number, number | undefined> {
  const asked = new Map<number, number | undefined>();
  const delegations = decision?.decision === 'delegate' ? decision.delegations : [];
  for (const id of turns.at(-1)?.workers ?? []) {
    const frame = frames.get(id);
    if (frame?.role !== 'manager') continue;
    asked.set(frame.index, delegations[frame.index - 1]?.budgetShare);
  }
  for (const { index, envelope } of waiting) {
    if (envelope.asSubmanager) asked.set(index, envelope.budgetShare);
  }
  return asked;
}
