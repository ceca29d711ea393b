import type { GraphNode } from '../../events/graph-state.ts';
import { NODE_REQUESTS, type NodeQuestion, nodeCall } from '../../events/node-requests.ts';
import type { Command } from '../command.ts';
import { failing } from '../engines/graph-cut.ts';
import { lookAt } from '../engines/graph-look.ts';
import type { Pass } from '../pass.ts';
import { hashOfArguments } from '../tools/approval.ts';
import { toolPolicy } from '../tools/policy.ts';

/** The command that asks a person about a node. */
type AskPerson = Extract<Command, { do: 'ask-person' }>;

/** Why somebody is asked, in words. */
const REASONS: Readonly<Record<NodeQuestion, (node: GraphNode) => string>> = {
  before: ({ plan }) => `${plan.id} starts only when a person allows it`,
  after: ({ plan }) => `the output of ${plan.id} is used only when a person allows it`,
  input: ({ plan, rounds }) => `${plan.id} asks before its round ${rounds.length + 1}`,
};

/**
 * Puts a question about a node into the queue of requests: it waits there like a call of a tool. Where
 * nobody may be asked (`approve` is `never`) the node fails with `approval/nobody`. Gives the command
 * that follows, if one does.
 */
export function askPerson(pass: Pass, { graph, node: id, about, args }: AskPerson): Command[] {
  const { context, admission, decided, now } = pass;
  const { plan, state } = context;
  const node = graph.nodes.get(id);
  const frame = state.frames.get(graph.frame);
  if (!node || !frame || node.held !== undefined) return [];
  const reason = REASONS[about](node);
  if (toolPolicy(plan).approve === 'never') {
    const look = lookAt({ plan, state, now }, frame, graph);
    const message = `${reason}, and nobody may be asked in this run`;
    const output = about === 'input' ? (node.rounds.at(-1)?.output ?? {}) : {};
    return [failing(look, node, { code: 'approval/nobody', message, output })];
  }
  const data = {
    id: admission.approvalId(),
    call: nodeCall(graph, id),
    tool: NODE_REQUESTS[about],
    ...{ args, argsHash: hashOfArguments(args), reason },
  };
  decided.facts.push({ type: 'approval.requested', agent: graph.frame, data });
  return [];
}
