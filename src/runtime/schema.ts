import type { Ajv2020, ErrorObject, Options, ValidateFunction } from 'ajv/dist/2020.js';
import type { RegExpEngine, RegExpLike } from 'ajv/dist/types/index.js';
import { canonicalJson, isObject, type Json, type JsonObject, jsonProblem } from '../base/json.ts';

/** Compiled schemas that are kept; a run has few. */
const KEPT = 200;
/** Problems that are reported of one value. */
const REPORTED = 8;

const compiled = new Map<string, ValidateFunction | string>();

/**
 * What of a value does not fit a JSON Schema, as sentences; empty when it fits. A schema that is
 * itself wrong, or refers to another document, is one problem. ajv is loaded at the first use.
 */
export async function schemaProblems(schema: JsonObject, value: Json): Promise<string[]> {
  const check = await compile(schema);
  if (typeof check === 'string') return [`the JSON Schema cannot be used: ${check}`];
  if (fits(check, value)) return [];
  return (check.errors ?? []).slice(0, REPORTED).map(sentence);
}

/** Why a JSON Schema cannot be used, in words; undefined when it can. Never rejects. */
export async function schemaProblem(schema: JsonObject): Promise<string | undefined> {
  const check = await compile(schema);
  return typeof check === 'string' ? check : undefined;
}

/** A schema that refers to itself without end fits nothing. */
function fits(check: ValidateFunction, value: Json): boolean {
  try {
    return check(value);
  } catch {
    check.errors = [
      {
        instancePath: '',
        schemaPath: '',
        keyword: '$ref',
        params: {},
        message: 'cannot be checked',
      },
    ];
    return false;
  }
}

/** Loads the validator while something else is waited for, so that the first check does not wait. */
export function warmUp(): void {
  loadJudge().catch(() => {}); // the first check will say what is wrong
}

/** Longest schema, in characters of its JSON, and its deepest nesting. */
const SCHEMA_CHARS = 200_000;
const SCHEMA_LIMITS = { depth: 64, nodes: 50_000 };

const OPTIONS: Options = { strict: false, allErrors: true, validateFormats: false, logger: false };

/** Patterns of schemas that nobody has read are matched in linear time (threat T03). */
async function linearPatterns(): Promise<RegExpEngine> {
  const { RE2JS } = await import('re2js');
  const compilePattern = (pattern: string): RegExpLike => {
    const compiled = RE2JS.compile(RE2JS.translateRegExp(pattern));
    return { test: (text) => compiled.matcher(text).find() };
  };
  return Object.assign(compilePattern, { code: 'linear' });
}

/** Holds schemas against the schema of schemas, whose compilation takes longest: one for all. */
let judge: Promise<Ajv2020> | undefined;

function loadJudge(): Promise<Ajv2020> {
  judge ??= import('ajv/dist/2020.js').then(({ Ajv2020 }) => {
    const ajv = new Ajv2020(OPTIONS);
    ajv.validateSchema({}); // compiles it now
    return ajv;
  });
  return judge;
}

async function compile(schema: JsonObject): Promise<ValidateFunction | string> {
  const problem = jsonProblem(schema, SCHEMA_LIMITS);
  if (problem !== undefined) return `its parts ${problem}`;
  const key = canonicalJson(schema);
  if (key.length > SCHEMA_CHARS) return `it has more than ${SCHEMA_CHARS} characters`;
  const known = compiled.get(key);
  if (known !== undefined) return known;
  const ofSchemas = await loadJudge();
  const { Ajv2020 } = await import('ajv/dist/2020.js');
  let check: ValidateFunction | string;
  try {
    const { $schema: _, ...body } = schema;
    if (!ofSchemas.validateSchema(body)) {
      throw new Error(ofSchemas.errorsText(ofSchemas.errors, { dataVar: 'schema' }));
    }
    // Each has an instance of its own, so that their `$id`s do not meet.
    const code = key.includes('"pattern') ? { regExp: await linearPatterns() } : {};
    check = new Ajv2020({ ...OPTIONS, validateSchema: false, code }).compile(body);
  } catch (error) {
    check = error instanceof Error ? error.message : String(error);
  }
  if (compiled.size >= KEPT) compiled.clear();
  compiled.set(key, check);
  return check;
}

/**
 * A JSON Schema that no longer asks anything of these fields of an object: for fields of which the
 * problem is told already, so that it is not told twice.
 */
export function exceptFields(schema: JsonObject, told: readonly string[]): JsonObject {
  if (told.length === 0) return schema;
  const { properties, required } = schema;
  const loose = Object.fromEntries(told.map((name) => [name, {}]));
  return {
    ...schema,
    ...(isObject(properties) && { properties: { ...properties, ...loose } }),
    ...(Array.isArray(required) && {
      required: required.filter((name) => typeof name !== 'string' || !told.includes(name)),
    }),
  };
}

function sentence({ instancePath, message, params }: ErrorObject): string {
  const place =
    instancePath === '' ? 'the value' : `\`${instancePath.slice(1).replaceAll('/', '.')}\``;
  const extra: unknown = params.additionalProperty ?? params.allowedValues;
  const detail = extra === undefined ? '' : ` (${JSON.stringify(extra)})`;
  return `${place} ${message ?? 'does not fit'}${detail}`;
}
