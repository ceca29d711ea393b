import { scopeOf } from '../../../events/scopes.ts';
import type { Frame, RunState } from '../../../events/state.ts';
import type { Command } from '../../command.ts';

/** Why a loop ends partial: a code, and words for people. */
export interface Why {
  reason: string;
  message: string;
}

/** Why a loop that goes nowhere ends after its next turn; undefined while it may go on. */
export function whyStopped(
  state: RunState,
  frame: Pick<Frame, 'scope' | 'delegation'>,
): Why | undefined {
  if (scopeOf(state, frame).stalls < 2) return undefined;
  const usual = { reason: 'stall', message: 'the last turns brought no progress' };
  return frame.delegation?.stuck ?? usual;
}

/** Ends a loop that goes nowhere: its manager gets one turn to sum up what there is. */
export function stop(frame: Frame, { reason, message }: Why): Command[] {
  const turns = frame.turns.length;
  const data = { turns, message, action: 'stop', reason } as const;
  return [{ do: 'record', facts: [{ type: 'stall.noticed', agent: frame.id, data }] }];
}
