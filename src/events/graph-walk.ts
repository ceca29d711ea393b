import type { Graph, GraphNode, NodeTry } from './graph-state.ts';
import type { RunState } from './state.ts';

/** A node of a run, and the way to it from the outermost graph. */
export interface WalkedNode {
  /**
   * Ids from the outermost graph down: `weather/writer` for a node of a sub-workflow, `each[2]/writer`
   * for one of the third instance of a fan-out.
   */
  path: string;
  graph: Graph;
  node: GraphNode;
}

/** Every node of a run in the order of its graph, each before those of its sub-workflow. Linear. */
export function walkNodes(state: RunState): Generator<WalkedNode> {
  return walkGraph(state, rootGraph(state), '');
}

/** The outermost graph of a run; undefined for a delegation loop. */
export function rootGraph({ graphs }: RunState): Graph | undefined {
  return graphs.get('0');
}

/** The graph that a try of a node runs or ran last; undefined when it is no sub-workflow. */
export function graphOfTry({ graphs }: RunState, { open, last }: NodeTry): Graph | undefined {
  return graphs.get(open ?? last ?? '');
}

function* walkGraph(
  state: RunState,
  graph: Graph | undefined,
  prefix: string,
): Generator<WalkedNode> {
  if (!graph) return;
  for (const [id, node] of graph.nodes) {
    const path = `${prefix}${id}`;
    yield { path, graph, node };
    if (!node.plan.graph) continue;
    if (!node.instances) yield* walkGraph(state, graphOfTry(state, node.main), `${path}/`);
    for (const [index, one] of node.instances?.entries() ?? []) {
      if (one) yield* walkGraph(state, graphOfTry(state, one), `${path}[${index}]/`);
    }
  }
}

/** Why a node was skipped, in words that go behind its name; empty for other nodes. */
export function skipReason(
  { plan, status, reason, note, runs }: GraphNode,
  { nodes }: Graph,
): string {
  if (status !== 'skipped') return '';
  switch (reason) {
    case 'disabled':
      return note ?? `it is switched off${quoted(plan.enabled)}`;
    case 'condition':
      return note ?? `its condition is not met${quoted(plan.when)}`;
    case 'output':
      return note ?? 'its answer does not meet its contract';
    case 'upstream_failed': {
      const failed = plan.dependsOn.filter(({ id }) => nodes.get(id)?.status === 'failed');
      const names = failed.map(({ id }) => id).join(', ');
      return names === '' ? 'what stands before it failed' : `${names} failed`;
    }
    case 'dependency':
      if (note !== undefined) return note;
      return `no way that leads here was taken (${plan.dependsOn.map(({ id }) => id).join(', ')})`;
    default:
      return `the run ended before it ${runs > 0 ? 'was done' : 'could start'}`;
  }
}

function quoted(expression: boolean | string | undefined): string {
  return typeof expression === 'string' ? `: ${expression}` : '';
}
