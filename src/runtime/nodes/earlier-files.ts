import type { Artifact, Frame, RunState } from '../../events/state.ts';
import { Sharing } from './share.ts';

/**
 * Whether a file was there for certain before an agent started, and may be seen by it: a worker sees
 * those of earlier turns, the agent of a node those of nodes that its graph lets it see (R16) and of
 * its own earlier rounds. What
 * runs at the same time is not in it: a run must not depend on which one is faster.
 */
export function isEarlier(state: RunState, file: Artifact, frame: Frame): boolean {
  const writer = state.frames.get(file.agent);
  if (!writer) return false;
  // Where the ways up from both meet, and by which agents they come there.
  const ways = new Map(chainOf(state, frame).map((one) => [one.parent, one]));
  const other = chainOf(state, writer).find(({ parent }) => ways.has(parent));
  const own = other && ways.get(other.parent);
  if (!other || !own || own === other) return false;
  const graph = state.graphs.get(own.parent ?? '');
  if (!graph) return (other.loop ?? 0) < (own.loop ?? 0);
  const reader = graph.nodes.get(own.node?.id ?? '');
  if (!reader) return false;
  if (own.node?.id === other.node?.id) return (other.node?.round ?? 0) < (own.node?.round ?? 0);
  const sources = new Sharing(graph, state.plan?.agents).sources(reader);
  return sources.some(({ plan }) => plan.id === other.node?.id);
}

/** What tells apart the files that agents see: all of one round of a node, or of one turn, see the same. */
export function sharedKey({ parent, node, loop }: Frame): string {
  if (node) return `${parent}.${node.id}${node.round === undefined ? '' : `.${node.round}`}`;
  return parent === undefined || parent === '0' ? String(loop ?? 1) : `${parent}.${loop ?? 1}`;
}

/** A frame and all above it that have a parent, the frame first. */
function chainOf(state: RunState, frame: Frame): Frame[] {
  const chain: Frame[] = [];
  for (let at: Frame | undefined = frame; at?.parent !== undefined; ) {
    chain.push(at);
    at = state.frames.get(at.parent);
  }
  return chain;
}
