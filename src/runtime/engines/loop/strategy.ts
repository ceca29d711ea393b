import type { Fact } from '../../../events/event.ts';
import type { Strategy } from '../../../events/plan-policy.ts';
import type { LoopLook } from './look.ts';

/** The next way to go on that was not tried yet; undefined when none is left (spec, runtime 4.10). */
export function nextStrategy({ frame, policy }: LoopLook): Strategy | undefined {
  const tried = frame.delegation?.strategies ?? [];
  return policy.stall.strategies?.[tried.length];
}

/** The fact that a loop which goes nowhere goes another way. */
export function switched({ frame }: LoopLook, strategy: Strategy, reason: string): Fact {
  const data = { turn: frame.turns.length, strategy, reason };
  return { type: 'strategy.switched', agent: frame.id, data };
}
