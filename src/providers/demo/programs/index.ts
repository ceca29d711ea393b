import type { JsonObject } from '../../../base/json.ts';
import { BY_GROUP } from './by-group.ts';
import { CHART } from './chart.ts';
import { DATES } from './kit-dates.ts';
import { FIGURES, WORDS } from './kit-figures.ts';
import { SIMPLE_NUMBERS, TOLERANT_NUMBERS } from './kit-numbers.ts';
import { READ } from './kit-read.ts';
import { SVG } from './kit-svg.ts';
import { OUTLIERS } from './outliers.ts';
import { COLUMNS, MERGE, PROFILE } from './profile.ts';
import { RANKING } from './ranking.ts';
import { REPORT, SCORED_REPORT } from './report.ts';
import { SCORES } from './scores.ts';
import { TREND } from './trend.ts';

/** Which way a program reads numbers: `simple` ends at the first cell that is no plain number. */
export type Reading = 'simple' | 'tolerant';

/** What each kind of job needs; `numbers` marks the place of the reading of numbers. */
const PROGRAMS: ReadonlyMap<string, readonly string[]> = new Map([
  ['profile', [READ, 'numbers', FIGURES, WORDS, PROFILE]],
  ['columns', [READ, 'numbers', FIGURES, WORDS, COLUMNS]],
  ['merge', [WORDS, MERGE]],
  ['trend', [READ, 'numbers', DATES, FIGURES, WORDS, TREND]],
  ['ranking', [READ, 'numbers', WORDS, RANKING]],
  ['outliers', [READ, 'numbers', FIGURES, WORDS, OUTLIERS]],
  ['by_group', [READ, 'numbers', FIGURES, WORDS, BY_GROUP]],
  ['chart', [FIGURES, WORDS, SVG, CHART]],
  ['report', [FIGURES, WORDS, SVG, REPORT]],
  ['scored_report', [FIGURES, WORDS, SVG, SCORED_REPORT]],
  ['scores', [READ, 'numbers', WORDS, SCORES]],
]);

/** Jobs that first try the simple reading; what they read decides the headline. */
const SIMPLE_FIRST: ReadonlySet<string> = new Set(['trend', 'ranking']);

/** The reading that a job tries first. */
export function firstReading(job: string): Reading {
  return SIMPLE_FIRST.has(job) ? 'simple' : 'tolerant';
}

/**
 * The program for a job: JavaScript for Node 24 or newer without packages, which reads `inputs/` or
 * `shared/`, writes `output/` and prints one line of JSON, `{summary, figures}`. Everything from
 * outside is in one JSON literal. Undefined when there is no such job.
 */
export function programFor(job: JsonObject, reading: Reading): string | undefined {
  const pieces = PROGRAMS.get(kindOf(job));
  if (!pieces) return undefined;
  const numbers = reading === 'simple' ? SIMPLE_NUMBERS : TOLERANT_NUMBERS;
  return [
    HEAD.replace('{}', () => literal(job)),
    ...pieces.map((piece) => (piece === 'numbers' ? numbers : piece)),
  ].join('');
}

/** A report of a table that was scored has a section more. */
function kindOf({ job, files }: JsonObject): string {
  const isScored = job === 'report' && Array.isArray(files) && files.includes('scores.json');
  return isScored ? 'scored_report' : String(job);
}

const HEAD = `import { readFileSync, writeFileSync } from 'node:fs';

const JOB = {};

function finish(summary, figures) {
  console.log(JSON.stringify({ summary, figures }));
}
`;

/** A value as a literal of a program: JSON, with the line separators that older parsers end a line at escaped. */
function literal(value: JsonObject): string {
  return JSON.stringify(value, null, 2).replace(/[\u2028\u2029]/g, (sign) =>
    sign === '\u2028' ? '\\u2028' : '\\u2029',
  );
}
