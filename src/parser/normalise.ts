import {
  type Diagnostic,
  diagnostic,
  type Finding,
  type Fix,
  replace,
} from '../base/diagnostic.ts';
import { canonicalJson } from '../base/json.ts';
import {
  isNull,
  type Place,
  plainValue,
  stepInto,
  type YamlEntry,
  type YamlMap,
  type YamlNode,
} from '../base/yaml-node.ts';
import type {
  Alias,
  AliasScope,
  MoveAlias,
  ShapeAlias,
  ValueAlias,
} from '../models/aliases/alias.ts';
import { aliases } from '../models/aliases/index.ts';
import { flowText } from './flow-text.ts';

/** A copy of the tree that the walk changes in place. */
interface OwnMap extends YamlMap {
  entries: Map<string, YamlEntry>;
}

/** Where a pattern leads to: a key of a map, or an item of a list. */
interface Spot {
  /** Maps above it, outermost first, with the key that leads on. */
  above: readonly { map: OwnMap; key: string }[];
  /** Positions that stand for the `[]` of the pattern. */
  indexes: readonly number[];
  map?: OwnMap;
  key?: string;
  list?: YamlNode[];
  index?: number;
}

/**
 * The tree in the standard's own names: every spelling of the alias table is replaced and
 * reported (D), places and written paths stay. Linear in the size of the tree.
 */
export function normalise(
  tree: YamlMap,
  scope: AliasScope,
): { tree: YamlMap; diagnostics: Diagnostic[] } {
  const own = copyMap(tree);
  const diagnostics: Diagnostic[] = [];
  const report = (code: string, finding: Finding): void => {
    const severity = code === 'S14' ? 'warning' : 'info';
    diagnostics.push(diagnostic({ code, severity }, finding));
  };
  for (const alias of aliases) {
    if (alias.scope !== scope) continue;
    for (const spot of spotsOf(own, alias.from)) apply(alias, { spot, root: own, report });
  }
  return { tree: own, diagnostics };
}

interface Application {
  spot: Spot;
  root: OwnMap;
  report: (code: string, finding: Finding) => void;
}

function apply(alias: Alias, application: Application): void {
  if (alias.kind === 'move') applyMove(alias, application);
  else if (alias.kind === 'values') applyValues(alias, application);
  else applyShape(alias, application);
}

function applyMove(alias: MoveAlias, { spot, root, report }: Application): void {
  const { map, key } = spot;
  const entry = key === undefined ? undefined : map?.entries.get(key);
  if (!map || key === undefined || !entry) return;
  map.entries.delete(key);
  dropEmpty(spot);
  const value = alias.convert ? alias.convert(entry.value) : entry.value;
  const target = alias.to.split('.');
  const name = target.at(-1) ?? key;
  const rename = samePlace(alias);
  const fixable = rename && !alias.convert && !map.entries.has(name); // a key stands only once
  report(alias.code ?? 'D1', {
    at: entry.keyPlace,
    message: `\`${lastOf(alias.from)}\` is another spelling of \`${rename ? name : alias.to}\``,
    help: `write \`${rename ? name : alias.to}\``,
    ...(alias.note !== undefined && { note: alias.note }),
    ...(fixable && fixOf(renameFix(entry.keyPlace, key, name))),
  });
  if (value === undefined) return;
  put(root, { alias, spot, entry: { ...entry, value }, report });
}

/** Whether only the last name differs. */
function samePlace({ from, to }: MoveAlias): boolean {
  const above = (path: string): string => path.slice(0, path.lastIndexOf('.') + 1);
  return above(from) === above(to);
}

function lastOf(path: string): string {
  return path.slice(path.lastIndexOf('.') + 1);
}

/** A map that the move has left empty goes too. */
function dropEmpty({ above }: Spot): void {
  for (const { map, key } of [...above].reverse()) {
    const inner = map.entries.get(key)?.value;
    if (inner?.kind !== 'map' || inner.entries.size > 0) return;
    map.entries.delete(key);
  }
}

interface Putting {
  alias: MoveAlias;
  spot: Spot;
  entry: YamlEntry;
  report: Application['report'];
}

/** Puts an entry at its new place, making the maps above it. */
function put(root: OwnMap, { alias, spot, entry, report }: Putting): void {
  const steps = alias.to.split('.');
  const last = steps.pop() ?? '';
  const indexes = [...spot.indexes];
  let at: OwnMap = root;
  for (const step of steps) {
    const key = step.replace('[]', '');
    let inner = at.entries.get(key)?.value;
    if (step.endsWith('[]'))
      inner = inner?.kind === 'list' ? inner.items[indexes.shift() ?? 0] : undefined;
    if (inner === undefined || isNull(inner)) {
      inner = emptyMap(entry.value);
      at.entries.set(key, { key, keyPlace: entry.keyPlace, value: inner });
    }
    if (inner.kind !== 'map') return;
    at = inner as OwnMap; // all maps of the copy are its own
  }
  merge(at, { key: last, entry, report });
}

