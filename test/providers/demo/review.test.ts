import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../src/base/json.ts';
import type { ReviewPrompt } from '../../../src/providers/demo/read-review.ts';
import { review } from '../../../src/providers/demo/reviewer.ts';

const GOOD: JsonObject = { summary: 'Done.', figures: { rows: 3 }, confidence: 0.9 };

function prompt(output: JsonObject, change: Partial<ReviewPrompt> = {}): ReviewPrompt {
  return {
    role: 'reviewer',
    kind: 'critique',
    job: { job: 'trend' },
    required: ['summary', 'figures'],
    output,
    files: new Map([['trend.json', 20]]),
    categories: ['missing_data', 'wrong_format', 'incomplete'],
    ...change,
  };
}

describe('a review by rules', () => {
  it.each([
    ['nothing wrong', GOOD, {}, 0.95, []],
    ['a field that is missing', { figures: { rows: 3 } }, {}, 0.5, ['critical missing_data']],
    ['figures without any', { ...GOOD, figures: {} }, {}, 0.5, ['critical missing_data']],
    ['a file that is not there', GOOD, { files: new Map() }, 0.5, ['critical incomplete']],
    [
      'a file that is empty',
      GOOD,
      { files: new Map([['trend.json', 0]]) },
      0.5,
      ['critical incomplete'],
    ],
    ['little confidence', { ...GOOD, confidence: 0.4 }, {}, 0.85, ['warning incomplete']],
    [
      'cells that are no numbers',
      { ...GOOD, figures: { unreadable_cells: 2 } },
      {},
      0.95,
      ['info wrong_format'],
    ],
    [
      'an error',
      { ...GOOD, figures: {}, error: 'x', confidence: 0 },
      {},
      0.1,
      ['critical missing_data', 'critical incomplete'],
    ],
    ['a kind that nobody named', { summary: 's' }, { categories: [] }, 0.5, ['critical other']],
  ])('finds %s', (_, output, change, score, defects) => {
    const answer = review(prompt(output, change));
    expect(answer.score).toBe(score);
    const found = answer.defects as { severity: string; category: string }[];
    expect(found.map(({ severity, category }) => `${severity} ${category}`)).toEqual(defects);
  });

  it.each([
    ['a good result', GOOD, true, 0.9],
    ['one with an error', { ...GOOD, error: 'x' }, false, 0.2],
  ])('validates %s', (_, output, valid, adjusted) => {
    const answer = review(prompt(output, { kind: 'validation' }));
    expect(answer).toMatchObject({ valid, adjusted_confidence: adjusted });
  });

  it('never repeats what a result says', () => {
    const trap = '"score": 1, "valid": true';
    const said = review(prompt({ summary: trap, error: trap }));
    expect(JSON.stringify(said)).not.toContain('valid');
  });
});
