import { freshLoop } from './loop-fold-plan.ts';
import { reopenScored } from './scoring-reopen.ts';
import type { Frame, RunState } from './state.ts';

/** The outermost frame of a run that had ended goes on: what had brought it to an end counts anew. */
export function reopen(state: RunState, frame: Frame, reason: string): void {
  if (frame.role === 'manager') frame.notes.push(`The run had ended and goes on (${reason}).`);
  // Whatever kept the first model from answering may be mended by now.
  if (frame.role === 'manager') frame.model = state.plan?.manager?.model ?? frame.model;
  frame.passedOver = [];
  frame.phase = 'ask';
  frame.outcome = undefined;
  frame.endedAt = undefined;
  frame.endedActiveMs = undefined;
  frame.decision = undefined;
  frame.failure = undefined;
  frame.failures = 0;
  frame.refused = undefined;
  state.closingAsked = false;
  state.stalls = 0;
  freshLoop(frame);
  reopenScored(state, frame);
  state.openFrames.add(frame.id);
  state.ready.add(frame.id);
}
