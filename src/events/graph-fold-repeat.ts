import { type JsonObject, jsonBytes } from '../base/json.ts';
import type { EventOf } from './event.ts';
import type { FanOut, Graph, GraphNode, NodeTry } from './graph-state.ts';
import type { RunState } from './state.ts';

/** How an instance of a fan-out, or one attempt of it, ended. */
export type InstanceEnd =
  | { output: JsonObject; confidence: number }
  | { code: string; message: string };

/** A try of which nothing has been started. */
export function newTry(): NodeTry {
  return {
    attempt: 0,
    open: undefined,
    last: undefined,
    failure: undefined,
    retryAt: undefined,
    agent: undefined,
    degraded: 0,
    output: undefined,
    confidence: 0,
    ended: false,
  };
}

/** The try that a fact of a node is about: that of the instance, else the node or its round. */
export function tryOf(node: GraphNode, instance: number | undefined): NodeTry | undefined {
  return instance === undefined ? node.main : node.instances?.[instance];
}

/** An agent was started for an instance, counted from 0. Gives the instance's try. */
export function openInstance(node: GraphNode, instance: number, frame: string): NodeTry {
  const { fan } = node;
  node.instances ??= [];
  const one = node.instances[instance] ?? newTry();
  node.instances[instance] = one;
  one.open = frame;
  one.attempt += 1;
  one.retryAt = undefined;
  if (!fan) return one;
  fan.open.add(instance);
  fan.failing.delete(instance);
  node.openInstances = fan.open.size;
  if (instance === node.nextInstance) passStarted(node, instance + 1);
  return one;
}

/**
 * The agent of an instance ended. When it failed, the instance has not: the engine says what
 * follows, unless the fan-out is over and nothing does.
 */
export function closeInstance(node: GraphNode, instance: number, end: InstanceEnd): void {
  const { fan } = node;
  const one = node.instances?.[instance];
  if (!fan || !one) return;
  one.last = one.open;
  one.open = undefined;
  fan.open.delete(instance);
  node.openInstances = fan.open.size;
  if ('output' in end || fan.over) endInstance(node, instance, end);
  else {
    one.failure = end;
    fan.failing.add(instance);
  }
}

/** An instance ended for good. Of two ends of one instance the first counts. */
export function endInstance(node: GraphNode, instance: number, end: InstanceEnd): void {
  const { fan } = node;
  const one = node.instances?.[instance];
  if (!fan || !one || one.ended) return;
  one.ended = true;
  fan.ended += 1;
  fan.failing.delete(instance);
  if ('output' in end) {
    one.output = end.output;
    one.confidence = end.confidence;
    fan.bytes += jsonBytes(end.output);
    fan.first ??= instance;
    return;
  }
  one.failure = { code: end.code, message: end.message };
  if (isStopped(node, end)) fan.stopped += 1;
  else fan.failed += 1;
  fan.failure ??= one.failure;
}

/** Whether it was stopped because nothing needed it any more: that is no failure of its own. */
function isStopped({ fan, status }: GraphNode, { code }: { code: string }): boolean {
  return code === 'node/stopped' && (fan?.over === true || status !== 'running');
}

/**
 * Gives a node another chance in a resumed run: rounds and instances that ended well stay, the
 * others start anew. Looks at all instances, once.
 */
export function reopenRepeat(node: GraphNode): void {
  if (node.plan.graph) node.carried = framesLeft(node);
  node.main = newTry();
  const { fan, instances } = node;
  if (!fan || !instances) return;
  const kept: NodeTry[] = [];
  let [well, bytes] = [0, 0];
  for (const [index, one] of instances.entries()) {
    if (one?.output === undefined) continue;
    kept[index] = one;
    well += 1;
    bytes += jsonBytes(one.output);
  }
  node.instances = kept;
  node.openInstances = 0;
  const first = well > 0 ? fan.first : undefined;
  node.fan = { ...newFan(fan.count), ended: well, bytes, first };
  passStarted(node, 0);
}

/** Frames of what did not end well, by instance. */
function framesLeft({ main, instances = [] }: GraphNode): Map<number | undefined, string> {
  const all: [number | undefined, NodeTry | undefined][] = [
    [undefined, main],
    ...instances.entries(),
  ];
  return new Map(
    all.flatMap(([instance, one]): [number | undefined, string][] => {
      const frame = one?.output === undefined ? (one?.open ?? one?.last) : undefined;
      return frame === undefined ? [] : [[instance, frame]];
    }),
  );
}

type RepeatEvent =
  | 'loop.started'
  | 'loop.repeated'
  | 'loop.finished'
  | 'fanout.started'
  | 'fanout.finished';
type RepeatReducer<T extends RepeatEvent> = (state: RunState, event: EventOf<T>) => void;

/** What the facts of loops and fan-outs change (spec, runtime 2.7 and 2.8). */
export const repeatReducers: { [T in RepeatEvent]: RepeatReducer<T> } = {
  'loop.started': (state, event) => {
    const node = begun(state, event);
    if (node) node.loop = 'started';
  },

  'loop.repeated': (state, event) => {
    const { graph, node } = touched(state, event) ?? {};
    if (!graph || !node) return;
    const { output = {}, confidence } = node.main;
    node.rounds.push({ output, confidence });
    graph.state[node.plan.id] = output;
    node.main = newTry();
    node.said = undefined;
    if (event.data.reason !== undefined) node.loopEnd = event.data.reason;
  },

  'loop.finished': (state, event) => {
    const node = touched(state, event)?.node;
    if (!node) return;
    node.loop = 'finished';
    node.loopEnd = event.data.reason;
  },

  'fanout.started': (state, event) => {
    const node = begun(state, event);
    if (!node) return;
    node.instances = [];
    node.openInstances = 0;
    node.nextInstance = 0;
    node.fan = newFan(event.data.count);
  },

  'fanout.finished': (state, event) => {
    const { fan } = touched(state, event)?.node ?? {};
    if (!fan) return;
    fan.over = true;
    if (event.data.full !== undefined) fan.full = event.data.full;
  },
};

function newFan(count: number): FanOut {
  return {
    count,
    open: new Set(),
    failing: new Set(),
    ended: 0,
    failed: 0,
    stopped: 0,
    bytes: 0,
    first: undefined,
    failure: undefined,
    over: false,
  };
}

/** The next instance to start is the first from here on that has not been started. */
function passStarted(node: GraphNode, from: number): void {
  let next = from;
  while (node.instances?.[next]) next += 1;
  node.nextInstance = next;
}

/** The node that is at work from now on, even before an agent of it has started. */
function begun(
  state: RunState,
  event: { agent?: string; data: { node: string } },
): GraphNode | undefined {
  const { graph, node } = touched(state, event) ?? {};
  if (!graph || !node) return undefined;
  node.status = 'running';
  graph.queue.delete(event.data.node);
  return node;
}

/** The node that a fact of a graph is about; the engine looks at it again. */
function touched(
  state: RunState,
  { agent = '', data }: { agent?: string; data: { node: string } },
): { graph: Graph; node: GraphNode } | undefined {
  const graph = state.graphs.get(agent);
  const node = graph?.nodes.get(data.node);
  if (!graph || !node) return undefined;
  graph.ready.add(data.node);
  state.ready.add(graph.frame);
  return { graph, node };
}
