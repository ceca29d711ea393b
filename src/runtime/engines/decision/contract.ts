import { isObject, type Json, type JsonObject } from '../../../base/json.ts';
import type { OutputContract } from '../../../events/decision.ts';
import { defined, field, objectOf, text, texts, unpacked } from './values.ts';

/** Types of JSON Schema. */
const TYPES = ['string', 'number', 'integer', 'boolean', 'object', 'array', 'null'];

/**
 * What a worker must answer with. It may be written as `{required_fields, description, schema}`, as a map of
 * fields to `{type, description}` or to words, as a JSON Schema, or as a list of fields (spec, runtime
 * 4.1). Undefined when it is none of these.
 */
export function readContract(value: Json | undefined): OutputContract | undefined {
  const inner = unpacked(value);
  if (Array.isArray(inner)) return ofFields(texts(inner) ?? []);
  if (!isObject(inner)) return undefined;
  const description = text(inner.description);
  const required = texts(field(inner, 'required_fields'));
  if (required) {
    const schema = objectOf(inner.schema);
    return defined<OutputContract>({ requiredFields: required, schema, description });
  }
  if (inner.type === 'object' && isObject(inner.properties)) {
    const requiredFields = texts(inner.required) ?? Object.keys(inner.properties);
    return defined<OutputContract>({ requiredFields, schema: inner, description });
  }
  return ofMap(inner);
}

function ofFields(requiredFields: string[]): OutputContract | undefined {
  return requiredFields.length > 0 ? { requiredFields } : undefined;
}

function ofMap(value: JsonObject): OutputContract | undefined {
  const fields = Object.entries(value).filter(([, about]) => isObject(about) || text(about));
  if (fields.length === 0) return undefined;
  const typed = fields.filter(([, about]) => isObject(about) && hasType(about));
  const lines = fields
    .filter((one) => !typed.includes(one))
    .map(([name, about]) => `${name}: ${text(about) ?? JSON.stringify(about)}`);
  return {
    requiredFields: fields.map(([name]) => name),
    ...(typed.length > 0 && {
      schema: { type: 'object', properties: Object.fromEntries(typed) },
    }),
    ...(lines.length > 0 && { description: lines.join('\n') }),
  };
}

function hasType({ type }: JsonObject): boolean {
  return typeof type === 'string' && TYPES.includes(type);
}
