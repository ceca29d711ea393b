import type { Plan } from '../../../events/plan.ts';
import type { PlanPolicy } from '../../../events/plan-policy.ts';
import type { Frame, RunState, WaitingEnvelope } from '../../../events/state.ts';
import type { Command } from '../../command.ts';
import { policyOf } from '../../plan-parts.ts';
import { awaitsPerson } from './awaits-person.ts';
import { isStartable } from './startable.ts';

/** What a manager's next step is decided from. */
export interface LoopLook {
  plan: Plan;
  state: RunState;
  /** The manager's frame. */
  frame: Frame;
  policy: PlanPolicy;
  /** Whether a delegation of the turn may start now. */
  startable: (waiting: WaitingEnvelope) => boolean;
}

/**
 * One thing that a manager's loop sees to at a place of its turn: what is to be done for it, or undefined
 * when there is nothing (more). Pure, and answered by the state alone: it is asked again after each fact.
 */
export type LoopStep = (look: LoopLook) => Command[] | undefined;

/** Looks at a manager's loop. */
export function lookAtLoop(plan: Plan, state: RunState, frame: Frame): LoopLook {
  const policy = policyOf(plan, frame);
  const isStrict = policy.planning?.commit === 'strict';
  const startable = (waiting: WaitingEnvelope): boolean =>
    isStartable({ frame, isStrict }, waiting) && !awaitsPerson({ plan, state, frame }, waiting);
  return { plan, state, frame, policy, startable };
}

/** What the first step of these wants that wants something. */
export function firstOf(steps: readonly LoopStep[], look: LoopLook): Command[] | undefined {
  for (const step of steps) {
    const commands = step(look);
    if (commands) return commands;
  }
  return undefined;
}
