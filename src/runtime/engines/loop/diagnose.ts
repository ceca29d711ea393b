import type { Fact } from '../../../events/event.ts';
import type { HypothesisState, LoopState } from '../../../events/loop-state.ts';
import { Rooms, tightest } from '../../budget-rooms.ts';
import type { LoopLook, LoopStep } from './look.ts';
import { calledBy, outcomeOf } from './results.ts';
import { isSeenTo } from './see-to-results.ts';
import { stop, whyStopped } from './stop.ts';

/** Diagnoses that were refused in a row after which a further one ends the loop. */
const MOST_REFUSED = 2;
/** Diagnoses in a row after which work must come first. */
const MOST_IN_ROW = 2;

/** A manager's diagnosis comes into force, or is refused (spec, runtime 4.8). */
export const diagnosed: LoopStep = (look) => {
  const { state, frame } = look;
  const { decision } = frame;
  if (decision?.decision !== 'diagnose' || whyStopped(state, frame)) return undefined;
  const refused = frame.delegation?.refusedDiagnoses ?? 0;
  if (refused >= MOST_REFUSED) {
    const message = `the manager asked ${refused + 1} times in a row for a diagnosis that it may not have`;
    return stop(frame, { reason: 'manager/diagnosis-loop', message });
  }
  const call = frame.call ?? '';
  const reason = whyRefused(look, decision.failedWorker);
  const { failedWorker, hypotheses } = decision;
  const most = look.policy.diagnosis?.maxHypotheses ?? 0;
  const fact: Fact =
    reason === undefined
      ? {
          type: 'diagnosis.made',
          agent: frame.id,
          data: { call, failedWorker, hypotheses: hypotheses.slice(0, most) },
        }
      : { type: 'diagnosis.refused', agent: frame.id, data: { call, reason } };
  return [{ do: 'record', facts: [fact] }];
};

function whyRefused(look: LoopLook, failedWorker: string): string | undefined {
  const { state, frame, policy } = look;
  if (!policy.diagnosis) return 'diagnosis is not enabled.';
  const loop = frame.delegation;
  const workers = frame.turns.flatMap(({ workers: ids }) => ids);
  const isOne = (id: string): boolean =>
    calledBy(state, id) === failedWorker || state.frames.get(id)?.name === failedWorker;
  if (!workers.some(isOne)) return `no worker of yours was called "${failedWorker}".`;
  const most = mostDiagnoses(look);
  if ((loop?.diagnoses ?? 0) >= most) {
    return `${most} diagnoses are all that this loop may have. Delegate, or finish.`;
  }
  if (!isLocked(loop)) return undefined;
  return 'two diagnoses in a row are enough. Delegate in two turns first, to test the hypotheses or to go another way.';
}

/** Whether work must come before a further diagnosis. */
export function isLocked(loop: LoopState | undefined): boolean {
  return (loop?.diagnosesInRow ?? 0) >= MOST_IN_ROW;
}

/** A quarter of the turns that the loop may have, three at least. */
function mostDiagnoses({ state, frame }: LoopLook): number {
  const limit = tightest(new Rooms(state).of(frame, 'loops'))?.limit;
  return limit === undefined ? Number.POSITIVE_INFINITY : Math.max(3, Math.floor(limit / 4));
}

/** Guesses are confirmed or refuted by the workers that test them. */
export const hypothesesTested: LoopStep = (look) => {
  const { frame } = look;
  const active = frame.delegation?.hypotheses.filter(({ status }) => status === 'active') ?? [];
  const facts = active.flatMap((one) => tested(look, one) ?? []);
  return facts.length === 0 ? undefined : [{ do: 'record', facts }];
};

function tested(look: LoopLook, one: HypothesisState): Fact | undefined {
  const { state, frame, policy } = look;
  const { threshold } = policy.diagnosis ?? {};
  const { testWorker, id } = one;
  if (testWorker === undefined || threshold === undefined) return undefined;
  const since = frame.turns.slice(frame.delegation?.diagnosedAt ?? 0);
  const by = since
    .flatMap(({ workers }) => workers)
    .find((worker) => calledBy(state, worker) === testWorker && isSeenTo(look, worker));
  if (by === undefined) return undefined;
  const outcome = outcomeOf(state, frame, by);
  const confidence = outcome?.ok ? outcome.confidence : 0;
  const status = confidence > threshold ? 'confirmed' : 'refuted';
  const shown = Math.round(confidence * 100) / 100;
  const reason = `${testWorker} ended with confidence ${shown} (${threshold} is the threshold)`;
  return { type: 'hypothesis.resolved', agent: frame.id, data: { id, status, by, reason } };
}
