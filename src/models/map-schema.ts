import { isObject, type Json, type JsonObject } from '../base/json.ts';

/** Keywords that hold schemas: by name, in a list, or one. */
const BY_NAME = ['properties', '$defs'];
const IN_A_LIST = ['anyOf', 'allOf'];
const ONE = ['items', 'additionalProperties', 'propertyNames'];

/**
 * A JSON Schema with each schema in it replaced, innermost first. A property that is called like a
 * keyword, such as `default`, is still a property. Knows the keywords that zod writes.
 */
export function mapSchema(
  schema: JsonObject,
  change: (schema: JsonObject) => JsonObject,
): JsonObject {
  const inner = (value: Json): Json => (isObject(value) ? mapSchema(value, change) : value);
  const mapped: JsonObject = {};
  for (const [key, value] of Object.entries(schema)) {
    if (BY_NAME.includes(key) && isObject(value)) {
      mapped[key] = Object.fromEntries(
        Object.entries(value).map(([name, part]) => [name, inner(part)]),
      );
    } else if (IN_A_LIST.includes(key) && Array.isArray(value)) mapped[key] = value.map(inner);
    else mapped[key] = ONE.includes(key) ? inner(value) : value;
  }
  return change(mapped);
}
