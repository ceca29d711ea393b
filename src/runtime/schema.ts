import type { ErrorObject, ValidateFunction } from 'ajv';
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
  import('ajv/dist/2020.js').catch(() => {}); // the first check will say what is wrong
}

async function compile(schema: JsonObject): Promise<ValidateFunction | string> {
  const key = canonicalJson(schema);
  const known = compiled.get(key);
  if (known !== undefined) return known;
  const { Ajv2020 } = await import('ajv/dist/2020.js');
  const ajv = new Ajv2020({
    strict: false,
    allErrors: true,
    validateFormats: false,
    logger: false,
  });
  let check: ValidateFunction | string;
  try {
    const { $schema: _, ...body } = schema;
    check = ajv.compile(body);
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
