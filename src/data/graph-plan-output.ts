import { isObject, type Json, type JsonObject, listedTexts } from '../base/json.ts';
import type { PlanAgent } from '../events/plan-graph.ts';
import { FIELD_TYPES } from '../models/contract.ts';
import type { AgentSource } from './graph-plan-source.ts';

type Output = PlanAgent['output'];
type Promised = Pick<Output, 'schema' | 'required' | 'unshared' | 'sensitive'>;

/** What an agent must answer (surfaces 7.9, runtime 2.10): a contract in any of its forms as one. */
export function outputOf(source: AgentSource): Output {
  const { value, contract, contractForm, fieldNotes, checks } = source;
  const { format = 'json', validation } = value.output ?? {};
  const promised = contractForm === 'fields' ? ofFields(contract) : ofSchema(contract);
  const { strict = true, max_retries = 3, on_failure = 'error', retry_prompt } = validation ?? {};
  const checked = contract !== undefined || checks;
  const kind = strict === 'none' || !checked ? 'none' : strict ? 'strict' : 'lenient';
  return {
    format,
    ...promised,
    ...(fieldNotes !== undefined && { fieldNotes }),
    validation: kind,
    repairs: kind === 'none' ? 0 : max_retries,
    onInvalid: ON_INVALID[on_failure],
    ...(retry_prompt !== undefined && { retryPrompt: retry_prompt }),
  };
}

/** What an answer that never fitted leads to, in the words of the standard. */
const ON_INVALID = {
  error: 'abort',
  warn: 'use_partial',
  passthrough: 'use_partial',
  skip: 'skip',
} as const;

/** A contract that is a JSON Schema, with the annotations `x-awp-*` of the standard. */
function ofSchema(contract: JsonObject | undefined): Promised {
  if (!contract) return { required: [], unshared: [], sensitive: [] };
  const properties = Object.entries(isObject(contract.properties) ? contract.properties : {});
  const marked = (name: string, mark: boolean): string[] =>
    properties.flatMap(([key, one]) => (isObject(one) && one[name] === mark ? [key] : []));
  const listed = listedTexts(contract.required);
  return {
    schema: contract,
    required: [...new Set([...listed, ...marked('x-awp-required', true)])],
    unshared: marked('x-awp-shareable', false),
    sensitive: marked('x-awp-sensitive', true),
  };
}

/** A contract that is a map of fields, as a JSON Schema. Further fields are allowed. */
function ofFields(contract: JsonObject = {}): Promised {
  const fields = Object.entries(contract);
  const that = (name: string, mark: boolean): string[] =>
    fields.flatMap(([key, one]) => (isObject(one) && one[name] === mark ? [key] : []));
  const required = that('required', true);
  const properties = Object.fromEntries(fields.map(([key, one]) => [key, fieldSchema(one)]));
  return {
    schema: { type: 'object', properties, ...(required.length > 0 && { required }) },
    required,
    unshared: that('shareable', false),
    sensitive: that('sensitive', true),
  };
}

/** Keys of a field that are written in the same way in a JSON Schema. */
const SAME = ['description', 'minimum', 'maximum', 'default', 'enum', 'pattern'] as const;

/** A field is the name of its type, or a map with it. */
function fieldSchema(field: Json): JsonObject {
  if (typeof field === 'string') return typed(field);
  if (!isObject(field)) return {};
  const { type, items, properties, max_length, min_length, examples } = field;
  const same = SAME.flatMap((key) =>
    field[key] === undefined ? [] : [[key, field[key]] as const],
  );
  return {
    ...typed(type),
    ...Object.fromEntries(same),
    ...(items !== undefined && { items: fieldSchema(items) }),
    ...(isObject(properties) && { properties: inner(properties) }),
    ...(typeof max_length === 'number' && { maxLength: max_length }),
    ...(typeof min_length === 'number' && { minLength: min_length }),
    ...(Array.isArray(examples) && { examples }),
  };
}

function inner(properties: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(properties).map(([key, one]) => [key, fieldSchema(one)]),
  );
}

function typed(type: Json | undefined): JsonObject {
  const known = typeof type === 'string' ? FIELD_TYPES.get(type) : undefined;
  return known === undefined || known === 'any' ? {} : { type: known };
}
