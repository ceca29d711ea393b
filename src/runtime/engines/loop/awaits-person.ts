import { asksAbout, requestFor, submanagerCall } from '../../../events/loop-requests.ts';
import type { Plan } from '../../../events/plan.ts';
import type { Frame, RunState, WaitingEnvelope } from '../../../events/state.ts';

/** Whether a delegation waits for a person's word about its sub-manager. */
export function awaitsPerson(
  { plan, state, frame }: { plan: Plan; state: RunState; frame: Frame },
  { envelope, index }: WaitingEnvelope,
): boolean {
  if (!envelope.asSubmanager || !asksAbout(plan, 'submanagers')) return false;
  const said = requestFor(state, submanagerCall(frame, index));
  return typeof said === 'string';
}
