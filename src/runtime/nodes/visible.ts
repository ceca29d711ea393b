import { AwpError } from '../../base/errors.ts';
import { evaluate } from '../../base/expression/evaluate.ts';
import { ExpressionFailure } from '../../base/expression/failure.ts';
import { parseExpression } from '../../base/expression/parse.ts';
import { isObject, type Json, type JsonObject } from '../../base/json.ts';
import { statePath } from '../../base/paths.ts';
import type { Fact } from '../../events/event.ts';
import type { NodeRun } from '../../events/graph-events.ts';
import { itemOf } from '../../events/graph-item.ts';
import type { Graph, GraphNode } from '../../events/graph-state.ts';
import type { Plan } from '../../events/plan.ts';
import { isReserved, isTaken, REDACTED, sensitiveNames, takeOut } from './hide-fields.ts';
import { type Grant, Sharing } from './share.ts';

/** What a node may see of its graph's state. */
export interface Visible {
  /** By key: values of the start in their order, then outputs of nodes in the order of their places. */
  values: JsonObject;
  /** What its `share_input` names and it may not see. */
  refused: readonly { key: string; reason: string }[];
  /** Transforms that failed; what they were for is not seen. */
  failed: readonly { at: string; expression: string; message: string }[];
}

/** What is looked at: the plan is that of the state. */
interface Seen {
  plan: Plan | undefined;
}

/**
 * What a node may see of the state of its graph (capabilities 7.1, R14, R16): values of the start,
 * its own last result, and of other nodes what strategy, rules, `share_input`, `share_output`,
 * contracts and `never_share` leave. Sensitive values are `[redacted]`. Pure; looks at the nodes
 * before this one, so it is to be called when something is told to it, not for each event. Throws
 * `internal/bug` for a node that the graph does not have.
 */
export function visibleState({ plan }: Seen, graph: Graph, node: string): Visible {
  const reader = graph.nodes.get(node);
  if (!reader) throw new AwpError('internal/bug', `the graph has no node ${node}`);
  const looking = new Looking(graph, plan?.agents);
  return looking.of(reader);
}

/**
 * The facts of what a node was refused and of transforms that failed, and the error that it fails with
 * when sharing is `strict`: `state/not-shared`. To be recorded when an agent of the node starts.
 */
export function sharingFacts(
  graph: Graph,
  node: string,
  { refused, failed }: Visible,
): { facts: Fact[]; error?: AwpError } {
  const { validation } = graph.plan.state.sharing;
  const agent = graph.frame;
  const facts = failed.map(
    (one): Fact => ({ type: 'expression.failed', agent, data: { node, ...one } }),
  );
  if (validation === 'none') return { facts };
  for (const { key, reason } of refused) {
    facts.push({ type: 'state.refused', agent, data: { node, key, reason } });
  }
  const [first] = refused;
  if (!first || validation === 'warn') return { facts };
  const message = `${node} may not see ${first.key}: ${first.reason}`;
  const hint = 'take it out of share_input, or let a rule of state.sharing grant it';
  return { facts, error: new AwpError('state/not-shared', message, { hint }) };
}

/**
 * The item that an instance is for, as a prompt may show it: what is closed to others is left out,
 * sensitive values are `[redacted]`. Undefined when there is none, or when its place is closed.
 */
export function visibleItem({ plan }: Seen, graph: Graph, run: NodeRun): Json | undefined {
  const node = graph.nodes.get(run.id);
  if (!node || run.instance === undefined) return undefined;
  const item = itemOf(graph, node, run.instance);
  return item === undefined ? undefined : new Looking(graph, plan?.agents).item(node, item);
}

/**
 * The state of a graph without what is shared with nobody, sensitive values `[redacted]`: what
 * expressions see whose values leave the graph. Looks at all nodes.
 */
export function openState({ plan }: Seen, graph: Graph): JsonObject {
  return new Looking(graph, plan?.agents).stateForAll();
}

class Looking {
  readonly #graph: Graph;
  readonly #agents: Plan['agents'];
  readonly #sharing: Sharing;
  readonly #failed: { at: string; expression: string; message: string }[] = [];

  constructor(graph: Graph, agents: Plan['agents']) {
    this.#graph = graph;
    this.#agents = agents;
    this.#sharing = new Sharing(graph, agents);
  }

  of(reader: GraphNode): Visible {
    const values = this.#ofTheStart();
    for (const source of this.#sharing.sources(reader)) {
      const seen = this.#seenOf(reader, source);
      if (seen !== undefined) values.push([source.plan.id, seen]);
    }
    const own = this.#outputOf(reader);
    if (own !== undefined) values.push([reader.plan.id, own]);
    return {
      values: Object.fromEntries(values),
      refused: this.#sharing.refusals(reader),
      failed: this.#failed,
    };
  }

