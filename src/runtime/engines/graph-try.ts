import type { JsonObject } from '../../base/json.ts';
import type { Fact } from '../../events/event.ts';
import type { NodeRun } from '../../events/graph-events.ts';
import { newTry, tryOf } from '../../events/graph-fold-repeat.ts';
import { holdsPlace } from '../../events/graph-nodes.ts';
import type { GraphNode, NodeTry } from '../../events/graph-state.ts';
import type { PlanDegradation } from '../../events/plan-graph.ts';
import type { Command } from '../command.ts';
import { isFinal, isRetryable, retryDelay } from './failure-kind.ts';
import type { Look } from './graph-look.ts';
import { takesRun } from './graph-rates.ts';

/** A try of a node, in words that all functions here need. */
interface Trying {
  node: GraphNode;
  one: NodeTry;
  /** From 0; undefined for the node itself, or its current round. */
  instance: number | undefined;
}

/**
 * What one try of a node does next: the node, its current round, or an instance of its fan-out. It
 * starts, is tried again, goes on with a replacement, or fails for good (`node.failed`); an empty list
 * means that its agent is out, that it waits for its time or for room, or that it has ended.
 */
export function nextOfTry(look: Look, node: GraphNode, instance?: number): Command[] {
  const one = tryOf(node, instance) ?? newTry();
  const trying = { node, one, instance };
  const isOver = one.ended && (instance !== undefined || one.failure === undefined);
  if (one.open !== undefined || isOver) return [];
  if (one.failure && one.retryAt === undefined) return afterFailure(look, trying);
  return start(look, trying);
}

function start(look: Look, { node, one, instance }: Trying): Command[] {
  if (look.closing || (one.retryAt ?? 0) > look.now) return [];
  const needsPlace = !holdsPlace(one);
  if (needsPlace && look.room <= 0) return [];
  const { repeat, fanOut } = node.plan;
  const run: NodeRun = {
    id: node.plan.id,
    attempt: one.attempt + 1,
    ...(repeat && { round: node.rounds.length + 1 }),
    ...(instance !== undefined && { instance }),
    ...(node.said !== undefined && { said: node.said }),
  };
  const agentKey = one.agent ?? (instance === undefined ? undefined : fanOut?.agent);
  // What the rate of its agent holds back takes no place that others could use meanwhile.
  if (!takesRun(look, node, agentKey)) return [];
  if (needsPlace) look.room -= 1;
  return [startNode(look, run, agentKey)];
}

function startNode({ graph }: Look, run: NodeRun, agentKey: string | undefined): Command {
  const command = { do: 'start-node', graph, node: run.id, run } as const;
  return agentKey === undefined ? command : { ...command, agentKey };
}

/** Retry, then replacements in order, then what the node says of failures (spec, runtime 2.6). */
function afterFailure(look: Look, trying: Trying): Command[] {
  const { node, one } = trying;
  const { code } = failureOf(one);
  if (isFinal(code) || isSpent(look, code)) return [giveUp(look, trying)];
  const { retry, degradation } = node.plan;
  // It was said that nothing takes its place, and the process died before that was done.
  if (degradation[one.degraded - 1]?.fallback === 'skip') {
    return [{ do: 'record', facts: [leftOut(look, trying)] }];
  }
  const isOriginal = one.degraded === 0 && one.agent === undefined;
  if (isOriginal && one.attempt < retry.attempts && isRetryable(retry, code) && !look.closing) {
    return retrying(look, trying);
  }
  const next = degradation[one.degraded];
  if (!next || (next.fallback === 'agent' && look.closing)) return [giveUp(look, trying)];
  return degrading(look, trying, next);
}

/** Whether a limit of the run ended it: nothing of the run may start any more. */
function isSpent({ state }: Look, code: string): boolean {
  return state.exhausted !== undefined && code.startsWith('budget/');
}

function failureOf({ failure }: NodeTry): { code: string; message: string } {
  return failure ?? { code: 'internal/bug', message: 'nothing failed' };
}

function retrying(look: Look, trying: Trying): Command[] {
  const { node, one } = trying;
  const inMs = retryDelay(node.plan.retry, one.attempt);
  const data = { ...about(trying), attempt: one.attempt + 1, inMs, ...failureOf(one) };
  const said: Command = {
    do: 'record',
    facts: [{ type: 'node.retried', agent: look.graph.frame, data }],
  };
  const retryAt = look.now + inMs;
  return [said, ...start(look, { ...trying, one: { ...one, retryAt } })];
}

function about({ node, instance }: Trying): { node: string; instance?: number } {
  return { node: node.plan.id, ...(instance !== undefined && { instance }) };
}

function degrading(look: Look, trying: Trying, next: PlanDegradation): Command[] {
  const { one } = trying;
  const { graph } = look;
  if (next.fallback === 'cached_results') {
    const { maxStalenessMs } = next;
    return [{ do: 'use-cached', graph, ...about(trying), maxStalenessMs }];
  }
  const agent = next.fallback === 'agent' ? { agent: next.agent } : {};
  const data = { ...about(trying), fallback: next.fallback, ...agent, ...failureOf(one) };
  const degraded: Fact = { type: 'node.degraded', agent: graph.frame, data };
  if (next.fallback === 'skip') {
    return [{ do: 'record', facts: [degraded, leftOut(look, trying)] }];
  }
  const replaced = { ...one, agent: next.agent, retryAt: look.now };
  return [{ do: 'record', facts: [degraded] }, ...start(look, { ...trying, one: replaced })];
}

/** A try that failed and counts as if it had brought nothing. */
function leftOut({ graph }: Look, trying: Trying): Fact {
  const { one, instance } = trying;
  if (instance === undefined) {
    const data = { ...about(trying), ...failureOf(one), action: 'skip' } as const;
    return { type: 'node.failed', agent: graph.frame, data };
  }
  const data = { ...about(trying), output: {}, confidence: 0 };
  return { type: 'node.finished', agent: graph.frame, data };
}

function giveUp(look: Look, trying: Trying): Command {
  const { node, one } = trying;
  const { code, message } = failureOf(one);
  if (code === 'node/skip-output') return { do: 'record', facts: [skipping(look, trying)] };
  const action = isSpent(look, code) ? 'stop' : node.plan.onFailure;
  const output = partialOutput(look, one);
  const data = { ...about(trying), code, message, action, ...(output && { output }) };
  return { do: 'record', facts: [{ type: 'node.failed', agent: look.graph.frame, data }] };
}

/** Its answer is left out, as its agent wants it (`output.validation.on_failure: skip`). */
function skipping(look: Look, trying: Trying): Fact {
  if (trying.instance !== undefined) return leftOut(look, trying);
  const { message } = failureOf(trying.one);
  const data = { node: trying.node.plan.id, reason: 'output', message } as const;
  return { type: 'node.skipped', agent: look.graph.frame, data };
}

/** What its last agent had when it failed; what a person has refused is not used. */
function partialOutput({ state }: Look, { last, failure }: NodeTry): JsonObject | undefined {
  if (failure?.code === 'approval/rejected') return undefined;
  const output = state.frames.get(last ?? '')?.outcome?.output;
  return output && Object.keys(output).length > 0 ? output : undefined;
}
