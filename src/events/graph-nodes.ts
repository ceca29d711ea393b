import type { Json, JsonObject } from '../base/json.ts';
import { makeReady } from './graph-build.ts';
import { endInstance } from './graph-fold-repeat.ts';
import type { Graph, GraphNode, NodeStatus, NodeTry } from './graph-state.ts';
import type { PlanNode } from './plan-graph.ts';
import type { RunState } from './state.ts';

/** Whether a node's agent that ended well ends the node, too: nothing else is to be decided. */
export function isPlain({ repeat, fanOut, approval }: PlanNode): boolean {
  return repeat === undefined && fanOut === undefined && approval !== 'after';
}

/** Whether a node has ended, in whatever way. */
export function hasEnded({ status }: Pick<GraphNode, 'status'>): boolean {
  return status === 'finished' || status === 'failed' || status === 'skipped';
}

/**
 * Whether a try takes a place among those at work: its agent is open, or it failed and nothing has
 * followed from that yet, such as the next attempt after a wait.
 */
export function holdsPlace({ ended, open, failure }: NodeTry): boolean {
  return !ended && (open !== undefined || failure !== undefined);
}

/** Changes a try and counts the place that it takes or gives back. */
export function changeTry(graph: Graph, one: NodeTry, change: () => void): void {
  const before = holdsPlace(one);
  change();
  const after = holdsPlace(one);
  if (before !== after) graph.open += after ? 1 : -1;
}

/** The engine looks at a graph again. */
export function touchGraph(state: RunState, graph: Graph): void {
  state.ready.add(graph.frame);
}

/** A node is at work: the engine looks at it, not at the queue. */
export function beginNode(graph: Graph, node: GraphNode): void {
  node.status = 'running';
  graph.queue.delete(node.plan.id);
}

/** A node ended well; those after it see its output in the state. */
export function finishNode(
  state: RunState,
  { graph, node }: GraphPlace,
  { output, confidence }: { output: JsonObject; confidence: number },
): void {
  if (hasEnded(node)) return;
  const { id } = node.plan;
  putValue(graph.state, id, output);
  node.main.output = output;
  node.main.confidence = confidence;
  graph.last = id;
  if (node.after.length === 0) graph.lastSink = id;
  endNode(state, { graph, node }, 'finished');
}

/** A graph and one of its nodes. */
export interface GraphPlace {
  graph: Graph;
  node: GraphNode;
}

/** Ends a node; nodes that nothing else stands before may start. Costs what comes after it. */
export function endNode(state: RunState, { graph, node }: GraphPlace, status: NodeStatus): void {
  if (hasEnded(node)) return;
  const { id } = node.plan;
  node.status = status;
  endTries(graph, node);
  if (node.held !== undefined) letGo(graph, node);
  graph.left -= 1;
  graph.ready.delete(id);
  graph.queue.delete(id);
  for (const after of node.after) countDown(graph, after);
  if (node.next !== undefined) countDown(graph, node.next);
  touchGraph(state, graph);
}

/** What failed and waits for another attempt gives its place back; open agents keep theirs. */
function endTries(graph: Graph, node: GraphNode): void {
  const { main, fan, instances = [] } = node;
  if (main.open === undefined) {
    changeTry(graph, main, () => {
      main.ended = true;
    });
  }
  for (const index of fan?.failing ?? []) {
    const one = instances[index];
    const { failure } = one ?? {};
    if (one && failure) changeTry(graph, one, () => endInstance(node, index, failure));
  }
}

function countDown(graph: Graph, id: string): void {
  const node = graph.nodes.get(id);
  if (!node) return;
  node.left -= 1;
  if (node.left === 0 && node.status === 'waiting') makeReady(graph, id, node);
}

/** A node waits for a person: `request` is the id of what was asked. */
export function holdNode(graph: Graph, node: GraphNode, request: string): void {
  if (hasEnded(node) || node.held !== undefined) return;
  beginNode(graph, node);
  graph.ready.delete(node.plan.id);
  graph.held += 1;
  node.held = request;
}

/** A person answered: the engine looks at the node again. */
export function releaseNode(state: RunState, graph: Graph, node: GraphNode): void {
  if (node.held === undefined) return;
  letGo(graph, node);
  if (hasEnded(node)) return;
  graph.ready.add(node.plan.id);
  touchGraph(state, graph);
}

function letGo(graph: Graph, node: GraphNode): void {
  node.held = undefined;
  graph.held -= 1;
}

/** Puts a value under a key that came from outside. */
export function putValue(values: JsonObject, key: string, value: Json): void {
  if (key !== '__proto__') values[key] = value;
  else Object.defineProperty(values, key, { value, enumerable: true, writable: true });
}
