import type { AgentRole } from '../../events/event.ts';
import type { Frame } from '../../events/state.ts';
import type { Command } from '../command.ts';
import { nextInDelegation } from './delegation.ts';
import { nextInGraph } from './graph.ts';
import type { Moment } from './graph-look.ts';
import { proposals } from './loop/propose.ts';
import { heldForRaise } from './loop/raise-budget.ts';
import { nextForRepairer, waitsForRepairers } from './repairer.ts';
import { nextForWorker } from './worker.ts';

type Engine = (moment: Moment, frame: Frame) => Command[];

const worker: Engine = ({ plan, state }, frame) =>
  waitsForRepairers(state, frame) ? [] : nextForWorker(plan, state, frame);

/** Who decides for a frame. */
const ENGINES: Readonly<Record<AgentRole, Engine>> = {
  manager: ({ plan, state }, frame) => nextInDelegation(plan, state, frame),
  worker,
  node: worker,
  graph: (moment, frame) => [
    ...(proposals(moment.plan, moment.state, frame) ?? []),
    ...nextInGraph(moment, frame),
  ],
  // It is out from its start; only a crash lets it wait to be called again.
  step: (_moment, frame) => (frame.phase === 'ask' ? [{ do: 'call-step', frame }] : []),
  judge: worker,
  reviewer: worker,
  repairer: ({ plan, state }, frame) => nextForRepairer(plan, state, frame),
};

/** What an open frame does next. Pure; an empty list means that something is still out. */
export function nextCommands(moment: Moment, frame: Frame): Command[] {
  const { plan, state } = moment;
  // A call waits for a repairer, so that one never waits for a person.
  const held = frame.role === 'repairer' ? undefined : heldForRaise(plan, state, frame);
  return held ?? ENGINES[frame.role](moment, frame);
}
