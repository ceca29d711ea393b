import type { JsonObject } from '../../base/json.ts';
import type { GraphNode } from '../../events/graph-state.ts';
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

/** The limit of the run that lets nothing start any more, as a failure of what it cuts off. */
export function limitReached({ state }: Look): Omit<NodeFailure, 'output'> | undefined {
  if (!state.exhausted) return undefined;
  const { dimension } = state.exhausted;
  return { code: `budget/${dimension}`, message: `the limit on ${dimension} is reached` };
}
