import type { Fact } from '../../../events/event.ts';
import { exhaustedFor, scopeOf } from '../../../events/scopes.ts';
import { loopOf } from '../../plan-parts.ts';
import { whyStalled } from '../stall.ts';
import type { LoopLook, LoopStep } from './look.ts';
import { stop, whyStopped } from './stop.ts';
import { nextStrategy, switched } from './strategy.ts';

/**
 * A loop that goes nowhere tries the next of its strategies; when it has none (left), it is warned or
 * ends, as its policy says (spec, runtime 4.10).
 */
export const stalled: LoopStep = (look) => {
  const { plan, state, frame, policy } = look;
  const turns = frame.turns.length;
  const { enabled, window } = loopOf(plan, frame).stall;
  if (!enabled || frame.stallSeen === turns) return undefined;
  if (exhaustedFor(state, frame) || whyStopped(state, frame)) return undefined;
  const message = whyStalled({ window, minDelta: policy.stall.minDelta }, state, frame);
  if (message === undefined) return undefined;
  const strategy = nextStrategy(look);
  if (strategy) return [{ do: 'record', facts: [switched(look, strategy, message)] }];
  if (isLastWarning(look)) return stop(frame, { reason: 'stall', message });
  const data = { turns, message, action: 'warn' } as const;
  const fact: Fact = { type: 'stall.noticed', agent: frame.id, data };
  return [{ do: 'record', facts: [fact] }];
};

/** Whether nothing is left but to end: a second stall in a row, or all strategies were in vain. */
function isLastWarning({ state, frame, policy }: LoopLook): boolean {
  const { action, strategies = [] } = policy.stall;
  if (action !== 'warn_then_stop') return action === 'stop';
  if (strategies.length > 0) return true;
  const isInRow = frame.stallSeen === frame.turns.length - 1;
  return scopeOf(state, frame).stalls > 0 && isInRow;
}
