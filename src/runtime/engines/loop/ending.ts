import type { JsonObject } from '../../../base/json.ts';
import type { EventData, Fact } from '../../../events/event.ts';
import { resultOf } from '../../../events/loop-results.ts';
import type { Plan } from '../../../events/plan.ts';
import { exhaustedFor } from '../../../events/scopes.ts';
import type { ScoredAnswer } from '../../../events/scoring.ts';
import type { Frame, Outcome, RunState } from '../../../events/state.ts';
import { said } from '../../agent/check-output.ts';
import { Rooms, tightest } from '../../budget-rooms.ts';
import type { Command } from '../../command.ts';
import { keptAnswer } from '../../evaluation/decide.ts';
import { hideSensitive, isReserved } from '../../nodes/hide-fields.ts';
import type { LoopLook } from './look.ts';
import { type Why, whyStopped } from './stop.ts';
import { isSubmanager, submanagerEnd } from './submanager-end.ts';

/** The end of a loop whose manager cannot be understood. */
export function unreadable(state: RunState, frame: Frame): Command {
  const message = `the manager's answer could not be used after ${frame.corrections} attempts: ${frame.complaint}`;
  const data = { status: 'failed', reason: 'model/bad-answer', message } as const;
  return end(state, frame, { ...data, ...bestOutputs(state, frame, message) });
}

/** The end with the best result that was scored; undefined when none was. */
export function scoredEnd(plan: Plan, state: RunState, frame: Frame): Command | undefined {
  const answer = keptAnswer(frame);
  return answer && endScored(plan, state, { frame, answer });
}

interface ScoredEnd {
  frame: Frame;
  answer: ScoredAnswer;
  /** Why it may not stand. */
  low?: string | undefined;
}

/** The end with an answer that was scored; failed when that is too low to stand. */
export function endScored(plan: Plan, state: RunState, { frame, answer, low }: ScoredEnd): Command {
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

/**
 * The end of a loop whose last result gates refuse (spec, runtime 4.9): partial, with all of it kept. An
 * earlier result that they let pass, and that was scored, is better than one that they do not.
 */
export function endRejected(
  { plan, state, frame }: Pick<LoopLook, 'plan' | 'state' | 'frame'>,
  { gate, reason }: { gate: string; reason: string },
): Command {
  const kept = scoredEnd(plan, state, frame);
  if (kept) return kept;
  const why = { reason: `gate/${gate}`, message: reason };
  return ended(plan, state, { frame, why: partialReason(state, frame) ?? why });
}

/** The end with the manager's result: complete, or partial where a limit or a stall ended the work. */
export function complete(plan: Plan, state: RunState, frame: Frame): Command {
  return ended(plan, state, { frame, why: partialReason(state, frame) });
}

function ended(
  plan: Plan,
  state: RunState,
  { frame, why }: { frame: Frame; why: Why | undefined },
): Command {
  const result = frame.decision?.decision === 'complete' ? frame.decision.result : {};
  const text = said(result, JSON.stringify(result));
  const isTyped = plan.output && isRoot(frame) && Object.hasOwn(result, 'output');
  const output = isTyped ? { output: result.output ?? null } : {};
  if (!why) return end(state, frame, { status: 'complete', text, result, ...output });
  const kept = { ...result, ...workerOutputs(state, frame) };
  return end(state, frame, { status: 'partial', ...why, text, result: kept, ...output });
}

/** The end of a loop whose manager could not sum up: the workers' outputs are the result. */
export function endPartial(plan: Plan, state: RunState, frame: Frame): Command {
  const kept = scoredEnd(plan, state, frame);
  if (kept) return kept;
  const { reason, message } = partialReason(state, frame) ?? noTurnLeft(state, frame);
  const outputs = bestOutputs(state, frame, message);
  return end(state, frame, { status: 'partial', reason, message, ...outputs });
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
  return whyStopped(state, frame);
}

function noTurnLeft(state: RunState, frame: Frame): Why {
  const turns = tightest(new Rooms(state).of(frame, 'loops'))?.limit ?? null;
  return { reason: 'budget/loops', message: `no turn was left to go on (${turns} allowed)` };
}

type Ending = EventData['run.finished'];

/** Closes a manager; with that of the root the run ends in the same step. */
export function end(state: RunState, frame: Frame, data: Ending): Command {
  if (isRoot(frame)) {
    const facts: Fact[] = [closed(state, frame, data), { type: 'run.finished', data }];
    return { do: 'record', facts };
  }
  const { output, refused } = handedOut(state, frame, data.result);
  return { do: 'record', facts: [...refused, closed(state, frame, { ...data, result: output })] };
}

function closed(
  state: RunState,
  frame: Frame,
  { status, text, reason, message = '', result: output }: Ending,
): Fact {
  const agent = frame.id;
  if (status === 'failed') {
    const data = { code: reason ?? 'internal/bug', message, output, text };
    return { type: 'agent.failed', agent, data };
  }
  if (isSubmanager(state, frame)) {
    const data = { output, text, ...submanagerEnd(state, frame, { status, reason }) };
    return { type: 'agent.finished', agent, data };
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

/** What there is when no manager summed it up: a message, and what the workers brought. */
export function bestOutputs(
  state: RunState,
  frame: Frame,
  message: string,
): { text: string; result: JsonObject } {
  const lines = reports(state, frame).map(({ name, outcome }) => `${name}: ${outcome.text}`);
  return { text: [message, ...lines].join('\n'), result: workerOutputs(state, frame) };
}

/** What the workers brought, by name: of those that failed, what they had. */
export function workerOutputs(state: RunState, frame: Frame): JsonObject {
  const outputs = reports(state, frame).map(({ name, outcome }) => [name, outcome.output] as const);
  return outputs.length === 0 ? {} : { worker_outputs: Object.fromEntries(outputs) };
}

/** What of the manager's workers brought something, in the order of their start; repairs in its place. */
function reports(state: RunState, frame: Frame): { name: string; outcome: Outcome }[] {
  const workers = frame.turns.flatMap(({ workers: ids }) =>
    ids.flatMap((id) => {
      const name = state.frames.get(id)?.name ?? id;
      const outcome = resultOf(state, frame, id)?.outcome;
      return outcome ? [{ name, outcome }] : [];
    }),
  );
  return workers.filter(({ outcome }) => outcome.ok || Object.keys(outcome.output).length > 0);
}
