import { isObject, type Json, type JsonObject } from '../../base/json.ts';

const PLACEHOLDER = /(?<!\{)\{\{([^{}]*)\}\}(?!\})/g;
const NAME = /^\s*([A-Za-z_][\w-]*(?:\.[\w-]+)*)\s*$/;
const STATE_FIELD = /\$\{state\.([\w-]+(?:\.[\w-]+)*)\}/g;

/** What a name stands for, as text; undefined when it stands for nothing that is known. */
export type Lookup = (path: readonly string[]) => string | undefined;

/**
 * A text with `{{name}}` and `{{name.field}}` replaced (surfaces 7). Names that stand for nothing stay
 * as they are written, and what was put in is not looked at again: a value cannot bring names in.
 */
export function fillIn(text: string, lookup: Lookup): string {
  return text.replace(PLACEHOLDER, (whole, inner: string) => {
    const name = NAME.exec(inner)?.[1];
    return (name === undefined ? undefined : lookup(name.split('.'))) ?? whole;
  });
}

/** Variables of a prompt with `${state.field}` replaced by what the node may see. */
export function fillVariables(variables: JsonObject, state: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(variables).map(([name, value]) => [name, withState(value, state)]),
  );
}

function withState(value: Json, state: JsonObject): Json {
  if (typeof value !== 'string') return value;
  return value.replace(STATE_FIELD, (whole, path: string) => {
    const found = valueAt(state, path.split('.'));
    return found === undefined ? whole : asText(found);
  });
}

/** What own keys and indexes lead to; undefined when there is nothing. */
export function valueAt(value: Json, path: readonly string[]): Json | undefined {
  let at: Json | undefined = value;
  for (const step of path) {
    if (Array.isArray(at)) at = /^\d+$/.test(step) ? at[Number(step)] : undefined;
    else at = isObject(at) && Object.hasOwn(at, step) ? at[step] : undefined;
  }
  return at;
}

/** A value as prompts show it: texts as they are, all else as JSON. */
export function asText(value: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
