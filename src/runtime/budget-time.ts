import type { EventData } from '../events/event.ts';
import { isNested, scopesOf } from '../events/scopes.ts';
import type { Frame, RunState, Scope } from '../events/state.ts';
import { closingMs, managerOf } from './budget-closing.ts';
import { activeMsOf } from './budget-report.ts';

/** What is asked of the time: for work or for a last turn, after so much active time of the run. */
export interface TimeAsked {
  kind: 'work' | 'closing';
  /** Milliseconds. */
  activeMs: number;
}

/** The time that binds a frame. */
interface TimeLeft {
  scope: Scope;
  limit: number;
  /** Milliseconds; less than zero when it is over. */
  left: number;
}

/**
 * The budget whose time ends first for a frame, and what is left of it; undefined when none has a
 * limit. For work it ends earlier: part of each is kept for the last turns of the managers that the
 * frame is below.
 */
export function timeLeft(
  state: RunState,
  frame: Pick<Frame, 'scope'> | undefined,
  { kind, activeMs }: TimeAsked,
): TimeLeft | undefined {
  let least: TimeLeft | undefined;
  let hasLastTurn = false;
  for (const scope of scopesOf(state, frame)) {
    hasLastTurn ||= managerOf(state, scope) !== undefined;
    const limit = scope.limits.time;
    if (limit === null) continue;
    const kept = kind === 'work' && hasLastTurn ? closingMs(limit) : 0;
    const left = limit - kept - activeMsOf({ activeMs }, scope);
    if (!least || left < least.left) least = { scope, limit, left };
  }
  return least;
}

/** What is said of a frame for whose work no time is left; undefined while there is some. */
export function timeRefusal(
  state: RunState,
  frame: Pick<Frame, 'scope'> | undefined,
  activeMs: number,
): EventData['budget.exhausted'] | undefined {
  const over = timeLeft(state, frame, { kind: 'work', activeMs });
  if (!over || over.left > 0) return undefined;
  const { scope, limit } = over;
  const used = Math.min(limit, activeMsOf({ activeMs }, scope));
  const place = isNested(scope) && { scope: scope.id };
  return { ...place, dimension: 'time', limit, used, reserved: limit - used, wanted: 0 };
}
