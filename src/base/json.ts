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

/** Limits for a value that comes from outside. */
export interface ValueLimits {
  /** Deepest nesting of arrays and objects. */
  depth: number;
  /** Most values in it, keys not counted. */
  nodes: number;
}

/**
 * Why a value cannot be taken as JSON, in words that follow its name; undefined when it can. Walks
 * without recursion, so that no depth can exhaust the stack.
 */
export function jsonProblem(value: unknown, { depth, nodes }: ValueLimits): string | undefined {
  const open: { value: unknown; level: number }[] = [{ value, level: 0 }];
  let count = 0;
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    count += 1;
    if (count > nodes) return `have more than ${nodes} values`;
    if (next.level > depth) return `are nested deeper than ${depth} levels`;
    const problem = ownProblem(next.value);
    if (problem !== undefined) return problem;
    for (const item of childrenOf(next.value)) open.push({ value: item, level: next.level + 1 });
  }
  return undefined;
}

function ownProblem(value: unknown): string | undefined {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return undefined;
  if (typeof value === 'number') {
    return Number.isFinite(value) ? undefined : `have ${value}, which JSON does not know`;
  }
  if (typeof value !== 'object') return `have a ${typeof value}, which JSON does not know`;
  if (Array.isArray(value)) return undefined;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== null && prototype !== Object.prototype) return 'have an object with a class';
  const key = Object.keys(value).find((name) => FORBIDDEN_KEYS.has(name));
  return key === undefined ? undefined : `have the key ${key}`;
}

function childrenOf(value: unknown): unknown[] {
  return typeof value === 'object' && value !== null ? Object.values(value) : [];
}

/** The texts of a list; none for anything else. */
export function listedTexts(value: Json | undefined): string[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : [];
}

const utf8 = new TextEncoder();

/** UTF-8 bytes that a value takes up as JSON. Linear in its size. */
export function jsonBytes(value: Json): number {
  return utf8.encode(JSON.stringify(value)).length;
}
