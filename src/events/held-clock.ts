import type { Frame, RunState } from './state.ts';

/** The clock of a frame stands while people are asked about it or about what is below it. */
export interface HeldClock {
  /** Requests that wait for an answer. */
  holds: number;
  /** Active time of the run when the first of them was made; counts only while there is one. */
  since: number;
  /** Active time that it stood before, in milliseconds. */
  ms: number;
}

/** A clock that never stood. */
export function newClock(): HeldClock {
  return { holds: 0, since: 0, ms: 0 };
}

/** A person is asked: the clocks of the frame and of all around it stand. */
export function holdClock(state: RunState, frame: Frame): void {
  for (const { held } of upFrom(state, frame)) {
    if (held.holds === 0) held.since = state.activeMs;
    held.holds += 1;
  }
}

/** A person has answered, or needs to no more. */
export function releaseClock(state: RunState, frame: Frame): void {
  for (const { held } of upFrom(state, frame)) {
    held.holds -= 1;
    if (held.holds === 0) held.ms += state.activeMs - held.since;
  }
}

/** How long a frame's clock stood until `activeMs` of the run, in milliseconds of active time. */
export function heldMs({ held }: Frame, activeMs: number): number {
  return held.ms + (held.holds > 0 ? activeMs - held.since : 0);
}

function* upFrom(state: RunState, frame: Frame): Generator<Frame> {
  let at: Frame | undefined = frame;
  while (at) {
    yield at;
    at = at.parent === undefined ? undefined : state.frames.get(at.parent);
  }
}
