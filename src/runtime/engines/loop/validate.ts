import { reviewId } from '../../../events/loop-results.ts';
import type { Frame } from '../../../events/state.ts';
import type { Command } from '../../command.ts';
import { validationOf } from '../../quality/found.ts';
import { shareLeft } from '../../quality/share.ts';
import type { LoopLook } from './look.ts';

/**
 * The second tier of validation (spec, runtime 4.5): a model checks each result that is good enough to
 * be checked, not sure enough to be taken as it is, and only while enough of the budget is left.
 */
export function validations(
  look: LoopLook,
  workers: readonly Frame[],
  mayStart: boolean,
): Command[] {
  const { state, frame, policy } = look;
  const { validation } = policy;
  if (!validation) return [];
  return workers.flatMap((worker): Command[] => {
    const reviewer = state.frames.get(reviewId(worker.id, 'validation'));
    if (reviewer) return said(frame, worker, reviewer);
    const { outcome } = worker;
    if (!mayStart || !outcome?.ok) return [];
    if (outcome.confidence >= validation.skipAbove) return [];
    if (shareLeft(state, frame) <= validation.skipBelowBudget) return [];
    return [{ do: 'start-review', frame, result: worker, kind: 'validation' }];
  });
}

/** Whether a reviewer is at work on a result: what is done about it should know what that finds. */
export function isBeingValidated({ state }: LoopLook, worker: Frame): boolean {
  const reviewer = state.frames.get(reviewId(worker.id, 'validation'));
  return reviewer !== undefined && reviewer.phase !== 'closed';
}

function said(manager: Frame, worker: Frame, reviewer: Frame): Command[] {
  if (reviewer.phase !== 'closed') return [];
  if (manager.delegation?.reviews.get(worker.id)?.validated) return [];
  const data = validationOf(worker, reviewer);
  if (!data) return [];
  return [{ do: 'record', facts: [{ type: 'result.validated', agent: manager.id, data }] }];
}
