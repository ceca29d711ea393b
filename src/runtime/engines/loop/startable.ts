import { partFor } from '../../../events/loop-fold-plan.ts';
import type { LoopState, SubtaskState } from '../../../events/loop-state.ts';
import type { Frame, WaitingEnvelope } from '../../../events/state.ts';

/** Whether a delegation may start, and if not, what it waits for. */
type Readiness =
  | { is: 'ready' }
  /** Somebody is at work on what it depends on. */
  | { is: 'early' }
  /** Another delegation of the turn, which has not started, is for what it depends on. */
  | { is: 'behind' }
  /** What it depends on did not come about in this turn (`tried`), or nobody is at work on it. */
  | { is: 'missing'; part: string; tried: boolean };

const READY: Readiness = { is: 'ready' };

/** A manager's frame, and whether its plan is binding: what depends on a part waits for that. */
interface LoopPlan {
  frame: Frame;
  isStrict: boolean;
}

/** Whether a delegation may start now: nothing that it depends on is still to come. */
export function isStartable(loop: LoopPlan, waiting: WaitingEnvelope): boolean {
  return readiness(loop, waiting).is === 'ready';
}

/**
 * How far the parts are that a delegation's part depends on: it waits in its turn while those are at
 * work, and starts when they are completed, whoever else is still at work (spec, runtime 4.7).
 */
export function readiness(loop: LoopPlan, waiting: WaitingEnvelope): Readiness {
  const { delegation } = loop.frame;
  const part = delegation && partFor(delegation, waiting.envelope);
  if (!part) return READY;
  const found = part.dependencies.map((id) => progressOf(loop, id, waiting));
  for (const way of ['missing', 'early', 'behind'] as const) {
    const first = found.find(({ is }) => is === way);
    if (first) return first;
  }
  return READY;
}

/** How far one part is that a waiting delegation depends on. */
function progressOf(
  { frame, isStrict }: LoopPlan,
  id: string,
  { index }: WaitingEnvelope,
): Readiness {
  const loop = frame.delegation;
  const part = loop?.subtasks.get(id);
  if (!loop || !part || part.status === 'completed') return READY;
  if (isAtWork(loop, part)) return { is: 'early' };
  const isMeant = frame.waiting.some(
    (one) => one.index !== index && partFor(loop, one.envelope) === part,
  );
  if (isMeant) return { is: 'behind' };
  const tried = wasTried(loop, id, frame.turns.length);
  return tried || isStrict ? { is: 'missing', part: id, tried } : READY;
}

/** Whether what becomes of a part is still to be told: somebody is at work, or has just ended. */
function isAtWork(loop: LoopState, part: SubtaskState): boolean {
  if (part.status === 'in_progress') return true;
  let last: string | undefined;
  for (const [id, work] of loop.work) if (work.part === part.id) last = id;
  return last !== undefined && last !== part.by;
}

function wasTried(loop: LoopState, part: string, turn: number): boolean {
  return [...loop.work.values()].some((work) => work.part === part && work.turn === turn);
}
