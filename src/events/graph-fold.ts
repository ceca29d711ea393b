import type { JsonObject } from '../base/json.ts';
import type { EventOf } from './event.ts';
import { nodeIn } from './graph-agents.ts';
import type { GraphEventData } from './graph-events.ts';
import { endInstance, repeatReducers, tryOf } from './graph-fold-repeat.ts';
import {
  changeTry,
  endNode,
  finishNode,
  type GraphPlace,
  hasEnded,
  putValue,
  touchGraph,
} from './graph-nodes.ts';
import { takeScore } from './scoring.ts';
import type { RunState } from './state.ts';

type GraphReducer<T extends keyof GraphEventData> = (state: RunState, event: EventOf<T>) => void;

/** What the facts of graphs change; one entry for each type. Constant in the size of the graph. */
export const graphReducers: { [T in keyof GraphEventData]: GraphReducer<T> } = {
  ...repeatReducers,

  'node.finished': (state, event) => {
    const place = placeIn(state, event);
    if (!place) return;
    const { instance, from } = event.data;
    const outcome = state.frames.get(from ?? '')?.outcome;
    const output = event.data.output ?? outcome?.output ?? {};
    const confidence = event.data.confidence ?? outcome?.confidence ?? 0;
    if (instance === undefined) finishNode(state, place, { output, confidence });
    else endInstanceOf(state, place, { instance, end: { output, confidence } });
  },

  'node.failed': (state, event) => {
    const place = placeIn(state, event);
    if (!place) return;
    const { instance, code, message } = event.data;
    if (instance === undefined) failNode(state, place, event.data);
    else endInstanceOf(state, place, { instance, end: { code, message } });
  },

  'node.skipped': (state, event) => {
    const place = placeIn(state, event);
    if (!place) return;
    const { graph, node } = place;
    const { reason, message } = event.data;
    if (hasEnded(node)) return;
    node.reason = reason;
    if (message !== '') node.note = message;
    // Those after it go on, with an empty value in its place.
    if (reason === 'output') putValue(graph.state, node.plan.id, {});
    endNode(state, place, 'skipped');
  },

  'node.retried': (state, event) => {
    again(state, event, state.lastAt + event.data.inMs);
  },

  'node.degraded': (state, event) => {
    const { graph, node } = placeIn(state, event) ?? {};
    const one = node && tryOf(node, event.data.instance);
    if (!graph || !one) return;
    const { agent, ageMs, output, confidence = 0, instance } = event.data;
    touchGraph(state, graph);
    if (ageMs !== undefined) noteKept(node, ageMs);
    if (output && instance !== undefined) {
      endInstanceOf(state, { graph, node }, { instance, end: { output, confidence } });
    } else if (output) keptResult({ graph, node }, { output, confidence });
    if (ageMs !== undefined) return;
    one.degraded += 1;
    if (agent === undefined) return;
    one.agent = agent;
    again(state, event, state.lastAt);
  },

  'expression.failed': (state, event) => {
    const { node } = placeIn(state, event) ?? {};
    if (!node) return;
    node.saidFailed ??= new Set();
    node.saidFailed.add(event.data.expression);
  },

  'subworkflow.started': () => {},
  'subworkflow.finished': () => {},
  'state.refused': () => {},
  'output.scored': takeScore,
};

interface OfNode {
  agent?: string;
  data: { node: string; instance?: number };
}

function placeIn(state: RunState, { agent = '', data }: OfNode): GraphPlace | undefined {
  return nodeIn(state.graphs.get(agent), data.node);
}

/** A try starts again at a time; until then it keeps its place, and nobody needs to look at it. */
function again(state: RunState, event: OfNode, at: number): void {
  const { graph, node } = placeIn(state, event) ?? {};
  const { instance } = event.data;
  const one = node && tryOf(node, instance);
  if (!graph || !one) return;
  one.retryAt = at;
  graph.later.push({ at, node: event.data.node, instance });
  if (instance === undefined) graph.ready.delete(event.data.node);
  dropEnded(graph);
  touchGraph(state, graph);
}

/** Tries at the top that started or ended meanwhile. */
function dropEnded({ later, nodes }: GraphPlace['graph']): void {
  for (let top = later.top; top; top = later.top) {
    const node = nodes.get(top.node);
    if (node && tryOf(node, top.instance)?.retryAt === top.at) return;
    later.pop();
  }
}

function noteKept(node: GraphPlace['node'], ageMs: number): void {
  const { count = 0, ageMs: oldest = 0 } = node.kept ?? {};
  node.kept = { count: count + 1, ageMs: Math.max(oldest, ageMs) };
}

/** A kept result is what the node, or its round, has brought. No agent said it. */
function keptResult(
  { graph, node }: GraphPlace,
  { output, confidence }: { output: JsonObject; confidence: number },
): void {
  changeTry(graph, node.main, () => {
    Object.assign(node.main, { output, confidence, failure: undefined, ended: true });
    node.main.last = undefined;
  });
  graph.ready.add(node.plan.id);
}

interface InstanceEnding {
  instance: number;
  end: { output: JsonObject; confidence: number } | { code: string; message: string };
}

function endInstanceOf(
  state: RunState,
  { graph, node }: GraphPlace,
  { instance, end }: InstanceEnding,
): void {
  const one = tryOf(node, instance);
  if (!one) return;
  changeTry(graph, one, () => endInstance(node, instance, end));
  graph.ready.add(node.plan.id);
  touchGraph(state, graph);
}

function failNode(
  state: RunState,
  { graph, node }: GraphPlace,
  { code, message, action, output }: EventOf<'node.failed'>['data'],
): void {
  const { id } = node.plan;
  node.code = code;
  node.reason = message;
  node.action = action;
  const failure = { node: id, code, message };
  if (action === 'stop') graph.stopping ??= failure;
  if (action === 'continue') {
    graph.failure ??= failure;
    graph.failures += 1;
  }
  const said = { ...output, error: message, confidence: 0 };
  putValue(graph.state, id, action === 'skip' ? {} : said);
  endNode(state, { graph, node }, 'failed');
}
