import type { Fact } from '../../../../events/event.ts';
import type { Guard } from '../../../../events/loop-state.ts';
import type { Frame, WaitingEnvelope } from '../../../../events/state.ts';
import type { Command } from '../../../command.ts';

/** A delegation that is not started, and why. */
export interface Held {
  one: WaitingEnvelope;
  reason: string;
}

/** Holds delegations of the turn back; undefined when there are none. */
export function holdBack(frame: Frame, held: readonly Held[], guard: Guard): Command[] | undefined {
  if (held.length === 0) return undefined;
  const facts = held.map(({ one, reason }): Fact => {
    const { index, envelope } = one;
    const data = { worker: envelope.workerId, index, reason, guard };
    return { type: 'agent.skipped', agent: frame.id, data };
  });
  return [{ do: 'record', facts }];
}
