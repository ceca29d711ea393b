import type { Plan } from '../../../events/plan.ts';
import type { Frame, RunState } from '../../../events/state.ts';
import type { Command } from '../../command.ts';
import { newProposals } from '../../creation/induction/proposed.ts';
import type { LoopStep } from './look.ts';

/** Programs that several workers ran become a proposal, once (spec, capabilities 4.9: induction). */
export const proposeTools: LoopStep = ({ plan, state, frame }) => proposals(plan, state, frame);

/**
 * The proposals that the frame records, which speaks for the run: the first manager that is at work, or,
 * where there is none, the graph around all. Undefined when there is nothing to propose. Pure.
 */
export function proposals(plan: Plan, state: RunState, frame: Frame): Command[] | undefined {
  if (!plan.creation?.induction || !state.creation || speakerOf(state) !== frame.id) {
    return undefined;
  }
  const found = newProposals(plan, state);
  if (found.length === 0) return undefined;
  const facts = found.map((proposal) => ({
    ...{ type: 'tool.proposed' as const, agent: frame.id, data: { proposal } },
  }));
  return [{ do: 'record', facts }];
}

function speakerOf({ openFrames, frames }: RunState): string | undefined {
  for (const id of openFrames) if (frames.get(id)?.role === 'manager') return id;
  return openFrames.values().next().value;
}
