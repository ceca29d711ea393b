import { isObject, type Json, type JsonObject } from '../../base/json.ts';
import { putValue } from '../../events/graph-nodes.ts';
import type { Plan } from '../../events/plan.ts';
import type { PlanContext } from '../../events/plan-policy.ts';
import type { Frame } from '../../events/state.ts';
import { type ContextFile, contextEntries } from '../nodes/context-entries.ts';
import { policyOf } from '../plan-parts.ts';

/** What a manager is handed by who started it, as prompts show it. */
export interface Handed {
  /** By key: the value, or its beginning and the file that has all of it. */
  json: string;
  /** What there was no room for; workers have it below `inputs/context/`. */
  files: readonly ContextFile[];
}

/**
 * What a loop that is a node, or a sub-manager, starts from: its values within the context budget of
 * the run's graph or of its loop (spec, runtime 2.9). Undefined for one that is handed nothing.
 */
export function handed(
  plan: Plan,
  { values = {}, agentKey }: Pick<Frame, 'values' | 'agentKey'>,
): Handed | undefined {
  if (Object.keys(values).length === 0) return undefined;
  const room = contextOf(plan, { agentKey });
  const { shown, named, more, files } = contextEntries(values, room, takenNames(plan));
  const told: JsonObject = {};
  for (const { key, text, chars, file } of shown) {
    const value = Object.hasOwn(values, key) ? (values[key] ?? null) : null;
    putValue(told, key, file === undefined ? value : cut(value, { begin: text, chars, file }));
  }
  for (const { key, file, chars } of named) putValue(told, key, { file: whereIs(file), chars });
  if (more > 0) putValue(told, '...', `${more} more`);
  return { json: JSON.stringify(told), files };
}

/** The room that prompts have for what they are handed. */
function contextOf(
  plan: Plan,
  frame: Pick<Frame, 'agentKey'>,
): Pick<PlanContext, 'totalChars' | 'minPerEntry' | 'previewChars'> {
  return plan.graph?.context ?? policyOf(plan, frame).context;
}

/** Names below `inputs/context/` that inputs of the run have. */
export function takenNames({ inputs }: Pick<Plan, 'inputs'>): string[] {
  return inputs.flatMap(({ path }) => path?.replace(/^context\//, '') ?? []);
}

/** The beginning of a value, with what it is and where all of it is. */
function cut(
  value: Json,
  { begin, chars, file }: { begin: string; chars: number; file: string },
): Json {
  const kind = isObject(value) ? 'object' : Array.isArray(value) ? 'list' : typeof value;
  return { cut: begin, kind, chars, file: whereIs(file) };
}

/** Where workers find a file that a prompt had no room for. */
export function whereIs(file: string): string {
  return `inputs/context/${file}`;
}
