import type { AgentRole } from '../../events/event.ts';
import type { Frame } from '../../events/state.ts';
import type { Command } from '../command.ts';
import { nextInDelegation } from './delegation.ts';
import { nextInGraph } from './graph.ts';
import type { Moment } from './graph-look.ts';
import { heldForRaise } from './loop/raise-budget.ts';
import { nextForWorker } from './worker.ts';

type Engine = (moment: Moment, frame: Frame) => Command[];

const worker: Engine = ({ plan, state }, frame) => nextForWorker(plan, state, frame);

/** Who decides for a frame. */
const ENGINES: Readonly<Record<AgentRole, Engine>> = {
  manager: ({ plan, state }, frame) => nextInDelegation(plan, state, frame),
  worker,
  node: worker,
  graph: nextInGraph,
  // It is out from its start; only a crash lets it wait to be called again.
  step: (_moment, frame) => (frame.phase === 'ask' ? [{ do: 'call-step', frame }] : []),
  judge: worker,
  reviewer: worker,
  repairer: worker,
};

/** What an open frame does next. Pure; an empty list means that something is still out. */
export function nextCommands(moment: Moment, frame: Frame): Command[] {
  const { plan, state } = moment;
  return heldForRaise(plan, state, frame) ?? ENGINES[frame.role](moment, frame);
}
