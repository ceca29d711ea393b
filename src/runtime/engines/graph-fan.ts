import { sourceOf } from '../../events/graph-item.ts';
import type { FanOut, GraphNode } from '../../events/graph-state.ts';
import type { Command } from '../command.ts';
import { fanProblem } from '../nodes/state-limits.ts';
import { failing, limitReached } from './graph-cut.ts';
import { type Joined, joinResults, keptResults, noResults } from './graph-fan-in.ts';
import { finishing } from './graph-finish.ts';
import type { Look } from './graph-look.ts';
import { nextOfTry } from './graph-try.ts';

/**
 * What a node with a fan-out does next (spec, runtime 2.8): instances start in the order of the items,
 * each is tried again and replaced for itself, and when all have ended their results are put together.
 * Costs the instances that something happened to, never all of them but at the end.
 */
export function nextInFanOut(look: Look, node: GraphNode): Command[] {
  const { fan } = node;
  if (!fan) return begin(look, node);
  if (fan.over) return afterEnd(look, node, fan);
  const full = fanProblem(look.graph, node, fan);
  if (full !== undefined || isDecided(node, fan)) {
    const ended = { ...fan, ...(full !== undefined && { full }) };
    return [over(look, node, ended), ...afterEnd(look, node, ended)];
  }
  const commands = [...afterFailures(look, node, fan), ...starts(look, node, fan)];
  if (commands.length > 0 || fan.open.size + fan.failing.size > 0) return commands;
  return cutOff(look, node);
}

function begin(look: Look, node: GraphNode): Command[] {
  const { graph } = look;
  const source = sourceOf(graph, node);
  const count = Array.isArray(source) ? source.length : 0;
  const data = { node: node.plan.id, count };
  const said: Command = {
    do: 'record',
    facts: [{ type: 'fanout.started', agent: graph.frame, data }],
  };
  if (count > 0) return [said, ...starts(look, node, { count })];
  return [said, over(look, node, { count, failed: 0 }), ...withoutItems(look, node)];
}

/** What follows for instances that failed, but those that wait for their time. */
function afterFailures(look: Look, node: GraphNode, { failing: failed }: FanOut): Command[] {
  const commands: Command[] = [];
  for (const index of failed) {
    const { retryAt = 0 } = node.instances?.[index] ?? {};
    if (retryAt <= look.now) commands.push(...nextOfTry(look, node, index));
  }
  return commands;
}

/** Instances that were never started, as many as there is room for: one in a sequential graph. */
function starts(
  look: Look,
  node: GraphNode,
  { count, open, failing: again }: Pick<FanOut, 'count'> & Partial<FanOut>,
): Command[] {
  const commands: Command[] = [];
  const isSequential = look.graph.plan.mode === 'sequential';
  const most = isSequential ? 1 : (node.plan.fanOut?.maxParallel ?? 1);
  let free = Math.min(look.room, most - (open?.size ?? 0) - (again?.size ?? 0));
  for (let index = node.nextInstance; index < count && free > 0; index += 1) {
    if (node.instances?.[index]) continue;
    const started = nextOfTry(look, node, index);
    // Their agent is the same: what holds one back holds back all.
    if (started.length === 0) break;
    commands.push(...started);
    free -= 1;
  }
  return commands;
}

/** Whether no instance must end any more: all have, or the first of them was enough. */
function isDecided({ plan }: GraphNode, { ended, count, first }: FanOut): boolean {
  return ended >= count || (plan.fanIn?.strategy === 'first' && first !== undefined);
}

function over(
  { graph }: Look,
  { plan }: GraphNode,
  { count, failed, full }: Pick<FanOut, 'count' | 'failed' | 'full'>,
): Command {
  const data = { node: plan.id, count, failed, ...(full !== undefined && { full }) };
  return { do: 'record', facts: [{ type: 'fanout.finished', agent: graph.frame, data }] };
}

/** Instances that still work are stopped; when there is none, the node ends. */
function afterEnd(look: Look, node: GraphNode, fan: FanOut): Command[] {
  if (fan.open.size > 0) return stopOthers(node, fan);
  if (fan.count === 0) return withoutItems(look, node);
  if (fan.full !== undefined) {
    const failure = { code: 'state/too-large', message: fan.full, output: keptResults(node) };
    return [failing(look, node, failure)];
  }
  const isFirst = node.plan.fanIn?.strategy === 'first';
  const isStopped = fan.failed > 0 && node.plan.onFailure === 'stop' && !isFirst;
  if (fan.first === undefined || isStopped) {
    const { code, message } = fan.failure ?? { code: 'internal/bug', message: 'nothing failed' };
    return [failing(look, node, { code, message, output: keptResults(node) })];
  }
  return joined(look, node, joinResults(node));
}

function stopOthers({ instances = [] }: GraphNode, { open, full }: FanOut): Command[] {
  const why = full === undefined ? 'another instance was faster' : 'the state has no room for more';
  const message = `it was stopped because ${why}`;
  const frames = [...open].flatMap((index) => instances[index]?.open ?? []);
  return [{ do: 'stop-frames', frames, code: 'node/stopped', message }];
}

function joined(look: Look, node: GraphNode, result: Joined): Command[] {
  const { graph } = look;
  const { id } = node.plan;
  if ('output' in result) return finishing(look, node, result);
  if ('tool' in result) return byTool(look, node, result);
  const { expression, message } = result;
  const failure = failing(look, node, {
    code: 'node/bad-fan-in',
    message: `the results could not be put together: ${message}`,
    output: keptResults(node),
  });
  if (node.saidFailed?.has(expression)) return [failure];
  const data = { node: id, at: 'fan_in.expr', expression, message };
  return [
    { do: 'record', facts: [{ type: 'expression.failed', agent: graph.frame, data }] },
    failure,
  ];
}

function byTool(
  { state, graph }: Look,
  { plan, runs }: GraphNode,
  call: Extract<Joined, { tool: string }>,
): Command[] {
  const id = `${graph.frame}/${plan.id}.join${runs}`;
  if (state.inFlight.has(id)) return [];
  return [{ do: 'fan-in-tool', graph, node: plan.id, id, ...call }];
}

function withoutItems(look: Look, node: GraphNode): Command[] {
  const output = noResults(node, sourceOf(look.graph, node));
  return finishing(look, node, { output, confidence: 0 });
}

/** A limit of the run lets no other instance start: what there is is kept. */
function cutOff(look: Look, node: GraphNode): Command[] {
  const limit = limitReached(look);
  return limit ? [failing(look, node, { ...limit, output: keptResults(node) })] : [];
}
