import { meanScore } from '../../../quality/scores.ts';
import type { LoopLook, LoopStep } from '../look.ts';
import { calledBy } from '../results.ts';
import { type Held, holdBack } from './hold-back.ts';

/**
 * No other work starts while critics found that of the last turn bad (spec, runtime 4.6), for a number
 * of turns at most; the same work may be put right at any time. Decided before the first of a turn
 * starts.
 */
export const lowScoreGuard: LoopStep = (look) => {
  const { state, frame, policy } = look;
  const { minToDelegate = 0, delegationBlocks = 0 } = policy.critique ?? {};
  const begun = frame.turns.at(-1)?.workers.length ?? 0;
  if (minToDelegate <= 0 || begun > 0) return undefined;
  const turns = frame.delegation?.held.get('low-score') ?? new Set();
  if (!turns.has(frame.turns.length) && turns.size >= delegationBlocks) return undefined;
  const score = meanScore(state, frame)?.mean;
  if (score === undefined || score >= minToDelegate) return undefined;
  const bad = badWork(look);
  const shown = Math.round(score * 100) / 100;
  const reason = `the last turn's work scored ${shown}; put it right before other work`;
  const held = frame.waiting.flatMap((one): Held[] => {
    const { subtaskId, workerId } = one.envelope;
    return bad.has(subtaskId ?? workerId) ? [] : [{ one, reason }];
  });
  return holdBack(frame, held, 'low-score');
};

/** What a delegation that goes on with work of the last turn is known by. */
function badWork({ state, frame }: LoopLook): Set<string> {
  const last = frame.turns.findLast(({ workers }) => workers.length > 0);
  const names = (last?.workers ?? []).flatMap((id) => {
    const { part } = frame.delegation?.work.get(id) ?? {};
    return part === undefined ? [calledBy(state, id)] : [part, calledBy(state, id)];
  });
  return new Set(names);
}
