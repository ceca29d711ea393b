import type { JsonObject } from '../base/json.ts';
import { buildGraph } from './graph-build.ts';
import { closeInstance, openInstance } from './graph-fold-repeat.ts';
import {
  beginNode,
  changeTry,
  finishNode,
  type GraphPlace,
  hasEnded,
  isPlain,
  touchGraph,
} from './graph-nodes.ts';
import { reopenGraph } from './graph-reopen.ts';
import type { Graph } from './graph-state.ts';
import type { Frame, Outcome, RunState } from './state.ts';

interface Opening {
  values?: JsonObject;
  continues?: string;
}

/**
 * A frame of role `graph` opened: its graph is there, with `values` over its initial ones, or with all
 * that had ended in the one that it continues.
 */
export function openGraph(state: RunState, frame: Frame, { values, continues }: Opening): void {
  const above = placeOf(state, frame);
  const earlier = state.graphs.get(continues ?? '');
  if (earlier) {
    // Another attempt of the same process starts over.
    above?.node.carried?.delete(frame.node?.instance);
    earlier.frame = frame.id;
    reopenGraph(earlier);
    state.graphs.set(frame.id, earlier);
    return;
  }
  const plan = above ? above.node.plan.graph : state.plan?.graph;
  if (plan) state.graphs.set(frame.id, buildGraph(frame.id, plan, values));
}

/** Every open graph is asked what follows, as when a limit of the run is reached. */
export function touchGraphs(state: RunState): void {
  for (const id of state.graphs.keys()) if (state.openFrames.has(id)) state.ready.add(id);
}

/** An agent of a node was started. */
export function nodeAgentStarted(state: RunState, frame: Frame): void {
  const place = placeOf(state, frame);
  if (!place) return;
  const { graph, node } = place;
  node.runs += 1;
  beginNode(graph, node);
  const { instance } = frame.node ?? {};
  if (instance === undefined) {
    const { main } = node;
    changeTry(graph, main, () => {
      main.attempt += 1;
      main.open = frame.id;
      main.failure = undefined;
      main.retryAt = undefined;
    });
    graph.ready.delete(node.plan.id);
    return;
  }
  startInstance(place, instance, frame.id);
}

function startInstance({ graph, node }: GraphPlace, instance: number, frame: string): void {
  const before = node.instances?.[instance];
  const start = (): void => {
    openInstance(node, instance, frame).failure = undefined;
  };
  if (before) changeTry(graph, before, start);
  else {
    start();
    graph.open += 1;
  }
  const { fan } = node;
  const isOut = !fan || (fan.failing.size === 0 && node.nextInstance >= fan.count);
  if (isOut) graph.ready.delete(node.plan.id);
}

/**
 * The agent of a node ended. A plain node that ended well is finished by that; of all others the
 * engine says what follows.
 */
export function nodeAgentEnded(state: RunState, frame: Frame, outcome: Outcome): void {
  const place = placeOf(state, frame);
  if (!place) return;
  const { graph, node } = place;
  const { ok, output, confidence, code = 'internal/bug', message = '' } = outcome;
  const { instance } = frame.node ?? {};
  touchGraph(state, graph);
  if (instance !== undefined) {
    const one = node.instances?.[instance];
    const end = ok ? { output, confidence } : { code, message };
    if (one) changeTry(graph, one, () => closeInstance(node, instance, end));
    if (!hasEnded(node)) graph.ready.add(node.plan.id);
    return;
  }
  const { main } = node;
  changeTry(graph, main, () => {
    main.open = undefined;
    main.last = frame.id;
    main.ended = ok || hasEnded(node);
    if (ok) main.output = output;
    else main.failure = { code, message };
    main.confidence = confidence;
  });
  if (hasEnded(node)) return;
  if (ok && isPlain(node.plan)) finishNode(state, place, { output, confidence });
  else graph.ready.add(node.plan.id);
}

/** The node that a frame is a run of, and its graph; undefined for frames of no graph. */
export function placeOf(state: RunState, { node: run, parent }: Frame): GraphPlace | undefined {
  if (!run || parent === undefined) return undefined;
  return nodeIn(state.graphs.get(parent), run.id);
}

/** A node of a graph with the graph; undefined when one of them is not there. */
export function nodeIn(graph: Graph | undefined, id: string): GraphPlace | undefined {
  const node = graph?.nodes.get(id);
  return graph && node && { graph, node };
}
