import { z } from 'zod';
import { canonicalJson, isObject, type Json, type JsonObject } from '../base/json.ts';
import { agentSchema } from './agent.ts';
import type { AliasScope } from './aliases/alias.ts';
import { addAliases } from './editor-aliases.ts';
import { deprecated, either, propertiesOf, schemaAt, without } from './editor-parts.ts';
import { addSnippets } from './editor-snippets.ts';
import { manifestSchema } from './manifest.ts';
import { mapSchema } from './map-schema.ts';

const FILES = {
  workflow: { schema: manifestSchema, title: 'AWP workflow (workflow.awp.yaml)' },
  agent: { schema: agentSchema, title: 'AWP agent (agent.awp.yaml)' },
} as const satisfies Record<AliasScope, { schema: z.ZodType; title: string }>;

/**
 * JSON Schema, draft 2020-12, of a file for editors: closed, with descriptions, defaults and
 * snippets. It accepts what `awp validate` accepts, other spellings included; these are marked
 * `deprecated` and say what to write. An unknown key is refused here and warned of there.
 */
export function editorSchema(scope: AliasScope): JsonObject {
  const { schema, title } = FILES[scope];
  const { $defs, ...canonical } = withoutAnyJson(generated(schema));
  const own = mapSchema(canonical, forgiving);
  allowShortVersion(own);
  addAliases(own, scope);
  shareLoop(own);
  addSnippets(own, scope);
  const { $schema, ...all } = own;
  const head: JsonObject = {
    $schema: $schema ?? null,
    $id: `urn:awp-agents:schema:${scope}`,
    title,
  };
  return { ...head, ...all, ...($defs !== undefined && { $defs }) };
}

/** What zod makes of a schema, without what is about zod or about us. */
function generated(schema: z.ZodType): JsonObject {
  const made = z.toJSONSchema(schema, { io: 'input', target: 'draft-2020-12' });
  const plain = JSON.parse(JSON.stringify(made)) as JsonObject; // made to be written as JSON
  return mapSchema(plain, (part) => {
    const names = ['effect', 'rule'];
    if (part.maximum === Number.MAX_SAFE_INTEGER) names.push('maximum');
    if (isObject(part.propertyNames) && part.propertyNames.type === 'string') {
      names.push('propertyNames');
    }
    return without(part, names);
  });
}

/** Any JSON is no condition at all; what remains of the definitions is a JSON Schema. */
function withoutAnyJson(schema: JsonObject): JsonObject {
  const definitions = isObject(schema.$defs) ? Object.entries(schema.$defs) : [];
  const [own, ...more] = definitions.filter(([, definition]) => !isAnyJson(definition));
  if (more.length > 0) throw new Error('a second definition needs a name in editor-schema.ts');
  const point = (part: JsonObject): JsonObject => {
    if (typeof part.$ref !== 'string') return part;
    const ours = own !== undefined && part.$ref === `#/$defs/${own[0]}`;
    return ours ? { ...part, $ref: '#/$defs/json_schema' } : without(part, ['$ref']);
  };
  const $defs = own && { json_schema: own[1] };
  return mapSchema({ ...without(schema, ['$defs']), ...($defs && { $defs }) }, point);
}

function isAnyJson(definition: Json): boolean {
  if (!isObject(definition) || !Array.isArray(definition.anyOf)) return false;
  const types = definition.anyOf.map((part) => (isObject(part) ? part.type : undefined));
  return types.join() === 'string,number,boolean,null,array,object';
}

/** `yes`, `no`, `on` and `off`, which YAML 1.1 reads as booleans (D7). */
const OLD_BOOLEAN = '^(?:[Yy](?:[Ee][Ss])?|[Nn][Oo]?|[Oo](?:[Nn]|[Ff][Ff]))$';

/** What is read as if it were right: nothing behind an optional key, and YAML 1.1's booleans. */
function forgiving(schema: JsonObject): JsonObject {
  if (schema.type === 'boolean') {
    return { ...schema, type: ['boolean', 'string'], pattern: OLD_BOOLEAN };
  }
  if (!isObject(schema.properties)) return schema;
  const required = Array.isArray(schema.required) ? schema.required : [];
  const properties = Object.entries(schema.properties).map(([name, part]): [string, Json] =>
    isObject(part) && !required.includes(name) ? [name, orNothing(part)] : [name, part],
  );
  return { ...schema, properties: Object.fromEntries(properties) };
}

/** The same schema with null; flat where it can be, which editors complete best. */
function orNothing(schema: JsonObject): JsonObject {
  if (Array.isArray(schema.enum)) {
    return { ...without(schema, ['type']), enum: [...schema.enum, null] };
  }
  if (schema.type !== undefined)
    return { ...schema, type: [...new Set([schema.type, 'null'].flat())] };
  if (!Array.isArray(schema.anyOf)) return schema;
  const types = schema.anyOf.map((part) => (isObject(part) ? part.type : undefined));
  if (types.includes('null')) return schema;
  return { ...schema, anyOf: [...schema.anyOf, { type: 'null' }] };
}

/** `awp: "1.0"` is read as `"1.0.0"`, with a warning (R1). */
function allowShortVersion(schema: JsonObject): void {
  const { awp } = propertiesOf(schema);
  if (!isObject(awp)) return;
  const short = { type: 'string', pattern: '^1\\.0$', ...deprecated('Write "1.0.0".') };
  propertiesOf(schema).awp = either(awp, short);
}

/** The settings of a loop are written once; a node that is a loop refers to them. */
function shareLoop(schema: JsonObject): void {
  const orchestration = schemaAt(schema, ['orchestration']);
  const node = schemaAt(schema, ['orchestration', 'graph[]']);
  if (!orchestration || !node) return;
  const { delegation_loop: loop } = propertiesOf(orchestration);
  const { config } = propertiesOf(node);
  if (!isObject(loop) || !isObject(config) || !same(loop, config)) return;
  propertiesOf(node).config = {
    description: config.description ?? '',
    $ref: '#/properties/orchestration/properties/delegation_loop',
  };
}

function same(one: JsonObject, other: JsonObject): boolean {
  const [left, right] = [one, other].map((schema) => without(schema, ['description']));
  return canonicalJson(left) === canonicalJson(right);
}
