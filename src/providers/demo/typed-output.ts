import { isObject, type Json, type JsonObject } from '../../base/json.ts';

/** A typed output filled with known figures, or the names of required fields that it has no figure for. */
export type Filled = { ok: true; value: Json } | { ok: false; missing: readonly string[] };

type Fields = ReadonlyMap<string, Json>;

const WHERE = '(?:month|period|label|date|day|year|point|time|name|quarter|row|monat|jahr|tag)';
const VALUE = '(?:value|amount|wert)';

/** Names of fields, in lower case without separators and the measure's own name, and what they can mean. */
const MEANINGS: readonly (readonly [RegExp, (fields: Fields) => (Json | undefined)[]])[] = [
  [
    /^(?:summary|answer|text|report|description|conclusion|analysis|findings|message|zusammenfassung|antwort)$/,
    (f) => [f.get('summary')],
  ],
  [
    new RegExp(`^(?:peak|max|maximum|highest|best|top|spitze|hoechster)${WHERE}$`),
    (f) => labels(f.get('peak')),
  ],
  [
    new RegExp(`^(?:low|min|minimum|lowest|worst|niedrigster)${WHERE}$`),
    (f) => labels(f.get('low')),
  ],
  [new RegExp(`^(?:peak|highest|top|best|spitze)${VALUE}?$`), (f) => ends(f.get('peak'))],
  [new RegExp(`^(?:low|lowest|worst)${VALUE}?$`), (f) => ends(f.get('low'))],
  [new RegExp(`^first${WHERE}$`), (f) => labels(f.get('first'))],
  [new RegExp(`^last${WHERE}$`), (f) => labels(f.get('last'))],
  [new RegExp(`^(?:first|start)${VALUE}?$`), (f) => ends(f.get('first'))],
  [new RegExp(`^(?:last|end)${VALUE}?$`), (f) => ends(f.get('last'))],
  [
    /^(?:growth|wachstum)(?:percent|percentage|pct|rate)?$|^(?:change|increase)(?:percent|percentage|pct|rate)$|^percent(?:age)?change$/,
    (f) => percent(f.get('changePercent')),
  ],
  [/^(?:absolute)?(?:change|difference|increase|delta)(?:absolute)?$/, (f) => [f.get('change')]],
  [/^(?:trend)?slope$/, (f) => [f.get('slope')]],
  [/^trend(?:direction)?$|^direction$/, (f) => directions(f.get('direction'))],
  [/^(?:max|maximum)(?:value)?$/, (f) => [f.get('max'), ...ends(f.get('peak'))]],
  [/^(?:min|minimum)(?:value)?$/, (f) => [f.get('min'), ...ends(f.get('low'))]],
  [/^(?:mean|average|avg|mittelwert|durchschnitt)(?:value)?$/, (f) => [f.get('mean')]],
  [/^median(?:value)?$/, (f) => [f.get('median')]],
  [/^(?:sum|total|summe|gesamt)(?:value)?$/, (f) => [f.get('sum')]],
  [/^(?:count|n|values)$/, (f) => [f.get('count')]],
  [/^(?:rows|rowcount|numrows|records|recordcount)$/, (f) => [f.get('rows')]],
  [/^(?:columns|columncount|numcolumns)$/, (f) => [f.get('columns')]],
  [/^points(?:count)?$/, (f) => [f.get('points')]],
  [/^missing(?:cells|values|count)?$/, (f) => [f.get('missing')]],
  [/^unreadable(?:cells|values|count)?$/, (f) => [f.get('unreadable')]],
  [
    /^(?:outlier|anomaly)(?:count|number)$|^(?:num|number)?(?:of)?(?:outliers|anomalies)(?:count)?$/,
    outlierMeanings,
  ],
  [/^(?:best|top|highest|leading)(?:group|category|region|segment)$/, (f) => [f.get('bestGroup')]],
  [/^(?:worst|lowest|bottom)(?:group|category|region|segment)$/, (f) => [f.get('worstGroup')]],
  [/^(?:group|category)count$|^groups$/, (f) => [f.get('groupCount')]],
  [/^(?:measure|metric|column)$/, (f) => [f.get('measure')]],
  [/^(?:files|artifacts|charts)$/, (f) => [f.get('files')]],
  [/^understood$/, (f) => [f.get('understood')]],
  [/^simulated$/, (f) => [f.get('simulated')]],
  [/^confidence$/, (f) => [f.get('confidence')]],
];

/**
 * Fills a JSON Schema with figures whose names match. Optional fields without a figure are left
 * out. Whether the value fits every keyword of the schema is checked by the runtime.
 */
export function fillSchema(schema: JsonObject, fields: Fields): Filled {
  const missing: string[] = [];
  const value = fill({ schema, root: schema, fields, path: 'output', missing });
  if (missing.length > 0) return { ok: false, missing };
  return value === undefined ? { ok: false, missing: ['output'] } : { ok: true, value };
}

interface Task {
  schema: JsonObject;
  root: JsonObject;
  fields: Fields;
  path: string;
  missing: string[];
}

function fill(task: Task): Json | undefined {
  const schema = resolved(task.schema, task.root);
  if (!isObject(schema.properties))
    return fits(schema, task.fields.get('summary')) ? task.fields.get('summary') : undefined;
  const required = Array.isArray(schema.required) ? schema.required : [];
  const filled: JsonObject = {};
  for (const [name, property] of Object.entries(schema.properties)) {
    if (!isObject(property)) continue;
    const value = fieldValue({ ...task, schema: resolved(property, task.root), path: name });
    if (value !== undefined) filled[name] = value;
    else if (required.includes(name)) task.missing.push(name);
  }
  return filled;
}

