import { formatDuration } from '../../base/time.ts';
import type { RunEventType } from '../../events/event.ts';
import { formatTokens, limitText } from './figures.ts';
import { planWriters } from './plain-plan.ts';
import { qualityWriters } from './plain-quality.ts';
import { called, short, type Writer } from './plain-words.ts';

/** Lines for the events about delegation loops. */
export const loopWriters: { [T in RunEventType]?: Writer<T> } = {
  'submanager.refused': ({ data }, frame) =>
    `${called(frame)} ${data.worker} gets no manager of its own: ${short(data.reason)}`,
  'submanager.promoted': ({ data }, frame) =>
    `${called(frame)} ${data.worker} gets a manager of its own (score ${data.score}): ${short(data.reasons.join('; '))}`,
  'run.forked': ({ run, data }) => `run ${run} forked from ${data.from} after event ${data.seq}`,
  'budget.raised': ({ data: { dimension, from, to, by } }) => {
    const shown = to === null ? 'no limit' : limitText(dimension, to);
    return `limit on ${dimension} raised from ${limitText(dimension, from)} to ${shown} (${by})`;
  },
  'worker.overdue': ({ data }, frame) =>
    `${called(frame)} is out of time: ${formatDuration(data.timeoutMs)} for all of its work`,
  'context.compacted': ({ data: { before, after } }, frame) =>
    `${called(frame)} conversation made shorter: ${formatTokens(before)} tokens to ${formatTokens(after)}`,
  ...qualityWriters,
  ...planWriters,
  // What the runtime posts of a worker that ended is in the line of its end.
  'board.posted': ({ data }, frame) =>
    data.call === undefined
      ? undefined
      : `${called(frame)} posts on the board: ${short(data.topic)}`,
};
