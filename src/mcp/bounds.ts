import { isObject, type Json, type JsonObject } from '../base/json.ts';

/** Control and invisible characters, which can hide instructions from whoever reads along. */
const HIDDEN = /[\p{Cc}\p{Cf}\p{Co}\p{Cs}]/gu;

/**
 * Words of a server, fit to be shown: no control or invisible characters besides line breaks and
 * tabs, at most `limit` characters.
 */
export function shownText(text: string, limit: number): string {
  const clean = text
    .slice(0, limit * 2)
    .replace(HIDDEN, (character) => (character === '\n' || character === '\t' ? character : ''))
    .trim();
  return clean.length <= limit ? clean : `${clean.slice(0, limit - 1)}…`;
}

/** Whether a value nests at most `levels` deep; it is followed no further than that. */
export function withinDepth(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return true;
  if (levels === 0) return false;
  return Object.values(value).every((item) => withinDepth(item, levels - 1));
}

/** What stands against a schema of a server, in words; undefined when it may be used. */
export function schemaProblem(
  schema: unknown,
  limits: { chars: number; depth: number },
): string | undefined {
  if (!isObject(schema)) return 'is no JSON object';
  if (!withinDepth(schema, limits.depth)) return `nests more than ${limits.depth} levels`;
  if (JSON.stringify(schema).length > limits.chars)
    return `is longer than ${limits.chars} characters`;
  const remote = remoteReference(schema);
  return remote === undefined ? undefined : `refers to another document: ${shownText(remote, 200)}`;
}

/** The first reference that leads out of a schema; `#...` stays inside. */
function remoteReference(value: Json): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  for (const [key, item] of Object.entries(value)) {
    const refers = key === '$ref' || key === '$dynamicRef' || key === '$recursiveRef';
    if (refers && typeof item === 'string' && !item.startsWith('#')) return item;
    const inside = remoteReference(item);
    if (inside !== undefined) return inside;
  }
  return undefined;
}

/** A schema whose titles and descriptions are fit to be shown; what it means stays the same. */
export function shownSchema(schema: JsonObject, limit: number): JsonObject {
  return Object.fromEntries(
    Object.entries(schema).map(([key, value]) => {
      const words = key === 'description' || key === 'title' || key === '$comment';
      if (words && typeof value === 'string') return [key, shownText(value, limit)];
      return [key, shownValue(value, limit)];
    }),
  );
}

function shownValue(value: Json, limit: number): Json {
  if (Array.isArray(value)) return value.map((item) => shownValue(item, limit));
  return isObject(value) ? shownSchema(value, limit) : value;
}

/** A value of a server as plain JSON without `undefined`; undefined when it nests too deep. */
export function plainJson(value: unknown, depth: number): Json | undefined {
  if (value === undefined || !withinDepth(value, depth)) return undefined;
  return JSON.parse(JSON.stringify(value)) as Json;
}
