import type { JsonObject } from '../../base/json.ts';
import type { Place, YamlEntry, YamlMap, YamlNode, YamlScalar } from '../../base/yaml-node.ts';
import type { Alias, AliasScope } from './alias.ts';

interface MoveDetails {
  code?: string;
  note?: string;
  convert?: (node: YamlNode) => YamlNode | undefined;
}

/** Short ways to write the alias tables of one scope. */
export function aliasesOf(scope: AliasScope) {
  return {
    move: (from: string, to: string, more: MoveDetails = {}): Alias => ({
      kind: 'move',
      scope,
      from,
      to,
      ...more,
    }),
    values: (from: string, values: Readonly<Record<string, string>>, note?: string): Alias => ({
      kind: 'values',
      scope,
      from,
      values: new Map(Object.entries(values)),
      ...(note !== undefined && { note }),
    }),
    shape: (
      from: string,
      how: {
        accepts: JsonObject;
        canonical: string;
        reshape: (node: YamlNode) => YamlNode | undefined;
        code?: string;
        note?: string;
      },
    ): Alias => ({ kind: 'shape', scope, from, ...how }),
  };
}

/** A map that stands where `place` is. */
export function mapNode(place: Place, fields: readonly (readonly [string, YamlNode])[]): YamlMap {
  const entries = new Map<string, YamlEntry>();
  for (const [key, value] of fields) entries.set(key, { key, keyPlace: onlyPlace(place), value });
  return { kind: 'map', entries, ...onlyPlace(place) };
}

/** A list that stands where `place` is. */
export function listNode(place: Place, items: readonly YamlNode[]): YamlNode {
  return { kind: 'list', items, ...onlyPlace(place) };
}

/** A value that stands where `place` is. */
export function scalarNode(place: Place, value: YamlScalar['value']): YamlScalar {
  return { kind: 'scalar', value, plain: true, ...onlyPlace(place) };
}

/** The same map with some entries in place of others; undefined takes an entry out. */
export function withEntries(
  map: YamlMap,
  changes: readonly (readonly [string, YamlEntry | undefined])[],
): YamlMap {
  const entries = new Map(map.entries);
  for (const [key, entry] of changes) {
    if (entry === undefined) entries.delete(key);
    else entries.set(key, entry);
  }
  return { ...map, entries };
}

function onlyPlace({ source, from, to, path }: Place): Place {
  return { source, from, to, path };
}
