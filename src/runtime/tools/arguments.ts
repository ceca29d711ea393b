import { isObject, type JsonObject, jsonProblem } from '../../base/json.ts';
import type { Tool } from '../../ports/tool.ts';
import { schemaProblems } from '../schema.ts';

/** Deepest nesting of arguments, and most values in them. */
const LIMITS = { depth: 64, nodes: 100_000 };

/** What is wrong with the arguments of a call, as sentences; empty when they fit the tool's schema. */
export async function argumentProblems(tool: Tool, args: JsonObject): Promise<string[]> {
  if (tool.checksArguments) return [];
  if (Object.hasOwn(args, '_unparsed')) return ['the arguments were not a JSON object'];
  const problem = jsonProblem(args, LIMITS);
  if (problem !== undefined) return [`the arguments ${problem}`];
  return schemaProblems(closed(tool.parameters), args);
}

const OPEN_KEYWORDS = [
  ...['additionalProperties', 'unevaluatedProperties', 'patternProperties', 'propertyNames'],
  ...['$ref', 'allOf', 'anyOf', 'oneOf', 'if', 'not', '$dynamicRef', 'dependentSchemas'],
];

const closedSchemas = new WeakMap<JsonObject, JsonObject>();

/**
 * A schema of plain properties that says nothing about others refuses them: a misspelt or invented
 * argument is told to the model (spec, capabilities 1.4 and W14).
 */
function closed(schema: JsonObject): JsonObject {
  if (!isObject(schema.properties)) return schema;
  if (OPEN_KEYWORDS.some((keyword) => Object.hasOwn(schema, keyword))) return schema;
  const known = closedSchemas.get(schema);
  if (known) return known;
  const made: JsonObject = { type: 'object', ...schema, additionalProperties: false };
  closedSchemas.set(schema, made);
  return made;
}
