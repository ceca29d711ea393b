import { describe, expect, it } from 'vitest';
import { plainProgress } from '../../../src/cli/progress/plain.ts';
import { fixedClock } from '../../../src/effects/fake-clock.ts';
import { emptyState, fold } from '../../../src/events/reduce.ts';
import { fakeStream } from '../fake-shell.ts';
import { halfwayLog, type SampleLog, START } from '../sample-run.ts';

/** The lines of a log, without their times. */
function linesOf({ run, events }: SampleLog): string[] {
  const stream = fakeStream();
  const progress = plainProgress(stream, fixedClock(START));
  const state = emptyState(run);
  for (const event of events) {
    fold(state, event);
    progress.event(event, state);
  }
  progress.close();
  return stream
    .text()
    .split('\n')
    .map((line) => line.replace(/^\S+ /, ''));
}

const defect = { category: 'incomplete', description: 'no mean', severity: 'warning' } as const;
const critique = { of: '1.1', score: 0.4, summary: 's', defects: [defect], prescriptions: [] };
const repair = { of: '1.1', by: '1.1-r1', attempt: 1, before: 0.4 };
const reviewer = {
  role: 'reviewer',
  name: 'check_profile',
  model: 'm',
  temperature: 0.1,
  tools: [],
  instructions: '',
  review: { of: '1.1', kind: 'validation' },
  index: 1,
} as const;

describe('lines about the quality of results', () => {
  it('tell what is wrong, and nothing of what is right', () => {
    const before = linesOf(halfwayLog()).length;
    const at = { agent: '0' };
    const log = halfwayLog()
      .add('agent.started', reviewer, { agent: '1.1-v', parent: '0', depth: 1, loop: 1 })
      .add(
        'agent.finished',
        { output: {}, text: '', confidence: 1, problems: [] },
        { agent: '1.1-v' },
      )
      .add('result.validated', { of: '1.1', by: '1.1-v', valid: true, feedback: 'fine' }, at)
      .add('result.validated', { of: '1.1', by: '1.1-v', valid: false, feedback: 'no\x1b' }, at)
      .add('result.criticised', { ...critique, defects: [] }, at)
      .add('result.criticised', critique, at)
      .add('result.repaired', { ...repair, after: 0.8, kept: true, reason: 'r' }, at)
      .add('result.repaired', { ...repair, after: 0.2, kept: false, reason: 'it is worse' }, at)
      .add('gates.passed', { call: '0/1', gates: [] }, at)
      .add(
        'gate.rejected',
        { call: '0/1', gate: 'files', reason: 'broken', defects: ['a.csv: no row'], final: true },
        at,
      );
    expect(linesOf(log).slice(before - 1, -1)).toEqual([
      expect.stringMatching(/^1\.1 profile result is called wrong: no/),
      '1.1 profile scores 0.40: incomplete: no mean',
      '1.1 profile repaired, 0.40 to 0.80',
      '1.1 profile stays as it is: it is worse',
      'manager result refused (files): broken: a.csv: no row; the loop ends with it',
    ]);
  });
});
