import type { JsonObject } from '../../base/json.ts';
import type { Fact } from '../../events/event.ts';
import { nodeIn, placeOf } from '../../events/graph-agents.ts';
import type { GraphPlace } from '../../events/graph-nodes.ts';
import type { Graph } from '../../events/graph-state.ts';
import type { PlanGraph } from '../../events/plan-graph.ts';
import type { RunState } from '../../events/state.ts';

/** What the values of a state take up. */
interface Sizes {
  /** UTF-8 bytes of all values as JSON. */
  total: number;
  /** The same by key. */
  keys: Map<string, number>;
}

/** Known sizes; an output that is let in is counted at once, so that nothing is measured twice. */
const known = new WeakMap<JsonObject, Sizes>();

/**
 * Required fields that a graph does not start with (capabilities 7.1): neither `initial` nor `values`
 * has them, and no node brings them. A field without a value (null) is missing, too.
 */
export function missingFields({ state, nodes }: PlanGraph, values: JsonObject = {}): string[] {
  const start = { ...state.initial, ...values };
  const brought = new Set(nodes.map(({ id }) => id));
  return state.required.filter((name) => {
    const first = name.split('.')[0] ?? name;
    return !brought.has(first) && valueAt(start, name) === undefined;
  });
}

function valueAt(values: JsonObject, name: string): JsonObject[string] | undefined {
  if (Object.hasOwn(values, name)) return values[name] ?? undefined;
  let at: JsonObject[string] | undefined = values;
  for (const part of name.split('.')) {
    if (typeof at !== 'object' || at === null || Array.isArray(at)) return undefined;
    at = Object.hasOwn(at, part) ? at[part] : undefined;
  }
  return at ?? undefined;
}

/**
 * Why an output cannot enter the state of a graph, in words; undefined when it can, and then it is
 * counted as being there. Costs the size of the output, never that of the state but the first time.
 */
export function outputProblem(graph: Graph, node: string, output: JsonObject): string | undefined {
  const bytes = bytesOf(output);
  const tooLarge = sizeProblem(graph, node, bytes);
  if (tooLarge !== undefined) return tooLarge;
  const { limits } = graph.plan.state;
  const sizes = sizesOf(graph.state);
  const isNew = !sizes.keys.has(node);
  if (isNew && sizes.keys.size >= limits.fields) {
    return `the state has ${sizes.keys.size} values already, and ${limits.fields} is the most (state.limits.max_fields)`;
  }
  const total = sizes.total - (sizes.keys.get(node) ?? 0) + bytes;
  if (total > limits.bytes) {
    return `the state would have ${total} bytes with the output of ${node}, and ${limits.bytes} is the most (state.limits.max_state_size_mb)`;
  }
  sizes.total = total;
  sizes.keys.set(node, bytes);
  return undefined;
}

/** Why one output is too large by itself, in words. `bytes` are those of its JSON in UTF-8. */
function sizeProblem({ plan }: Graph, node: string, bytes: number): string | undefined {
  const { fieldBytes } = plan.state.limits;
  if (bytes <= fieldBytes) return undefined;
  return `the output of ${node} has ${bytes} bytes, and ${fieldBytes} is the most (state.limits.max_field_size_mb)`;
}

function sizesOf(state: JsonObject): Sizes {
  let sizes = known.get(state);
  if (!sizes) {
    sizes = { total: 0, keys: new Map() };
    for (const [key, value] of Object.entries(state)) {
      const bytes = bytesOf(value);
      sizes.keys.set(key, bytes);
      sizes.total += bytes;
    }
    known.set(state, sizes);
  }
  return sizes;
}

function bytesOf(value: JsonObject[string]): number {
  return Buffer.byteLength(JSON.stringify(value));
}

/**
 * A fact as the limits of the state let it pass: an agent or a node whose output is too large has
 * failed with `state/too-large` instead (spec, capabilities 7.1), and what failed leaves no more than
 * there is room for. All other facts are as they were. Every fact that brings an output goes through
 * it once, before it is recorded.
 */
export function withinLimits(state: RunState, fact: Fact): Fact {
  switch (fact.type) {
    case 'agent.finished':
      return ofAgent(state, fact);
    case 'node.finished':
      return ofNode(state, fact);
    case 'node.failed':
      return ofFailure(state, fact);
    default:
      return fact;
  }
}

type FactOf<T extends Fact['type']> = Extract<Fact, { type: T }>;

function ofAgent(state: RunState, fact: FactOf<'agent.finished'>): Fact {
  const { agent = '', data } = fact;
  const frame = state.frames.get(agent);
  const place = frame && placeOf(state, frame);
  if (!place) return fact;
  const message = agentProblem(place, data.output, frame.node?.instance !== undefined);
  if (message === undefined) return fact;
  return { type: 'agent.failed', agent, data: { code: 'state/too-large', message } };
}

/** What an instance brings enters the state with the results of the others. */
function agentProblem(
  { graph, node }: GraphPlace,
  output: JsonObject,
  isInstance: boolean,
): string | undefined {
  const { id } = node.plan;
  return isInstance ? sizeProblem(graph, id, bytesOf(output)) : outputProblem(graph, id, output);
}

function ofNode(state: RunState, fact: FactOf<'node.finished'>): Fact {
  const { agent = '', data } = fact;
  const place = nodeIn(state.graphs.get(agent), data.node);
  if (!place || !data.output || data.instance !== undefined) return fact;
  const message = outputProblem(place.graph, data.node, data.output);
  if (message === undefined) return fact;
  const { onFailure: action } = place.node.plan;
  const failed = { node: data.node, code: 'state/too-large', message, action };
  return { type: 'node.failed', agent, data: failed };
}

function ofFailure(state: RunState, fact: FactOf<'node.failed'>): Fact {
  const { agent = '', data } = fact;
  const { output, ...bare } = data;
  const place = nodeIn(state.graphs.get(agent), data.node);
  if (!place || !output || data.instance !== undefined) return fact;
  if (outputProblem(place.graph, data.node, output) === undefined) return fact;
  return { ...fact, data: bare };
}
