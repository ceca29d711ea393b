import { isObject, type Json, type JsonObject } from '../../base/json.ts';
import type { ReviewPrompt } from './read-review.ts';

/** Something wrong with a result, and what mends it. */
interface Flaw {
  /** Words for its kind, the best first; the first that the workflow names is taken. */
  kinds: readonly string[];
  description: string;
  severity: 'critical' | 'warning' | 'info';
  location?: string;
  advice: string;
}

/** What each flaw takes off the score, and the least that is left. */
const COST = { critical: 0.45, warning: 0.1, info: 0 } as const;
const CLEAN = 0.95;
const LEAST = 0.1;
/** Confidence below which a result is called unsure. */
const UNSURE = 0.5;

/** Files that a job always writes when it did its work. */
const ALWAYS: ReadonlyMap<string, readonly string[]> = new Map([
  ['profile', ['profile.json']],
  ['merge', ['profile.json']],
  ['trend', ['trend.json']],
  ['ranking', ['ranking.json']],
  ['outliers', ['outliers.json']],
  ['scores', ['scores.json']],
  ['report', ['report.md', 'report.html']],
]);

/** A reviewer's answer: by what the result itself lacks, and by nothing that it says about itself. */
export function review(prompt: ReviewPrompt): JsonObject {
  const flaws = flawsOf(prompt);
  const bad = flaws.filter(({ severity }) => severity === 'critical');
  const said = flaws.filter(({ severity }) => severity !== 'info');
  const summary =
    said.length === 0
      ? 'Every field is there and the figures come from a program.'
      : said.map(({ description }) => description).join(' ');
  const advice = [...new Set(said.map((flaw) => flaw.advice))];
  if (prompt.kind === 'validation') {
    const confidence = confidenceOf(prompt.output) ?? UNSURE;
    const adjusted = bad.length > 0 ? Math.min(confidence, 0.2) : confidence;
    return {
      feedback: summary,
      ...(advice.length > 0 && { suggestion: advice.join(' ') }),
      adjusted_confidence: adjusted,
      valid: bad.length === 0,
    };
  }
  const score = flaws.reduce((left, { severity }) => left - COST[severity], CLEAN);
  return {
    summary,
    defects: flaws.map(({ kinds, description, severity, location }) => ({
      category: kinds.find((kind) => prompt.categories.includes(kind)) ?? 'other',
      description,
      severity,
      ...(location !== undefined && { location }),
    })),
    prescriptions: advice,
    reusable_patterns: [],
    score: Math.round(Math.max(LEAST, score) * 100) / 100,
  };
}

function flawsOf(prompt: ReviewPrompt): Flaw[] {
  const { output, required } = prompt;
  const figures = isObject(output.figures) ? output.figures : {};
  const lacking = required.filter((field) => isEmpty(output[field]));
  const empty = required.filter(
    (field) => !lacking.includes(field) && isObject(output[field]) && isHollow(output[field]),
  );
  return [
    ...lacking.map((field) => missing(field, 'is missing')),
    ...empty.map((field) => missing(field, 'has nothing in it')),
    ...errorIn(output),
    ...fileFlaws(prompt),
    ...confidenceFlaws(output),
    ...cellFlaws(figures),
  ];
}

function missing(field: string, what: string): Flaw {
  return {
    kinds: ['missing_data', 'incomplete'],
    description: `The required field ${JSON.stringify(field.slice(0, 60))} ${what}.`,
    severity: 'critical',
    location: field.slice(0, 60),
    advice: 'Report every required field with what the program printed.',
  };
}

function errorIn({ error }: JsonObject): Flaw[] {
  if (isEmpty(error)) return [];
  return [
    {
      kinds: ['incomplete', 'missing_data'],
      description: 'The worker reports an error instead of figures.',
      severity: 'critical',
      location: 'error',
      advice: 'Run the program again, read what people write as numbers and count the other cells.',
    },
  ];
}

function fileFlaws({ job, output, files }: ReviewPrompt): Flaw[] {
  // Without figures, its files are not what is wrong; those of a sub-manager are its workers'.
  if (!isEmpty(output.error) || Array.isArray(output.files)) return [];
  const owed = [...(ALWAYS.get(String(job?.job)) ?? []), ...ordered(job)];
  return owed
    .filter((name) => !files.get(name))
    .map((name) => ({
      kinds: ['incomplete', 'missing_data'],
      description: `output/${name} was ordered and is not in the list of files.`,
      severity: 'critical',
      location: name,
      advice: 'Write all files that the instructions name.',
    }));
}

/** Files that the parameters of a job name. */
function ordered(job: JsonObject | undefined): string[] {
  const charts = Array.isArray(job?.charts) ? job.charts.filter(isObject) : [];
  return [job?.output, ...charts.map(({ to }) => to)].filter((name) => typeof name === 'string');
}

function confidenceFlaws(output: JsonObject): Flaw[] {
  const confidence = confidenceOf(output);
  if (confidence === undefined || confidence >= UNSURE || !isEmpty(output.error)) return [];
  return [
    {
      kinds: ['incomplete', 'missing_data'],
      description: `The worker is not sure of it (${confidence}).`,
      severity: 'warning',
      location: 'confidence',
      advice: 'Say which rows and cells the figures leave out.',
    },
  ];
}

function cellFlaws({ unreadable_cells: unreadable }: JsonObject): Flaw[] {
  if (typeof unreadable !== 'number' || unreadable <= 0) return [];
  return [
    {
      kinds: ['wrong_format', 'missing_data'],
      description: `Cells that are no numbers: ${unreadable}; the figures leave them out.`,
      severity: 'info',
      location: 'figures.unreadable_cells',
      advice: 'Name the number of cells that were left out.',
    },
  ];
}

function confidenceOf({ confidence }: JsonObject): number | undefined {
  return typeof confidence === 'number' && confidence >= 0 && confidence <= 1
    ? confidence
    : undefined;
}

function isEmpty(value: Json | undefined): boolean {
  return value === undefined || value === null || value === '';
}

function isHollow(value: Json | undefined): boolean {
  return isObject(value) && Object.keys(value).length === 0;
}
