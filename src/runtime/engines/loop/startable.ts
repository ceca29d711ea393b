import type { Frame, WaitingEnvelope } from '../../../events/state.ts';

/** Whether a delegation may start now: nothing that it depends on is still to come. */
export function isStartable(_frame: Frame, _waiting: WaitingEnvelope): boolean {
  return true;
}
