import type { JsonObject } from '../../../base/json.ts';
import type { Fact } from '../../../events/event.ts';
import {
  asksAbout,
  editedOrders,
  requestFor,
  submanagerCall,
  turnCall,
} from '../../../events/loop-requests.ts';
import { exhaustedFor, scopeOf } from '../../../events/scopes.ts';
import type { Frame, WaitingEnvelope } from '../../../events/state.ts';
import type { Command } from '../../command.ts';
import type { LoopLook, LoopStep } from './look.ts';

/**
 * Before the workers of a turn start, a person sees the manager's decision, where that is wanted. What
 * the person leaves out does not start; after a no none does, and the manager is told why.
 */
export const approveTurn: LoopStep = (look) => {
  const { plan, state, frame } = look;
  if (!asksAbout(plan, 'loops') || willNotStart(look)) return undefined;
  const call = turnCall(frame);
  const said = requestFor(state, call);
  if (said === 'pending') return [];
  if (said === 'unasked') {
    return [{ do: 'ask-about-loop', frame, about: 'turn', call, args: turnArgs(frame) }];
  }
  const { decision, reason, args } = said;
  if (decision === 'rejected') return [refuse(frame, frame.waiting, { what: REFUSED, reason })];
  if (!args) return undefined;
  const kept = new Set(editedOrders(args).map(({ index }) => index));
  const out = frame.waiting.filter(({ index }) => !kept.has(index));
  return out.length === 0
    ? undefined
    : [refuse(frame, out, { what: 'a person left it out', reason })];
};

/** The same before each sub-manager; those that do not wait for an answer start meanwhile. */
export const approveSubmanagers: LoopStep = (look) => {
  const { plan, state, frame } = look;
  if (!asksAbout(plan, 'submanagers') || willNotStart(look)) return undefined;
  const commands = frame.waiting.flatMap((waiting): Command[] => {
    const { envelope, index } = waiting;
    if (!envelope.asSubmanager) return [];
    const call = submanagerCall(frame, index);
    const said = requestFor(state, call);
    if (said === 'unasked') {
      const args = submanagerArgs(waiting);
      return [{ do: 'ask-about-loop', frame, about: 'submanager', call, args }];
    }
    if (said === 'pending' || said.decision === 'approved') return [];
    return [refuse(frame, [waiting], { what: REFUSED, reason: said.reason })];
  });
  return commands.length === 0 ? undefined : commands;
};

const REFUSED = 'a person refused it';

/** Nobody is asked about workers that a limit keeps from starting. */
function willNotStart({ state, frame }: LoopLook): boolean {
  return exhaustedFor(state, frame) !== undefined || scopeOf(state, frame).closingAsked;
}

/** The command that these do not start; `what` is said of them, with the person's reason behind it. */
function refuse(
  frame: Frame,
  waiting: readonly WaitingEnvelope[],
  { what, reason }: { what: string; reason: string | undefined },
): Command {
  const why = reason === undefined ? what : `${what}: ${reason}`;
  const facts = waiting.map(
    ({ index, envelope }): Fact => ({
      type: 'agent.skipped',
      agent: frame.id,
      data: { worker: envelope.workerId, index, reason: why, guard: 'rejected' },
    }),
  );
  return { do: 'record', facts };
}

/** What a person sees of a turn. */
function turnArgs({ turns, waiting }: Frame): JsonObject {
  const turn = turns.at(-1);
  return {
    turn: turns.length,
    ...(turn?.reasoning && { reasoning: turn.reasoning }),
    delegations: waiting.map(({ index, envelope }) => {
      const { workerId, instructions, toolsAllowed, temperature, asSubmanager } = envelope;
      return {
        index,
        ...{ worker: workerId, instructions },
        ...(toolsAllowed && { tools: [...toolsAllowed] }),
        ...(temperature !== undefined && { temperature }),
        ...(asSubmanager && { submanager: true }),
      };
    }),
  };
}

function submanagerArgs({ envelope }: WaitingEnvelope): JsonObject {
  const { workerId, instructions, budgetShare } = envelope;
  return {
    name: workerId,
    ...(budgetShare !== undefined && { share: budgetShare }),
    instructions,
  };
}
