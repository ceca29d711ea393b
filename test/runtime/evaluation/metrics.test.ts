import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PlanEvaluation } from '../../../src/events/plan-graph.ts';
import { onlyLimits } from '../../../src/runtime/budget-rooms.ts';
import {
  type Figures,
  type Judgement,
  type Subject,
  scoreOf,
} from '../../../src/runtime/evaluation/metrics.ts';

type Metric = PlanEvaluation['metrics'][number];

const THRESHOLDS = { accept: 0.85, retry: 0.65, fail: 0.4 };
const NOTHING = { loops: 0, workers: 0, tokens: 0, tools: 0, calls: 0, cost: 0 };
const figures = (change: Partial<Figures> = {}): Figures => ({
  ...{ limits: onlyLimits(4, {}), used: NOTHING, activeMs: 0, denied: 0 },
  ...change,
});
const SUBJECT: Subject = {
  result: { summary: 'Sales peak in May.', points: [1, 2, 3], share: 0.25, confidence: 0.7 },
  state: { reader: { facts: ['a', 'b'] } },
  figures: figures(),
};

async function scored(
  metric: Partial<Metric>,
  subject: Subject = SUBJECT,
  judged: ReadonlyMap<number, Judgement> = new Map(),
) {
  const whole = { name: 'm', kind: 'deterministic', weight: 1, ...metric } as Metric;
  const { metrics } = await scoreOf({ metrics: [whole], thresholds: THRESHOLDS }, subject, judged);
  return metrics[0];
}

describe('a test', () => {
  it.each([
    ['what is true', 'len(result.points) == 3', 1],
    ['what is false', 'result.confidence > 0.9', 0],
    ['the state', 'len(state.reader.facts) == 2', 1],
    ['a number from 0 to 1', 'result.share', 0.25],
    ['a text, as Python takes it', 'result.summary', 1],
    ['an empty value', 'result.get("nothing", "")', 0],
    ['a key that is missing, when it is asked for', '"error" not in result', 1],
    ['a number beyond 1', 'len(result.points)', null],
    ['a number below 0', '0 - 1', null],
    ['a field of a text', 'result.summary.length > 1', null],
    ['a name that nobody knows', 'answer > 1', null],
    ['what is no expression', 'import os', null],
    ['what is not there', '', null],
  ])('of %s', async (_, expr, expected) => {
    const found = await scored({ expr });
    expect(found?.score).toBe(expected);
    if (expected !== 1 && expected !== 0.25) expect(found?.reason).toBeTruthy();
  });
});

describe('assertions', () => {
  it.each([
    ['all hold', ['result.share < 1', 'len(state.reader.facts) > 0'], 1],
    ['one of two holds', ['result.share < 1', 'result.share > 1'], 0.5],
    ['one cannot be evaluated', ['result.share < 1', 'nobody.knows'], 0.5],
    ['none can be evaluated', ['nobody.knows', '(('], null],
    ['there are none', [], null],
  ])('%s', async (_, assertions, expected) => {
    expect((await scored({ kind: 'assertions', assertions }))?.score).toBe(expected);
    expect((await scored({ kind: 'policy', assertions }))?.score).toBe(expected);
  });

  it('name those that do not hold', async () => {
    const found = await scored({ kind: 'assertions', assertions: ['true', 'result.share > 1'] });
    expect(found?.reason).toBe('does not hold: result.share > 1');
  });
});

