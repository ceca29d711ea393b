import { isObject, type Json, type JsonObject } from '../base/json.ts';
import type { Alias, AliasScope, MoveAlias, ShapeAlias, ValueAlias } from './aliases/alias.ts';
import { aliases } from './aliases/index.ts';
import { deprecated, either, formWith, propertiesOf, schemaAt, without } from './editor-parts.ts';

/**
 * Lets a schema in canonical names, which is changed in place, accept every spelling of the alias
 * table too. What a converted value must look like is left to `awp validate`.
 */
export function addAliases(schema: JsonObject, scope: AliasScope): void {
  const own = aliases.filter((alias) => alias.scope === scope);
  const late = own.filter((alias) => alias.kind !== 'move' && !schemaAt(schema, stepsOf(alias)));
  for (const alias of own) if (!late.includes(alias)) addForm(schema, alias);
  // What is inside of a section comes first: a section under another name has it too.
  for (const alias of [...own].reverse()) if (alias.kind === 'move') addMove(schema, alias);
  for (const alias of late) addForm(schema, alias);
}

function stepsOf({ from }: Alias): string[] {
  return from.split('.');
}

function addForm(schema: JsonObject, alias: Alias): void {
  if (alias.kind === 'values') addValues(schema, alias);
  if (alias.kind === 'shape') addShape(schema, alias);
}

function addMove(schema: JsonObject, alias: MoveAlias): void {
  const above = stepsOf(alias);
  const name = above.pop() ?? '';
  const target = schemaAt(schema, alias.to.split('.'));
  const holder = madeAt(schema, above);
  const copy = alias.convert || !target ? {} : structuredClone(target);
  propertiesOf(holder)[name] = {
    ...without(copy, ['default', 'description', 'defaultSnippets']),
    ...deprecated(saying(`Write \`${shown(alias)}\` instead`, alias)),
  };
  relax(schema, alias);
}

/** The name to write; with all of its path when it is at another place. */
function shown({ from, to }: MoveAlias): string {
  const [before, after] = [from, to].map((path) => path.lastIndexOf('.') + 1);
  return from.slice(0, before) === to.slice(0, after) ? to.slice(after) : to;
}

/** The object at a path; what the standard does not have there is made. */
function madeAt(schema: JsonObject, path: readonly string[]): JsonObject {
  let at = schema;
  for (const name of path) {
    const known = schemaAt(at, [name]);
    if (known && formWith(known, 'properties')) at = known;
    else {
      const made = {
        type: 'object',
        ...deprecated('Write its parts where the standard has them.'),
        properties: {},
        additionalProperties: false,
      };
      propertiesOf(at)[name] = known ? either(known, made) : made;
      at = made;
    }
  }
  return at;
}

/** A field that must be there may be there under its other name. */
function relax(schema: JsonObject, { from, to }: MoveAlias): void {
  const steps = to.split('.');
  const name = steps.pop() ?? '';
  const above = schemaAt(schema, steps);
  const holder = above && formWith(above, 'properties');
  if (!holder || !Array.isArray(holder.required) || !holder.required.includes(name)) return;
  holder.required = holder.required.filter((other) => other !== name);
  const names = [name, from.slice(from.lastIndexOf('.') + 1)];
  const one: Json = { anyOf: names.map((required): Json => ({ required: [required] })) };
  holder.allOf = Array.isArray(holder.allOf) ? [...holder.allOf, one] : [one];
}

function addValues(schema: JsonObject, { from, values }: ValueAlias): void {
  const steps = from.split('.');
  const known = schemaAt(schema, steps);
  if (!known || known.enum === undefined) return; // any text is accepted already
  const pattern = `^(?:${[...values.keys()].join('|')})$`;
  const help = [...values].map(([old, now]) => `\`${now}\` for \`${old}\``).join(', ');
  replaceAt(
    schema,
    steps,
    either(known, { type: 'string', pattern, ...deprecated(`Write ${help}.`) }),
  );
}

function addShape(schema: JsonObject, alias: ShapeAlias): void {
  const steps = stepsOf(alias);
  const known = schemaAt(schema, steps);
  if (!known) return;
  const { accepts } = alias;
  const said = deprecated(saying(`Write ${alias.canonical} instead`, alias));
  const form = formWith(known, 'properties');
  const open = accepts.additionalProperties === undefined && isObject(accepts.properties);
  if (form && open) addProperties(form.properties, { added: propertiesOf(accepts), said });
  else replaceAt(schema, steps, either(known, { ...accepts, ...said }));
}

function addProperties(
  properties: JsonObject,
  { added, said }: { added: JsonObject; said: JsonObject },
): void {
  for (const [name, part] of Object.entries(added)) {
    const known = properties[name];
    const other = { ...(isObject(part) ? part : {}), ...said };
    if (!isObject(known)) properties[name] = other;
    else if (isObject(part) && Object.keys(part).length > 0)
      properties[name] = either(known, other);
  }
}

/** Puts a schema in place of the one at a path. */
function replaceAt(schema: JsonObject, path: readonly string[], by: JsonObject): void {
  const above = path.slice(0, -1);
  const last = path.at(-1) ?? '';
  const holder = schemaAt(schema, above);
  if (!holder) return;
  if (!last.endsWith('[]')) propertiesOf(holder)[last] = by;
  else {
    const list = schemaAt(holder, [last.replace('[]', '')]);
    const form = list && formWith(list, 'items');
    if (form) form.items = by;
  }
}

function saying(text: string, { note }: Alias): string {
  return note === undefined ? `${text}.` : `${text} (${note}).`;
}