  /** An item of a node's source. */
  item({ plan: { fanOut } }: GraphNode, item: Json): Json | undefined {
    const steps = statePath(fanOut?.source ?? '').split(/[.[\]]+/);
    // Items of lists have the place of their list.
    const path = steps.filter((step) => !/^\d*$/.test(step));
    const places = path.map((_, index) => path.slice(0, index + 1));
    const source = this.#graph.nodes.get(path[0] ?? '');
    const { never } = this.#sharing;
    const closed = source && path.length > 1 && this.#sharing.isClosed(source, path[1] ?? '');
    if (closed || places.some((place) => isTaken(never, place))) return undefined;
    const agent = this.#agents?.[source?.plan.agent ?? ''];
    const names = sensitiveNames({ node: path[0] ?? '', agent }, this.#graph.plan.state.sharing);
    const isHidden = places.some((place) => isTaken(names, place));
    if (isHidden) return REDACTED;
    const within = source ? this.#sharing.closedWithin(source) : never;
    const open = takeOut(item, path, { names: within, how: 'leave-out' });
    return takeOut(open, path, { names, how: 'hide' });
  }

  #ofTheStart(): [string, Json][] {
    const { state } = this.#graph;
    return startKeys(this.#graph).flatMap((key): [string, Json][] => {
      const value = state[key];
      if (value === undefined || this.#sharing.isClosedKey(key)) return [];
      const held = this.#hidden({ [key]: value }, []);
      const open = takeOut(held, [], { names: this.#sharing.never, how: 'leave-out' });
      const left = isObject(open) ? open[key] : undefined;
      return left === undefined ? [] : [[key, left]];
    });
  }

  #hidden(value: JsonObject, at: readonly string[]): JsonObject {
    const [node = ''] = at;
    const { sharing } = this.#graph.plan.state;
    const names = sensitiveNames({ node }, sharing);
    return takeOut(value, at, { names, how: 'hide' }) as JsonObject;
  }

  /** The output of a node with sensitive values hidden; undefined when there is none. */
  #outputOf({ plan: { id, agent } }: GraphNode): JsonObject | undefined {
    const { state, nodes, plan } = this.#graph;
    const value = Object.hasOwn(state, id) ? state[id] : undefined;
    if (!isObject(value)) return nodes.get(id)?.action === 'skip' ? {} : undefined;
    const from = { node: id, agent: this.#agents?.[agent ?? ''] };
    const names = sensitiveNames(from, plan.state.sharing);
    return takeOut(value, [id], { names, how: 'hide' }) as JsonObject;
  }

  #seenOf(reader: GraphNode, source: GraphNode): Json | undefined {
    const found = this.#openOf(source);
    if (!found) return undefined;
    const { output, open } = found;
    const sees = this.#sharing.sees(reader, source);
    const parts = this.#sharing.grants(source, reader).map((grant) =>
      this.#transformed(
        only(open, (field) => sees(grant, field)),
        grant,
      ),
    );
    const seen = together(parts.filter((part) => part !== undefined));
    // Nothing of it is open: that there is something is not told either.
    const isBare = isObject(seen) && Object.keys(seen).length === 0;
    return isBare && Object.keys(output).length > 0 ? undefined : seen;
  }

  /** The output of a node, and what of it is not closed to everybody: found once for all who ask. */
  #openOf(source: GraphNode): Opened | undefined {
    const { id } = source.plan;
    const { state } = this.#graph;
    const made = Object.hasOwn(state, id) ? state[id] : undefined;
    const before = opened.get(source);
    if (before && before.made === made) return before;
    const output = this.#outputOf(source);
    if (!output) return undefined;
    const found = { made, output, open: this.#shown(output, source) };
    if (made !== undefined) opened.set(source, found);
    return found;
  }

  /** An output without what is shared with nobody, at any depth. */
  #shown(output: JsonObject, source: GraphNode): JsonObject {
    const { id } = source.plan;
    const fields = only(output, (field) => !this.#sharing.isClosed(source, field));
    const names = this.#sharing.closedWithin(source);
    return takeOut(fields, [id], { names, how: 'leave-out' }) as JsonObject;
  }

  #transformed(value: JsonObject, { transform }: Grant): Json | undefined {
    if (transform === undefined) return value;
    const parsed = parseExpression(transform);
    try {
      if (!parsed.ok) throw new ExpressionFailure('no-value', parsed.error.message, parsed.error);
      const names = new Map<string, Json>([
        ['value', value],
        ['state', this.stateForAll()],
      ]);
      return evaluate(parsed.expression, names);
    } catch (error) {
      if (!(error instanceof ExpressionFailure)) throw error;
      const { message } = error;
      this.#failed.push({ at: 'state.sharing.rules', expression: transform, message });
      return undefined;
    }
  }

  /** The state as transforms see it: all that is not closed to everybody. */
  stateForAll(): JsonObject {
    const outputs = [...this.#graph.nodes.values()].flatMap((source): [string, Json][] => {
      const found = this.#openOf(source);
      const isOpen = found !== undefined && !this.#sharing.isClosedKey(source.plan.id);
      return isOpen ? [[source.plan.id, found.open]] : [];
    });
    return Object.fromEntries([...this.#ofTheStart(), ...outputs]);
  }
}

/** The output that it was found for, with sensitive values hidden, and what is open of that. */
interface Opened {
  made: Json | undefined;
  output: JsonObject;
  open: JsonObject;
}

/** Of nodes that had one when they were asked for. Rules and agents are those of the plan: they stay. */
const opened = new WeakMap<GraphNode, Opened>();

/** Keys of the state that no node has: they are there from the start, and no other comes. */
function startKeys(graph: Graph): readonly string[] {
  const { nodes, state } = graph;
  const found =
    keysOfStart.get(graph) ??
    Object.keys(state).filter((key) => !nodes.has(key) && !isReserved(key));
  keysOfStart.set(graph, found);
  return found;
}

const keysOfStart = new WeakMap<Graph, readonly string[]>();

/** Some fields of an output; the output itself when that is all of them. */
function only(output: JsonObject, sees: (field: string) => boolean): JsonObject {
  const fields = Object.keys(output);
  if (fields.every(sees)) return output;
  return Object.fromEntries(Object.entries(output).filter(([field]) => sees(field)));
}

/** What several rules show of one output: their fields together, else what the last one makes. */
function together(parts: readonly Json[]): Json | undefined {
  if (parts.length > 1 && parts.every(isObject)) return Object.assign({}, ...parts);
  return parts.at(-1);
}
