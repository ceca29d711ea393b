import { isObject, type Json, listedTexts } from '../../base/json.ts';
import type { EventData } from '../../events/event.ts';
import type { Defect } from '../../events/loop-events.ts';
import type { Artifact, Frame } from '../../events/state.ts';
import { scoredByRules } from './heuristic.ts';

/** Score from which a result needs no repair, unless a defect is critical (spec, runtime 8.2). */
const GOOD_SCORE = 0.6;
/** Confidence that a result can have at most which a reviewer calls wrong. */
const INVALID_CONFIDENCE = 0.4;

/**
 * What a reviewer's answer means for a result (spec, runtime 4.5). Its confidence counts, up to what
 * checks without a model allow: where facts spoke against what the worker said, a model cannot raise it
 * again. Undefined when the reviewer failed: the result counts as not validated.
 */
export function validationOf(
  result: Frame,
  reviewer: Frame,
): EventData['result.validated'] | undefined {
  const { ok = false, output = {} } = reviewer.outcome ?? {};
  if (!ok) return undefined;
  const own = result.outcome?.confidence ?? 0;
  const valid = output.valid === true;
  const said = typeof output.adjusted_confidence === 'number' ? output.adjusted_confidence : own;
  const allowed = result.checked?.most ?? 1;
  const adjusted = Math.min(said, allowed, valid ? 1 : INVALID_CONFIDENCE);
  const { feedback, suggestion } = output;
  return {
    ...{ of: result.id, by: reviewer.id, valid, adjusted },
    feedback: typeof feedback === 'string' ? feedback : '',
    ...(typeof suggestion === 'string' && { suggestion }),
  };
}

/**
 * The critique of a result: what its critic found, without defects that the file system refutes; by
 * rules when there is no answer, for the reason `why` (spec, runtime 8.2).
 */
export function critiqueFound(
  result: Frame,
  critic: Frame | undefined,
  { files, why }: { files: readonly Artifact[]; why: string },
): EventData['result.criticised'] {
  const { ok = false, output = {} } = critic?.outcome ?? {};
  if (!critic || !ok) return { of: result.id, ...scoredByRules(result), note: why };
  const all = defectsOf(output.defects);
  const defects = all.filter((defect) => !isRefuted(defect, files));
  const isRighted = all.some(isCritical) && !defects.some(isCritical);
  const score = typeof output.score === 'number' ? output.score : 0;
  const dropped = all.length - defects.length;
  const reusable = listedTexts(output.reusable_patterns);
  return {
    ...{ of: result.id, by: critic.id },
    score: isRighted ? Math.max(score, GOOD_SCORE) : score,
    summary: typeof output.summary === 'string' ? output.summary : '',
    ...{ defects, prescriptions: listedTexts(output.prescriptions) },
    ...(reusable.length > 0 && { reusable }),
    ...(dropped > 0 && { note: `${dropped} defects about files that are there do not count` }),
  };
}

/** Whether a result should be gone over again: something is badly wrong with it. */
export function isPoor({ score, defects }: { score: number; defects: readonly Defect[] }): boolean {
  return score < GOOD_SCORE || defects.some(isCritical);
}

function isCritical({ severity }: Defect): boolean {
  return severity === 'critical';
}

/** Behind the name of a file: it is said not to be there, and not that something is missing in it. */
const IS_MISSING =
  /^["'`)]{0,2}\s+(?:file\s+)?(?:(?:is|was|are|were|does|did|could|has)\s*)?(?:missing|absent|(?:not|n't)\s+(?:be\s+)?(?:found|there|present|created|written|exist\w{0,3}))\s*(?:$|[.,;:)]|(?:in|from|on|at|below|under|and|but)\b)/i;
/** Before the name of a file. */
const MISSING_FILE =
  /\b(?:missing|absent|no such|no)\s+(?:output\s+)?(?:file)?[:"'`(\s]{0,3}(?:(?:output|shared|artifacts)\/)?$/i;
/** For the name of a file, where a defect has that as its location. */
const THE_FILE = /^(?:(?:the|this|required|expected|output)\s+){0,3}file\b/i;

/** Whether a defect says that a file is missing which is there: the file system wins. */
function isRefuted({ description, location = '' }: Defect, files: readonly Artifact[]): boolean {
  const there = files.filter(({ bytes }) => bytes > 0);
  const names = there.flatMap(({ name, path }) => [path, name]);
  if (names.some((name) => isSaidMissing(description, name))) return true;
  const isPlace = names.some((name) => location === name || location.endsWith(`/${name}`));
  return isPlace && IS_MISSING.test(description.replace(THE_FILE, ''));
}

function isSaidMissing(text: string, name: string): boolean {
  const at = text.indexOf(name);
  if (at < 0) return false;
  return IS_MISSING.test(text.slice(at + name.length)) || MISSING_FILE.test(text.slice(0, at));
}

/** Defects as `readReview` keeps them. */
function defectsOf(value: Json | undefined): Defect[] {
  const entries = Array.isArray(value) ? value.filter(isObject) : [];
  return entries.map(({ category, description, severity, location }) => ({
    category: String(category),
    description: String(description),
    severity: severity === 'critical' || severity === 'info' ? severity : 'warning',
    ...(typeof location === 'string' && { location }),
  }));
}
