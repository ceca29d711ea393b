import { isObject, type Json, type JsonObject, jsonBytes, jsonProblem } from '../../base/json.ts';
import { block } from '../../base/visible-text.ts';

/** Bytes of a result's JSON. */
const RESULT_BYTES = 900_000;
/** Deepest nesting of a result, and most values in it. */
const LIMITS = { depth: 60, nodes: 250_000 };
/** Characters of an error that are kept. */
const ERROR_CHARS = 2000;
const FIELDS = new Set(['ok', 'status', 'data', 'error']);
const FORM =
  "give back {'ok': true or false, 'status': 200, 'data': {...}, 'error': a text if it failed}";

/** What a handler gave back, in the form of every tool's result, and what was left out of it. */
export interface Envelope {
  ok: boolean;
  status: number;
  data: Json;
  error?: string;
  notes: readonly string[];
}

/** Why what it gave back cannot be used. */
export interface BadEnvelope {
  /** 413 or 500. */
  status: number;
  problem: string;
  hint: string;
}

/**
 * Reads what a handler gave back (spec, capabilities 1.1, rule DT3). Whatever comes out of a box is
 * data that nobody trusts: its form, its size and every text of it are looked at here, whatever the
 * program around the handler has seen to.
 */
export function readEnvelope(result: Json | undefined): Envelope | BadEnvelope {
  if (!isObject(result)) return bad(`it gave back ${kindOf(result)} and no result object`);
  const fields = ownFields(result);
  const { ok, status = ok === false ? 500 : 200, data = {}, error } = fields;
  if (typeof ok !== 'boolean') return bad(`"ok" is ${wordOf(ok)}, not true or false`);
  if (typeof status !== 'number' || !Number.isInteger(status) || status < 100 || status > 599) {
    return bad(`"status" is ${wordOf(status)}, not a whole number from 100 to 599`);
  }
  if (ok !== status < 400) return bad(`"ok" is ${ok}, but "status" is ${status}`);
  const problem = dataProblem(data);
  if (problem) return problem;
  const text = errorText(error);
  return {
    ...{ ok, status, data },
    ...(!ok && { error: text ?? 'the handler gave no reason' }),
    notes: leftOut(result),
  };
}

/** Names of objects from outside may be those that every object has. */
function ownFields(result: JsonObject): { [name: string]: Json | undefined } {
  const named = [...FIELDS].filter((name) => Object.hasOwn(result, name));
  return Object.fromEntries(named.map((name) => [name, result[name]]));
}

function dataProblem(data: Json): BadEnvelope | undefined {
  const problem = jsonProblem(data, LIMITS);
  if (problem !== undefined) return bad(`the values of "data" ${problem}`);
  if (!isWellFormed(data)) {
    return bad(
      'a text in "data" has half a character',
      'decode bytes as UTF-8 before giving them back',
    );
  }
  const bytes = jsonBytes(data);
  return bytes > RESULT_BYTES ? tooLarge(bytes) : undefined;
}

/** The result is larger than a result may be; how large, if it is known. */
export function tooLarge(bytes?: number): BadEnvelope {
  const size = bytes === undefined ? '' : `${bytes} bytes, `;
  return {
    status: 413,
    problem: `it has ${size}more than ${RESULT_BYTES} bytes`,
    hint: 'give back less, or write a file below output/ and give back its name',
  };
}

function isWellFormed(value: Json): boolean {
  if (typeof value === 'string') return value.isWellFormed();
  if (Array.isArray(value)) return value.every(isWellFormed);
  if (!isObject(value)) return true;
  return Object.entries(value).every(([key, item]) => key.isWellFormed() && isWellFormed(item));
}

function errorText(error: Json | undefined): string | undefined {
  if (error === undefined || error === null || error === '') return undefined;
  const text = typeof error === 'string' ? error : JSON.stringify(error);
  return block(text.slice(0, ERROR_CHARS));
}

function leftOut(result: JsonObject): string[] {
  const extra = Object.keys(result).filter((name) => !FIELDS.has(name));
  if (extra.length === 0) return [];
  const named = extra.slice(0, 8).map((name) => JSON.stringify(name.slice(0, 40)));
  return [`left out of the result: ${named.join(', ')}; whatever is not in "data" is not kept`];
}

function bad(problem: string, hint = FORM): BadEnvelope {
  return { status: 500, problem, hint };
}

function kindOf(value: Json | undefined): string {
  if (value === undefined || value === null) return 'nothing';
  return Array.isArray(value) ? 'a list' : `a ${typeof value}`;
}

function wordOf(value: Json | undefined): string {
  if (value === undefined) return 'not there';
  return isObject(value) || Array.isArray(value)
    ? kindOf(value)
    : JSON.stringify(value).slice(0, 60);
}
