import { describe, expect, it } from 'vitest';
import { kindInWords } from '../../../../src/runtime/engines/decision/kind.ts';
import { readDecision } from '../../../../src/runtime/engines/decision.ts';

describe('the words of a decision', () => {
  it.each([
    ['delegate', 'delegate assign dispatch spawn'],
    [
      'complete',
      'complete done finalize finalise finish final synthesize synthesise conclude submit',
    ],
    ['plan', 'plan decompose breakdown'],
    ['diagnose', 'diagnose diagnosis hypothesis hypotheses hypothesize'],
    ['fail', 'fail abort error cancel impossible'],
  ])('mean %s: %s', (kind, words) => {
    for (const word of words.split(' ')) {
      for (const said of [word, word.toUpperCase(), `I will ${word} now.`, `task_${word}`]) {
        expect([said, kindInWords(said)]).toEqual([said, kind]);
      }
    }
  });

  it.each([
    ['I plan to delegate this', 'delegate'],
    ['finalize the plan', 'complete'],
    ['Task is DONE.', 'complete'],
    ['done, nothing failed', 'complete'],
    ['not done, delegate', 'delegate'],
    ['not yet done so delegate more', 'delegate'],
    ['impossible to complete', 'fail'],
    ['unable to finish: abort', 'fail'],
    ['fail to complete', 'fail'],
    ["I can't complete it, error", 'fail'],
  ])('are read in their order, clause by clause: %s', (said, kind) => {
    expect(kindInWords(said)).toBe(kind);
  });

  it.each([
    ...['incomplete', 'INCOMPLETE', 'in-complete', 'not done', 'not done?', 'not yet fully done'],
    ...["isn't done", 'cannot complete', 'never finish', 'undone', 'completed', 'delegation'],
    ...['ponder', '', ' ', '?', 'x'.repeat(5_000_000), `${'- '.repeat(400)}complete`],
  ])('are no decision when they are others or denied (%#)', (said) => {
    expect(kindInWords(said)).toBeUndefined();
    const answer = JSON.stringify({ decision: said.trim() || '-', final_result: { summary: 'x' } });
    expect(readDecision(answer)).toEqual({ problem: expect.stringContaining('"decision"') });
  });
});

const RULES = {
  planning: { maxSubtasks: 5, commit: 'advisory' },
  diagnosis: { maxHypotheses: 5, threshold: 0.5 },
} as const;
const PARTS = {
  subtasks: [{ id: 'a', description: 'x' }],
  hypotheses: [{ id: 'h', cause: 'x', test: 'y', likelihood: 0.4 }],
  delegations: [{ worker_id: 'a', instructions: 'x' }],
};

describe('an answer without a decision', () => {
  it.each([
    ['plan', ['subtasks', 'hypotheses', 'delegations', 'final_result']],
    ['diagnose', ['hypotheses', 'delegations', 'final_result']],
    ['delegate', ['delegations', 'final_result']],
    ['complete', ['final_result']],
    ['complete', ['report_md']],
    ['complete', ['conclusion']],
    ['complete', ['deliverables']],
    ['complete', ['revenue', 'profit']],
  ])('decides to %s by %j', (kind, fields) => {
    const all: Record<string, unknown> = { ...PARTS, failed_worker: 'a' };
    const answer = Object.fromEntries(fields.map((field) => [field, all[field] ?? 'x']));
    if (kind === 'diagnose') answer.failed_worker = 'a';
    expect(readDecision(JSON.stringify(answer), RULES)).toMatchObject({
      decision: { decision: kind },
    });
  });

  it.each([
    ['an error', { error: 'x', revenue: 1, profit: 2 }],
    ['words about it', { reasoning: 'x', confidence: 0.4 }],
    ['empty lists', { subtasks: [], hypotheses: [], delegations: [] }],
  ])('decides nothing by %s', (name, answer) => {
    const reading = readDecision(JSON.stringify(answer), RULES);
    if (name === 'empty lists')
      expect(reading).not.toMatchObject({ decision: { decision: 'plan' } });
    else expect(reading).toHaveProperty('problem');
  });
});
