import { formatDuration } from '../../base/time.ts';
import { activeMsAt, ownMs } from '../../events/active-time.ts';
import type { Fact } from '../../events/event.ts';
import type { PlanNode } from '../../events/plan-graph.ts';
import type { Frame, RunState } from '../../events/state.ts';
import { endGraph } from '../engines/graph-end.ts';
import { lookAt } from '../engines/graph-look.ts';
import type { Pass } from '../pass.ts';
import { lateWorker, workerLeft } from '../worker-deadline.ts';
import { type StopOrder, stopFrames } from './stop-frame.ts';

/** Frame of the outermost graph. */
const ROOT = '0';

/** The node of a graph that a frame runs; undefined for frames of no graph. */
function nodeOf(state: RunState, { parent, node }: Frame): PlanNode | undefined {
  if (parent === undefined || node === undefined) return undefined;
  return state.graphs.get(parent)?.nodes.get(node.id)?.plan;
}

/**
 * Milliseconds that the attempt of a node, or the present part of a worker's time, still has at `now`;
 * undefined without a timeout. Only active time counts, without what it waited for people itself.
 */
export function leftOf(state: RunState, frame: Frame, now: number): number | undefined {
  const timeoutMs = nodeOf(state, frame)?.timeoutMs ?? null;
  if (timeoutMs === null) return workerLeft(state, frame, now);
  return timeoutMs - ownMs(frame, activeMsAt(state, now));
}

/** The facts about a frame whose time is over: an attempt of a node ends, a worker may still report. */
export function lateFacts(
  ending: Pick<Pass, 'stopped' | 'cut'>,
  { state, frame, now }: { state: RunState; frame: Frame; now: number },
): Fact[] {
  if (workerLeft(state, frame, now) !== undefined) return lateWorker(ending, { state, frame, now });
  return stopFrames(ending, state, overdue(state, frame));
}

/** The order to end an attempt whose time is over. */
function overdue(state: RunState, frame: Frame): StopOrder {
  const limit = formatDuration(nodeOf(state, frame)?.timeoutMs ?? 0);
  const message = `${frame.node?.id ?? frame.name} took longer than ${limit}`;
  return { frames: [frame.id], code: 'node/timeout', message };
}

/** The order to end all that is open below the root, because nothing of it moves. */
export function idleOrder(state: RunState): StopOrder {
  const frames = [...(state.frames.get(ROOT)?.open ?? [])];
  return { frames, code: 'run/idle', message: idleMessage(state) };
}

/** The facts that a graph ends in which nothing moves; all outputs are kept. `now` since 1970. */
export function endIdle(state: RunState, now: number): Fact[] {
  const { plan } = state;
  const frame = state.frames.get(ROOT);
  const graph = state.graphs.get(ROOT);
  if (!plan || !frame || !graph) return [];
  const ending = { status: 'partial', reason: 'run/idle', message: idleMessage(state) } as const;
  const commands = endGraph(lookAt({ plan, state, now }, frame, graph), ending);
  return commands.flatMap((command) => (command.do === 'record' ? command.facts : []));
}

function idleMessage({ plan }: RunState): string {
  return `nothing moved for ${formatDuration(plan?.graph?.idleMs ?? 0)}`;
}
