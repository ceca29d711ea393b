import type { Artifact, Frame, RunState } from './state.ts';

/**
 * The frame whose result counts for a worker of a manager: the worker itself, or the worker that
 * repaired its result, when that was kept (spec, runtime 8.2). `worker` is an id of the manager's
 * `turns`. Undefined for an id that is no frame.
 */
export function resultOf(state: RunState, manager: Frame, worker: string): Frame | undefined {
  const kept = manager.delegation?.reviews.get(worker)?.kept;
  return state.frames.get(kept ?? worker);
}

/**
 * The files of the run that belong to a worker's result: its own, and those of workers whose repairs
 * of it were kept, by path.
 */
export function resultFiles(state: RunState, manager: Frame, worker: string): Artifact[] {
  const writers = writersOf(state, manager, worker);
  return [...state.artifacts.values()]
    .filter(({ agent }) => writers.has(agent))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** Frames whose files count for a worker: its own, and those that repaired it and were kept. */
function writersOf(state: RunState, manager: Frame, worker: string): Set<string> {
  const counted = resultOf(state, manager, worker);
  if (!counted || counted.id === worker) return new Set([worker]);
  const attempts = manager.delegation?.reviews.get(worker)?.repairs ?? 0;
  const repairs = Array.from({ length: attempts }, (_, index) => repairId(worker, index + 1));
  return new Set([worker, ...repairs.slice(0, repairs.indexOf(counted.id) + 1)]);
}

/** Id of the frame that repairs a worker's result at this attempt, from 1. */
export function repairId(worker: string, attempt: number): string {
  return `${worker}-r${attempt}`;
}

/** Id of the frame that reviews a result, of a worker or of one that repaired it. */
export function reviewId(result: string, kind: 'validation' | 'critique'): string {
  return `${result}-${kind === 'validation' ? 'v' : 'c'}`;
}
