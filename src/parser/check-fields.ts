import type { z } from 'zod';
import { type Diagnostic, diagnostic, type Finding, replace } from '../base/diagnostic.ts';
import { nearest, onlyNearest } from '../base/nearest.ts';
import { isNull, type YamlEntry, type YamlMap, type YamlNode } from '../base/yaml-node.ts';
import {
  isNullable,
  isOptional,
  type Shape,
  shapeOf,
  takesEffect,
} from '../models/schema-shape.ts';
import { checkValue, MAX_ISSUES } from './check-value.ts';
import { explainIssues } from './explain-issue.ts';
import { D7, S } from './field-codes.ts';
import { fitting } from './fitting.ts';

/** A tree that was held against the schema of its file. */
export interface CheckedFields<T> {
  /** Without unknown keys, with YAML 1.1's `yes` and `no` as booleans where these belong. */
  tree: YamlMap;
  /** With all defaults; undefined when something has a wrong type. */
  value: T | undefined;
  diagnostics: Diagnostic[];
  /** What is refused in fields that a rule of the standard speaks of. */
  leftToRules: Diagnostic[];
}

/**
 * Holds a tree in canonical names against a schema: unknown keys (S3), wrong types and values (S1,
 * S2, S4, S5), fields without effect so far (S12).
 */
export function checkFields<T>(tree: YamlMap, schema: z.ZodType<T>): CheckedFields<T> {
  const walk = new Walk();
  const checked = walk.value(tree, { schema, pattern: '', idle: false }) as YamlMap; // a map stays one
  const { value, issues } = checkValue(checked, schema);
  const { said, leftToRules } = explainIssues(issues, { tree: checked, schema });
  return {
    tree: checked,
    value,
    diagnostics: [...walk.diagnostics, ...said],
    leftToRules,
  };
}

interface At {
  schema: z.ZodType;
  /** The path with `[]` for items and `*` for free keys. */
  pattern: string;
  /** Inside of a section that was already called without effect. */
  idle: boolean;
}

type ObjectShape = Extract<Shape, { kind: 'object' }>;

const TRUE = new Set(['yes', 'on', 'y']);
const FALSE = new Set(['no', 'off', 'n']);

class Walk {
  readonly diagnostics: Diagnostic[] = [];
  /** Patterns of fields that were called without effect. */
  readonly #idle = new Set<string>();
  #unknownKeys = 0;

  value(node: YamlNode, at: At): YamlNode {
    const shape = fitting(shapeOf(at.schema), node);
    if (node.kind === 'map' && shape.kind === 'object') return this.#object(node, { ...at, shape });
    if (node.kind === 'map' && shape.kind === 'record') {
      const entries = new Map<string, YamlEntry>();
      const inner = { ...at, schema: shape.value, pattern: `${at.pattern}.*` };
      for (const [key, entry] of node.entries) {
        entries.set(key, { ...entry, value: this.value(entry.value, inner) });
      }
      return { ...node, entries };
    }
    if (node.kind === 'list' && shape.kind === 'list') {
      const inner = { ...at, schema: shape.item, pattern: `${at.pattern}[]` };
      return { ...node, items: node.items.map((item) => this.value(item, inner)) };
    }
    return takesBoolean(shape) ? this.#boolean(node) : node;
  }

  #object(node: YamlMap, { shape, pattern, idle }: At & { shape: ObjectShape }): YamlMap {
    const entries = new Map<string, YamlEntry>();
    const taken = new Set(node.entries.keys());
    for (const [key, entry] of node.entries) {
      const schema = shape.fields.get(key);
      if (schema) {
        // A key with nothing behind it is as good as none.
        if (isNull(entry.value) && isOptional(schema) && !isNullable(schema)) continue;
        const inner = { schema, pattern: pattern === '' ? key : `${pattern}.${key}`, idle };
        inner.idle ||= this.#reportIdle(entry, inner);
        entries.set(key, { ...entry, value: this.value(entry.value, inner) });
      } else if (shape.open) entries.set(key, entry);
      else this.#unknown(entry, shape, taken);
    }
    return { ...node, entries };
  }

  /** `taken` are names that the map has already; the one that a fix writes is added. */
  #unknown({ key, keyPlace }: YamlEntry, { fields }: ObjectShape, taken: Set<string>): void {
    // Looking for a near name takes time, and so many mistakes are one.
    if (++this.#unknownKeys > MAX_ISSUES) return;
    const near = nearest(key, fields.keys());
    const only = onlyNearest(key, fields.keys());
    const text = keyPlace.source.text.slice(keyPlace.from, keyPlace.to);
    const sure = only !== undefined && text === key && !taken.has(only) ? only : undefined;
    if (sure !== undefined) taken.add(sure);
    const known = [...fields.keys()];
    const finding: Finding = {
      at: keyPlace,
      message: `\`${key}\` is not a field of ${placeName(keyPlace.path)}`,
      label: 'not known here',
      help:
        near === undefined
          ? `known: ${known.slice(0, 12).join(', ')}${known.length > 12 ? ', …' : ''}`
          : `did you mean \`${near}\`?`,
      ...(sure !== undefined && {
        fix: { title: `write ${sure}`, edits: [replace(keyPlace, sure)] },
      }),
    };
    this.diagnostics.push(diagnostic(S.unknown, finding));
  }

  /** Says once for each field, or for a whole section, that nothing acts on it yet. */
  #reportIdle({ key, keyPlace }: YamlEntry, { schema, pattern }: At): boolean {
    if (takesEffect(schema)) return false;
    if (this.#idle.has(pattern)) return true;
    this.#idle.add(pattern);
    const finding = {
      at: keyPlace,
      message: `\`${key}\` is accepted, but not in effect yet`,
      help: 'it can stay: this release checks it and does not act on it',
    };
    this.diagnostics.push(diagnostic(S.idle, finding));
    return true;
  }

  /** YAML 1.1 reads `yes` as true, YAML 1.2 as a text; both are meant alike. */
  #boolean(node: YamlNode): YamlNode {
    if (node.kind !== 'scalar' || !node.plain || typeof node.value !== 'string') return node;
    const word = node.value.toLowerCase();
    if (!TRUE.has(word) && !FALSE.has(word)) return node;
    const value = TRUE.has(word);
    const finding = {
      at: node,
      message: `\`${node.value}\` is a text in YAML 1.2; it is read as ${value}`,
      help: `write ${value}`,
      fix: { title: `write ${value}`, edits: [replace(node, String(value))] },
    };
    this.diagnostics.push(diagnostic(D7, finding));
    return { ...node, value };
  }
}

function takesBoolean({ kind }: Shape): boolean {
  return kind === 'boolean';
}

/** How people call the place of a key. */
function placeName(path: string): string {
  const parent = path.slice(0, Math.max(path.lastIndexOf('.'), 0));
  return parent === '' ? 'this file' : `\`${parent}\``;
}