describe('the other kinds', () => {
  it.each([
    ['fits', { type: 'object', required: ['summary'] }, 1],
    ['does not fit', { type: 'object', required: ['title'] }, 0],
    ['is no schema', { type: 'nonsense' }, null],
    ['reaches for another document', { $ref: 'https://elsewhere.example/x' }, null],
  ])('schema: %s', async (_, schema, expected) => {
    expect((await scored({ kind: 'schema', schema }))?.score).toBe(expected);
  });

  it.each([
    ['no limits', {}, null],
    ['nothing used', { limits: onlyLimits(4, { tokens: 1000 }) }, 1],
    [
      'a half and nothing of two limits',
      { limits: onlyLimits(4, { tokens: 1000, calls: 4 }), used: { ...NOTHING, tokens: 500 } },
      0.75,
    ],
    ['more than there was', { limits: onlyLimits(4, { time: 1000 }), activeMs: 5000 }, 0],
    ['a limit of zero, which is none to use', { limits: onlyLimits(4, { tools: 0 }) }, null],
  ])('budget: %s', async (_, change, expected) => {
    const subject = { ...SUBJECT, figures: figures(change) };
    expect((await scored({ kind: 'budget' }, subject))?.score).toBe(expected);
  });

  it.each([
    ['nothing was refused', { denied: 0 }, 1],
    ['one of four was refused', { denied: 1, used: { ...NOTHING, tools: 3 } }, 0.75],
    ['all were refused', { denied: 2 }, 0],
  ])('policy without assertions: %s', async (_, change, expected) => {
    const subject = { ...SUBJECT, figures: figures(change) };
    expect((await scored({ kind: 'policy' }, subject))?.score).toBe(expected);
  });

  it.each([
    ['a score', { score: 0.4, reason: 'thin' }, { score: 0.4, reason: 'thin' }],
    ['no score', { problem: 'it was silent' }, { score: null, reason: 'it was silent' }],
    ['nobody', undefined, { score: null, reason: 'nobody judged it' }],
  ])('rubric: %s', async (_, judgement, expected) => {
    const judged = new Map(judgement ? [[1, judgement as Judgement]] : []);
    const found = await scored({ kind: 'llm_rubric', rubric: 'Good?' }, SUBJECT, judged);
    expect(found).toMatchObject(expected);
  });

  it('a long reason is cut, and stays one line', async () => {
    const judged = new Map([[1, { score: 0.1, reason: `so\n${'very '.repeat(1000)}bad` }]]);
    const found = await scored({ kind: 'llm_rubric' }, SUBJECT, judged);
    expect(found?.reason?.length).toBeLessThan(700);
    expect(found?.reason).not.toContain('\n');
  });
});

type Fixed = readonly [score: number | null, weight: number];

/** Metrics that come to these scores. */
function fixed(scores: readonly Fixed[]): Metric[] {
  return scores.map(([score, weight], index) => ({
    ...{ name: `m${index}`, kind: 'deterministic', weight },
    expr: score === null ? 'nobody.knows' : String(score),
  }));
}

describe('the score', () => {
  const whole = async (...scores: readonly Fixed[]) =>
    scoreOf({ metrics: fixed(scores), thresholds: THRESHOLDS }, SUBJECT, new Map());

  it.each<[string, Fixed[], number | null]>([
    [
      'the mean by weight',
      [
        [1, 3],
        [0, 1],
      ],
      0.75,
    ],
    [
      'without metrics that cannot be found',
      [
        [0.5, 1],
        [null, 9],
      ],
      0.5,
    ],
    [
      'without metrics of no weight',
      [
        [0.5, 1],
        [1, 0],
      ],
      0.5,
    ],
    ['none, when nothing can be found', [[null, 1]], null],
    ['none, when nothing has weight', [[1, 0]], null],
    ['none, without metrics', [], null],
    [
      'exactly at its threshold',
      [
        [1, 0.65],
        [0, 0.35],
      ],
      0.65,
    ],
  ])('is %s', async (_, scores, expected) => {
    expect((await whole(...scores)).score).toBe(expected);
  });

  it.each<[number | null, string]>([
    [1, 'accept'],
    [0.85, 'accept'],
    [0.849, 'warn'],
    [0.65, 'warn'],
    [0.649, 'retry'],
    [0.4, 'retry'],
    [0.399, 'fail'],
    [0, 'fail'],
    [null, 'none'],
  ])('%s: %s', async (score, verdict) => {
    expect((await whole([score, 1])).verdict).toBe(verdict);
  });

  it('lies between the lowest and the highest metric, whatever the weights', async () => {
    const share = fc.integer({ min: 0, max: 100 }).map((percent) => percent / 100);
    const metric = fc.tuple(share, fc.integer({ min: 1, max: 9 }));
    await fc.assert(
      fc.asyncProperty(fc.array(metric, { minLength: 1, maxLength: 8 }), async (metrics) => {
        const { score } = await whole(...metrics);
        const scores = metrics.map(([one]) => one);
        expect(score).toBeGreaterThanOrEqual(Math.min(...scores) - 1e-6);
        expect(score).toBeLessThanOrEqual(Math.max(...scores) + 1e-6);
      }),
      { numRuns: 60 },
    );
  });
});
