import type { GraphNode } from '../../events/graph-state.ts';
import type { AgentRoom, Look } from './graph-look.ts';

/**
 * Takes one run of an agent out of what its rate still lets start, and tells whether there was one
 * (spec, capabilities 9). Where there was none the look notes until when. `agentKey` stands for the
 * agent of the node, such as one that takes over.
 */
export function takesRun(look: Look, node: GraphNode, agentKey?: string): boolean {
  const room = roomOf(look, agentKey ?? ownAgent(node));
  if (!room) return true;
  if (room.free > 0) {
    room.free -= 1;
    return true;
  }
  waits(look, room.until);
  parked.add(node);
  return false;
}

/**
 * Whether a node that could start before, but for the rate of its agent, still cannot: then nobody
 * needs to ask again whether its conditions hold, however many such nodes stand in the queue.
 */
export function isHeldBack(look: Look, node: GraphNode): boolean {
  if (!parked.has(node)) return false;
  const room = roomOf(look, ownAgent(node));
  if (!room || room.free > 0) return false;
  waits(look, room.until);
  return true;
}

/** Nodes that an agent's rate has held back. */
const parked = new WeakSet<GraphNode>();

/** Rates are about agents: a loop or a graph of its own is none. */
function ownAgent({ plan }: GraphNode): string | undefined {
  return plan.loop === undefined && plan.graph === undefined ? plan.agent : undefined;
}

function roomOf(look: Look, agent: string | undefined): AgentRoom | undefined {
  if (agent === undefined || !look.agentRoom) return undefined;
  if (!look.rates.has(agent)) look.rates.set(agent, look.agentRoom(agent, look.frame));
  return look.rates.get(agent);
}

function waits(look: Look, until: number): void {
  look.heldUntil = Math.min(look.heldUntil ?? until, until);
}