function merge(
  map: OwnMap,
  { key, entry, report }: { key: string; entry: YamlEntry; report: Application['report'] },
): void {
  const there = map.entries.get(key);
  if (!there || isNull(there.value)) {
    map.entries.set(key, { ...entry, key });
    return;
  }
  if (there.value.kind === 'map' && entry.value.kind === 'map') {
    const inner = there.value as OwnMap;
    for (const [name, below] of entry.value.entries)
      merge(inner, { key: name, entry: below, report });
    return;
  }
  if (canonicalJson(plainValue(there.value)) === canonicalJson(plainValue(entry.value))) return;
  report('S14', {
    at: entry.keyPlace,
    message: `this and \`${key}\` say different things`,
    help: `keep one of the two; \`${key}\` counts`,
    related: [{ message: 'this one counts', at: there.keyPlace }],
  });
}

function applyValues(alias: ValueAlias, { spot, report }: Application): void {
  const node = nodeOf(spot);
  if (node?.kind !== 'scalar' || typeof node.value !== 'string') return;
  const canonical = alias.values.get(node.value);
  if (canonical === undefined) return;
  report(alias.code ?? 'D2', {
    at: node,
    message: `\`${node.value}\` is another spelling of \`${canonical}\``,
    help: `write \`${canonical}\``,
    ...(alias.note !== undefined && { note: alias.note }),
    ...(node.plain && { fix: { title: `write ${canonical}`, edits: [replace(node, canonical)] } }),
  });
  setNode(spot, { ...node, value: canonical });
}

function applyShape(alias: ShapeAlias, { spot, report }: Application): void {
  const node = nodeOf(spot);
  const reshaped = node && alias.reshape(node);
  if (!node || !reshaped) return;
  const text = node.kind === 'map' ? undefined : flowText(reshaped);
  report(alias.code ?? 'D3', {
    at: node,
    message: `\`${lastOf(alias.from).replace('[]', '')}\` has another form in the standard`,
    help: `write ${alias.canonical}`,
    ...(alias.note !== undefined && { note: alias.note }),
    ...(text !== undefined && { fix: { title: `write ${text}`, edits: [replace(node, text)] } }),
  });
  setNode(spot, copy(reshaped));
}

function nodeOf({ map, key, list, index }: Spot): YamlNode | undefined {
  if (list && index !== undefined) return list[index];
  return key === undefined ? undefined : map?.entries.get(key)?.value;
}

function setNode({ map, key, list, index }: Spot, node: YamlNode): void {
  if (list && index !== undefined) list[index] = node;
  const entry = key === undefined ? undefined : map?.entries.get(key);
  if (key !== undefined && entry) map?.entries.set(key, { ...entry, value: node });
}

/** A node on the way to the places of a pattern. */
interface OnTheWay {
  node: YamlNode;
  above: Spot['above'];
  indexes: readonly number[];
}

interface Step {
  key: string;
  /** All items of the list at the key. */
  each: boolean;
}

/** All places that a pattern leads to; none is kept, for there may be 100,000. */
function spotsOf(root: OwnMap, pattern: string): Generator<Spot> {
  const steps = pattern.split('.').map((step) => ({
    key: step.replace('[]', ''),
    each: step.endsWith('[]'),
  }));
  return spotsBelow({ node: root, above: [], indexes: [] }, steps);
}

function* spotsBelow(
  { node, above, indexes }: OnTheWay,
  [step, ...rest]: readonly Step[],
): Generator<Spot> {
  const inner = step && node.kind === 'map' ? node.entries.get(step.key)?.value : undefined;
  if (!step || !inner) return;
  const map = node as OwnMap; // all maps of the copy are its own
  const { key, each } = step;
  if (each) {
    if (inner.kind === 'list') yield* spotsInside(inner.items as YamlNode[], indexes, rest); // and so are its lists
  } else if (rest.length === 0) yield { above, indexes, map, key };
  else yield* spotsBelow({ node: inner, above: [...above, { map, key }], indexes }, rest);
}

function* spotsInside(
  list: YamlNode[],
  above: readonly number[],
  rest: readonly Step[],
): Generator<Spot> {
  const [next] = rest;
  for (const [index, node] of list.entries()) {
    if (!next) yield { above: [], indexes: [...above, index], list, index };
    else if (node.kind === 'map' && node.entries.has(next.key))
      yield* spotsBelow({ node, above: [], indexes: [...above, index] }, rest);
  }
}

function renameFix(at: Place, from: string, to: string): Fix | undefined {
  if (at.source.text.slice(at.from, at.to) !== from) return undefined;
  return { title: `write ${to}`, edits: [replace(at, to)] };
}

function fixOf(fix: Fix | undefined): { fix: Fix } | undefined {
  return fix && { fix };
}

function emptyMap({ source, from, to, path }: Place): OwnMap {
  return {
    kind: 'map',
    entries: new Map(),
    source,
    from,
    to,
    path: stepInto(path, '').replace(/\.$/, ''),
  };
}

function copy(node: YamlNode): YamlNode {
  if (node.kind === 'scalar') return node;
  if (node.kind === 'list') return { ...node, items: node.items.map(copy) };
  return copyMap(node);
}

function copyMap(map: YamlMap): OwnMap {
  const entries = new Map<string, YamlEntry>();
  for (const [key, entry] of map.entries) entries.set(key, { ...entry, value: copy(entry.value) });
  return { ...map, entries };
}
