import { scopeOf } from '../../events/scopes.ts';
import type { Frame, RunState } from '../../events/state.ts';
import type { Refusal } from '../budget.ts';

/** Levels of managers down to a frame; the root is 0, whatever it is (decision 14). */
export function levelOf(state: RunState, frame: Frame): number {
  let level = 0;
  let at: Frame | undefined = frame;
  while (at?.parent !== undefined) {
    if (at.role === 'manager') level += 1;
    at = state.frames.get(at.parent);
  }
  return level;
}

/** Why no loop may start below a frame at this level; undefined when one may (decision 14). */
export function depthRefusal(state: RunState, parent: Frame, level: number): Refusal | undefined {
  const { depth } = scopeOf(state, parent).limits;
  if (depth === null || level < depth) return undefined;
  return { dimension: 'depth', limit: depth, used: level, reserved: 0, wanted: 1 };
}
