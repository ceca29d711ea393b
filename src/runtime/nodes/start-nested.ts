import type { Json, JsonObject } from '../../base/json.ts';
import type { EventData, Fact } from '../../events/event.ts';
import { putValue } from '../../events/graph-nodes.ts';
import { isAnotherChanceDue } from '../../events/graph-reopen.ts';
import type { Graph, GraphNode } from '../../events/graph-state.ts';
import type { PlanGraph, PlanLoopNode } from '../../events/plan-graph.ts';
import type { Frame, RunState } from '../../events/state.ts';
import { exhausted, type Refusal } from '../budget.ts';
import { timeRefusal } from '../budget-time.ts';
import { stoppedNodes } from '../engines/graph-cut.ts';
import { valueIn } from '../engines/graph-expression.ts';
import type { Pass } from '../pass.ts';
import { depthRefusal, levelOf } from '../submanagers/depth.ts';
import { hideValues } from './hide-fields.ts';
import { admitNode, type NodePlace, placeOfNode, type StartNode } from './start-node.ts';
import { missingFields } from './state-limits.ts';
import { openState, sharingFacts, visibleItem, visibleState } from './visible.ts';

/**
 * Admits an agent of a node, which may be a whole delegation loop or a graph of its own (spec, runtime
 * 2.2). An agent that takes over from one of these is an agent like any other.
 */
export function admitStart(pass: Pass, command: StartNode): void {
  const { graph, node: id, agentKey } = command;
  const node = graph.nodes.get(id);
  const parent = pass.context.state.frames.get(graph.frame);
  const { loop, graph: below } = node?.plan ?? {};
  const settings = pass.context.plan.loops?.[loop ?? ''];
  if (node && parent && agentKey === undefined && (settings ?? below)) {
    startNested(pass, command, {
      node,
      parent,
      ...(settings && { loop: settings }),
      ...(below && { below }),
    });
  } else admitNode(pass, command);
}

/** What starts, and below which frame. */
interface Nested {
  node: GraphNode;
  parent: Frame;
  loop?: PlanLoopNode;
  below?: PlanGraph;
}

function startNested(pass: Pass, command: StartNode, nested: Nested): void {
  const { context, decided, skipped } = pass;
  const { graph } = command;
  if (skipped.has(graph.frame)) return;
  const late = timeRefusal(context.state, nested.parent, context.stopwatch.activeMs);
  const facts = late ?? opening(pass, command, nested);
  if (Array.isArray(facts)) {
    decided.facts.push(...facts);
    return;
  }
  skipped.add(graph.frame);
  if (facts === 'wait') decided.blocked.push(graph.frame);
  else decided.facts.push(exhausted(graph.frame, facts));
}

function opening(pass: Pass, command: StartNode, nested: Nested): Fact[] | 'wait' | Refusal {
  const { loop, below } = nested;
  if (loop) return openLoop(pass, command, { ...nested, loop });
  return below ? openGraph(pass, command, { ...nested, below }) : [];
}

/** A loop starts with its share of the budget, which nobody else can use up any more (decision 12). */
function openLoop(
  pass: Pass,
  command: StartNode,
  { node, parent, loop }: Nested & { loop: PlanLoopNode },
): Fact[] | 'wait' | Refusal {
  const { context, admission } = pass;
  const { plan, state } = context;
  const level = levelOf(state, parent);
  const tooDeep = depthRefusal(state, parent, level);
  if (tooDeep) return tooDeep;
  const { depth = null } = loop.limits;
  const wanted = { ...loop.limits, depth: depth === null ? null : level + 1 + depth };
  const share = admission.share(parent, wanted);
  if (share.verdict === 'wait') return 'wait';
  if (share.verdict === 'refused') return share.refusal;
  const place = placeOfNode(pass, command, parent);
  const seen = visibleTo(state, command, node);
  const { model, temperature } = loop.manager;
  const agentKey = node.plan.loop;
  return [
    {
      type: 'budget.reserved',
      agent: parent.id,
      data: { scope: place.id, limits: share.limits },
    },
    started(command, place, {
      role: 'manager',
      ...(agentKey !== undefined && { agentKey }),
      ...{ model, temperature, instructions: loop.task ?? plan.task },
      values: seen.values,
      index: node.place,
    }),
    ...seen.facts,
    ...failing(place, seen.failure),
  ];
}

/** A graph of its own starts with what is mapped into it, or with all that its node may see. */
function openGraph(
  pass: Pass,
  command: StartNode,
  { node, parent, below }: Nested & { below: PlanGraph },
): Fact[] {
  const { state } = pass.context;
  const { inputMapping, id, description } = node.plan;
  const place = placeOfNode(pass, command, parent);
  const seen = inputMapping
    ? mappedIn(state, command, inputMapping)
    : visibleTo(state, command, node);
  const agent = command.graph.frame;
  // What is sensitive in there is in nobody's log, wherever it comes from (R14).
  const values = hideValues(below.state.sharing.sensitive, withoutNodes(below, seen.values));
  const failure = seen.failure ?? lacking(below, values);
  const continues = continued(state, node, command);
  const never = (message: string): Fact[] => [
    ...stoppedNodes(place.id, nodesLeft(state, below, continues), message),
    { type: 'subworkflow.finished', agent, data: { node: id, ok: false } },
  ];
  return [
    { type: 'subworkflow.started', agent, data: { node: id, name: below.name } },
    started(command, place, {
      role: 'graph',
      ...{ model: '', temperature: 0, instructions: description },
      values,
      ...(continues !== undefined && { continues }),
      index: node.place,
    }),
    ...seen.facts,
    ...(failure ? never(failure.message) : []),
    ...failing(place, failure),
  ];
}