function fieldValue(task: Task): Json | undefined {
  const { schema, fields, path } = task;
  const found = meaningOf(path, fields);
  const value = found.find((candidate) => fits(schema, candidate));
  if (value !== undefined && !isObject(value)) return value;
  if (isObject(schema.properties)) {
    const point = found.find(isObject);
    const inner = fill({
      ...task,
      fields: point ? pointFields(point, fields) : fields,
      missing: [],
    });
    return isObject(inner) && Object.keys(inner).length > 0 && complete(schema, inner)
      ? inner
      : undefined;
  }
  if (value !== undefined) return value;
  return fits(schema, null) && schema.type !== undefined ? null : undefined;
}

function complete(schema: JsonObject, value: JsonObject): boolean {
  const required = Array.isArray(schema.required) ? schema.required : [];
  return required.every((name) => Object.hasOwn(value, String(name)));
}

/** Inside of a point (a peak, say), names mean its label and its value. */
function pointFields(point: JsonObject, fields: Fields): Fields {
  return new Map([
    ...fields,
    ['peak', point],
    ['low', point],
    ['first', point],
    ['last', point],
    ['point', point],
  ]);
}

function meaningOf(name: string, fields: Fields): (Json | undefined)[] {
  const plain = plainName(name);
  const measure = plainName(String(fields.get('measure') ?? ''));
  const point = fields.get('point');
  if (point !== undefined) {
    return new RegExp(`^${VALUE}$`).test(plain) || plain === measure
      ? ends(point).slice(0, 1)
      : [...labels(point), ...ends(point)];
  }
  const short = measure !== '' && plain !== measure ? plain.replace(measure, '') : plain;
  for (const [pattern, meaning] of MEANINGS) {
    if (pattern.test(plain) || pattern.test(short)) return meaning(fields);
  }
  return [];
}

function plainName(name: string): string {
  return name.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '');
}

/** A point's label; a label in digits can stand for a number. */
function labels(point: Json | undefined): (Json | undefined)[] {
  if (!isObject(point)) return [];
  const label = point.label;
  return typeof label === 'string' && /^\d{1,15}$/.test(label) ? [label, Number(label)] : [label];
}

/** A point's value, its label, the whole point. */
function ends(point: Json | undefined): (Json | undefined)[] {
  return isObject(point) ? [point.value, point.label, point] : [];
}

function percent(value: Json | undefined): (Json | undefined)[] {
  if (typeof value !== 'number') return [value];
  return [value, `${value >= 0 ? '+' : ''}${Number(value.toFixed(2))} %`];
}

const DIRECTIONS: ReadonlyMap<string, readonly string[]> = new Map([
  [
    'up',
    ['up', 'rising', 'increasing', 'growing', 'upward', 'positive', 'rise', 'increase', 'steigend'],
  ],
  [
    'down',
    [
      'down',
      'falling',
      'decreasing',
      'shrinking',
      'downward',
      'negative',
      'fall',
      'decrease',
      'fallend',
    ],
  ],
  [
    'flat',
    ['flat', 'stable', 'constant', 'steady', 'unchanged', 'none', 'neutral', 'gleichbleibend'],
  ],
]);

function directions(value: Json | undefined): (Json | undefined)[] {
  return [...(DIRECTIONS.get(String(value)) ?? [])];
}

function outlierMeanings(fields: Fields): (Json | undefined)[] {
  const count = fields.get('outlierCount');
  const listed = fields.get('outliers');
  // The workers report the farthest few; a list is given only if that is all of them.
  if (!Array.isArray(listed) || listed.length !== count) return [count];
  const named = listed.filter(isObject);
  const values = named.map((item) => item.value ?? null);
  return [count, values, named.map((item) => String(item.label ?? item.row)), listed];
}

/** Whether a value has a type, and is one of the constants, that a schema names. */
function fits(schema: JsonObject, value: Json | undefined): value is Json {
  if (value === undefined) return false;
  const choices = schema.anyOf ?? schema.oneOf;
  if (Array.isArray(choices))
    return choices.some((choice) => isObject(choice) && fits(choice, value));
  if (Array.isArray(schema.enum) && !schema.enum.includes(value)) return false;
  if (schema.const !== undefined && schema.const !== value) return false;
  const types = [schema.type ?? []].flat().map(String);
  if (types.length > 0 && !types.some((type) => isOf(type, value))) return false;
  const items = schema.items;
  return !(Array.isArray(value) && isObject(items)) || value.every((item) => fits(items, item));
}

function isOf(type: string, value: Json): boolean {
  switch (type) {
    case 'integer':
      return Number.isInteger(value);
    case 'array':
      return Array.isArray(value);
    case 'null':
      return value === null;
    case 'object':
      return isObject(value);
    default:
      return typeof value === type;
  }
}

/** A schema behind a reference into the same document. */
function resolved(schema: JsonObject, root: JsonObject): JsonObject {
  const reference = schema.$ref;
  const name =
    typeof reference === 'string'
      ? /^#\/(?:\$defs|definitions)\/([^/]+)$/.exec(reference)?.[1]
      : undefined;
  const shelf = root.$defs ?? root.definitions;
  const found =
    name !== undefined && isObject(shelf) && Object.hasOwn(shelf, name) ? shelf[name] : undefined;
  return isObject(found) ? found : schema;
}
