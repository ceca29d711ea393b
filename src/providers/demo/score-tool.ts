import type { JsonObject } from '../../base/json.ts';

/** What the tool of the demo says of itself; by this text the demo knows it again in a later run. */
export const SCORE_ABOUT =
  'Score how clean a column of numbers is, from 0 to 100: the share of its cells that are neither gaps (null) nor outliers (a robust z-score beyond 3.5).';

/** The tool as `tools.create` takes it. */
export function scoreDraft(name: string): JsonObject {
  return {
    name,
    description: SCORE_ABOUT,
    parameters: PARAMETERS,
    language: 'javascript',
    code: CODE,
  };
}

const PARAMETERS: JsonObject = {
  type: 'object',
  properties: {
    values: {
      type: 'array',
      items: { type: ['number', 'null'] },
      minItems: 1,
      description: 'the cells of the column, null for one that holds no number',
    },
    limit: { type: 'number', exclusiveMinimum: 0, default: 3.5, description: 'of the z-score' },
  },
  required: ['values'],
};

const CODE = `const middle = (sorted) => {
  const half = sorted.length / 2;
  return (sorted[Math.ceil(half) - 1] + sorted[Math.floor(half)]) / 2;
};
const ascending = (list) => [...list].sort((a, b) => a - b);

export function handler({ values, limit = 3.5 }) {
  const numbers = values.filter((value) => value !== null);
  const gaps = values.length - numbers.length;
  if (numbers.length === 0) {
    return { ok: false, status: 422, data: { gaps }, error: 'there is no number among the values' };
  }
  const center = middle(ascending(numbers));
  const distances = ascending(numbers.map((value) => Math.abs(value - center)));
  // Where more than half of the values are the same, the median distance is 0 and says nothing.
  const mean = distances.reduce((sum, one) => sum + one, 0) / distances.length;
  const spread = 1.4826 * middle(distances) || 1.253314137 * mean;
  const outliers = distances.filter((one) => one > limit * spread).length;
  const farthest = spread === 0 ? 0 : distances[distances.length - 1] / spread;
  const good = numbers.length - outliers;
  const score = Math.round((1000 * good) / values.length) / 10;
  const data = { score, values: values.length, gaps, outliers, center, spread, farthest };
  return { ok: true, status: 200, data };
}
`;

/** What the tool is tried with, and what it must find there. */
export const SCORE_TRIAL = {
  args: { values: [10, 12, 11, 13, 12, null, 95, 11] },
  finds: { score: 75, gaps: 1, outliers: 1 },
} as const;

/** Name of the skill that the demo's manager writes. */
export const SCORE_SKILL = 'data-quality';

/** From which score on a column is called what; its workers and its skill say the same. */
export const VERDICTS = { clean: 95, usable: 80 } as const;

/** The skill, in the form in which it is kept for later workers. */
export function scoreSkill(tool: string): string {
  return `---
name: ${SCORE_SKILL}
domain: statistics
scope: project
version: 1.0.0
description: How to score how clean columns of numbers are, and how to report the scores.
---

# Data quality

## Purpose

Say how far the figures of a numeric column can be trusted before they are reported.

## Concepts

- **Gap**: a cell that is empty, or that holds no number.
- **Spread**: 1.4826 times the median distance from the median; where that is 0, 1.2533 times the mean distance.
- **Robust z-score**: the distance of a value from the median, divided by the spread.
- **Outlier**: a value whose robust z-score is beyond 3.5; it may be right, and should be looked at.
- **Score**: 100 times the share of the cells that are neither gaps nor outliers.

## Rules

1. Score each numeric column with the tool \`${tool}\`, and hand it every cell; where that is too much, say which rows were taken.
2. Never fill a gap and never leave out an outlier before the score is computed.
3. Report each score together with its numbers of gaps and outliers.
4. Call a column clean from ${VERDICTS.clean} on, usable from ${VERDICTS.usable} on, and doubtful below.
`;
}
