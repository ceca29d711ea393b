import type { Ajv2020, ErrorObject, ValidateFunction } from 'ajv/dist/2020.js';
import { canonicalJson, type Json, type JsonObject } from '../base/json.ts';

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
  if (check(value)) return [];
  return (check.errors ?? []).slice(0, REPORTED).map(sentence);
}

/** Loads the validator while something else is waited for, so that the first check does not wait. */
export function warmUp(): void {
  loadJudge().catch(() => {}); // the first check will say what is wrong
}

const OPTIONS = { strict: false, allErrors: true, validateFormats: false, logger: false } as const;

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
  const key = canonicalJson(schema);
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
    check = new Ajv2020({ ...OPTIONS, validateSchema: false }).compile(body);
  } catch (error) {
    check = error instanceof Error ? error.message : String(error);
  }
  if (compiled.size >= KEPT) compiled.clear();
  compiled.set(key, check);
  return check;
}

function sentence({ instancePath, message, params }: ErrorObject): string {
  const place =
    instancePath === '' ? 'the value' : `\`${instancePath.slice(1).replaceAll('/', '.')}\``;
  const extra: unknown = params.additionalProperty ?? params.allowedValues;
  const detail = extra === undefined ? '' : ` (${JSON.stringify(extra)})`;
  return `${place} ${message ?? 'does not fit'}${detail}`;
}
