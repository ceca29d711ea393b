import type { EventOf } from './event.ts';
import { tryOf } from './graph-fold-repeat.ts';
import { hasEnded } from './graph-nodes.ts';
import type { Graph } from './graph-state.ts';
import { holdClock, releaseClock } from './held-clock.ts';
import { answerLoop, loopQuestion } from './loop-requests.ts';
import { answerRequested, holdRequested } from './node-requests.ts';
import type { Frame, RunState } from './state.ts';

/** What a pause means for the run: it waits for a person, or for somebody to go on with it. */
export function pausedStatus({ reason }: EventOf<'run.paused'>['data']): 'waiting' | 'paused' {
  return reason === 'approval' ? 'waiting' : 'paused';
}

/** Notes that a call, or a node of a graph, waits for a person. */
export function requestApproval(
  state: RunState,
  frame: Frame,
  { data, ts }: EventOf<'approval.requested'>,
): void {
  const { id, call, tool, args, argsHash, reason } = data;
  state.approvals.set(id, {
    ...{ id, agent: frame.id, agentName: frame.name, call, tool, args, argsHash, reason },
    requestedAt: Date.parse(ts),
    resolution: undefined,
    used: false,
  });
  state.pendingApprovals.add(id);
  holdClock(state, frame);
  const pending = frame.calls.find((one) => one.id === call);
  if (pending) pending.phase = 'held';
  holdRequested(state, data);
  // What the request is not about goes on.
  if (loopQuestion(data)) state.ready.add(frame.id);
}

/** Notes a person's answer; the first one wins, and the agent is asked what follows. */
export function resolveApproval(
  state: RunState,
  { id, call, ...resolution }: EventOf<'approval.resolved'>['data'],
): void {
  const approval = state.approvals.get(id);
  if (!approval || approval.resolution) return;
  approval.resolution = resolution;
  const frame = state.frames.get(approval.agent);
  const wasPending = state.pendingApprovals.delete(id);
  if (!frame || frame.phase === 'closed') return;
  if (wasPending) releaseClock(state, frame);
  for (const pending of frame.calls) {
    if (pending.id === call && pending.phase === 'held') pending.phase = 'asked';
  }
  answerRequested(state, approval);
  answerLoop(state, approval);
  state.ready.add(frame.id);
}

/** What an agent that has ended wanted needs no answer any more. */
export function forgetApprovals(state: RunState, frame: Frame): void {
  for (const id of state.pendingApprovals) {
    if (state.approvals.get(id)?.agent !== frame.id) continue;
    state.pendingApprovals.delete(id);
    releaseClock(state, frame);
  }
}

/**
 * Whether nothing can go on before a person answers: all that is out are programs whose agent waits
 * for an answer, and nothing is tried again at a time. Such time is not active time (decision 13).
 */
export function waitsForPeople(state: RunState): boolean {
  const { pendingApprovals, approvals, inFlight, openFrames, frames } = state;
  if (pendingApprovals.size === 0) return false;
  // This is asked for each event: what is surely at work is looked at first.
  for (const { kind } of inFlight.values()) if (kind !== 'tool') return false;
  const isHeldProgram = (call: string): boolean =>
    [...pendingApprovals].some((id) => approvals.get(id)?.call.startsWith(`${call}.i`));
  for (const { call } of inFlight.values()) if (!isHeldProgram(call)) return false;
  for (const id of openFrames) {
    if (frames.get(id)?.phase === 'retry') return false;
    const graph = state.graphs.get(id);
    if (graph && hasLater(graph)) return false;
  }
  return true;
}

/** Whether something of a graph is tried again at a time. */
function hasLater({ later, nodes }: Graph): boolean {
  let has = false;
  later.visit(({ node, instance, at }) => {
    const one = nodes.get(node);
    has ||= one !== undefined && !hasEnded(one) && tryOf(one, instance)?.retryAt === at;
    return !has;
  });
  return has;
}
