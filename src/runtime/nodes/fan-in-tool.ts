import { isObject } from '../../base/json.ts';
import type { Fact } from '../../events/event.ts';
import type { Graph, GraphNode, Join } from '../../events/graph-state.ts';
import type { Plan } from '../../events/plan.ts';
import type { PlanGraph } from '../../events/plan-graph.ts';
import type { Frame } from '../../events/state.ts';
import { confidenceIn } from '../agent/check-output.ts';
import type { Command } from '../command.ts';
import type { RunContext } from '../context.ts';
import type { Start } from '../effect.ts';
import { failing } from '../engines/graph-cut.ts';
import { finishing } from '../engines/graph-finish.ts';
import { lookAt } from '../engines/graph-look.ts';
import type { Pass } from '../pass.ts';
import { admitTool } from '../tools/admit-tool.ts';
import { hideSensitive } from './hide-fields.ts';

/** A tool that does not say how sure it is is as sure as code is. */
const SURE = 1;

/** The command that puts the results of a fan-out together with a tool. */
type FanInTool = Extract<Command, { do: 'fan-in-tool' }>;

/** Names of the tools that put results together, of all graphs of a plan. */
export function fanInTools({ graph }: Pick<Plan, 'graph'>): string[] {
  return graph ? toolsIn(graph) : [];
}

function toolsIn({ nodes }: PlanGraph): string[] {
  return nodes.flatMap(({ fanIn, graph }) => [
    ...(fanIn?.tool === undefined ? [] : [fanIn.tool]),
    ...(graph ? toolsIn(graph) : []),
  ]);
}

/**
 * Calls the tool like any other: access, rates, budget and people count, and it is in the log (spec,
 * capabilities 1.4). What it returned becomes the output of the node in the next look, so that a
 * process that dies between the two calls it once. Gives the commands that follow.
 */
export async function joinByTool(pass: Pass, command: FanInTool): Promise<Command[]> {
  const { context, decided, now } = pass;
  const { graph, id, tool, args } = command;
  const { plan, state } = context;
  const frame = state.frames.get(graph.frame);
  const node = graph.nodes.get(command.node);
  if (!frame || !node) return [];
  if (node.join?.call === id && node.join.result) {
    return afterJoin(lookAt({ plan, state, now }, frame, graph), node, node.join.result);
  }
  const wanted = { frame: callerOf(frame, node, tool), id, name: tool, args };
  const admitted = await admitTool(context, pass, wanted);
  const hide = (fact: Fact): Fact => hidden(context, { graph, node }, fact);
  decided.facts.push(...admitted.facts.map(hide));
  decided.starts.push(...admitted.starts.map((start) => hidingStart(start, hide)));
  if (admitted.until !== undefined) decided.later.push({ frame: frame.id, until: admitted.until });
  if (admitted.blocked) decided.blocked.push(frame.id);
  return [];
}

/** The graph calls it, as its author wrote; the rules of access by name count for the node and its agent. */
function callerOf(frame: Frame, { plan }: GraphNode, tool: string): Frame {
  const { id, agent } = plan;
  return { ...frame, name: id, askedAs: agent ?? id, tools: [tool] };
}

function afterJoin(
  look: Parameters<typeof finishing>[0],
  node: GraphNode,
  { ok, data, error = '' }: NonNullable<Join['result']>,
): Command[] {
  if (ok) {
    const output = isObject(data) ? data : { result: data };
    return finishing(look, node, { output, confidence: confidenceIn(output, SURE).confidence });
  }
  const [, code = 'tool/failed', said = error] = /^([a-z]+\/[a-z-]+): (.*)$/s.exec(error) ?? [];
  const message = `its results could not be put together: ${said || 'the tool failed'}`;
  return [failing(look, node, { code, message, output: {} })];
}

interface Place {
  graph: Graph;
  node: GraphNode;
}

/** What the tool made is an output: sensitive values in it are hidden before it is recorded (R14). */
function hidden({ plan }: RunContext, { graph, node }: Place, fact: Fact): Fact {
  if (fact.type !== 'tool.returned' || !isObject(fact.data.data)) return fact;
  const { id, agent } = node.plan;
  const from = { node: id, agent: plan.agents?.[agent ?? ''] };
  const data = hideSensitive(from, graph.plan.state.sharing, fact.data.data);
  return { ...fact, data: { ...fact.data, data } };
}

function hidingStart(start: Start, hide: (fact: Fact) => Fact): Start {
  return {
    ...start,
    async perform(signal) {
      const { facts, ...more } = await start.perform(signal);
      return { ...more, facts: facts.map(hide) };
    },
  };
}
