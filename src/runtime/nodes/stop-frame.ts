import type { Fact } from '../../events/event.ts';
import { placeOf } from '../../events/graph-agents.ts';
import { hasEnded, isPlain } from '../../events/graph-nodes.ts';
import type { Graph, GraphNode } from '../../events/graph-state.ts';
import type { Frame, RunState } from '../../events/state.ts';
import type { Cut } from '../effect.ts';
import { stoppedNodes, toldAbove } from '../engines/graph-cut.ts';
import type { Pass } from '../pass.ts';
import { withinLimits } from './state-limits.ts';

/** Which frames are ended, and why. */
export interface StopOrder extends Cut {
  frames: readonly string[];
}

/**
 * Ends frames and all below them: their effects are cut off and settled, then each frame fails, the
 * deepest first; a graph is closed before, with all its nodes. What an effect had brought already
 * counts as far as the limits of the state let it. Those that ended in this pass already are left out.
 */
export function stopFrames(
  { stopped, cut }: Pick<Pass, 'stopped' | 'cut'>,
  state: RunState,
  { frames: tops, code, message }: StopOrder,
): Fact[] {
  const frames = openBelow(state, tops).filter(({ id }) => !stopped.has(id));
  const ids = new Set(frames.map(({ id }) => id));
  for (const id of ids) stopped.add(id);
  const settled = cut(ids, { code, message })
    .flatMap(({ facts }) => facts)
    .flatMap((fact) => withinLimits(state, fact));
  // A step's own fact says how it ended; all others fail now.
  const told = new Set(settled.flatMap((fact) => (endsAgent(fact) ? fact.agent : [])));
  const well = endedWell(state, settled);
  const failed = frames
    .filter(({ id }) => !told.has(id))
    .flatMap((frame): Fact[] => {
      const graph = state.graphs.get(frame.id);
      const closed = graph ? closing(frame, unfinished(graph, well), message) : [];
      return [...closed, { type: 'agent.failed', agent: frame.id, data: { code, message } }];
    });
  return [...settled, ...failed];
}

function endsAgent({ type }: Fact): boolean {
  return type === 'agent.failed' || type === 'agent.finished';
}

/** Nodes that what was settled ends well. */
function endedWell(state: RunState, facts: readonly Fact[]): ReadonlySet<GraphNode> {
  const nodes = facts.flatMap(({ type, agent = '' }) => {
    const frame = type === 'agent.finished' ? state.frames.get(agent) : undefined;
    const node = frame && placeOf(state, frame)?.node;
    return node && isPlain(node.plan) ? [node] : [];
  });
  return new Set(nodes);
}

function unfinished({ nodes }: Graph, well: ReadonlySet<GraphNode>): string[] {
  const left = [...nodes.values()].filter((node) => !hasEnded(node) && !well.has(node));
  return left.map(({ plan }) => plan.id);
}

/** The facts that a graph below another one is over before it has come to its end. */
function closing(frame: Frame, nodes: readonly string[], message: string): Fact[] {
  return [...stoppedNodes(frame.id, nodes, message), toldAbove(frame, false)];
}

/** The open frames below these frames, the deepest first, and themselves if they are open. */
export function openBelow({ frames }: RunState, tops: readonly string[]): Frame[] {
  const ids = new Set(tops);
  // What is put into a set while it is walked comes up, too: that is the whole tree.
  for (const id of ids) for (const below of frames.get(id)?.open ?? []) ids.add(below);
  return [...ids]
    .flatMap((id) => frames.get(id) ?? [])
    .filter(({ phase }) => phase !== 'closed')
    .sort((a, b) => b.depth - a.depth);
}
