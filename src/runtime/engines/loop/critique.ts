import { repairId, reviewId } from '../../../events/loop-results.ts';
import type { Frame } from '../../../events/state.ts';
import type { Command } from '../../command.ts';
import { critiqueFound } from '../../quality/found.ts';
import { filesOf } from '../../quality/review-prompt.ts';
import { critiqueOf } from '../../quality/scores.ts';
import type { LoopLook } from './look.ts';
import { isChanged } from './repair.ts';

/**
 * A critic looks at each result, and at each repair of one (spec, runtime 8.2). Where none can answer,
 * rules score it; a worker that failed is scored by rules alone.
 */
export function critiques(look: LoopLook, workers: readonly Frame[], mayStart: boolean): Command[] {
  if (!look.policy.critique) return [];
  return workers
    .flatMap((worker) => [worker, ...repairsOf(look, worker)])
    .flatMap((result) => critique(look, result, mayStart));
}

/** The repair of a result that has ended last, when it is to be looked at. */
function repairsOf({ state, frame }: LoopLook, worker: Frame): Frame[] {
  const ended = frame.delegation?.reviews.get(worker.id)?.repairs ?? 0;
  const repair = state.frames.get(repairId(worker.id, ended + 1));
  const isDone = repair?.phase === 'closed' && repair.outcome?.ok === true;
  return isDone && isChanged({ state, frame }, worker, repair) ? [repair] : [];
}

function critique(look: LoopLook, result: Frame, mayStart: boolean): Command[] {
  const { state, frame } = look;
  if (critiqueOf(frame, result.id)) return [];
  const critic = state.frames.get(reviewId(result.id, 'critique'));
  if (critic && critic.phase !== 'closed') return [];
  if (!critic && mayStart && result.outcome?.ok) {
    return [{ do: 'start-review', frame, result, kind: 'critique' }];
  }
  const files = filesOf(state, { manager: frame, result });
  const data = critiqueFound(result, critic, { files, why: whyRules(result, critic) });
  return [{ do: 'record', facts: [{ type: 'result.criticised', agent: frame.id, data }] }];
}

function whyRules(result: Frame, critic: Frame | undefined): string {
  if (critic) return `the critic did not answer: ${critic.outcome?.message ?? 'it ended'}`;
  if (result.outcome?.ok) return 'no critic is asked any more: a limit is reached';
  return 'the worker failed';
}
