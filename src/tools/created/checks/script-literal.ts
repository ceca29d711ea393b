import type { Json, JsonObject } from '../../../base/json.ts';
import { fieldName, folded, isPart, type Part } from './parse-script.ts';

/** Deepest value that is read, and most parts of it. */
const MOST_DEPTH = 20;
const MOST_PARTS = 500;

/** The value of code that says it as it is: lists, objects, text, numbers; undefined for anything else. */
export function literalOf(part: unknown): Json | undefined {
  return read(part, { depth: 0, left: { parts: MOST_PARTS } });
}

interface Reading {
  depth: number;
  left: { parts: number };
}

function read(part: unknown, { depth, left }: Reading): Json | undefined {
  left.parts -= 1;
  if (!isPart(part) || depth > MOST_DEPTH || left.parts < 0) return undefined;
  const text = folded(part);
  if (text !== undefined) return text;
  const inside = { depth: depth + 1, left };
  if (part.type === 'ArrayExpression') return listOf(part, inside);
  if (part.type === 'ObjectExpression') return objectOf(part, inside);
  if (part.type === 'Literal') return plainOf(part.value);
  if (part.type !== 'UnaryExpression' || part.operator !== '-') return undefined;
  const value = read(part.argument, inside);
  return typeof value === 'number' ? -value : undefined;
}

function plainOf(value: unknown): Json | undefined {
  return value === null || typeof value === 'number' || typeof value === 'boolean'
    ? value
    : undefined;
}

function listOf({ elements }: Part, reading: Reading): Json[] | undefined {
  const values: Json[] = [];
  for (const element of elements as unknown[]) {
    const value = read(element, reading);
    if (value === undefined) return undefined;
    values.push(value);
  }
  return values;
}

function objectOf({ properties }: Part, reading: Reading): JsonObject | undefined {
  const entries: [string, Json][] = [];
  for (const property of properties as Part[]) {
    const name = property.kind === 'init' ? fieldName(property.key, property.computed) : undefined;
    const value = name === undefined ? undefined : read(property.value, reading);
    if (name === undefined || value === undefined) return undefined;
    entries.push([name, value]);
  }
  return Object.fromEntries(entries);
}
