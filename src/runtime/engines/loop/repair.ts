import type { EventData, Fact } from '../../../events/event.ts';
import { repairId, resultFiles, resultOf } from '../../../events/loop-results.ts';
import type { Frame } from '../../../events/state.ts';
import { Admission } from '../../budget.ts';
import type { Command } from '../../command.ts';
import { isPoor } from '../../quality/found.ts';
import { keptFiles, withdrawnFiles } from '../../quality/repaired-files.ts';
import { critiqueOf } from '../../quality/scores.ts';
import { LEAST_REPAIR, tokensLeft } from '../../quality/share.ts';
import { isSameOutput } from '../../quality/similar.ts';
import type { LoopLook } from './look.ts';
import { isBeingValidated } from './validate.ts';

/** Tokens of one repair where the loop has no limit on them. */
const FREE_TOKENS = 200_000;

/**
 * Somebody goes over poor results again, up to the number of attempts of the policy, while one is not
 * worse than the one before (spec, runtime 8.2).
 */
export function repairs(look: LoopLook, workers: readonly Frame[], mayStart: boolean): Command[] {
  const { critique } = look.policy;
  if (!critique) return [];
  const ended = workers.flatMap((worker) => endOf(look, worker));
  if (ended.length > 0 || !mayStart) return ended;
  const wanted = workers.filter((worker) => isWanted(look, worker, critique.repairs));
  if (wanted.length === 0) return [];
  const left = tokensLeft(look.state, look.frame, critique);
  // Whoever is first leaves as much to each of the others that may be in need of it.
  const others = mayWant(look, critique.repairs) - wanted.length;
  const each = Math.floor(left / (wanted.length + Math.max(0, others)));
  const tokens = Number.isFinite(left) ? Math.max(each, LEAST_REPAIR) : FREE_TOKENS;
  if (left < LEAST_REPAIR || !hasRoom(look, tokens)) return [];
  const { frame } = look;
  return wanted.map((worker) => {
    const attempt = (frame.delegation?.reviews.get(worker.id)?.repairs ?? 0) + 1;
    return { do: 'start-repair', frame, worker, attempt, tokens };
  });
}

/** Workers of the turn that are not known to need no repair: at work, not looked at, or poor. */
function mayWant(look: LoopLook, most: number): number {
  const { state, frame } = look;
  const ids = frame.turns.at(-1)?.workers ?? [];
  return ids.filter((id) => {
    const worker = state.frames.get(id);
    if (worker?.role !== 'worker') return false;
    const counted = resultOf(state, frame, id);
    const isKnown = counted !== undefined && critiqueOf(frame, counted.id) !== undefined;
    return !isKnown || isWanted(look, worker, most);
  }).length;
}

/** Whether what counts of a worker is poor, and may still be gone over again. */
function isWanted(look: LoopLook, worker: Frame, most: number): boolean {
  const { state, frame } = look;
  const review = frame.delegation?.reviews.get(worker.id);
  const counted = resultOf(state, frame, worker.id);
  const critique = counted && critiqueOf(frame, counted.id);
  if (!critique || !isPoor(critique) || review?.gaveUp || (review?.repairs ?? 0) >= most)
    return false;
  // Whatever ended a worker that failed otherwise would end its repair, too.
  const isMendable = worker.outcome?.ok === true || worker.outcome?.code === 'model/bad-answer';
  const attempt = repairId(worker.id, (review?.repairs ?? 0) + 1);
  return isMendable && !state.frames.has(attempt) && !isBeingValidated(look, worker);
}

/** Whether a worker with so many tokens could start, now or once others have ended. */
function hasRoom({ state, frame }: LoopLook, tokens: number): boolean {
  const admission = new Admission(state);
  const share = admission.share(frame, { tokens });
  if (share.verdict === 'refused') return false;
  const granted = share.verdict === 'go' ? (share.limits.tokens ?? tokens) : tokens;
  return granted >= LEAST_REPAIR && typeof admission.worker(frame) === 'string';
}

/** What came of a repair that has ended and was looked at. */
function endOf(look: LoopLook, worker: Frame): Command[] {
  const { state, frame } = look;
  const attempt = (frame.delegation?.reviews.get(worker.id)?.repairs ?? 0) + 1;
  const repair = state.frames.get(repairId(worker.id, attempt));
  const counted = resultOf(state, frame, worker.id);
  if (repair?.phase !== 'closed' || !counted) return [];
  const before = critiqueOf(frame, counted.id)?.score ?? 0;
  const about = { of: worker.id, by: repair.id, attempt, before };
  const verdict = verdictOn(look, { worker, repair, before });
  if (!verdict) return [];
  const facts = verdict.kept
    ? keptFiles(state, { manager: frame, worker, repair })
    : withdrawnFiles(state, repair);
  const fact: Fact = { type: 'result.repaired', agent: frame.id, data: { ...about, ...verdict } };
  return [{ do: 'record', facts: [...facts, fact] }];
}

interface Ended {
  worker: Frame;
  repair: Frame;
  /** Score of what counts now. */
  before: number;
}

/** Undefined while its critic has not been heard. */
function verdictOn(
  { state, frame }: LoopLook,
  { worker, repair, before }: Ended,
): Pick<EventData['result.repaired'], 'after' | 'kept' | 'reason'> | undefined {
  if (!repair.outcome?.ok) {
    const why = repair.outcome?.message ?? 'it ended';
    return { after: 0, kept: false, reason: `the repair failed: ${why}` };
  }
  if (!isChanged({ state, frame }, worker, repair)) {
    return { after: before, kept: false, reason: 'it changed nothing' };
  }
  const after = critiqueOf(frame, repair.id)?.score;
  if (after === undefined) return undefined;
  const kept = after >= before;
  return { after, kept, reason: kept ? 'it is not worse' : 'it is worse' };
}

/** Whether a repair made anything else than what counted before it. */
export function isChanged(
  { state, frame }: Pick<LoopLook, 'state' | 'frame'>,
  worker: Frame,
  repair: Frame,
): boolean {
  const counted = resultOf(state, frame, worker.id);
  const output = repair.outcome?.output ?? {};
  if (!isSameOutput(counted?.outcome?.output ?? {}, output)) return true;
  const before = new Map(resultFiles(state, frame, worker.id).map((file) => [file.name, file]));
  return [...state.artifacts.values()].some(
    ({ agent, name, sha256 }) => agent === repair.id && before.get(name)?.sha256 !== sha256,
  );
}
