import type { JsonObject } from '../../base/json.ts';
import type { Fact } from '../../events/event.ts';
import type { GraphNode } from '../../events/graph-state.ts';
import type { Frame, RunState } from '../../events/state.ts';
import type { Command } from '../command.ts';
import type { Look } from './graph-look.ts';

/** Why a node fails, and what it has brought until then. */
interface NodeFailure {
  code: string;
  message: string;
  output: JsonObject;
}

/**
 * Ends a node that failed as a whole. What `on_failure` says follows; where a limit of the run ended
 * it, nothing does, and a resumed run goes on with it.
 */
export function failing({ state, graph }: Look, node: GraphNode, failure: NodeFailure): Command {
  const isSpent = state.exhausted !== undefined && failure.code.startsWith('budget/');
  const action = isSpent ? 'stop' : node.plan.onFailure;
  const data = { node: node.plan.id, ...failure, action };
  return { do: 'record', facts: [{ type: 'node.failed', agent: graph.frame, data }] };
}

/**
 * Without what starts something, when a failure among these commands stops the graph: nothing new
 * starts after it, in the same look either, whatever came first (spec, runtime 2.6).
 */
export function onceStopped(
  { exhausted }: Pick<RunState, 'exhausted'>,
  commands: readonly Command[],
): readonly Command[] {
  const stops = (command: Command): boolean => isStop(command, exhausted !== undefined);
  return commands.some(stops) ? commands.filter(({ do: what }) => !STARTS.has(what)) : commands;
}

const STARTS: ReadonlySet<Command['do']> = new Set(['start-node', 'fan-in-tool', 'ask-person']);

/** A limit of the run stops nobody who is at work. */
function isStop(command: Command, isSpent: boolean): boolean {
  if (command.do !== 'record') return false;
  return command.facts.some(({ type, data }) => {
    if (type !== 'node.failed' || data.action !== 'stop') return false;
    return data.instance === undefined && !(isSpent && data.code.startsWith('budget/'));
  });
}

/** The limit of the run that lets nothing start any more, as a failure of what it cuts off. */
export function limitReached({ state }: Look): Omit<NodeFailure, 'output'> | undefined {
  if (!state.exhausted) return undefined;
  const { dimension } = state.exhausted;
  return { code: `budget/${dimension}`, message: `the limit on ${dimension} is reached` };
}

/** The facts that nodes of a graph, whose frame is named, never end by themselves. */
export function stoppedNodes(graph: string, nodes: readonly string[], message: string): Fact[] {
  return nodes.map((node) => {
    const data = { node, reason: 'stopped', message } as const;
    return { type: 'node.skipped', agent: graph, data };
  });
}

/** The fact that a graph below another one is over; `frame` is its own. */
export function toldAbove({ node, name, parent }: Frame, ok: boolean): Fact {
  return {
    type: 'subworkflow.finished',
    ...(parent !== undefined && { agent: parent }),
    data: { node: node?.id ?? name, ok },
  };
}
