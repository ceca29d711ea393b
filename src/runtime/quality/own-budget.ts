import type { Fact } from '../../events/event.ts';
import type { Limits } from '../../events/plan.ts';
import type { PlanCritique } from '../../events/plan-policy.ts';
import type { Frame } from '../../events/state.ts';
import type { Pass } from '../pass.ts';
import { tokensLeft } from './share.ts';

/** Tokens without which somebody should not start, and what it asks for. */
export interface Needed {
  least: number;
  most: number;
}

/** The fact that a budget is set aside, `wait` for room, or why there is none. */
export type Own = { fact: Fact } | 'wait' | { reason: string };

/** What is set aside, and for whom. */
interface Wanted {
  manager: Frame;
  /** Id of the frame that it is for. */
  scope: string;
  tokens: Needed;
  more: Partial<Limits>;
  /** Left out: it does not count for critique and repair. */
  critique: PlanCritique | undefined;
}

/**
 * A budget for one that looks after the quality of results, set aside from its manager's. A question
 * that does not fit ends it and not the loop, and nothing that is kept for the last turn can be used
 * up by it.
 */
export function ownBudget(pass: Pass, { manager, scope, tokens, more, critique }: Wanted): Own {
  const { state } = pass.context;
  const given = critique ? `tokens of critics of ${manager.id}` : '';
  const taken = critique ? (pass.runs.get(given) ?? 0) : 0;
  const left = critique ? tokensLeft(state, manager, critique) - taken : tokens.most;
  if (left < tokens.least) {
    if (taken > 0 || hasOpenQuality(state.frames, manager)) return 'wait';
    return { reason: 'the share of the budget for critique and repair is used up' };
  }
  const wanted = Math.min(left, tokens.most);
  const share = pass.admission.share(manager, {
    ...more,
    ...(Number.isFinite(wanted) && { tokens: wanted }),
  });
  if (share.verdict === 'wait') return 'wait';
  if (share.verdict === 'refused') {
    return { reason: `the limit on ${share.refusal.dimension} leaves no room for it` };
  }
  const { limits } = share;
  if (limits.tokens !== null && limits.tokens < tokens.least) {
    return { reason: 'the limit on tokens leaves no room for it' };
  }
  if (critique) pass.runs.set(given, taken + (limits.tokens ?? 0));
  return { fact: { type: 'budget.reserved', agent: manager.id, data: { scope, limits } } };
}

/** Whether critics or repairers of a loop are at work, which may leave something of their share. */
function hasOpenQuality(frames: ReadonlyMap<string, Frame>, { open }: Frame): boolean {
  return [...open].some((id) => {
    const { review, order } = frames.get(id) ?? {};
    return review?.kind === 'critique' || order?.repairOf !== undefined;
  });
}
