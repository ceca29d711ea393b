import { type Json, type JsonObject, jsonBytes } from '../../base/json.ts';
import type { Fact } from '../../events/event.ts';
import { nodeIn, placeOf } from '../../events/graph-agents.ts';
import type { GraphPlace } from '../../events/graph-nodes.ts';
import type { FanOut, Graph, GraphNode } from '../../events/graph-state.ts';
import type { PlanGraph } from '../../events/plan-graph.ts';
import type { RunState } from '../../events/state.ts';
import type { Command } from '../command.ts';
import { onceStopped } from '../engines/graph-cut.ts';

/** Keys that the runtime adds to the output of a loop: its rounds, and how many there were. */
const HISTORY = '_loop_history';

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
 * What one agent brings may have the size of a field; what a fan-out makes of the results of many has
 * the room of the whole state.
 */
export function outputProblem(graph: Graph, node: string, output: JsonObject): string | undefined {
  const bytes = jsonBytes(output);
  const isOfMany = graph.nodes.get(node)?.plan.fanOut !== undefined;
  return (
    (isOfMany ? undefined : sizeProblem(graph, node, bytes)) ?? roomProblem(graph, node, bytes)
  );
}

/** Why the state has no room for so many bytes of a node; counts them as being there when it has. */
function roomProblem(graph: Graph, node: string, bytes: number): string | undefined {
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

/**
 * Why what an agent brings is too large, in words; undefined when it is not, and then it is counted.
 * What an instance brings enters the state with the results of the others.
 */
export function agentProblem(
  { graph, node }: GraphPlace,
  output: JsonObject,
  isInstance: boolean,
): string | undefined {
  const { id } = node.plan;
  return isInstance ? sizeProblem(graph, id, jsonBytes(output)) : outputProblem(graph, id, output);
}

/**
 * Why a fan-out need not go on: its results, which all go into the state, have no room there already.
 * Constant in the number of results.
 */
export function fanProblem(
  graph: Graph,
  { plan }: GraphNode,
  { bytes, ended, count }: FanOut,
): string | undefined {
  const { strategy = 'merge' } = plan.fanIn ?? {};
  if (strategy !== 'merge' && strategy !== 'concat') return undefined;
  const { limits } = graph.plan.state;
  const { total, keys } = sizesOf(graph.state);
  if (total - (keys.get(plan.id) ?? 0) + bytes <= limits.bytes) return undefined;
  return `the results of ${ended} of ${count} items have ${bytes} bytes, and the state may have ${limits.bytes} in all (state.limits.max_state_size_mb); ${KEPT}`;
}

const TOO_LARGE = 'state/too-large';

const KEPT = 'what it brought is kept in the log of the run';

function sizesOf(state: JsonObject): Sizes {
  let sizes = known.get(state);
  if (!sizes) {
    sizes = { total: 0, keys: new Map() };
    for (const [key, value] of Object.entries(state)) {
      const bytes = jsonBytes(value);
      sizes.keys.set(key, bytes);
      sizes.total += bytes;
    }
    known.set(state, sizes);
  }
  return sizes;
}

/**
 * Commands as the limits of the state let them pass: an output that is too large may stop its graph,
 * and then nothing of it starts any more. Every command of an engine goes through it once.
 */
export function limitedCommands(state: RunState, commands: readonly Command[]): readonly Command[] {
  const limited = commands.map(
    (command): Command =>
      command.do === 'record'
        ? { ...command, facts: command.facts.flatMap((fact) => withinLimits(state, fact)) }
        : command,
  );
  return onceStopped(state, limited);
}

/**
 * A fact as the limits of the state let it pass: an agent or a node whose output is too large has
 * failed with `state/too-large` instead (spec, capabilities 7.1), and what failed leaves no more than
 * there is room for. Of the rounds of a loop the oldest are left out first. All other facts are as
 * they were. Every fact that brings an output goes through it once, before it is recorded.
 */
export function withinLimits(state: RunState, fact: Fact): readonly Fact[] {
  switch (fact.type) {
    case 'agent.finished':
      return [ofAgent(state, fact)];
    case 'node.finished':
      return ofNode(state, fact);
    case 'node.failed':
      return ofFailure(state, fact);
    default:
      return [fact];
  }
}

type FactOf<T extends Fact['type']> = Extract<Fact, { type: T }>;

/** What it brought stays with the agent, so that nobody has to pay for it again to read it. */
function ofAgent(state: RunState, fact: FactOf<'agent.finished'>): Fact {
  const { agent = '', data } = fact;
  const frame = state.frames.get(agent);
  const place = frame && placeOf(state, frame);
  if (!place) return fact;
  const { output, text } = data;
  const problem = agentProblem(place, output, frame.node?.instance !== undefined);
  if (problem === undefined) return fact;
  const message = `${problem}; ${KEPT}`;
  return {
    type: 'agent.failed',
    agent,
    data: { code: TOO_LARGE, message, output, text },
  };
}

function ofNode(state: RunState, fact: FactOf<'node.finished'>): readonly Fact[] {
  const { agent = '', data } = fact;
  const place = nodeIn(state.graphs.get(agent), data.node);
  if (!place || !data.output || data.instance !== undefined) return [fact];
  const fitted = fittedOutput(place, data.output);
  if ('output' in fitted) {
    return [...fitted.facts, { ...fact, data: { ...data, output: fitted.output } }];
  }
  const { onFailure: action } = place.node.plan;
  const message = `${fitted.problem}; ${KEPT}`;
  const failed = { node: data.node, code: TOO_LARGE, message, action };
  return [{ type: 'node.failed', agent, data: failed }];
}

function ofFailure(state: RunState, fact: FactOf<'node.failed'>): readonly Fact[] {
  const { agent = '', data } = fact;
  const { output, ...bare } = data;
  const place = nodeIn(state.graphs.get(agent), data.node);
  if (!place || !output || data.instance !== undefined) return [fact];
  const fitted = fittedOutput(place, output);
  if (!('output' in fitted)) return [{ ...fact, data: bare }];
  return [...fitted.facts, { ...fact, data: { ...data, output: fitted.output } }];
}

type Fitted = { output: JsonObject; facts: readonly Fact[] } | { problem: string };

/**
 * An output that the state has room for. What a loop brings is the output of its last round: that
 * counts first, and the rounds before it take what room is left, the latest first.
 */
function fittedOutput(place: GraphPlace, output: JsonObject): Fitted {
  const { graph, node } = place;
  const { id } = node.plan;
  const rounds = node.plan.repeat ? output[HISTORY] : undefined;
  const bare = Array.isArray(rounds) ? { ...output, [HISTORY]: [] } : output;
  const { [HISTORY]: _, ...last } = output;
  const counted = Array.isArray(rounds) ? last : output;
  const problem = outputProblem(graph, id, counted);
  if (problem !== undefined) return { problem };
  if (!Array.isArray(rounds)) return { output, facts: [] };
  const kept = latest(graph, rounds, jsonBytes(bare) - jsonBytes(counted));
  const fitted = { ...output, [HISTORY]: kept };
  roomProblem(graph, id, jsonBytes(fitted));
  const lost = rounds.length - kept.length;
  if (lost === 0) return { output, facts: [] };
  const reason = `the state has no room for the first ${lost} of ${rounds.length} rounds (state.limits.max_state_size_mb)`;
  const data = { node: id, key: HISTORY, reason };
  return {
    output: fitted,
    facts: [{ type: 'state.refused', agent: graph.frame, data }],
  };
}

/** The last of these values, as many as there is room for; `more` bytes stand around them. */
function latest(graph: Graph, values: readonly Json[], more: number): Json[] {
  let room = graph.plan.state.limits.bytes - sizesOf(graph.state).total - more;
  let from = values.length;
  for (; from > 0; from -= 1) {
    const value = values[from - 1];
    // With the comma before the next one.
    room -= value === undefined ? 0 : jsonBytes(value) + 1;
    if (room < 0) break;
  }
  return values.slice(from);
}
