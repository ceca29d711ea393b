import { exhaustedFor } from '../../../events/scopes.ts';
import { loopOf } from '../../plan-parts.ts';
import { isStalled } from '../stall.ts';
import type { LoopStep } from './look.ts';

/** A loop that goes nowhere is told so. */
export const stalled: LoopStep = ({ plan, state, frame }) => {
  const turns = frame.turns.length;
  const { stall } = loopOf(plan, frame);
  if (frame.stallSeen === turns || exhaustedFor(state, frame) || !stall.enabled) return undefined;
  if (!isStalled(stall.window, state, frame)) return undefined;
  const message = `the last ${stall.window} turns reported the same`;
  const data = { turns, message };
  return [{ do: 'record', facts: [{ type: 'stall.noticed', agent: frame.id, data }] }];
};
