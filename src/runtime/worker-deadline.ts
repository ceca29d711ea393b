import { formatDuration } from '../base/time.ts';
import { activeMsAt, ownMs } from '../events/active-time.ts';
import type { Fact } from '../events/event.ts';
import { openRepairers } from '../events/repairs.ts';
import type { Frame, RunState } from '../events/state.ts';
import { stopFrames } from './nodes/stop-frame.ts';
import type { Pass } from './pass.ts';

/** Part of a worker's time in which it only reports, the most of it, and the least time that has one. */
const REPORT_SHARE = 0.2;
const MOST_REPORT_MS = 30_000;
const LEAST_TIMEOUT_MS = 10_000;

/** Code of what is ended because a worker's time is over. */
export const WORKER_TIMEOUT = 'worker/timeout';

/**
 * Milliseconds of active time until a worker's next deadline at `now`, in milliseconds since 1970: that
 * of its work, or, once that is over, that of its report. Undefined when it was ordered none. What people
 * took to answer does not count.
 */
export function workerLeft(state: RunState, frame: Frame, now: number): number | undefined {
  const timeoutMs = frame.role === 'worker' ? frame.order?.timeoutMs : undefined;
  if (timeoutMs === undefined) return undefined;
  const until = frame.overdue ? timeoutMs : timeoutMs - reportMs(timeoutMs);
  return until - ownMs(frame, activeMsAt(state, now));
}

/** What of a worker's time is for its report: a fifth, 30 s at most, and nothing of less than 10 s. */
function reportMs(timeoutMs: number): number {
  return timeoutMs < LEAST_TIMEOUT_MS ? 0 : Math.min(MOST_REPORT_MS, timeoutMs * REPORT_SHARE);
}

/** Whether a worker's time leaves some for a report. */
export function mayReport({ order }: Pick<Frame, 'order'>): boolean {
  return reportMs(order?.timeoutMs ?? 0) > 0;
}

/** What a worker whose time is over is told and fails with. */
export function timeoutMessage({ order }: Pick<Frame, 'order'>): string {
  return `the work took longer than ${formatDuration(order?.timeoutMs ?? 0)}`;
}

/**
 * The facts at a deadline of a worker: first that it is overdue, and the end of what it has out, but for
 * a report that is on its way; later its failure, with what it has. Siblings are not touched.
 */
export function lateWorker(
  ending: Pick<Pass, 'cut' | 'stopped'>,
  { state, frame, now }: { state: RunState; frame: Frame; now: number },
): Fact[] {
  const why = { code: WORKER_TIMEOUT, message: timeoutMessage(frame) };
  const timeoutMs = frame.order?.timeoutMs ?? 0;
  const usedMs = Math.round(ownMs(frame, activeMsAt(state, now)));
  const isLast = frame.overdue || !mayReport(frame);
  const late: Fact[] = frame.overdue
    ? []
    : [{ type: 'worker.overdue', agent: frame.id, data: { timeoutMs, usedMs } }];
  // Who has reported waits for its judges alone; a report that is on its way has the rest of the time.
  const isReporting = frame.phase === 'checked' || (!isLast && isAskedToReport(frame));
  if (isReporting) return late;
  const helpers = openRepairers(state, frame).map(({ id }) => id);
  const below = stopFrames(ending, state, { frames: helpers, ...why });
  const ended = ending.cut(new Set([frame.id]), why).flatMap(({ facts }) => facts);
  return [...late, ...below, ...ended, ...(isLast ? [failedLate(frame, why)] : [])];
}

function isAskedToReport({ phase, purpose }: Frame): boolean {
  return phase === 'waiting' && (purpose === 'summary' || purpose === 'repair');
}

/** Its end, with the last report that it gave, or the last words. */
function failedLate(frame: Frame, why: { code: string; message: string }): Fact {
  const { checked, transcript } = frame;
  const words = transcript.findLast(({ role, text }) => role === 'assistant' && text !== '')?.text;
  const kept = checked
    ? { output: checked.output, text: checked.text }
    : words !== undefined && { text: words.slice(0, 4000).toWellFormed() };
  return { type: 'agent.failed', agent: frame.id, data: { ...why, ...kept } };
}

/** The facts that calls which were not made yet are not made any more. */
export function endCalls(frame: Frame): Fact[] {
  const error = `${WORKER_TIMEOUT}: ${timeoutMessage(frame)}`;
  return frame.calls
    .filter(({ phase }) => phase === 'asked' || phase === 'held')
    .map(({ id, call: { name } }) => ({
      type: 'tool.returned',
      agent: frame.id,
      data: { call: id, tool: name, ok: false, status: 408, data: {}, error, ms: 0 },
    }));
}
