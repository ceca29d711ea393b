import type { EventOf } from './event.ts';
import type { LoopEventData } from './loop-events.ts';
import { type LoopReducer, loopStateOf } from './loop-reducer.ts';
import type { Frame, RunState } from './state.ts';

/** How far back model calls count against the limit of a minute, in milliseconds. */
export const CALLS_WINDOW_MS = 60_000;

/** What facts about workers change. */
export const workerReducers: {
  [T in keyof Pick<LoopEventData, 'worker.overdue'>]: LoopReducer<T>;
} = {
  'worker.overdue': (state, _event, frame) => {
    if (!frame || frame.phase === 'closed') return;
    frame.overdue = true;
    // What was to be tried again is not: it reports instead.
    if (frame.phase === 'retry' && frame.purpose === 'work') frame.phase = 'failed';
    state.ready.add(frame.id);
  },
};

/** The manager of a loop around which there is no other one of the same loop: sub-managers are below it. */
export function topManager(state: RunState, frame: Frame): Frame {
  let at = frame;
  for (;;) {
    const above = state.frames.get(at.parent ?? '');
    if (above?.role !== 'manager') return at;
    at = above;
  }
}

/** Most model calls of a loop's workers in a minute; undefined where they are not limited. */
export function callsPerMinute(
  { plan }: Pick<RunState, 'plan'>,
  { agentKey }: Pick<Frame, 'agentKey'>,
): number | undefined {
  const loop = agentKey === undefined ? plan : plan?.loops?.[agentKey];
  return loop?.policy?.callsPerMinute ?? undefined;
}

/** Counts a model call of a worker where such calls are limited. */
export function countAsked(state: RunState, frame: Frame): void {
  if (frame.role !== 'worker' || callsPerMinute(state, frame) === undefined) return;
  const loop = loopStateOf(topManager(state, frame));
  const since = state.lastAt - CALLS_WINDOW_MS;
  loop.askedAt = [...(loop.askedAt ?? []).filter((at) => at > since), state.lastAt];
}

/** Counts what came of a tool call; all names that the agent does not have count as one. */
export function countReturned(frame: Frame, { tool, ok }: EventOf<'tool.returned'>['data']): void {
  const name = frame.tools.includes(tool) ? tool : '';
  frame.returned ??= new Map();
  const counts = frame.returned.get(name) ?? { ok: 0, failed: 0 };
  frame.returned.set(name, counts);
  if (ok) counts.ok += 1;
  else counts.failed += 1;
}
