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
  if (!graph) return (other.loop ?? 0) < (own.loop ?? 0) || buildsOn(state, own, other);
  const reader = graph.nodes.get(own.node?.id ?? '');
  if (!reader) return false;
  if (own.node?.id === other.node?.id) return (other.node?.round ?? 0) < (own.node?.round ?? 0);
  const sources = new Sharing(graph, state.plan?.agents).sources(reader);
  return sources.some(({ plan }) => plan.id === other.node?.id);
}

/**
 * Whether a worker started when another one of its turn had done what its part of the plan depends on,
 * or to repair what that one had done: by the log, whoever was faster.
 */
function buildsOn(state: RunState, own: Frame, other: Frame): boolean {
  const repaired = own.order?.repairOf;
  if (repaired !== undefined) return [other.id, other.order?.repairOf].includes(repaired);
  const work = state.frames.get(own.parent ?? '')?.delegation?.work.get(own.id);
  return work?.builtOn.includes(other.order?.repairOf ?? other.id) === true;
}

/**
 * What tells apart the files that agents see: all of one round of a node, or of one turn, see the same;
 * a worker that builds on another one of its turn has its own.
 */
export function sharedKey(state: RunState, frame: Frame): string {
  const { parent, node, loop, id, order } = frame;
  if (order?.repairOf !== undefined) return id;
  const work = state.frames.get(parent ?? '')?.delegation?.work.get(id);
  if (work?.builtOn.some((other) => state.frames.get(other)?.loop === loop)) return id;
  if (node) return `${parent}.${node.id}${node.round === undefined ? '' : `.${node.round}`}`;
  return parent === undefined || parent === '0' ? String(loop ?? 1) : `${parent}.${loop ?? 1}`;
}

/** Whether an agent is a frame itself, or below it. */
export function isBelow(state: RunState, agent: string, above: Frame): boolean {
  for (let at = state.frames.get(agent); at; at = state.frames.get(at.parent ?? ''))
    if (at === above) return true;
  return false;
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
