import { isObject } from '../base/json.ts';
import { nodeIn } from './graph-agents.ts';
import { changeTry, type GraphPlace, holdNode, releaseNode } from './graph-nodes.ts';
import type { Graph, GraphNode } from './graph-state.ts';
import type { Approval, RunState } from './state.ts';

/** What a person is asked about a node: its start, its output, what its next round is told. */
export type NodeQuestion = 'before' | 'after' | 'input';

/** What such requests have in the place of a tool's name. */
export const NODE_REQUESTS: Readonly<Record<NodeQuestion, string>> = {
  before: 'node.start',
  after: 'node.output',
  input: 'loop.input',
};

const PREFIX = 'node:';

/** What a request about a node has in the place of a call's id: `node:0/write`. */
export function nodeCall({ frame }: Pick<Graph, 'frame'>, node: string): string {
  return `${PREFIX}${frame}/${node}`;
}

/** The node that a request is about, and what of it; undefined for calls of tools. */
export function nodeRequest({
  call,
  tool,
}: Pick<Approval, 'call' | 'tool'>):
  | { frame: string; node: string; about: NodeQuestion }
  | undefined {
  if (!call.startsWith(PREFIX)) return undefined;
  // Ids of frames have no slash; those of nodes may.
  const slash = call.indexOf('/');
  const about = QUESTIONS.get(tool);
  if (slash < 0 || !about) return undefined;
  return { frame: call.slice(PREFIX.length, slash), node: call.slice(slash + 1), about };
}

const QUESTIONS: ReadonlyMap<string, NodeQuestion> = new Map(
  (Object.keys(NODE_REQUESTS) as NodeQuestion[]).map((about) => [NODE_REQUESTS[about], about]),
);

/** A node waits for the answer to a request; nothing for requests about calls of tools. */
export function holdRequested(
  state: RunState,
  request: Pick<Approval, 'id' | 'call' | 'tool'>,
): void {
  const place = placeOfRequest(state, request);
  if (place) holdNode(place.graph, place.node, request.id);
}

/**
 * What a person said goes to the node that waits for it, which is looked at again. An answer that no
 * node waits for any more changes nothing.
 */
export function answerRequested(state: RunState, approval: Approval): void {
  const place = placeOfRequest(state, approval);
  if (!place || place.node.held !== approval.id) return;
  const { graph, node } = place;
  const { about } = nodeRequest(approval) ?? {};
  approval.used = true;
  if (approval.resolution?.decision !== 'approved') refuse(place, approval, about);
  else if (about === 'input') node.said = saidBy(approval);
  else allow(node, approval);
  releaseNode(state, graph, node);
}

function placeOfRequest(
  state: RunState,
  request: Pick<Approval, 'call' | 'tool'>,
): GraphPlace | undefined {
  const asked = nodeRequest(request);
  return asked && nodeIn(state.graphs.get(asked.frame), asked.node);
}

function allow(node: GraphNode, { resolution }: Approval): void {
  node.approved = true;
  const output = resolution?.args?.output;
  if (isObject(output)) node.edited = output;
}

/** The text or value that was given in an answer; empty when it only goes on. */
function saidBy({ resolution }: Approval): GraphNode['said'] {
  const { args = {}, reason = '' } = resolution ?? {};
  return Object.hasOwn(args, 'input') ? args.input : reason;
}

function refuse(
  { graph, node }: GraphPlace,
  { resolution }: Approval,
  about: NodeQuestion | undefined,
): void {
  if (about === 'input') {
    node.loopEnd = 'person';
    return;
  }
  const what = about === 'after' ? 'its output may not be used' : 'it may not start';
  const why = resolution?.reason === undefined ? '' : `: ${resolution.reason}`;
  const failure = { code: 'approval/rejected', message: `a person says that ${what}${why}` };
  changeTry(graph, node.main, () => {
    node.main.failure = failure;
  });
}
