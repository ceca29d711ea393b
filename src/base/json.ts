/** Any value that JSON can hold. */
export type Json = null | boolean | number | string | Json[] | JsonObject;

/** A JSON object. Keys come from outside: read them with `Object.hasOwn` or `Object.entries`. */
export interface JsonObject {
  [key: string]: Json;
}

/** Limits for text that comes from outside. */
export interface ParseLimits {
  /** Longest text, in UTF-16 units. */
  maxLength: number;
  /** Deepest nesting of arrays and objects. */
  maxDepth: number;
}

const DEFAULT_LIMITS: ParseLimits = { maxLength: 8 * 1024 * 1024, maxDepth: 64 };
const FORBIDDEN_KEYS = new Set(['__proto__', 'constructor', 'prototype']);

/**
 * Parses JSON that nobody has checked: bounded in length and depth, numbers finite, and without
 * the keys that reach a prototype (they are dropped). Returns undefined when it is not JSON or
 * passes a limit.
 */
export function parseJson(text: string, limits: ParseLimits = DEFAULT_LIMITS): Json | undefined {
  if (text.length > limits.maxLength || depthOf(text) > limits.maxDepth) return undefined;
  try {
    return JSON.parse(text, (key, value: unknown) => {
      if (FORBIDDEN_KEYS.has(key)) return undefined;
      return typeof value === 'number' && !Number.isFinite(value) ? null : value;
    }) as Json;
  } catch {
    return undefined;
  }
}

const QUOTED = /"(?:[^"\\]|\\.)*"?/gs;

/** How deep the brackets of a JSON text nest; strings are skipped. */
export function depthOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  for (const bracket of text.replace(QUOTED, '').matchAll(/[[\]{}]/g)) {
    const opens = bracket[0] === '[' || bracket[0] === '{';
    depth += opens ? 1 : -1;
    deepest = Math.max(deepest, depth);
  }
  return deepest;
}

/** Whether a value is a plain JSON object, not an array and not null. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The same text for the same value, whatever the order of its keys. */
export function canonicalJson(value: Json | undefined): string {
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item)).join(',')}]`;
  if (isObject(value)) {
    const parts = Object.keys(value)
      .filter((key) => value[key] !== undefined)
      .sort()
      .map((key) => `${JSON.stringify(key)}:${canonicalJson(value[key])}`);
    return `{${parts.join(',')}}`;
  }
  return JSON.stringify(value ?? null);
}
