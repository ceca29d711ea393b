import { isObject, type Json, type JsonObject } from '../../base/json.ts';

/** Deepest nesting that a value is made for. */
const LEVELS = 8;
/** Longest text and list that are made. */
const CHARS = 10_000;
const ITEMS = 50;
/** Size of all arguments together, about: lists of lists, and what is referred to often, multiply. */
const SIZE = 50_000;

/** Texts for the formats that handlers are likely to read. */
const FORMATS: ReadonlyMap<string, string> = new Map([
  ['date', '2024-01-01'],
  ['date-time', '2024-01-01T00:00:00Z'],
  ['time', '00:00:00'],
  ['email', 'a@example.com'],
  ['uri', 'https://example.com/'],
  ['url', 'https://example.com/'],
  ['hostname', 'example.com'],
  ['ipv4', '192.0.2.1'],
  ['ipv6', '2001:db8::1'],
  ['uuid', '00000000-0000-4000-8000-000000000000'],
]);

/**
 * Arguments for a trial: one value for each property of the schema, the same each time (spec,
 * capabilities 4.7). They fit what schemas say of types, ranges, lengths and what is required; not
 * patterns and conditions. What would be too large is left out of it.
 */
export function sampleArguments(parameters: JsonObject): JsonObject {
  return sampleObject(parameters, { root: parameters, level: 0, left: { size: SIZE } }, true);
}

interface Place {
  root: JsonObject;
  level: number;
  /** What may still be made, of all values together. */
  left: { size: number };
}

function sample(schema: Json | undefined, place: Place): Json {
  place.left.size -= 1;
  if (!isObject(schema) || place.level > LEVELS || place.left.size < 0) return null;
  const inner = { ...place, level: place.level + 1 };
  const referred = referredTo(schema, place.root);
  if (referred) return sample(referred, inner);
  for (const key of ['default', 'const']) {
    const value = own(schema, key);
    if (value !== undefined) return spent(value, place);
  }
  const choices = own(schema, 'enum');
  if (Array.isArray(choices) && choices[0] !== undefined) return spent(choices[0], place);
  for (const key of ['anyOf', 'oneOf', 'allOf']) {
    const ways = own(schema, key);
    if (Array.isArray(ways) && ways.length > 0 && own(schema, 'type') === undefined) {
      return sample(ways[0], inner);
    }
  }
  return byType(schema, inner);
}

function spent(value: Json, { left }: Place): Json {
  left.size -= JSON.stringify(value).length;
  return value;
}

function byType(schema: JsonObject, inner: Place): Json {
  switch (typeOf(schema)) {
    case 'string':
      return spent(sampleText(schema), inner);
    case 'integer':
    case 'number':
      return sampleNumber(schema);
    case 'boolean':
      return false;
    case 'array':
      return sampleList(schema, inner);
    case 'object':
      return sampleObject(schema, inner, false);
    default:
      return null;
  }
}

function typeOf(schema: JsonObject): Json | undefined {
  const type = own(schema, 'type');
  if (type !== undefined) return Array.isArray(type) ? type[0] : type;
  if (own(schema, 'properties') !== undefined) return 'object';
  return own(schema, 'items') === undefined ? undefined : 'array';
}

function sampleText(schema: JsonObject): string {
  const format = own(schema, 'format');
  const known = typeof format === 'string' ? FORMATS.get(format) : undefined;
  return known ?? 'a'.repeat(Math.min(CHARS, count(schema, 'minLength')));
}

/** Zero, or the value within the range that is next to it. */
function sampleNumber(schema: JsonObject): number {
  const whole = typeOf(schema) === 'integer';
  const step = whole ? 1 : 0.5;
  const [above, below] = [
    numberAt(schema, 'exclusiveMinimum'),
    numberAt(schema, 'exclusiveMaximum'),
  ];
  const least = Math.max(
    numberAt(schema, 'minimum') ?? -Infinity,
    above === undefined ? -Infinity : above + step,
  );
  const most = Math.min(
    numberAt(schema, 'maximum') ?? Infinity,
    below === undefined ? Infinity : below - step,
  );
  const near = Math.min(Math.max(0, least), Math.max(least, most));
  const multiple = numberAt(schema, 'multipleOf') ?? (whole ? 1 : 0);
  if (multiple <= 0) return near;
  const up = Math.ceil(near / multiple) * multiple;
  const fitting = up <= most ? up : Math.floor(near / multiple) * multiple;
  return Number.isFinite(fitting) ? fitting + 0 : 0;
}

function sampleList(schema: JsonObject, inner: Place): Json[] {
  const first = own(schema, 'prefixItems');
  const tuple = Array.isArray(first) ? first : [];
  const least = Math.max(count(schema, 'minItems'), tuple.length);
  const length = Math.max(0, Math.min(ITEMS, least, inner.left.size));
  return Array.from({ length }, (_, at) => sample(tuple[at] ?? own(schema, 'items'), inner));
}

/** All properties at the top, where the handler reads them; below it, those that are required. */
function sampleObject(schema: JsonObject, inner: Place, all: boolean): JsonObject {
  const properties = own(schema, 'properties');
  const required = own(schema, 'required');
  const needed = new Set(Array.isArray(required) ? required : []);
  const entries = isObject(properties) ? Object.entries(properties) : [];
  const wanted = entries.filter(([name]) => all || needed.has(name));
  return Object.fromEntries(wanted.map(([name, one]) => [name, sample(one, inner)]));
}

/** What a reference within the schema means. */
function referredTo(schema: JsonObject, root: JsonObject): Json | undefined {
  const reference = own(schema, '$ref');
  if (typeof reference !== 'string' || !reference.startsWith('#/')) return undefined;
  let found: Json | undefined = root;
  for (const part of reference.slice(2).split('/').slice(0, LEVELS)) {
    const name = part.replaceAll('~1', '/').replaceAll('~0', '~');
    found = isObject(found) ? own(found, name) : undefined;
  }
  return found;
}

function count(schema: JsonObject, key: string): number {
  return Math.max(0, Math.floor(numberAt(schema, key) ?? 0));
}

function numberAt(schema: JsonObject, key: string): number | undefined {
  const value = own(schema, key);
  return typeof value === 'number' ? value : undefined;
}

function own(schema: JsonObject, key: string): Json | undefined {
  return Object.hasOwn(schema, key) ? schema[key] : undefined;
}
