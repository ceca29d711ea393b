import { isObject, type JsonObject } from '../../base/json.ts';
import type { OutputContract } from '../../events/decision.ts';
import type { ResultCheck } from '../../events/plan-policy.ts';
import { schemaProblems } from '../schema.ts';
import { extractJson } from './extract-json.ts';

/** A worker's report and what is wrong with it. */
export interface HeldReport {
  problems: readonly string[];
  output: JsonObject;
  /** The sentence of it that people read. */
  text: string;
  /** The confidence that it says, when it is one. */
  said?: number;
}

/**
 * Holds a worker's answer against its contract: a JSON object, the required fields present and not
 * null, the schema met, a confidence from 0 to 1 if it says one; of these what `checks` name. A free
 * text is accepted where nothing is required.
 */
export async function checkOutput(
  text: string,
  { contract, checks }: { contract?: OutputContract | undefined; checks: readonly ResultCheck[] },
): Promise<HeldReport> {
  const found = extractJson(text)?.value;
  const does = (check: ResultCheck): boolean => checks.includes(check);
  const required = does('required_fields') ? (contract?.requiredFields ?? []) : [];
  const schema = does('schema') ? contract?.schema : undefined;
  if (!found) {
    const problems = required.length > 0 || schema ? ['the answer is not a JSON object'] : [];
    return { problems, output: { result: text }, text };
  }
  const { confidence, problem } = confidenceIn(found, -1);
  const problems = [
    ...required
      .filter((field) => field !== 'confidence' && isMissing(found, field))
      .map((field) => `the field ${JSON.stringify(field)} is missing`),
    ...(problem !== undefined && does('confidence') ? [problem] : []),
    ...(schema ? await schemaProblems(schema, found) : []),
  ];
  return {
    ...{ problems, output: found, text: said(found, text) },
    ...(confidence >= 0 && { said: confidence }),
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
