import { isObject, type Json, type JsonObject } from '../../base/json.ts';
import { putValue } from '../../events/graph-nodes.ts';
import type { Plan } from '../../events/plan.ts';
import type { Frame } from '../../events/state.ts';
import { type ContextFile, contextEntries } from '../nodes/context-entries.ts';

/** What the manager of a node is handed by its graph, as prompts show it. */
export interface Handed {
  /** By key: the value, or its beginning and the file that has all of it. */
  json: string;
  /** What there was no room for; workers have it below `inputs/context/`. */
  files: readonly ContextFile[];
}

/**
 * What a loop that is a node starts from: its values within the context budget of the run's graph
 * (spec, runtime 2.9). Undefined for the run's own loop, and for one that is handed nothing.
 */
export function handed(
  { graph, inputs }: Pick<Plan, 'graph' | 'inputs'>,
  { values = {} }: Pick<Frame, 'values'>,
): Handed | undefined {
  if (!graph || Object.keys(values).length === 0) return undefined;
  const taken = inputs.flatMap(({ path }) => path?.replace(/^context\//, '') ?? []);
  const { shown, named, more, files } = contextEntries(values, graph.context, taken);
  const told: JsonObject = {};
  for (const { key, text, chars, file } of shown) {
    const value = Object.hasOwn(values, key) ? (values[key] ?? null) : null;
    putValue(told, key, file === undefined ? value : cut(value, { begin: text, chars, file }));
  }
  for (const { key, file, chars } of named) putValue(told, key, { file: whereIs(file), chars });
  if (more > 0) putValue(told, '...', `${more} more`);
  return { json: JSON.stringify(told), files };
}

function cut(
  value: Json,
  { begin, chars, file }: { begin: string; chars: number; file: string },
): Json {
  const kind = isObject(value) ? 'object' : Array.isArray(value) ? 'list' : typeof value;
  return { cut: begin, kind, chars, file: whereIs(file) };
}

function whereIs(file: string): string {
  return `inputs/context/${file}`;
}
