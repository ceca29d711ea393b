import type { PlanPolicy } from '../../../events/plan-policy.ts';
import { budgetLeft, budgetSpends, type DimensionSpend } from '../../budget-report.ts';
import { section } from '../sections.ts';
import type { ManagerPart } from './look.ts';

/** Share of the budget below which the manager is told to be careful. */
const CAREFUL_BELOW = 0.4;
/** Share of a limit that may be used before the manager is told to wrap up. */
const SOFT_LIMIT = 0.8;
/** Share of a phase below which it is about to end. */
const PHASE_ENDS_BELOW = 0.1;

/** What the state of the budget means for what comes next: the phase, and when to wrap up. */
export const advicePart: ManagerPart = ({ state, frame, policy, closing }) => {
  if (closing !== undefined) return undefined;
  const spends = budgetSpends(state, frame);
  const left = budgetLeft(spends);
  const lines = [
    policy.phases && phaseLine(policy.phases, left),
    softLimit(spends) ?? careful(left),
  ];
  const said = lines.filter(Boolean).join('\n');
  return said === '' ? undefined : section('Advice', said);
};

function careful(left: number): string | undefined {
  if (left >= CAREFUL_BELOW) return undefined;
  return `${percent(left)} of the budget is left: delegate only what the result needs.`;
}

/** The limits that are nearly used up, with what is left of each. */
function softLimit(spends: readonly DimensionSpend[]): string | undefined {
  const short = spends.flatMap(({ dimension, used, limit }) => {
    if (limit === null || limit === 0 || used < limit * SOFT_LIMIT) return [];
    return [leftOf(dimension, Math.max(0, limit - used), limit)];
  });
  if (short.length === 0) return undefined;
  return `Wrap up: ${short.join(', ')}. Finish with what there is; start only what the result cannot do without and what fits.`;
}

function leftOf(dimension: string, left: number, limit: number): string {
  if (dimension === 'time') {
    return `${Math.round(left / 1000)} s of ${Math.round(limit / 1000)} s are left`;
  }
  const round = (value: number): number => Math.round(value * 10_000) / 10_000;
  return `${round(left)} of ${round(limit)} ${NAMES[dimension] ?? dimension} are left`;
}

const NAMES: Readonly<Record<string, string>> = {
  loops: 'turns',
  tools: 'tool calls',
  calls: 'model calls',
  cost: 'US dollars',
};

/** The phase that so much of the budget is left for, and whether it is about to end. */
function phaseLine(phases: NonNullable<PlanPolicy['phases']>, left: number): string | undefined {
  const total = phases.reduce((sum, { share }) => sum + share, 0);
  if (total <= 0) return undefined;
  const used = (1 - left) * total;
  let end = 0;
  for (const [index, { name, share, description }] of phases.entries()) {
    end += share;
    if (used >= end && index < phases.length - 1) continue;
    const rest = share === 0 ? 0 : Math.max(0, end - used) / share;
    const what = description === undefined ? '' : ` (${description})`;
    const next = phases[index + 1];
    const soon = next
      ? `; it is nearly over, go on to ${next.name}`
      : '; the budget is nearly used up';
    return `Phase: ${name}${what}, ${percent(rest)} of it is left${rest < PHASE_ENDS_BELOW ? soon : ''}.`;
  }
  return undefined;
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}
