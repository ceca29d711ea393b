import { isObject, type Json, type JsonObject, listedTexts } from '../../base/json.ts';
import type { ReviewOf } from '../../events/loop-events.ts';
import type { Checked } from '../../events/state.ts';
import { extractJson } from '../agent/extract-json.ts';

/** What of a reviewer's answer is kept. */
const MOST_DEFECTS = 20;
const MOST_LINES = 10;
const LINE_CHARS = 500;
/** The category of a defect that is none of those which the workflow names. */
const OTHER = 'other';
const SEVERITIES = ['critical', 'warning', 'info'] as const;

/** Reads what a reviewer answered: what is kept of it is bounded, and of the kinds that are known. */
export function readReview(
  text: string,
  { kind }: Pick<ReviewOf, 'kind'>,
  categories: readonly string[],
): Checked {
  const found = extractJson(text)?.value;
  const key = kind === 'validation' ? 'valid' : 'score';
  const problems = found ? problemsOf(found, kind) : ['the answer is not a JSON object'];
  // One that stands beside others could be one that the result asked for.
  const keys = text.match(new RegExp(`["']\\b${key}["']\\s*:`, 'gi')) ?? [];
  if (keys.length > 1) problems.push(`the answer has more than one "${key}"`);
  const ok = found !== undefined && problems.length === 0;
  const output = ok ? keptOf(found, kind, categories) : {};
  const said = kind === 'validation' ? output.feedback : output.summary;
  const shown = typeof said === 'string' && said !== '' ? said : text.slice(0, LINE_CHARS);
  return { ok, problems, output, text: shown, confidence: ok ? 1 : 0 };
}

function problemsOf(found: JsonObject, kind: ReviewOf['kind']): string[] {
  if (kind === 'critique') return shareProblem(found, 'score', true);
  const isSaid = typeof found.valid === 'boolean';
  return [
    ...(isSaid ? [] : ['"valid" must be true or false']),
    ...shareProblem(found, 'adjusted_confidence', false),
  ];
}

function shareProblem(found: JsonObject, key: string, isNeeded: boolean): string[] {
  const value = Object.hasOwn(found, key) ? found[key] : undefined;
  if (value === undefined || value === null) return isNeeded ? [`"${key}" is missing`] : [];
  const isShare = typeof value === 'number' && value >= 0 && value <= 1;
  return isShare ? [] : [`"${key}" must be a number from 0 to 1`];
}

function keptOf(
  found: JsonObject,
  kind: ReviewOf['kind'],
  categories: readonly string[],
): JsonObject {
  if (kind === 'critique') {
    return {
      score: found.score ?? 0,
      summary: line(found.summary),
      defects: defectsIn(found.defects, categories),
      prescriptions: lines(found.prescriptions),
      reusable_patterns: lines(found.reusable_patterns),
    };
  }
  const adjusted = found.adjusted_confidence;
  const suggestion = line(found.suggestion);
  return {
    valid: found.valid ?? false,
    ...(typeof adjusted === 'number' && { adjusted_confidence: adjusted }),
    feedback: line(found.feedback),
    ...(suggestion !== '' && { suggestion }),
  };
}

function defectsIn(value: Json | undefined, categories: readonly string[]): JsonObject[] {
  const entries = Array.isArray(value) ? value.filter(isObject) : [];
  return entries.slice(0, MOST_DEFECTS).map((entry) => {
    const named = line(entry.category)
      .toLowerCase()
      .replaceAll(/[\s-]+/g, '_');
    const location = line(entry.location);
    return {
      category: categories.includes(named) ? named : OTHER,
      description: line(entry.description),
      severity: SEVERITIES.find((one) => one === entry.severity) ?? 'warning',
      ...(location !== '' && { location }),
    };
  });
}

function lines(value: Json | undefined): string[] {
  return listedTexts(value)
    .slice(0, MOST_LINES)
    .map((text) => line(text))
    .filter((text) => text !== '');
}

/** A text as one line of bounded length; empty for anything else. */
function line(value: Json | undefined): string {
  if (typeof value !== 'string') return '';
  const text = value.replace(/\s+/g, ' ').trim();
  return text.length > LINE_CHARS ? `${text.slice(0, LINE_CHARS).toWellFormed()}...` : text;
}
