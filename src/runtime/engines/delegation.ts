import type { JsonObject } from '../../base/json.ts';
import type { EventData, Fact } from '../../events/event.ts';
import type { Plan } from '../../events/plan.ts';
import { exhaustedFor, scopeOf, scopesOf } from '../../events/scopes.ts';
import type { ScoredAnswer } from '../../events/scoring.ts';
import type { Exhaustion, Frame, Phase, RunState } from '../../events/state.ts';
import { said } from '../agent/check-output.ts';
import { exhausted, type Refusal, refusalOf } from '../budget.ts';
import { Rooms, tightest } from '../budget-rooms.ts';
import type { Command } from '../command.ts';
import { evaluated, keptAnswer } from '../evaluation/decide.ts';
import { hideSensitive, isReserved } from '../nodes/hide-fields.ts';
import { loopOf } from '../plan-parts.ts';
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
    const kept = scoredEnd(plan, state, frame);
    if (kept) return [kept];
    if (exhaustedFor(state, frame)) return [endPartial(plan, state, frame)];
    const outputs = bestOutputs(state, frame, message);
    return [end(state, frame, { status: 'failed', reason: code, message, ...outputs })];
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
  if (scopeOf(state, frame).closingAsked) return [endPartial(plan, state, frame)];
  const spent = exhaustedFor(state, frame);
  if (frame.complaint !== undefined && !spent) {
    if (frame.corrections > loopOf(plan, frame).manager.corrections) {
      return [scoredEnd(plan, state, frame) ?? unreadable(state, frame)];
    }
    return [{ do: 'ask', frame, purpose: 'correction', reason: frame.complaint }];
  }
  const last = lastTurnReason(state, frame, spent);
  if (last === undefined) return [{ do: 'ask', frame, purpose: 'turn' }];
  return [{ do: 'ask', frame, purpose: 'closing', reason: last }];
}

function unreadable(state: RunState, frame: Frame): Command {
  const message = `the manager's answer could not be used after ${frame.corrections} attempts: ${frame.complaint}`;
  const data = { status: 'failed', reason: 'model/bad-answer', message } as const;
  return end(state, frame, { ...data, ...bestOutputs(state, frame, message) });
}

/** Why no turn can follow the next one, or undefined when one can. */
function lastTurnReason(
  state: RunState,
  frame: Frame,
  spent: Exhaustion | undefined,
): string | undefined {
  if (spent) return `the limit on ${spent.dimension} is reached`;
  if (scopeOf(state, frame).stalls >= 2) return 'the last turns brought no progress';
  const rooms = new Rooms(state);
  const isLast = (dimension: 'loops' | 'calls'): boolean =>
    rooms.of(frame, dimension).some(({ left }) => left <= 1);
  if (isLast('loops')) return 'the limit on turns';
  return isLast('calls') ? 'the limit on model calls' : undefined;
}

function startWorkers(state: RunState, frame: Frame): Command[] {
  const started = frame.turns.at(-1)?.workers.length ?? 0;
  const skipped =
    (frame.decision?.decision === 'delegate' ? frame.decision.delegations.length : 0) -
    started -
    frame.waiting.length;
  const first = started + skipped + 1;
  const spent = exhaustedFor(state, frame);
  if (spent || scopeOf(state, frame).closingAsked) {
    const refusal = spent ? undefined : lastTurnRefusal(state, frame);
    const dimension = spent?.dimension ?? refusal?.dimension;
    const reason = dimension ? `the limit on ${dimension} is reached` : 'no turn follows';
    const refused: Fact[] = refusal ? [exhausted(frame.id, refusal)] : [];
    return [{ do: 'record', facts: [...refused, ...skip(frame, first, reason)] }];
  }
  // The close of any worker asks again, so only those that fit are named: the cost stays constant.
  // Beside other loops and nodes one is always named, so that it waits for room of theirs.
  const free = scopesOf(state, frame).map(
    ({ limits, openWorkers }) => limits.parallel - openWorkers,
  );
  const named = Math.max(isRoot(frame) ? 0 : 1, Math.min(...free));
  return frame.waiting.slice(0, named).map((envelope, index) => ({
    do: 'start-worker',
    frame,
    envelope,
    index: first + index,
  }));
}

