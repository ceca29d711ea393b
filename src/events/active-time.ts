import { waitsForPeople } from './approvals.ts';
import { heldMs } from './held-clock.ts';
import type { Frame, RunState } from './state.ts';

/**
 * Active time of a run at `now`, as the next event would count it (decision 13); both in milliseconds,
 * `now` since 1970. It stands while nothing goes on: between processes, and while all waits for people.
 */
export function activeMsAt(state: RunState, now: number): number {
  const stands = state.status !== 'running' || state.lastAt === 0 || waitsForPeople(state);
  return state.activeMs + (stands ? 0 : Math.max(0, now - state.lastAt));
}

/**
 * How long a frame was at work when the run's active time is `activeMs`, in milliseconds: as a timeout
 * counts it, so without what was waited for people below it. The outermost frame has the run's time.
 */
export function ownMs(frame: Frame, activeMs: number): number {
  const { parent, startedActiveMs, endedActiveMs = activeMs } = frame;
  const held = parent === undefined ? 0 : heldMs(frame, endedActiveMs);
  return Math.max(0, endedActiveMs - startedActiveMs - held);
}

/**
 * How long at least one of the frames was at work, in milliseconds, as `ownMs` counts it; they are in
 * the order of their starts.
 */
export function togetherMs(frames: readonly Frame[], activeMs: number): number {
  let [sum, until] = [0, 0];
  for (const frame of frames) {
    const from = Math.max(until, frame.startedActiveMs);
    until = Math.max(until, frame.startedActiveMs + ownMs(frame, activeMs));
    sum += until - Math.min(from, until);
  }
  return sum;
}
