import { resultOf } from '../../../events/loop-results.ts';
import type { Frame, Outcome, RunState } from '../../../events/state.ts';

/** A result that is surer than this is a success (spec, runtime 4.7). */
const GOOD_CONFIDENCE = 0.3;

/** How the work of a worker ended: as its repair did where that counts in its place. */
export function outcomeOf(state: RunState, manager: Frame, worker: string): Outcome | undefined {
  return resultOf(state, manager, worker)?.outcome;
}

/** Whether a worker brought what can be built on: it ended well, is sure enough, and nobody said no. */
export function succeeded(state: RunState, manager: Frame, worker: string): boolean {
  const outcome = outcomeOf(state, manager, worker);
  if (!outcome?.ok || outcome.confidence <= GOOD_CONFIDENCE) return false;
  const counted = resultOf(state, manager, worker)?.id ?? worker;
  return manager.delegation?.reviews.get(counted)?.validated?.valid !== false;
}

/** Whether a worker has ended and nobody reviews or repairs its result any more. */
export function isSettled(state: RunState, manager: Frame, worker: string): boolean {
  if (!state.frames.get(worker)?.outcome) return false;
  const isRepair = (id: string | undefined): boolean =>
    id !== undefined && state.frames.get(id)?.order?.repairOf === worker;
  for (const id of manager.open) {
    const of = state.frames.get(id)?.review?.of;
    if (of === worker || isRepair(of) || isRepair(id)) return false;
  }
  return true;
}

/** What a manager calls one of its workers: the name that it gave it. */
export function calledBy(state: RunState, worker: string): string {
  const frame = state.frames.get(worker);
  return frame?.askedAs ?? frame?.name ?? worker;
}

/** How surely a worker failed, in a few words. */
export function whyNot(outcome: Outcome | undefined): string {
  if (!outcome) return 'it has not ended';
  if (!outcome.ok) return outcome.message ?? outcome.code ?? 'it failed';
  return `its confidence was ${Math.round(outcome.confidence * 100) / 100}`;
}
