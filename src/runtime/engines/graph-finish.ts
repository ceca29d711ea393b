import type { JsonObject } from '../../base/json.ts';
import type { GraphNode } from '../../events/graph-state.ts';
import type { Command } from '../command.ts';
import type { Look } from './graph-look.ts';

/** What a node has brought. */
export interface NodeResult {
  output: JsonObject;
  /** 0 to 1. */
  confidence: number;
  /** Frame whose output it is as it stands; left out when it was put together. */
  from?: string | undefined;
}

/** Ends a node well, after a person has allowed its output where one must. */
export function finishing({ graph }: Look, node: GraphNode, result: NodeResult): Command[] {
  const { id, approval } = node.plan;
  const { output, confidence, from } = result;
  if (approval === 'after' && !node.approved) {
    return [{ do: 'ask-person', graph, node: id, about: 'after', args: { output } }];
  }
  const isAsItStands = from !== undefined && node.edited === undefined;
  const brought = isAsItStands ? { from } : { output: node.edited ?? output, confidence };
  const data = { node: id, ...brought };
  return [{ do: 'record', facts: [{ type: 'node.finished', agent: graph.frame, data }] }];
}
