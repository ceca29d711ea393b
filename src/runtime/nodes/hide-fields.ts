import { isObject, type Json, type JsonObject } from '../../base/json.ts';
import { statePath } from '../../base/paths.ts';
import type { PlanAgent, PlanState } from '../../events/plan-graph.ts';

/** What stands in the place of a value that may not leave its process (R14). */
export const REDACTED = '[redacted]';

/** Keys of the state that belong to the runtime (capabilities 7.1, R13). */
const RESERVED: ReadonlySet<string> = new Set(['_meta', '_errors', '_trace', '_workflow']);

/** Whether a key of the state is one that nobody but the runtime may write (R13). */
export function isReserved(key: string): boolean {
  return RESERVED.has(key);
}

/** Names of fields: `name` anywhere, or `key.name` at one place, counted from the state. */
export interface Names {
  anywhere: ReadonlySet<string>;
  /** Paths from the state; the first part is a key of it. */
  paths: readonly (readonly string[])[];
}

/** Reads names as authors write them; a leading `state.` is cut off. */
export function namesOf(written: readonly string[]): Names {
  const names = written.map(statePath);
  return {
    anywhere: new Set(names.filter((name) => !name.includes('.'))),
    paths: names.filter((name) => name.includes('.')).map((name) => name.split('.')),
  };
}

/** A value at a place of the state, and whether its fields are left out or hidden. */
interface Taking {
  names: Names;
  /** Left out: the fields go; `hide`: their values do; `hide-set`: so do values, but not null. */
  how: 'leave-out' | 'hide' | 'hide-set';
}

/**
 * A value without the fields of these names, or with `[redacted]` in their places; the same value
 * when there are none. `at` is its place in the state.
 */
export function takeOut(value: Json, at: readonly string[], taking: Taking): Json {
  const { anywhere, paths } = taking.names;
  if (anywhere.size === 0 && paths.length === 0) return value;
  if (Array.isArray(value)) {
    const items = value.map((item) => takeOut(item, at, taking));
    return items.every((item, index) => item === value[index]) ? value : items;
  }
  if (!isObject(value)) return value;
  let changed = false;
  const kept: [string, Json][] = [];
  for (const [name, item] of Object.entries(value)) {
    const place = [...at, name];
    const isSpared = item === null && taking.how === 'hide-set';
    const isNamed = !isSpared && isTaken(taking.names, place);
    const left = isNamed ? REDACTED : takeOut(item, place, taking);
    changed ||= left !== item;
    if (!isNamed || taking.how !== 'leave-out') kept.push([name, left]);
  }
  return changed ? Object.fromEntries(kept) : value;
}

/** Whether a place in the state is one of those named. Items of lists have the place of their list. */
export function isTaken({ anywhere, paths }: Names, place: readonly string[]): boolean {
  if (anywhere.has(place.at(-1) ?? '')) return true;
  return paths.some((path) => path.length === place.length && path.every((p, i) => p === place[i]));
}

/** What an agent is called by its key: those of sub-workflows have nodes before it, `weather/author`. */
export function namesOfAgent(key: string): readonly string[] {
  return [key, key.slice(key.lastIndexOf('/') + 1)];
}

/** Where an output comes from. */
export interface OutputOf {
  /** Id of the node: the key of its output in the state. */
  node: string;
  /** Undefined for steps and sub-workflows. */
  agent?: PlanAgent | undefined;
}

/** The names whose values never leave the process that made them (R14): the agent's and the state's. */
export function sensitiveNames({ node, agent }: OutputOf, sharing: PlanState['sharing']): Names {
  const shared = namesOf(sharing.sensitive);
  const own = agent?.output.sensitive ?? [];
  const ids = new Set([node, ...namesOfAgent(agent?.id ?? node)]);
  return {
    anywhere: new Set([...shared.anywhere, ...own.filter((name) => !name.includes('.'))]),
    paths: [
      // An output may be known by its node or by its agent.
      ...shared.paths.map(([first = '', ...rest]) => [ids.has(first) ? node : first, ...rest]),
      ...own.filter((name) => name.includes('.')).map((name) => [node, ...name.split('.')]),
    ],
  };
}

/** Whether an agent or the state has any field that is hidden. */
export function hidesAnything(
  agent: PlanAgent | undefined,
  sharing: PlanState['sharing'],
): boolean {
  return sharing.sensitive.length > 0 || (agent?.output.sensitive.length ?? 0) > 0;
}

/** Names of the fields of an output whose values are hidden, wherever they stand. */
export function hiddenFields(from: OutputOf, sharing: PlanState['sharing']): ReadonlySet<string> {
  const { anywhere, paths } = sensitiveNames(from, sharing);
  const all = isHiddenWhole(from, sharing) ? fieldsOf(from.agent) : [];
  return new Set([...anywhere, ...paths.flatMap((path) => path.at(-1) ?? []), ...all]);
}

/** Whether a whole output is hidden: the state or the workflow calls its node or agent sensitive. */
export function isHiddenWhole({ node, agent }: OutputOf, sharing: PlanState['sharing']): boolean {
  const { anywhere } = namesOf(sharing.sensitive);
  return [node, ...namesOfAgent(agent?.id ?? node)].some((name) => anywhere.has(name));
}

function fieldsOf(agent: PlanAgent | undefined): string[] {
  const { schema, required = [] } = agent?.output ?? {};
  return [...required, ...Object.keys(isObject(schema?.properties) ? schema.properties : {})];
}

/**
 * An output with `[redacted]` in the place of every sensitive value (R14), at any depth. To be
 * applied before an output is recorded; a second time changes nothing. Of a whole output that is
 * hidden only its confidence and what the runtime counts in it are left.
 */
export function hideSensitive(
  from: OutputOf,
  sharing: PlanState['sharing'],
  output: JsonObject,
): JsonObject {
  return isHiddenWhole(from, sharing) ? hiddenWhole(output) : hideNamed(from, sharing, output);
}

/** The same by the names of fields alone: for answers of a loop's agents, which are no outputs. */
export function hideNamed(
  from: OutputOf,
  sharing: PlanState['sharing'],
  value: JsonObject,
): JsonObject {
  if (!hidesAnything(from.agent, sharing)) return value;
  const names = sensitiveNames(from, sharing);
  return takeOut(value, [from.node], { names, how: 'hide' }) as JsonObject;
}

function hiddenWhole(output: JsonObject): JsonObject {
  const isFigure = (name: string): boolean => name === 'confidence' || name.startsWith('_');
  if (Object.entries(output).every(([name, value]) => isFigure(name) || value === REDACTED))
    return output;
  return Object.fromEntries(
    Object.entries(output).map(([name, value]) => [name, isFigure(name) ? value : REDACTED]),
  );
}

/**
 * Values that a state starts with, with `[redacted]` in the place of every sensitive one (R14): they
 * are in the log from the first event on. What has no value (null) stays without one.
 */
export function hideValues(sensitive: readonly string[], values: JsonObject): JsonObject {
  if (sensitive.length === 0) return values;
  return takeOut(values, [], { names: namesOf(sensitive), how: 'hide-set' }) as JsonObject;
}
