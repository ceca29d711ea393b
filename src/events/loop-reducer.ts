import type { EventOf } from './event.ts';
import type { LoopEventData } from './loop-events.ts';
import { type LoopState, newLoop, type Review } from './loop-state.ts';
import type { Frame, RunState } from './state.ts';

/** What one fact of a delegation loop changes in the state, in place. */
export type LoopReducer<T extends keyof LoopEventData> = (
  state: RunState,
  event: EventOf<T>,
  frame: Frame | undefined,
) => void;

/** What a manager has besides its frame; made when it is needed first. */
export function loopStateOf(frame: Frame): LoopState {
  frame.delegation ??= newLoop();
  return frame.delegation;
}

/** What is known about a result of a worker of this manager; made when it is needed first. */
export function reviewOf(frame: Frame, worker: string): Review {
  const { reviews } = loopStateOf(frame);
  const known = reviews.get(worker) ?? { repairs: 0 };
  reviews.set(worker, known);
  return known;
}
