import { isObject, type JsonObject } from '../base/json.ts';

/** What is said about a value and is no condition. */
const ANNOTATIONS = ['description', 'default', 'deprecated', 'doNotSuggest'];

/** A schema without some of its keywords. */
export function without(schema: JsonObject, names: readonly string[]): JsonObject {
  return Object.fromEntries(Object.entries(schema).filter(([key]) => !names.includes(key)));
}

/**
 * Says of a form that it is read and what to write instead. Editors do not offer it, and do not
 * complain either: what they know as a deprecation message makes yaml-language-server refuse a
 * value that `awp validate` only remarks on (D).
 */
export function deprecated(help: string): JsonObject {
  return { description: help, deprecated: true, doNotSuggest: true };
}

/** Accepts another form too; what is said about the value stays outside. */
export function either(schema: JsonObject, other: JsonObject): JsonObject {
  if (Array.isArray(schema.anyOf)) return { ...schema, anyOf: [...schema.anyOf, other] };
  const said = Object.entries(schema).filter(([key]) => ANNOTATIONS.includes(key));
  return { ...Object.fromEntries(said), anyOf: [without(schema, ANNOTATIONS), other] };
}

/**
 * The schema at a path such as `orchestration.graph[].loop`; of several forms, the one that has
 * parts is gone into. Undefined when there is none.
 */
export function schemaAt(schema: JsonObject, path: readonly string[]): JsonObject | undefined {
  let at: JsonObject | undefined = schema;
  for (const step of path) {
    const properties: JsonObject | undefined = at && formWith(at, 'properties')?.properties;
    const name = step.replace('[]', '');
    at = properties && part(properties, name);
    if (step.endsWith('[]')) at = at && part(formWith(at, 'items') ?? {}, 'items');
  }
  return at;
}

/** The properties of a schema, to be changed in place; those of its form that has any. */
export function propertiesOf(schema: JsonObject): JsonObject {
  const form = formWith(schema, 'properties');
  return form ? form.properties : {};
}

/** The schema itself or the one of its forms that has a keyword. */
export function formWith<K extends string>(
  schema: JsonObject,
  keyword: K,
): (JsonObject & Record<K, JsonObject>) | undefined {
  const forms = [schema, ...(Array.isArray(schema.anyOf) ? schema.anyOf : [])];
  return forms.find((form): form is JsonObject & Record<K, JsonObject> => {
    return isObject(form) && isObject(form[keyword]);
  });
}

function part(schema: JsonObject, name: string): JsonObject | undefined {
  const value = Object.hasOwn(schema, name) ? schema[name] : undefined;
  return isObject(value) ? value : undefined;
}
