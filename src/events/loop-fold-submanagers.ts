import type { LoopEventData } from './loop-events.ts';
import { topManager } from './loop-fold-worker.ts';
import { type LoopReducer, loopStateOf } from './loop-reducer.ts';
import type { Frame, RunState, WaitingEnvelope } from './state.ts';

/** What facts about sub-managers change. */
export const submanagerReducers: {
  [T in keyof Pick<LoopEventData, 'submanager.refused' | 'submanager.promoted'>]: LoopReducer<T>;
} = {
  // It is a worker from now on, and nobody promotes it again.
  'submanager.refused': (state, { data }, frame) => {
    if (!frame) return;
    frame.notes.push(`${data.worker} got no manager of its own: ${data.reason}.`);
    decide(state, { frame, index: data.index, asSubmanager: false });
  },

  'submanager.promoted': (state, { data }, frame) => {
    if (frame) decide(state, { frame, index: data.index, asSubmanager: true });
  },
};

interface Decided extends Pick<WaitingEnvelope, 'index'> {
  frame: Frame;
  asSubmanager: boolean;
}

function decide(state: RunState, { frame, index, asSubmanager }: Decided): void {
  const waiting = frame.waiting.find((one) => one.index === index);
  if (waiting) waiting.envelope = { ...waiting.envelope, asSubmanager };
  state.ready.add(frame.id);
}

/** Counts a sub-manager below this manager, in the whole tree that it is part of. */
export function submanagerStarted(state: RunState, above: Frame): void {
  const { submanagers } = loopStateOf(topManager(state, above));
  submanagers.open += 1;
  submanagers.total += 1;
}

/** One below this frame has ended; a loop that is a node of a graph is none. */
export function submanagerEnded(state: RunState, above: Frame): void {
  if (above.role === 'manager') loopStateOf(topManager(state, above)).submanagers.open -= 1;
}
