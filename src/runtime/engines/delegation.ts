import type { Plan } from '../../events/plan.ts';
import { exhaustedFor, scopeOf } from '../../events/scopes.ts';
import type { Exhaustion, Frame, Phase, RunState } from '../../events/state.ts';
import { said } from '../agent/check-output.ts';
import { Rooms } from '../budget-rooms.ts';
import type { Command } from '../command.ts';
import { evaluated } from '../evaluation/decide.ts';
import { loopOf } from '../plan-parts.ts';
import {
  bestOutputs,
  complete,
  end,
  endPartial,
  endScored,
  scoredEnd,
  unreadable,
  workerOutputs,
} from './loop/ending.ts';
import { firstOf, type LoopLook, lookAtLoop } from './loop/look.ts';
import { startWorkers } from './loop/start-workers.ts';
import {
  AFTER_TURN,
  BEFORE_QUESTION,
  BEFORE_START,
  ON_COMPLETE,
  ON_DIAGNOSE,
  ON_PLAN,
  ON_RESULTS,
} from './loop/steps.ts';
import { whyStopped } from './loop/stop.ts';
import { nextModel, whyNoModel } from './next-model.ts';
import { nextForWorker } from './worker.ts';

/**
 * What a frame of a delegation loop does next. Pure, so a run can be resumed from its log and
 * tested as a table; an empty list means that something is still out.
 */
export function nextInDelegation(plan: Plan, state: RunState, frame: Frame): Command[] {
  if (frame.role === 'worker') return nextForWorker(plan, state, frame);
  return MANAGER[frame.phase](lookAtLoop(plan, state, frame));
}

type Row = (look: LoopLook) => Command[];

const MANAGER: Readonly<Record<Phase, Row>> = {
  ask: (look) => question(look),

  waiting: () => [],

  retry: ({ frame }) => [
    {
      do: 'ask',
      frame,
      purpose: frame.purpose ?? 'turn',
      ...(frame.retryAt !== undefined && { notBefore: frame.retryAt }),
    },
  ],

  failed({ plan, state, frame }) {
    const next = nextModel(plan, frame);
    if (next) return next;
    const { code = 'internal/bug' } = frame.failure ?? {};
    const message = whyNoModel(frame) ?? 'no answer';
    const kept = scoredEnd(plan, state, frame);
    if (kept) return [kept];
    if (exhaustedFor(state, frame)) return [endPartial(plan, state, frame)];
    const outputs = bestOutputs(state, frame, message);
    return [end(state, frame, { status: 'failed', reason: code, message, ...outputs })];
  },

  read: ({ frame }) => [{ do: 'read', frame }],

  tools: () => [],

  workers(look) {
    const { frame } = look;
    const before = frame.waiting.length > 0 ? firstOf(BEFORE_START, look) : undefined;
    if (before) return before;
    const commands = [...startWorkers(look), ...(firstOf(ON_RESULTS, look) ?? [])];
    if (commands.length > 0 || frame.waiting.length + frame.open.size > 0) return commands;
    return firstOf(AFTER_TURN, look) ?? question(look);
  },

  checked: (look) => conclude(look),

  closed: () => [],
};

/** The manager's next question: a correction, the last turn, or an ordinary one. */
function question(look: LoopLook): Command[] {
  const { plan, state, frame } = look;
  const before = firstOf(BEFORE_QUESTION, look);
  if (before) return before;
  if (scopeOf(state, frame).closingAsked) return [endPartial(plan, state, frame)];
  const spent = exhaustedFor(state, frame);
  if (frame.complaint !== undefined && !spent) {
    if (frame.corrections > loopOf(plan, frame).manager.corrections) {
      return [scoredEnd(plan, state, frame) ?? unreadable(state, frame)];
    }
    // The last call is for the last turn: a correction would leave nothing to sum up with.
    if (!isLast(state, frame, 'calls'))
      return [{ do: 'ask', frame, purpose: 'correction', reason: frame.complaint }];
  }
  const last = lastTurnReason(state, frame, spent);
  if (last === undefined) return [{ do: 'ask', frame, purpose: 'turn' }];
  return [{ do: 'ask', frame, purpose: 'closing', reason: last }];
}

/** Why no turn can follow the next one, or undefined when one can. */
function lastTurnReason(
  state: RunState,
  frame: Frame,
  spent: Exhaustion | undefined,
): string | undefined {
  if (spent) return `the limit on ${spent.dimension} is reached`;
  const stopped = whyStopped(state, frame);
  if (stopped) return stopped.message;
  if (isLast(state, frame, 'loops')) return 'the limit on turns';
  return isLast(state, frame, 'calls') ? 'the limit on model calls' : undefined;
}

/** Whether only one more of these is left in some budget of the loop. */
function isLast(state: RunState, frame: Frame, dimension: 'loops' | 'calls'): boolean {
  return new Rooms(state).of(frame, dimension).some(({ left }) => left <= 1);
}

/** A decision to end, or a last turn that wanted to delegate all the same. */
function conclude(look: LoopLook): Command[] {
  const { plan, state, frame } = look;
  const { decision } = frame;
  if (decision?.decision === 'complete') return firstOf(ON_COMPLETE, look) ?? completing(look);
  const isOver = exhaustedFor(state, frame) || scopeOf(state, frame).closingAsked;
  if (decision?.decision === 'plan' && !isOver) return firstOf(ON_PLAN, look) ?? question(look);
  if (decision?.decision === 'diagnose' && !isOver)
    return firstOf(ON_DIAGNOSE, look) ?? question(look);
  if (decision?.decision !== 'fail') return [endPartial(plan, state, frame)];
  const { reason: message, partial = {} } = decision;
  const spent = exhaustedFor(state, frame);
  const status = spent ? 'partial' : 'failed';
  const reason = spent ? `budget/${spent.dimension}` : 'manager/failed';
  const result = { ...partial, ...workerOutputs(state, frame) };
  return [end(state, frame, { status, reason, message, text: said(partial, message), result })];
}

/** A result that is good enough ends the loop; one that may be better is sent back to the manager. */
function completing({ plan, state, frame, policy }: LoopLook): Command[] {
  // Its score is the last gate: where that is left out, results are scored and nothing is refused.
  const isGate = policy.gates.includes('evaluation');
  const mayRepair =
    isGate && !frame.refused && !exhaustedFor(state, frame) && !scopeOf(state, frame).closingAsked;
  const next = evaluated(plan, state, { frame, mayRepair });
  if (next.next === 'commands') return next.commands;
  if (next.next === 'repair') {
    return [{ do: 'ask', frame, purpose: 'correction', reason: next.reason }];
  }
  if (next.answer === undefined) return [complete(plan, state, frame)];
  const low = isGate ? next.low : undefined;
  return [endScored(plan, state, { frame, answer: next.answer, low })];
}
