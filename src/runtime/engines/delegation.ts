import type { JsonObject } from '../../base/json.ts';
import type { EventData, Fact } from '../../events/event.ts';
import type { Plan } from '../../events/plan.ts';
import type { Frame, Phase, RunState } from '../../events/state.ts';
import { said } from '../agent/check-output.ts';
import { exhausted, type Refusal } from '../budget.ts';
import type { Command } from '../command.ts';
import { nextModel, whyNoModel } from './next-model.ts';
import { isStalled } from './stall.ts';
import { nextForWorker } from './worker.ts';

/**
 * What a frame of a delegation loop does next. Pure, so a run can be resumed from its log and
 * tested as a table; an empty list means that something is still out.
 */
export function nextInDelegation(plan: Plan, state: RunState, frame: Frame): Command[] {
  if (frame.role === 'worker') return nextForWorker(plan, state, frame);
  return MANAGER[frame.phase](plan, state, frame);
}

type Row = (plan: Plan, state: RunState, frame: Frame) => Command[];

const MANAGER: Readonly<Record<Phase, Row>> = {
  ask: (plan, state, frame) => question(plan, state, frame),

  waiting: () => [],

  retry: (_plan, _state, frame) => [
    {
      do: 'ask',
      frame,
      purpose: frame.purpose ?? 'turn',
      ...(frame.retryAt !== undefined && { notBefore: frame.retryAt }),
    },
  ],

  failed(plan, state, frame) {
    const next = nextModel(plan, frame);
    if (next) return next;
    const { code = 'internal/bug' } = frame.failure ?? {};
    const message = whyNoModel(frame) ?? 'no answer';
    if (state.exhausted) return [endPartial(plan, state, frame)];
    return [
      end(frame, { status: 'failed', reason: code, message, ...bestOutputs(state, message) }),
    ];
  },

  read: (_plan, _state, frame) => [{ do: 'read', frame }],

  tools: () => [],

  workers(plan, state, frame) {
    if (frame.waiting.length > 0) return startWorkers(state, frame);
    if (frame.open.size > 0) return [];
    return turnIsOver(plan, state, frame);
  },

  checked: (plan, state, frame) => conclude(plan, state, frame),

  closed: () => [],
};

/** The manager's next question: a correction, the last turn, or an ordinary one. */
function question(plan: Plan, state: RunState, frame: Frame): Command[] {
  if (state.closingAsked) return [endPartial(plan, state, frame)];
  if (frame.complaint !== undefined) {
    if (frame.corrections <= plan.manager.corrections && !state.exhausted) {
      return [{ do: 'ask', frame, purpose: 'correction', reason: frame.complaint }];
    }
    if (!state.exhausted) return [unreadable(state, frame)];
  }
  const last = lastTurnReason(state);
  if (last === undefined) return [{ do: 'ask', frame, purpose: 'turn' }];
  return [{ do: 'ask', frame, purpose: 'closing', reason: last }];
}

function unreadable(state: RunState, frame: Frame): Command {
  const message = `the manager's answer could not be used after ${frame.corrections} attempts: ${frame.complaint}`;
  const data = { status: 'failed', reason: 'model/bad-answer', message } as const;
  return end(frame, { ...data, ...bestOutputs(state, message) });
}

/** Why no turn can follow the next one, or undefined when one can. */
function lastTurnReason({ exhausted, limits, ledger, stalls }: RunState): string | undefined {
  if (exhausted) return `the limit on ${exhausted.dimension} is reached`;
  if (stalls >= 2) return 'the last turns brought no progress';
  if (limits.loops !== null && ledger.used.loops + 1 >= limits.loops) return 'the limit on turns';
  if (limits.calls !== null && ledger.used.calls + 1 >= limits.calls) {
    return 'the limit on model calls';
  }
  return undefined;
}

function startWorkers(state: RunState, frame: Frame): Command[] {
  const started = frame.turns.at(-1)?.workers.length ?? 0;
  const skipped =
    (frame.decision?.decision === 'delegate' ? frame.decision.delegations.length : 0) -
    started -
    frame.waiting.length;
  const first = started + skipped + 1;
  if (state.exhausted || state.closingAsked) {
    const refusal = state.exhausted ? undefined : lastTurnRefusal(state);
    const dimension = state.exhausted?.dimension ?? refusal?.dimension;
    const reason = dimension ? `the limit on ${dimension} is reached` : 'no turn follows';
    const refused: Fact[] = refusal ? [exhausted(frame.id, refusal)] : [];
    return [{ do: 'record', facts: [...refused, ...skip(frame, first, reason)] }];
  }
  // The close of any worker asks again, so only those that fit are named: the cost stays constant.
  const free = Math.max(0, state.limits.parallel - state.openWorkers);
  return frame.waiting.slice(0, free).map((envelope, index) => ({
    do: 'start-worker',
    frame,
    envelope,
    index: first + index,
  }));
}

