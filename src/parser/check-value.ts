import type { z } from 'zod';
import { plainValue, type YamlMap, type YamlNode } from '../base/yaml-node.ts';
import { type Shape, shapeOf } from '../models/schema-shape.ts';
import { fitting } from './fitting.ts';

type Issue = z.core.$ZodIssue;

/** What zod says of a tree. */
export interface CheckedValue<T> {
  /** With all defaults; undefined when there are issues. */
  value: T | undefined;
  /** At most `MAX_ISSUES`. */
  issues: readonly Issue[];
}

/** Issues that are told of one file; who has more has made the same mistake many times. */
export const MAX_ISSUES = 500;
/** Values that zod is given at once: it overflows the stack with 100,000 issues in one list. */
const MAX_VALUES = 20_000;
/** Fields of an object with more values than that are looked at by themselves. */
const MAX_FIELD = 100;

/** Holds a tree against a schema. Large ones are taken apart, so that any number may be wrong. */
export function checkValue<T>(tree: YamlMap, schema: z.ZodType<T>): CheckedValue<T> {
  const pieces = new Pieces();
  if (pieces.sizeOf(tree) > MAX_VALUES) {
    pieces.check(tree, { schema, path: [] });
    if (pieces.issues.length > 0) return { value: undefined, issues: pieces.issues };
  }
  const { data, error } = schema.safeParse(plainValue(tree));
  return { value: data, issues: error?.issues.slice(0, MAX_ISSUES) ?? [] };
}

interface At {
  schema: z.ZodType;
  path: readonly (string | number)[];
}

class Pieces {
  readonly issues: Issue[] = [];
  readonly #sizes = new Map<YamlNode, number>();

  /** How many values a node has in it, itself among them. */
  sizeOf(node: YamlNode): number {
    const known = this.#sizes.get(node);
    if (known !== undefined) return known;
    let size = 1;
    for (const [, child] of childrenOf(node)) size += this.sizeOf(child);
    this.#sizes.set(node, size);
    return size;
  }

  check(node: YamlNode, at: At): void {
    if (this.issues.length >= MAX_ISSUES) return;
    const shape = fitting(shapeOf(at.schema), node);
    if (this.sizeOf(node) <= MAX_VALUES || node.kind === 'scalar' || shape.kind === 'opaque') {
      this.#parse(plainValue(node), at);
    } else if (node.kind === 'map' && shape.kind === 'object') {
      this.#object(node, shape, at);
    } else if (shape.kind === (node.kind === 'map' ? 'record' : 'list')) {
      for (const [step, child] of childrenOf(node)) this.#child(child, { step, shape, at });
    } else {
      // It is of another kind than is wanted: what is in it does not matter.
      this.#parse(node.kind === 'map' ? {} : [], at);
    }
  }

  /** What is small in an object with what is missing of it, then what is large. */
  #object(node: YamlMap, shape: Extract<Shape, { kind: 'object' }>, at: At): void {
    const own: Record<string, unknown> = {};
    const large = new Set<PropertyKey>();
    for (const [key, { value }] of node.entries) {
      if (this.sizeOf(value) > MAX_FIELD && shape.fields.has(key)) large.add(key);
      own[key] = large.has(key) ? null : plainValue(value);
    }
    const { error } = at.schema.safeParse(own);
    const issues = error?.issues.filter(
      ({ path: [first] }) => first === undefined || !large.has(first),
    );
    this.#add(issues ?? [], at);
    for (const [key, { value }] of node.entries) {
      if (large.has(key)) this.#child(value, { step: key, shape, at });
    }
  }

  #child(
    node: YamlNode,
    { step, shape, at }: { step: string | number; shape: Shape; at: At },
  ): void {
    const schema = partOf(shape, step);
    if (schema) this.check(node, { schema, path: [...at.path, step] });
  }

  #parse(value: unknown, at: At): void {
    this.#add(at.schema.safeParse(value).error?.issues ?? [], at);
  }

  #add(issues: readonly Issue[], { path }: At): void {
    for (const issue of issues.slice(0, MAX_ISSUES - this.issues.length)) {
      this.issues.push({ ...issue, path: [...path, ...issue.path] });
    }
  }
}

function* childrenOf(node: YamlNode): Generator<[string | number, YamlNode]> {
  if (node.kind === 'list') yield* node.items.entries();
  else if (node.kind === 'map') {
    for (const [key, { value }] of node.entries) yield [key, value];
  }
}

function partOf(shape: Shape, step: string | number): z.ZodType | undefined {
  if (shape.kind === 'object') return shape.fields.get(String(step));
  if (shape.kind === 'record') return shape.value;
  return shape.kind === 'list' ? shape.item : undefined;
}
