import type { JsonObject } from '../../base/json.ts';
import type { YamlNode } from '../../base/yaml-node.ts';

/** Which file an alias belongs to. */
export type AliasScope = 'workflow' | 'agent';

/**
 * Paths have `.` between keys and `[]` for every item of a list: `orchestration.graph[].loop.mode`.
 */
interface AliasBase {
  scope: AliasScope;
  from: string;
  /** D1 unless it is another kind of spelling: D2 value, D3 shape, D6, D8, D9 place. */
  code?: string;
  /** Why the canonical spelling is another one, or what changes with it. */
  note?: string;
}

/** A key that is written at another place or under another name. */
export interface MoveAlias extends AliasBase {
  kind: 'move';
  /** Its `[]` are those of `from`, in order; a moved map is merged with one already there. */
  to: string;
  /** The value at its new place, when it is written in another way there; undefined drops it. */
  convert?(node: YamlNode): YamlNode | undefined;
}

/** Values that have other names. */
export interface ValueAlias extends AliasBase {
  kind: 'values';
  values: ReadonlyMap<string, string>;
}

/** A value in another form, such as a number for an object. */
export interface ShapeAlias extends AliasBase {
  kind: 'shape';
  /** JSON Schema of the form that is accepted, for editors. */
  accepts: JsonObject;
  /** How the canonical form is described, such as `{ max_attempts: N }`. */
  canonical: string;
  /** The canonical form; undefined when this is not the form that the alias is about. */
  reshape(node: YamlNode): YamlNode | undefined;
}

/** One spelling that is accepted besides the standard's own. */
export type Alias = MoveAlias | ValueAlias | ShapeAlias;
