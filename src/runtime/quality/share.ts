import { repairId, reviewId } from '../../events/loop-results.ts';
import type { PlanCritique } from '../../events/plan-policy.ts';
import { scopesOf } from '../../events/scopes.ts';
import type { Frame, RunState } from '../../events/state.ts';
import { activeMsOf } from '../budget-report.ts';
import { Rooms } from '../budget-rooms.ts';

/** Tokens without which a repair is not begun. */
export const LEAST_REPAIR = 4000;
/** What reviewers use. */
const OF_REVIEWS = ['tokens', 'calls', 'cost'] as const;

/**
 * The least share that is left of the limits that a question uses up, 0 to 1; 1 when there are none
 * (spec, runtime 4.5).
 */
export function shareLeft(state: RunState, manager: Frame): number {
  const rooms = new Rooms(state);
  const counted = OF_REVIEWS.flatMap((dimension) =>
    rooms.of(manager, dimension).map(({ limit, left }) => (limit === 0 ? 0 : left / limit)),
  );
  const timed = scopesOf(state, manager).flatMap((scope) => {
    const { time } = scope.limits;
    return time === null ? [] : [time === 0 ? 0 : 1 - activeMsOf(state, scope) / time];
  });
  return Math.max(0, Math.min(1, ...counted, ...timed));
}

/**
 * Tokens that critique and repair of a loop may still use: their share of its limit, without what they
 * used, and without what those hold that are at work. Infinite where tokens are not limited.
 */
export function tokensLeft(
  state: RunState,
  manager: Frame,
  { budgetShare }: Pick<PlanCritique, 'budgetShare'>,
): number {
  const [nearest] = new Rooms(state).of(manager, 'tokens');
  if (!nearest) return Number.POSITIVE_INFINITY;
  const spent = qualityFrames(manager).reduce((sum, id) => sum + spentBy(state, id), 0);
  return Math.floor(nearest.limit * budgetShare) - spent;
}

/** Ids of all that may have criticised or repaired results of a loop. */
function qualityFrames(manager: Frame): string[] {
  return manager.turns.flatMap(({ workers }) =>
    workers.flatMap((worker) => {
      const ended = manager.delegation?.reviews.get(worker)?.repairs ?? 0;
      const repairs = Array.from({ length: ended + 1 }, (_, at) => repairId(worker, at + 1));
      const reviews = [worker, ...repairs].map((id) => reviewId(id, 'critique'));
      return [...repairs, ...reviews];
    }),
  );
}

/** Each has a budget of its own: all of it counts while it is at work, then what it used. */
function spentBy(state: RunState, id: string): number {
  const scope = state.scopes.get(id);
  if (!scope) return 0;
  const { tokens } = scope.ledger.used;
  if (state.frames.get(id)?.phase === 'closed') return tokens;
  return Math.max(tokens, scope.limits.tokens ?? 0);
}
