import type { EventData, Fact } from '../../events/event.ts';
import type { Graph, GraphNode } from '../../events/graph-state.ts';
import type { Plan } from '../../events/plan.ts';
import type { PlanAgent } from '../../events/plan-graph.ts';
import type { Frame } from '../../events/state.ts';
import { exhausted } from '../budget.ts';
import { timeRefusal } from '../budget-time.ts';
import type { Command } from '../command.ts';
import { unused } from '../engines/decision.ts';
import { toolsOf } from '../grants.ts';
import type { Pass } from '../pass.ts';
import { settingsOf } from '../plan-parts.ts';
import { heldFacts, type NodeHeld, nodeHeld } from './node-guards.ts';
import { stepStart } from './steps.ts';
import { sharingFacts, visibleState } from './visible.ts';

/** The command that starts an agent of a node. */
export type StartNode = Extract<Command, { do: 'start-node' }>;

/** Where the frame of a node's agent stands in the run. */
export interface NodePlace {
  id: string;
  parent: Frame;
  name: string;
}

/** Admits an agent of a node: it starts, waits for room, or is refused by a limit of the run. */
export function admitNode(pass: Pass, command: StartNode): void {
  const { context, admission, decided, skipped } = pass;
  const { graph, node: id } = command;
  const parent = context.state.frames.get(graph.frame);
  const node = graph.nodes.get(id);
  if (!parent || !node || skipped.has(graph.frame)) return;
  const late = timeRefusal(context.state, parent, context.stopwatch.activeMs);
  const agent = command.agentKey ?? node.plan.agent;
  const held = nodeHeld(context, { agent, parent, now: pass.now });
  if (!late && held?.verdict === 'later') {
    decided.later.push({ frame: graph.frame, until: held.until });
    return;
  }
  const verdict = late ?? admission.worker(parent);
  if (verdict === 'go') {
    begin(pass, command, { parent, node, held });
    return;
  }
  skipped.add(graph.frame);
  if (verdict === 'wait') decided.blocked.push(graph.frame);
  else decided.facts.push(exhausted(graph.frame, verdict));
}

interface Beginning {
  parent: Frame;
  node: GraphNode;
  /** What the rules of its agent say against it. */
  held: NodeHeld | undefined;
}

function begin(pass: Pass, command: StartNode, { parent, node, held }: Beginning): void {
  const { context, decided, now } = pass;
  const { graph } = command;
  const place = placeOfNode(pass, command, parent);
  const agent = command.agentKey ?? node.plan.agent;
  const isCode = modelAgent(context.plan, agent) === undefined;
  decided.facts.push(started(pass, command, { place, node }));
  if (held?.verdict === 'refused') {
    decided.facts.push(...heldFacts(place.id, held));
    return;
  }
  if (agent !== undefined) context.nodeGuards.admit(agent, place.id, now);
  const refused = refusals(pass, graph, node);
  if (refused) decided.facts.push(...refused.facts);
  if (refused?.error) {
    const { code, message } = refused.error;
    decided.facts.push({ type: 'agent.failed', agent: place.id, data: { code, message } });
  } else if (isCode) decided.starts.push(stepStart(context, place.id));
}

/** What a node asked for and may not see; looked for only where something can be refused. */
function refusals({ context }: Pass, graph: Graph, { plan }: GraphNode) {
  const { rules } = graph.plan.state.sharing;
  if (plan.shareInput === undefined && !rules.some(({ transform }) => transform !== undefined)) {
    return undefined;
  }
  return sharingFacts(graph, plan.id, visibleState(context.state, graph, plan.id));
}

/**
 * Id and name of the next frame of a node. The id counts all frames of the node, also those that
 * start in the same pass; below another graph than the root the graph's own id stands before it.
 */
export function placeOfNode(pass: Pass, { graph, node: id }: StartNode, parent: Frame): NodePlace {
  const { context, names, runs } = pass;
  const node = graph.nodes.get(id);
  const key = `${graph.frame}/${id}`;
  const run = (runs.get(key) ?? node?.runs ?? 0) + 1;
  runs.set(key, run);
  const above = parent.parent === undefined ? '' : `${parent.id}-`;
  const { state } = context;
  const name = nameFor(run === 1 ? id : `${id}-${run}`, state.names, names);
  names.add(name);
  return { id: `${above}${node?.place ?? 0}${run === 1 ? '' : `.${run}`}`, parent, name };
}

/** Numbers that are the first to be free behind a name, of runs in this process: names are never given back. */
const firstFree = new WeakMap<ReadonlySet<string>, Map<string, number>>();

/** As `unused`, without counting anew for each of a thousand agents of one name. */
function nameFor(name: string, taken: ReadonlySet<string>, now: ReadonlySet<string>): string {
  if (!taken.has(name) && !now.has(name)) return name;
  const known = firstFree.get(taken) ?? new Map<string, number>();
  firstFree.set(taken, known);
  let count = known.get(name) ?? 2;
  while (taken.has(`${name}-${count}`)) count += 1;
  known.set(name, count);
  return unused(name, (one) => taken.has(one) || now.has(one), count);
}

/** The agent of this key that asks a model; undefined when code is run: a function, or its module. */
function modelAgent({ agents = {} }: Plan, key: string | undefined): PlanAgent | undefined {
  const agent = agents[key ?? ''];
  return agent?.module === undefined ? agent : undefined;
}

function started(
  { context }: Pass,
  { run, agentKey }: StartNode,
  { place, node }: { place: NodePlace; node: GraphNode },
): Fact {
  const { id, parent, name } = place;
  const key = agentKey ?? node.plan.agent;
  const settings = modelAgent(context.plan, key);
  const role = settings ? 'node' : 'step';
  const askedAs = key ?? node.plan.id;
  const who = { name, askedAs, role, agentKey: key } as const;
  // Code is a program: as those in boxes, it cannot start another one.
  const { needsBox } = context.surroundings;
  const all = key === undefined ? [] : toolsOf(context, { ...who, role: 'node' });
  const data: EventData['agent.started'] = {
    role,
    node: run,
    ...(key !== undefined && { agentKey: key }),
    name,
    ...(askedAs !== name && { askedAs }),
    // Where it is shown images, the model that it has for them.
    model: settings ? settingsOf(context.plan, { role: 'node', agentKey: key }).model : '',
    temperature: settings?.temperature ?? 0,
    tools: settings || key === undefined ? all : all.filter((tool) => !needsBox.has(tool)),
    instructions: node.plan.description,
    index: node.place,
  };
  return { type: 'agent.started', agent: id, parent: parent.id, depth: parent.depth + 1, data };
}
