import { isObject, type JsonObject } from '../../base/json.ts';
import type { OutputContract } from '../../events/decision.ts';
import type { Checked } from '../../events/state.ts';
import { schemaProblems } from '../schema.ts';
import { extractJson } from './extract-json.ts';

/** Confidence of an answer that is not JSON, or says none (spec, runtime 4.2 and 4.4). */
const UNSAID_CONFIDENCE = 0.3;

/**
 * Holds a worker's answer against its contract: a JSON object, the required fields present and not
 * null, the schema met, a confidence from 0 to 1. A free text is accepted where nothing is required.
 */
export async function checkOutput(text: string, contract?: OutputContract): Promise<Checked> {
  const found = extractJson(text)?.value;
  const required = contract?.requiredFields ?? [];
  if (!found) {
    const output = { result: text };
    const problems = required.length > 0 ? ['the answer is not a JSON object'] : [];
    return { ok: problems.length === 0, problems, output, text, confidence: UNSAID_CONFIDENCE };
  }
  const { confidence, problem } = confidenceIn(found, UNSAID_CONFIDENCE);
  const problems = [
    ...required
      .filter((field) => field !== 'confidence' && isMissing(found, field))
      .map((field) => `the field ${JSON.stringify(field)} is missing`),
    ...(problem === undefined ? [] : [problem]),
    ...(contract?.schema ? await schemaProblems(contract.schema, found) : []),
  ];
  return {
    ok: problems.length === 0,
    problems,
    output: found,
    text: said(found, text),
    confidence,
  };
}

/** Whether an output lacks a field, or has nothing in it. */
export function isMissing(output: JsonObject, field: string): boolean {
  return !Object.hasOwn(output, field) || output[field] === null || output[field] === '';
}

/** How sure an output says that it is, from 0 to 1; `unsaid` when it does not, or says what is none. */
export function confidenceIn(
  output: JsonObject,
  unsaid: number,
): { confidence: number; problem?: string } {
  const value = Object.hasOwn(output, 'confidence') ? output.confidence : undefined;
  if (value === undefined) return { confidence: unsaid };
  if (typeof value === 'number' && value >= 0 && value <= 1) return { confidence: value };
  return { confidence: unsaid, problem: '"confidence" must be a number from 0 to 1' };
}

/** The sentence of an output that people read: its summary or the like, else the answer itself. */
export function said(output: JsonObject, fallback: string): string {
  for (const key of ['summary', 'answer', 'result', 'report_md', 'conclusion', 'text']) {
    const value = Object.hasOwn(output, key) ? output[key] : undefined;
    if (typeof value === 'string' && value.trim() !== '') return value;
    if (isObject(value)) return said(value, fallback);
  }
  return fallback;
}