/**
 * The frame of the same graph that failed before the run was taken up again. What stands before the
 * node has not changed: what has ended is not done again.
 */
function continued({ frames }: RunState, { carried }: GraphNode, { run }: StartNode) {
  const earlier = frames.get(carried?.get(run.instance) ?? '');
  return earlier?.role === 'graph' && earlier.outcome?.ok === false ? earlier.id : undefined;
}

/** What its nodes bring stands under their ids: nothing from outside may pass for it. */
function withoutNodes({ nodes }: PlanGraph, values: JsonObject): JsonObject {
  const ids = new Set(nodes.map(({ id }) => id));
  return Object.fromEntries(Object.entries(values).filter(([key]) => !ids.has(key)));
}

/** Nodes that would have their turn in a graph that starts, or goes on with another one. */
function nodesLeft({ graphs }: RunState, below: PlanGraph, continues = ''): string[] {
  const earlier = graphs.get(continues);
  if (!earlier) return below.nodes.map(({ id }) => id);
  return [...earlier.nodes].flatMap(([id, node]) => (isAnotherChanceDue(node) ? [id] : []));
}

/** A graph does not start without the values that it requires (capabilities 7.1). */
function lacking(below: PlanGraph, values: JsonObject): Failure | undefined {
  const missing = missingFields(below, values);
  if (missing.length === 0) return undefined;
  const message = `the state of ${below.name} does not have what is required: ${missing.join(', ')}`;
  return { code: 'state/missing', message };
}

type Started = Omit<EventData['agent.started'], 'node' | 'name' | 'askedAs' | 'tools'>;

function started({ run, node }: StartNode, { id, parent, name }: NodePlace, data: Started): Fact {
  return {
    ...{ type: 'agent.started', agent: id, parent: parent.id, depth: parent.depth + 1 },
    data: { ...data, node: run, name, ...(node !== name && { askedAs: node }), tools: [] },
  };
}

interface Failure {
  code: string;
  message: string;
}

/** What something nested starts with, and why it cannot. */
interface Seen {
  values: JsonObject;
  facts: Fact[];
  failure?: Failure;
}

function failing({ id }: NodePlace, failure: Failure | undefined): Fact[] {
  return failure ? [{ type: 'agent.failed', agent: id, data: failure }] : [];
}

/** What the node may see of the state, and the item that it is for. */
function visibleTo(state: RunState, { graph, run }: StartNode, node: GraphNode): Seen {
  const visible = visibleState(state, graph, node.plan.id);
  const values = { ...visible.values };
  const item = visibleItem(state, graph, run);
  if (item !== undefined) putValue(values, node.plan.fanOut?.variable ?? 'item', item);
  const { facts, error } = sharingFacts(graph, node.plan.id, visible);
  return { values, facts, ...(error && { failure: { code: error.code, message: error.message } }) };
}

/**
 * Each key from an expression over our `state`, whose keys may stand alone, too. What is shared with
 * nobody is not in it. One without a value fails the whole (spec, runtime 2.2).
 */
function mappedIn(
  state: RunState,
  { graph, run, node }: StartNode,
  mapping: Readonly<Record<string, string>>,
): Seen {
  const names = namesFor(state, graph, run);
  const values: JsonObject = {};
  for (const [key, text] of Object.entries(mapping)) {
    const result = valueIn({ graph }, { at: 'input_mapping', text, names });
    if ('value' in result) {
      putValue(values, key, result.value);
      continue;
    }
    const { problem } = result;
    const data = { node, at: 'input_mapping', expression: text, message: problem };
    return {
      values,
      facts: [{ type: 'expression.failed', agent: graph.frame, data }],
      failure: {
        code: 'node/bad-mapping',
        message: `input_mapping.${key} has no value: ${problem}`,
      },
    };
  }
  return { values, facts: [] };
}

const opened = new WeakMap<Graph, { seq: number; open: JsonObject }>();

/** `openState`, looked at once between two events: all instances of a fan-out start in one look. */
function openStateOnce(state: RunState, graph: Graph): JsonObject {
  const known = opened.get(graph);
  if (known?.seq === state.seq) return known.open;
  const open = openState(state, graph);
  opened.set(graph, { seq: state.seq, open });
  return open;
}

function namesFor(state: RunState, graph: Graph, run: StartNode['run']): Map<string, Json> {
  const open = openStateOnce(state, graph);
  const names = new Map<string, Json>(Object.entries(open));
  const item = visibleItem(state, graph, run);
  const variable = graph.nodes.get(run.id)?.plan.fanOut?.variable;
  if (item !== undefined && variable !== undefined) names.set(variable, item);
  return names.set('state', open);
}