/** The limit that leaves no turn to read what workers would bring; undefined after a stall. */
function lastTurnRefusal(state: RunState, frame: Frame): Refusal | undefined {
  const rooms = new Rooms(state);
  for (const dimension of ['loops', 'calls'] as const) {
    const room = rooms.of(frame, dimension).find(({ left }) => left <= 0);
    if (room) return refusalOf(dimension, room, 1);
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
  const { stall } = loopOf(plan, frame);
  const noticed = frame.stallSeen === turns;
  const spent = exhaustedFor(state, frame);
  if (!noticed && !spent && stall.enabled && isStalled(stall.window, state, frame)) {
    const message = `the last ${stall.window} turns reported the same`;
    const data = { turns, message };
    return [{ do: 'record', facts: [{ type: 'stall.noticed', agent: frame.id, data }] }];
  }
  return question(plan, state, frame);
}

/** A decision to end, or a last turn that wanted to delegate all the same. */
function conclude(plan: Plan, state: RunState, frame: Frame): Command[] {
  const { decision } = frame;
  if (decision?.decision === 'complete') return completing(plan, state, frame);
  if (decision?.decision !== 'fail') return [endPartial(plan, state, frame)];
  const { reason: message, partial = {} } = decision;
  const spent = exhaustedFor(state, frame);
  const status = spent ? 'partial' : 'failed';
  const reason = spent ? `budget/${spent.dimension}` : 'manager/failed';
  const result = { ...partial, ...workerOutputs(state, frame) };
  return [end(state, frame, { status, reason, message, text: said(partial, message), result })];
}

/** A result that is good enough ends the loop; one that may be better is sent back to the manager. */
function completing(plan: Plan, state: RunState, frame: Frame): Command[] {
  const mayRepair =
    !frame.refused && !exhaustedFor(state, frame) && !scopeOf(state, frame).closingAsked;
  const next = evaluated(plan, state, { frame, mayRepair });
  if (next.next === 'commands') return next.commands;
  if (next.next === 'repair') {
    return [{ do: 'ask', frame, purpose: 'correction', reason: next.reason }];
  }
  if (next.answer === undefined) return [complete(plan, state, frame)];
  return [endScored(plan, state, { frame, answer: next.answer, low: next.low })];
}

/** The end with the best result that was scored; undefined when none was. */
function scoredEnd(plan: Plan, state: RunState, frame: Frame): Command | undefined {
  const answer = keptAnswer(frame);
  return answer && endScored(plan, state, { frame, answer });
}

interface ScoredEnd {
  frame: Frame;
  answer: ScoredAnswer;
  /** Why it may not stand. */
  low?: string | undefined;
}

function endScored(plan: Plan, state: RunState, { frame, answer, low }: ScoredEnd): Command {
  const best = { ...frame, decision: answer.decision };
  if (low === undefined || partialReason(state, frame)) return complete(plan, state, best);
  const result = answer.decision?.decision === 'complete' ? answer.decision.result : {};
  const kept = { ...result, ...workerOutputs(state, frame) };
  const text = said(result, low);
  return end(state, best, {
    ...{ status: 'failed', reason: 'evaluation/failed', message: low },
    ...{ text, result: kept },
  });
}

function complete(plan: Plan, state: RunState, frame: Frame): Command {
  const result = frame.decision?.decision === 'complete' ? frame.decision.result : {};
  const text = said(result, JSON.stringify(result));
  const isTyped = plan.output && isRoot(frame) && Object.hasOwn(result, 'output');
  const output = isTyped ? { output: result.output ?? null } : {};
  const why = partialReason(state, frame);
  if (!why) return end(state, frame, { status: 'complete', text, result, ...output });
  const kept = { ...result, ...workerOutputs(state, frame) };
  return end(state, frame, { status: 'partial', ...why, text, result: kept, ...output });
}

/** The end of a loop whose manager could not sum up: the workers' outputs are the result. */
function endPartial(plan: Plan, state: RunState, frame: Frame): Command {
  const kept = scoredEnd(plan, state, frame);
  if (kept) return kept;
  const { reason, message } = partialReason(state, frame) ?? noTurnLeft(state, frame);
  const outputs = bestOutputs(state, frame, message);
  return end(state, frame, { status: 'partial', reason, message, ...outputs });
}

interface Why {
  reason: string;
  message: string;
}

/** Why a loop can only end partial (decision 4); undefined when it can end complete. */
function partialReason(state: RunState, frame: Frame): Why | undefined {
  const spent = exhaustedFor(state, frame);
  if (spent) {
    const { dimension, limit } = spent;
    const shown = dimension === 'time' ? `${limit / 1000} s` : String(limit);
    return {
      reason: `budget/${dimension}`,
      message: `the limit on ${dimension} (${shown}) is reached`,
    };
  }
  if (scopeOf(state, frame).stalls < 2) return undefined;
  return { reason: 'stall', message: 'the last turns brought no progress' };
}

function noTurnLeft(state: RunState, frame: Frame): Why {
  const turns = tightest(new Rooms(state).of(frame, 'loops'))?.limit ?? null;
  return { reason: 'budget/loops', message: `no turn was left to go on (${turns} allowed)` };
}

type Ending = EventData['run.finished'];

/** Closes a manager; with that of the root the run ends in the same step. */
function end(state: RunState, frame: Frame, data: Ending): Command {
  if (isRoot(frame)) {
    const facts: Fact[] = [closed(frame, data, data.result), { type: 'run.finished', data }];
    return { do: 'record', facts };
  }
  const { output, refused } = handedOut(state, frame, data.result);
  return { do: 'record', facts: [...refused, closed(frame, data, output)] };
}

function closed(
  frame: Frame,
  { status, text, reason, message = '' }: Ending,
  output: JsonObject,
): Fact {
  const agent = frame.id;
  if (status === 'failed') {
    const data = { code: reason ?? 'internal/bug', message, output, text };
    return { type: 'agent.failed', agent, data };
  }
  const confidence =
    frame.decision?.decision === 'complete' ? (frame.decision.confidence ?? 0.8) : 0;
  // Others see how sure a node was and whether it was cut short (spec, runtime 2.2).
  const cut = status === 'partial' && { status, ...(reason !== undefined && { reason }) };
  const own = isRoot(frame) ? output : { ...output, confidence, ...cut };
  return { type: 'agent.finished', agent, data: { output: own, text, confidence, problems: [] } };
}

/** What the graph around takes of a result: no hidden values (R14), no keys of the runtime (R13). */
function handedOut(
  state: RunState,
  { parent, node }: Frame,
  result: JsonObject,
): { output: JsonObject; refused: Fact[] } {
  const graph = state.graphs.get(parent ?? '');
  if (!graph || !node) return { output: result, refused: [] };
  const refused = Object.keys(result)
    .filter(isReserved)
    .map((key): Fact => {
      const data = { node: node.id, key, reason: 'the key belongs to the runtime' };
      return { type: 'state.refused', agent: graph.frame, data };
    });
  const kept = Object.fromEntries(Object.entries(result).filter(([key]) => !isReserved(key)));
  return { output: hideSensitive({ node: node.id }, graph.plan.state.sharing, kept), refused };
}

function isRoot({ parent }: Frame): boolean {
  return parent === undefined;
}

function bestOutputs(
  state: RunState,
  frame: Frame,
  message: string,
): { text: string; result: JsonObject } {
  const lines = reports(state, frame).map(({ name, outcome }) => `${name}: ${outcome?.text ?? ''}`);
  return { text: [message, ...lines].join('\n'), result: workerOutputs(state, frame) };
}

/** What the workers brought, by name: of those that failed, what they had. */
function workerOutputs(state: RunState, frame: Frame): JsonObject {
  const outputs = reports(state, frame).map(
    ({ name, outcome }) => [name, outcome?.output ?? {}] as const,
  );
  return outputs.length === 0 ? {} : { worker_outputs: Object.fromEntries(outputs) };
}

/** The manager's workers that brought something, in the order of their start. */
function reports(state: RunState, frame: Frame): Frame[] {
  const workers = frame.turns.flatMap(({ workers: ids }) =>
    ids.flatMap((id) => state.frames.get(id) ?? []),
  );
  return workers.filter(
    ({ outcome }) => outcome && (outcome.ok || Object.keys(outcome.output).length > 0),
  );
}
