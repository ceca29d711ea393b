import { Heap } from '../base/heap.ts';
import type { JsonObject } from '../base/json.ts';
import { Line } from '../base/line.ts';
import { newTry } from './graph-fold-repeat.ts';
import type { Graph, GraphNode } from './graph-state.ts';
import type { PlanGraph, PlanNode } from './plan-graph.ts';

/**
 * A graph of which nothing has started: nodes without anything before them are ready. `values` are
 * put over the initial ones. Linear in nodes and dependencies; dependencies on nodes that are not
 * there do not count.
 */
export function buildGraph(frame: string, plan: PlanGraph, values: JsonObject = {}): Graph {
  const nodes = new Map<string, GraphNode>();
  for (const [index, node] of plan.nodes.entries()) nodes.set(node.id, newNode(node, index + 1));
  linkNodes(nodes);
  if (plan.mode === 'sequential') chainNodes(nodes);
  const graph: Graph = {
    ...{ frame, plan, nodes },
    state: { ...plan.state.initial, ...values },
    ready: new Set(),
    queue: new Line(),
    later: new Heap(({ at }) => at),
    left: nodes.size,
    ...{ open: 0, held: 0, failures: 0 },
    ...{ stopping: undefined, failure: undefined, last: undefined, lastSink: undefined },
  };
  for (const [id, node] of nodes) if (node.left === 0) makeReady(graph, id, node);
  return graph;
}

/** Nothing stands before a node any more. */
export function makeReady(graph: Graph, id: string, node: GraphNode): void {
  node.status = 'ready';
  graph.queue.add(id);
}

function newNode(plan: PlanNode, place: number): GraphNode {
  return {
    ...{ plan, place, status: 'waiting', left: 0, after: [], next: undefined, runs: 0 },
    ...{ main: newTry(), rounds: [], instances: undefined, openInstances: 0, nextInstance: 0 },
    ...{ approved: false, held: undefined, said: undefined, edited: undefined },
    ...{ saidFailed: undefined, reason: undefined, code: undefined, action: undefined },
  };
}

function linkNodes(nodes: ReadonlyMap<string, GraphNode>): void {
  const after = new Map<string, string[]>();
  for (const [id, node] of nodes) {
    for (const { id: before } of node.plan.dependsOn) {
      const upstream = nodes.get(before);
      if (!upstream) continue;
      node.left += 1;
      const list = after.get(before) ?? [];
      list.push(id);
      after.set(before, list);
      upstream.after = list;
    }
  }
}

/**
 * One node at a time: each stands before the next one, in the order of places as far as dependencies
 * let it.
 */
function chainNodes(nodes: ReadonlyMap<string, GraphNode>): void {
  const free = new Heap<GraphNode>(({ place }) => place);
  const left = new Map<string, number>();
  for (const [id, node] of nodes) {
    left.set(id, node.left);
    if (node.left === 0) free.push(node);
  }
  let last: GraphNode | undefined;
  for (let node = free.pop(); node; node = free.pop()) {
    if (last) {
      last.next = node.plan.id;
      node.left += 1;
    }
    last = node;
    for (const id of node.after) {
      const count = (left.get(id) ?? 0) - 1;
      left.set(id, count);
      const next = nodes.get(id);
      if (count === 0 && next) free.push(next);
    }
  }
}
