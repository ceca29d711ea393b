import type { RunEventType } from '../../events/event.ts';
import { called, short, type Writer } from './plain-words.ts';

/** Lines for what reviewers and gates found; a result that is as it should be is worth none. */
export const qualityWriters: { [T in RunEventType]?: Writer<T> } = {
  'gate.rejected': ({ data }, frame) => {
    const first = data.defects[0] === undefined ? '' : `: ${data.defects[0]}`;
    const ends = data.final === true ? '; the loop ends with it' : '';
    return `${called(frame)} result refused (${data.gate}): ${short(`${data.reason}${first}`)}${ends}`;
  },
  'result.validated': ({ data }, _frame, { frames }) =>
    data.valid
      ? undefined
      : `${called(frames.get(data.of))} result is called wrong: ${short(data.feedback)}`,
  'result.criticised': ({ data }, _frame, { frames }) => {
    const told = data.defects.filter(({ severity }) => severity !== 'info');
    if (told.length === 0) return undefined;
    const [first] = told;
    return `${called(frames.get(data.of))} scores ${data.score.toFixed(2)}: ${short(`${first?.category}: ${first?.description}`)}`;
  },
  'result.repaired': ({ data }, _frame, { frames }) => {
    const scores = `${data.before.toFixed(2)} to ${data.after.toFixed(2)}`;
    const end = data.kept ? `repaired, ${scores}` : `stays as it is: ${data.reason}`;
    return `${called(frames.get(data.of))} ${short(end)}`;
  },
};
