import type { Json, JsonObject } from '../../base/json.ts';
import type { Defect } from '../../events/loop-events.ts';
import type { Critique } from '../../events/loop-state.ts';
import type { Frame } from '../../events/state.ts';
import { isMissing } from '../agent/check-output.ts';

/** Confidence below which a result loses points. */
const UNSURE = 0.3;
/** Characters of an error that are kept. */
const ERROR_CHARS = 300;

/**
 * The score of a result by rules, where no critic answered (spec, runtime 8.2): from 1, less 0.3 when it
 * says no confidence, 0.2 when that is below 0.3, 0.4 when it is an error, 0.2 for each required field
 * that is missing and 0.1 for each empty text; never below 0. Pure.
 */
export function scoredByRules({ outcome, contract }: Frame): Critique {
  const { ok = true, message, output = {}, confidence = 0 } = outcome ?? {};
  const found = [
    ...ofConfidence(output, confidence),
    ...ofError(ok ? output.error : message),
    ...ofFields(output, contract?.requiredFields ?? []),
  ];
  const lost = found.reduce((sum, { cost }) => sum + cost, 0);
  const defects = found.map(({ defect }) => defect);
  const isClean = defects.length === 0;
  return {
    score: Math.max(0, Math.round((1 - lost) * 100) / 100),
    summary: isClean ? 'no rule speaks against it' : `${defects.length} defects by rules`,
    ...{ defects, prescriptions: [] },
  };
}

interface Loss {
  cost: number;
  defect: Defect;
}

function ofConfidence(output: JsonObject, confidence: number): Loss[] {
  const category = 'incomplete';
  if (!Object.hasOwn(output, 'confidence')) {
    const description = 'it says no confidence';
    return [{ cost: 0.3, defect: { category, description, severity: 'critical' } }];
  }
  if (confidence >= UNSURE) return [];
  const description = `its confidence is ${confidence}`;
  return [{ cost: 0.2, defect: { category, description, severity: 'warning' } }];
}

function ofError(error: Json | undefined): Loss[] {
  if (typeof error !== 'string' || error === '') return [];
  const description = `it reports an error: ${error.slice(0, ERROR_CHARS)}`;
  return [{ cost: 0.4, defect: { category: 'incomplete', description, severity: 'critical' } }];
}

function ofFields(output: JsonObject, required: readonly string[]): Loss[] {
  const missing = required.filter((field) => field !== 'confidence' && isMissing(output, field));
  const empty = Object.keys(output).filter((key) => {
    const value = output[key];
    return typeof value === 'string' && value.trim() === '';
  });
  return [
    ...missing.map((field): Loss => {
      const description = `the field ${JSON.stringify(field)} is missing`;
      const about = { category: 'missing_data', description, location: field };
      return { cost: 0.2, defect: { ...about, severity: 'critical' } };
    }),
    ...empty.map((field): Loss => {
      const description = `the field ${JSON.stringify(field)} is empty`;
      const about = { category: 'incomplete', description, location: field };
      return { cost: 0.1, defect: { ...about, severity: 'warning' } };
    }),
  ];
}
