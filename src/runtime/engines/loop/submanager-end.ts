import type { EventData } from '../../../events/event.ts';
import type { Frame, RunState } from '../../../events/state.ts';
import { UNSAID_CONFIDENCE } from '../../agent/confidence.ts';
import { outcomeOf } from './results.ts';

type Finished = EventData['agent.finished'];

/** Whether a frame is a sub-manager: a loop right below another one. */
export function isSubmanager({ frames }: RunState, { role, parent }: Frame): boolean {
  return role === 'manager' && frames.get(parent ?? '')?.role === 'manager';
}

/**
 * How the end of a sub-manager is told to its manager (spec, runtime 5.4). One that completed is as sure
 * as it says. One that was cut short, or whose result misses something of its contract, is partial, and
 * no surer than its workers are on average, those that failed counting as 0; without workers it is no
 * surer than somebody who says nothing. So it is 0 only when nothing of its work is any good.
 */
export function submanagerEnd(
  state: RunState,
  frame: Frame,
  { status, reason }: { status: 'complete' | 'partial'; reason?: string | undefined },
): Pick<Finished, 'confidence' | 'problems' | 'status' | 'reason'> {
  const decision = frame.decision?.decision === 'complete' ? frame.decision : undefined;
  const problems = decision?.problems ?? [];
  const supported = supportedBy(state, frame) ?? UNSAID_CONFIDENCE;
  const said = decision?.confidence ?? supported;
  if (status === 'complete' && problems.length === 0) return { confidence: said, problems };
  const why = status === 'complete' ? 'gate/contract' : reason;
  return {
    confidence: Math.min(said, supported),
    problems,
    status: 'partial',
    ...(why !== undefined && { reason: why }),
  };
}

/** How sure its workers are on average; undefined when it had none. */
function supportedBy(state: RunState, frame: Frame): number | undefined {
  const outcomes = frame.turns.flatMap(({ workers }) =>
    workers.flatMap((id) => outcomeOf(state, frame, id) ?? []),
  );
  if (outcomes.length === 0) return undefined;
  const sum = outcomes.reduce((all, { ok, confidence }) => all + (ok ? confidence : 0), 0);
  return Math.round((sum / outcomes.length) * 1000) / 1000;
}
