import { Heap } from '../base/heap.ts';
import { Line } from '../base/line.ts';
import { makeReady } from './graph-build.ts';
import { reopenRepeat } from './graph-fold-repeat.ts';
import { hasEnded, putValue } from './graph-nodes.ts';
import type { Graph, GraphNode } from './graph-state.ts';

/**
 * Gives a graph that had ended another chance: nodes that stopped it, that were stopped, or that a
 * limit ended are tried anew; rounds and instances that ended well stay. All others stay as they are.
 * `again` is a node that gets one although it ended well. Looks at every node, once.
 */
export function reopenGraph(graph: Graph, again?: string): void {
  graph.ready.clear();
  graph.queue = new Line();
  graph.later = new Heap(({ at }) => at);
  graph.open = 0;
  graph.held = 0;
  graph.stopping = undefined;
  for (const [id, node] of graph.nodes) {
    if (id !== again && !isAnotherChanceDue(node)) continue;
    if (hasEnded(node)) standBefore(graph, node);
    resetNode(node);
    const round = node.rounds.at(-1);
    if (round) putValue(graph.state, id, round.output);
    else delete graph.state[id];
  }
  graph.left = 0;
  for (const [id, node] of graph.nodes) {
    if (hasEnded(node)) continue;
    graph.left += 1;
    if (node.left === 0) makeReady(graph, id, node);
  }
}

/** Whether a node of a graph that is taken up again gets another chance. */
export function isAnotherChanceDue({ status, action, reason }: GraphNode): boolean {
  if (status === 'failed') return action === 'stop';
  if (status === 'skipped') return reason === 'stopped';
  return status !== 'finished';
}

/** What comes after a node waits for it again. */
function standBefore({ nodes }: Graph, { after, next }: GraphNode): void {
  for (const id of next === undefined ? after : [...after, next]) {
    const node = nodes.get(id);
    if (node) node.left += 1;
  }
}

function resetNode(node: GraphNode): void {
  reopenRepeat(node);
  node.status = 'waiting';
  node.approved = false;
  node.held = undefined;
  delete node.join;
  // Rounds and instances that ended well stay, with what they fell back on.
  if (node.rounds.length === 0 && !node.fan) delete node.kept;
  node.edited = undefined;
  node.saidFailed = undefined;
  node.reason = undefined;
  node.note = undefined;
  node.code = undefined;
  node.action = undefined;
}