/** The limit that leaves no turn to read what workers would bring; undefined after a stall. */
function lastTurnRefusal({ limits, ledger: { used } }: RunState): Refusal | undefined {
  for (const dimension of ['loops', 'calls'] as const) {
    const limit = limits[dimension];
    if (limit === null || used[dimension] < limit) continue;
    return { dimension, limit, used: used[dimension], reserved: 0, wanted: 1 };
  }
  return undefined;
}

/** The facts that the rest of a turn's workers are not started. */
export function skip(frame: Frame, first: number, reason: string): Fact[] {
  return frame.waiting.map(({ workerId }, index) => ({
    type: 'agent.skipped',
    agent: frame.id,
    data: { worker: workerId, index: first + index, reason },
  }));
}

function turnIsOver(plan: Plan, state: RunState, frame: Frame): Command[] {
  const turns = frame.turns.length;
  const noticed = frame.stallSeen === turns;
  if (!noticed && !state.exhausted && plan.stall.enabled && isStalled(plan, state, frame)) {
    const message = `the last ${plan.stall.window} turns reported the same`;
    const data = { turns, message };
    return [{ do: 'record', facts: [{ type: 'stall.noticed', agent: frame.id, data }] }];
  }
  return question(plan, state, frame);
}

/** A decision to end, or a last turn that wanted to delegate all the same. */
function conclude(plan: Plan, state: RunState, frame: Frame): Command[] {
  const { decision } = frame;
  if (decision?.decision === 'complete') return [complete(plan, state, frame)];
  if (decision?.decision === 'fail') {
    const { reason: message, partial = {} } = decision;
    const status = state.exhausted ? 'partial' : 'failed';
    const reason = state.exhausted ? budgetReason(state) : 'manager/failed';
    const result = { ...partial, ...workerOutputs(state) };
    return [end(frame, { status, reason, message, text: said(partial, message), result })];
  }
  return [endPartial(plan, state, frame)];
}

function complete(plan: Plan, state: RunState, frame: Frame): Command {
  const result = frame.decision?.decision === 'complete' ? frame.decision.result : {};
  const text = said(result, JSON.stringify(result));
  const output =
    plan.output && Object.hasOwn(result, 'output') ? { output: result.output ?? null } : {};
  if (!state.exhausted && state.stalls < 2) {
    return end(frame, { status: 'complete', text, result, ...output });
  }
  const kept = { ...result, ...workerOutputs(state) };
  return end(frame, { status: 'partial', ...partialReason(state), text, result: kept, ...output });
}

/** The end of a run whose manager could not sum up: the workers' outputs are the result. */
function endPartial(plan: Plan, state: RunState, frame: Frame): Command {
  const { reason, message } = partialReason(state, plan);
  return end(frame, { status: 'partial', reason, message, ...bestOutputs(state, message) });
}

function partialReason(state: RunState, plan?: Plan): { reason: string; message: string } {
  if (state.exhausted) {
    const { dimension, limit } = state.exhausted;
    const shown = dimension === 'time' ? `${limit / 1000} s` : String(limit);
    return {
      reason: budgetReason(state),
      message: `the limit on ${dimension} (${shown}) is reached`,
    };
  }
  if (state.stalls >= 2) return { reason: 'stall', message: 'the last turns brought no progress' };
  const turns = plan?.limits.loops ?? state.limits.loops;
  return { reason: 'budget/loops', message: `no turn was left to go on (${turns} allowed)` };
}

function budgetReason({ exhausted }: RunState): string {
  return `budget/${exhausted?.dimension ?? 'loops'}`;
}

type Ending = EventData['run.finished'];

/** Closes the root manager and the run in one step. */
function end(frame: Frame, data: Ending): Command {
  const { text, result, reason = 'internal/bug', message = '' } = data;
  const confidence =
    frame.decision?.decision === 'complete' ? (frame.decision.confidence ?? 0.8) : 0;
  const closed: Fact =
    data.status === 'failed'
      ? {
          type: 'agent.failed',
          agent: frame.id,
          data: { code: reason, message, output: result, text },
        }
      : {
          type: 'agent.finished',
          agent: frame.id,
          data: { output: result, text, confidence, problems: [] },
        };
  return { do: 'record', facts: [closed, { type: 'run.finished', data }] };
}

function bestOutputs(state: RunState, message: string): { text: string; result: JsonObject } {
  const outputs = workerOutputs(state);
  const lines = finished(state).map(({ name, outcome }) => `${name}: ${outcome?.text ?? ''}`);
  return { text: [message, ...lines].join('\n'), result: outputs };
}

/** What the workers brought, by name: of those that failed, what they had. */
function workerOutputs(state: RunState): JsonObject {
  const outputs = finished(state).map(
    ({ name, outcome }) => [name, outcome?.output ?? {}] as const,
  );
  return outputs.length === 0 ? {} : { worker_outputs: Object.fromEntries(outputs) };
}

function finished(state: RunState): Frame[] {
  return [...state.frames.values()].filter(
    ({ role, outcome }) =>
      role === 'worker' && outcome && (outcome.ok || Object.keys(outcome.output).length > 0),
  );
}
