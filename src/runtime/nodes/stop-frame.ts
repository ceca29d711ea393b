import type { Fact } from '../../events/event.ts';
import type { Frame, RunState } from '../../events/state.ts';
import type { Cut } from '../effect.ts';
import type { Pass } from '../pass.ts';

/** Which frame is ended, and why. */
export interface StopOrder extends Cut {
  frame: string;
}

/**
 * Ends a frame and all below it: their effects are cut off and settled, then each frame fails, the
 * deepest first. Those that ended in this pass already are left out.
 */
export function stopFrame(
  { stopped, cut }: Pick<Pass, 'stopped' | 'cut'>,
  state: RunState,
  { frame, code, message }: StopOrder,
): Fact[] {
  const frames = openBelow(state, frame).filter(({ id }) => !stopped.has(id));
  const ids = new Set(frames.map(({ id }) => id));
  for (const id of ids) stopped.add(id);
  const settled = cut(ids, { code, message }).flatMap(({ facts }) => facts);
  // A step's own fact says how it ended; all others fail now.
  const told = new Set(settled.flatMap((fact) => (endsAgent(fact) ? fact.agent : [])));
  const failed = frames
    .filter(({ id }) => !told.has(id))
    .map(({ id }): Fact => ({ type: 'agent.failed', agent: id, data: { code, message } }));
  return [...settled, ...failed];
}

function endsAgent({ type }: Fact): boolean {
  return type === 'agent.failed' || type === 'agent.finished';
}

/** The open frames below a frame, the deepest first, and itself if it is open. */
export function openBelow(state: RunState, top: string): Frame[] {
  const found: { frame: Frame; depth: number }[] = [];
  for (const id of state.openFrames) {
    const frame = state.frames.get(id);
    const depth = frame ? depthBelow(state, frame, top) : -1;
    if (frame && depth >= 0) found.push({ frame, depth });
  }
  return found.sort((a, b) => b.depth - a.depth).map(({ frame }) => frame);
}

/** Levels from a frame up to another one; -1 when that is not above it. */
function depthBelow(state: RunState, frame: Frame, top: string): number {
  let depth = 0;
  let at: Frame | undefined = frame;
  while (at && at.id !== top) {
    depth += 1;
    at = at.parent === undefined ? undefined : state.frames.get(at.parent);
  }
  return at ? depth : -1;
}
