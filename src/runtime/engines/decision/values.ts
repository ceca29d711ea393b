import { isObject, type Json, type JsonObject, parseJson } from '../../../base/json.ts';
import { fileSafe } from '../../../base/paths.ts';

/** The value under a name of the protocol, or under the same name in camel case; null is none. */
export function field(from: JsonObject, ...names: readonly string[]): Json | undefined {
  for (const name of names) {
    for (const spelling of [name, camelCase(name)]) {
      const value = Object.hasOwn(from, spelling) ? from[spelling] : undefined;
      if (value !== undefined && value !== null) return value;
    }
  }
  return undefined;
}

/** `worker_id` as `workerId`. */
export function camelCase(name: string): string {
  return name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

/** Some models write lists and objects inside of a text. */
export function unpacked(value: Json | undefined): Json | undefined {
  if (typeof value !== 'string' || !/^\s*[[{]/.test(value)) return value;
  const inner = parseJson(value.trim());
  return typeof inner === 'object' && inner !== null ? inner : value;
}

/** The entries of a list; none for anything else. */
export function listOf(value: Json | undefined): Json[] {
  const list = unpacked(value);
  return Array.isArray(list) ? list : [];
}

/** An object, as itself or written inside of a text; undefined for anything else. */
export function objectOf(value: Json | undefined): JsonObject | undefined {
  const inner = unpacked(value);
  return isObject(inner) ? inner : undefined;
}

/** A text that is not blank. */
export function text(value: Json | undefined): string | undefined {
  return typeof value === 'string' && value.trim() !== '' ? value : undefined;
}

/** Entries of a list that are read, and characters of each. */
const MOST_TEXTS = 200;

/** The texts of a list, or one text alone; undefined when it is neither. */
export function texts(value: Json | undefined): string[] | undefined {
  const one = text(value);
  const list = unpacked(value);
  if (!Array.isArray(list)) return one === undefined ? undefined : [one];
  return list.slice(0, MOST_TEXTS).flatMap((entry) => text(entry) ?? []);
}

/** A finite number. */
export function number(value: Json | undefined): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

/** A number from 0 to 1; anything else is none. */
export function fraction(value: Json | undefined): number | undefined {
  const found = number(value);
  return found !== undefined && found >= 0 && found <= 1 ? found : undefined;
}

/** A number between two others, or the nearer one of them. */
export function clamped(value: Json | undefined, [least, most]: readonly [number, number]) {
  const found = number(value);
  return found === undefined ? undefined : Math.min(most, Math.max(least, found));
}

/** A name that may be one of a folder: letters, digits, `.`, `_` and `-`, at most 80; from numbers, too. */
export function slug(value: Json | undefined): string | undefined {
  const said = typeof value === 'number' ? String(value) : text(value);
  if (said === undefined) return undefined;
  // What is cut off may be half of a letter.
  return (
    fileSafe(said.trim().slice(0, 400).normalize('NFC')).replace(/[\uD800-\uDBFF]$/, '') || '_'
  );
}

/** The name itself, or with `-2`, `-3`, ... when it is taken; numbers below `from` are known to be. */
export function unused(name: string, isTaken: (name: string) => boolean, from = 2): string {
  if (!isTaken(name)) return name;
  let count = from;
  while (isTaken(`${name}-${count}`)) count += 1;
  return `${name}-${count}`;
}

/** Hands out names that differ in more than the case of letters: some disks tell no such names apart. */
export function uniqueNames(): (name: string) => string {
  const taken = new Set<string>();
  return (name) => {
    const free = unused(name, (one) => taken.has(one.toLowerCase()));
    taken.add(free.toLowerCase());
    return free;
  };
}

/** Leaves out what is undefined. */
export function defined<T extends object>(fields: { [K in keyof T]: T[K] | undefined }): T {
  const entries = Object.entries(fields).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as T;
}
