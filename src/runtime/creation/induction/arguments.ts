import type { Json, JsonObject } from '../../../base/json.ts';
import type { CodeLanguage } from '../../../events/creation.ts';
import { isKeyword } from './keywords.ts';
import { type Place, placesOf } from './template.ts';

/** Values that become arguments at most; a program in which more vary is no tool. */
const MOST_ARGUMENTS = 24;
/** Names that a handler needs itself. */
const TAKEN = new Set([
  ...[
    'handler',
    'program',
    'printed',
    'contextlib',
    'io',
    'asyncio',
    'console',
    'value',
    'ended',
    'finished',
  ],
  ...['arguments', 'await', 'eval', 'print', 'show', 'lines', 'JSON', 'String', 'data'],
]);

/** A value that varies, as an argument of the tool. */
export interface Argument {
  name: string;
  /** Where it stands in the program. */
  places: readonly Place[];
  /** The value of the first program. */
  value: Json;
  schema: JsonObject;
}

/**
 * The values that vary between programs of a shape; those that vary alike are one. Undefined when there
 * are too many, or the programs have not as many values as the template.
 */
export function argumentsOf(
  template: string,
  programs: readonly (readonly Json[])[],
  language: CodeLanguage,
): Argument[] | undefined {
  const places = placesOf(template);
  if (programs.some((literals) => literals.length !== places.length)) return undefined;
  const groups = new Map<string, { places: Place[]; values: Json[] }>();
  for (const place of places) {
    const values = programs.map((literals) => literals[place.index] ?? null);
    if (values.every((value) => value === values[0])) continue;
    const key = JSON.stringify(values);
    const group = groups.get(key) ?? { places: [], values };
    group.places.push(place);
    groups.set(key, group);
  }
  if (groups.size > MOST_ARGUMENTS) return undefined;
  const names = new Set<string>();
  return [...groups.values()].map((group, index) => {
    const wanted = group.places
      .map((place) => assignedName(template, place))
      .find((name) => name !== undefined && isFree(name, names, language));
    const name = wanted ?? `p${index + 1}`;
    names.add(name);
    const value = group.values[0] ?? null;
    const schema = { type: typeOf(group.values), default: value };
    return { name, places: group.places, value, schema };
  });
}

function isFree(name: string, names: ReadonlySet<string>, language: CodeLanguage): boolean {
  const isNumbered = /^p\d+$/.test(name);
  return !isNumbered && !isKeyword(name, language) && !TAKEN.has(name) && !names.has(name);
}

/** The variable that a line assigns a value to: `threshold = 5`, `const threshold = 5;`. */
function assignedName(template: string, { at, text, isPiece }: Place): string | undefined {
  if (isPiece) return undefined;
  const before = template.slice(template.lastIndexOf('\n', at - 1) + 1, at);
  const behind = template.slice(at + text.length + 2, at + text.length + 40);
  if (!/^[ \t]*(?:;|#|\/\/|[\r\n]|$)/.test(behind)) return undefined;
  const named = /^[ \t]*(?:(?:const|let|var) )?([a-z][a-z0-9_]{0,30}) ?(?::[^=]{0,30})?= ?$/i;
  return named.exec(before.slice(-100))?.[1];
}

function typeOf(values: readonly Json[]): string {
  if (values.every((value) => typeof value === 'number')) {
    return values.every((value) => Number.isInteger(value)) ? 'integer' : 'number';
  }
  return values.every((value) => typeof value === 'boolean') ? 'boolean' : 'string';
}
