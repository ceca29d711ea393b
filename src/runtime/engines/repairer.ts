import type { Plan } from '../../events/plan.ts';
import { openRepairers } from '../../events/repairs.ts';
import type { Frame, RunState } from '../../events/state.ts';
import type { Command } from '../command.ts';
import { nextForWorker } from './worker.ts';

/**
 * What who repairs the draft of a tool does next: it asks and reads as others do, and ends when the call
 * has returned that it works for. Pure.
 */
export function nextForRepairer(plan: Plan, state: RunState, frame: Frame): Command[] {
  if (!frame.mends?.over) return nextForWorker(plan, state, frame);
  const message = 'the call has ended that the repair was for';
  return [{ do: 'stop-frames', frames: [frame.id], code: 'tool/interrupted', message }];
}

/** Whether an agent whose calls have returned waits until those have ended who worked for them. Pure. */
export function waitsForRepairers(state: RunState, frame: Frame): boolean {
  return frame.phase !== 'tools' && openRepairers(state, frame).length > 0;
}
