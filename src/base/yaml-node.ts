import type { Json, JsonObject } from './json.ts';
import type { SourceFile } from './source-file.ts';

/** Where something is written. */
export interface Place {
  source: SourceFile;
  /** Offsets in the text of the source, in UTF-16 units; `to` is behind the last one. */
  from: number;
  to: number;
  /** Path inside the file as it is written, such as `orchestration.graph[2].depends_on[0]`. */
  path: string;
}

/** A single value. */
export interface YamlScalar extends Place {
  kind: 'scalar';
  value: string | number | boolean | null;
  /** Whether it stands there without quotes and is no block: `yes`, but not `'yes'`. */
  plain: boolean;
}

/** A key of a map and what it holds. */
export interface YamlEntry {
  key: string;
  /** Where the key is written. */
  keyPlace: Place;
  value: YamlNode;
}

/** A map, its keys in the order of the text. */
export interface YamlMap extends Place {
  kind: 'map';
  entries: ReadonlyMap<string, YamlEntry>;
}

/** A list. */
export interface YamlList extends Place {
  kind: 'list';
  items: readonly YamlNode[];
}

/**
 * A value of a YAML or JSON text that knows where it is written. A tree of them has no cycles and
 * is at most 64 levels deep.
 */
export type YamlNode = YamlScalar | YamlMap | YamlList;

/** The node below `node` at these keys and positions, if there is one. */
export function nodeAt(
  node: YamlNode | undefined,
  ...steps: readonly (string | number)[]
): YamlNode | undefined {
  let at = node;
  for (const step of steps) {
    if (typeof step === 'number') at = at?.kind === 'list' ? at.items[step] : undefined;
    else at = at?.kind === 'map' ? at.entries.get(step)?.value : undefined;
  }
  return at;
}

/** The map at these keys, or undefined when there is none or something else stands there. */
export function mapAt(
  node: YamlNode | undefined,
  ...steps: readonly (string | number)[]
): YamlMap | undefined {
  const found = nodeAt(node, ...steps);
  return found?.kind === 'map' ? found : undefined;
}

/** The items of the list at these keys; an empty list when there is none. */
export function itemsAt(
  node: YamlNode | undefined,
  ...steps: readonly (string | number)[]
): readonly YamlNode[] {
  const found = nodeAt(node, ...steps);
  return found?.kind === 'list' ? found.items : [];
}

/** The entries of the map at these keys; an empty list when there is none. */
export function entriesAt(
  node: YamlNode | undefined,
  ...steps: readonly (string | number)[]
): readonly YamlEntry[] {
  const found = mapAt(node, ...steps);
  return found ? [...found.entries.values()] : [];
}

/** The scalar at these keys, if there is one. */
export function scalarAt(
  node: YamlNode | undefined,
  ...steps: readonly (string | number)[]
): YamlScalar | undefined {
  const found = nodeAt(node, ...steps);
  return found?.kind === 'scalar' ? found : undefined;
}

/** The text at these keys; undefined when there is none or it is no text. */
export function textAt(
  node: YamlNode | undefined,
  ...steps: readonly (string | number)[]
): string | undefined {
  const value = scalarAt(node, ...steps)?.value;
  return typeof value === 'string' ? value : undefined;
}

/** Whether nothing stands there. */
export function isNull(node: YamlNode): boolean {
  return node.kind === 'scalar' && node.value === null;
}

/** The plain value of a node. Objects in it are ordinary ones; `__proto__` is never a key. */
export function plainValue(node: YamlNode): Json {
  if (node.kind === 'scalar') return node.value;
  if (node.kind === 'list') return node.items.map(plainValue);
  const value: JsonObject = {};
  for (const { key, value: inner } of node.entries.values()) value[key] = plainValue(inner);
  return value;
}

/** A path one step further down. */
export function stepInto(path: string, step: string | number): string {
  if (typeof step === 'number') return `${path}[${step}]`;
  return path === '' ? step : `${path}.${step}`;
}
