import { isObject, type Json, type JsonObject } from '../../base/json.ts';
import type { Envelope } from '../../events/decision.ts';
import { putValue } from '../../events/graph-nodes.ts';
import { partFor } from '../../events/loop-fold-plan.ts';
import { resultOf } from '../../events/loop-results.ts';
import type { Frame, RunState } from '../../events/state.ts';
import { isReserved } from '../nodes/hide-fields.ts';

/** Characters of all values that one sub-manager is handed, as JSON: they are in the log. */
const MOST_CHARS = 256_000;

/** What a sub-manager starts with, and the names of what there was no room for. */
export interface Inherited {
  values: JsonObject;
  leftOut: readonly string[];
}

/**
 * The state that a sub-manager is handed (spec, runtime 5.4): what its manager was handed, the results
 * of that manager's workers by their names, those of earlier turns and those that its part of the plan
 * builds on, and the values of the delegation itself. A white
 * list names all that it gets besides its own values; without one it gets everything. What is
 * forbidden is nowhere in it, however deep; nor is what belongs to the runtime.
 */
export function inherited(
  state: RunState,
  parent: Frame,
  { envelope, forbidden }: { envelope: Envelope; forbidden: readonly string[] },
): Inherited {
  const isForbidden = new Set([...forbidden, ...(envelope.forbids ?? [])]);
  const white = envelope.inherits && new Set(envelope.inherits);
  const isWanted = (names: readonly string[]): boolean =>
    !white || names.some((name) => white.has(name));
  const entries: Entry[] = [
    ...Object.entries(envelope.context ?? {}).map(([key, value]) => ({ names: [key], value })),
    ...earlierWorkers(state, parent, envelope)
      .map(({ name, askedAs = name, outcome }) => ({
        names: [name, askedAs],
        value: outcome?.output ?? {},
      }))
      .filter(({ names }) => isWanted(names)),
    ...Object.entries(parent.values ?? {})
      .map(([key, value]) => ({ names: [key], value }))
      .filter(({ names }) => isWanted(names)),
  ];
  return within(
    entries.filter(({ names }) => !names.some((name) => isForbidden.has(name) || isReserved(name))),
    isForbidden,
  );
}

/** A value under the first of its names. */
interface Entry {
  names: readonly string[];
  value: Json;
}

/** The entries that fit, the first of each name. */
function within(entries: readonly Entry[], forbidden: ReadonlySet<string>): Inherited {
  const values: JsonObject = {};
  const leftOut: string[] = [];
  let room = MOST_CHARS;
  for (const { names, value } of entries) {
    const [key = ''] = names;
    if (Object.hasOwn(values, key)) continue;
    const kept = without(value, forbidden);
    const chars = key.length + JSON.stringify(kept).length;
    if (chars > room) {
      leftOut.push(key);
      continue;
    }
    room -= chars;
    putValue(values, key, kept);
  }
  return { values, leftOut };
}

/** Workers whose results are there for certain when this one starts, and that brought some; the latest first. */
function earlierWorkers(
  state: RunState,
  parent: Frame,
  envelope: Envelope,
): Pick<Frame, 'name' | 'askedAs' | 'outcome'>[] {
  const { turns, delegation } = parent;
  const before = turns.slice(0, -1).flatMap(({ workers }) => workers);
  const part = delegation && partFor(delegation, envelope);
  const builtOn = (part?.dependencies ?? []).flatMap(
    (id) => delegation?.subtasks.get(id)?.by ?? [],
  );
  return [...new Set([...before, ...builtOn])]
    .flatMap((id) => {
      const { name = id, askedAs } = state.frames.get(id) ?? {};
      return [{ name, askedAs, outcome: resultOf(state, parent, id)?.outcome }];
    })
    .filter(({ outcome }) => outcome?.ok)
    .reverse();
}

/** A value without the fields of these names, at any depth. */
function without(value: Json, names: ReadonlySet<string>): Json {
  if (names.size === 0) return value;
  if (Array.isArray(value)) return value.map((one) => without(one, names));
  if (!isObject(value)) return value;
  const kept: JsonObject = {};
  for (const [key, one] of Object.entries(value)) {
    if (!names.has(key)) putValue(kept, key, without(one, names));
  }
  return kept;
}
