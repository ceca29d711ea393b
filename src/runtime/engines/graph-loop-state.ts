import { parseExpression } from '../../base/expression/parse.ts';
import { referencesOf } from '../../base/expression/references.ts';
import type { Json, JsonObject } from '../../base/json.ts';
import type { Graph } from '../../events/graph-state.ts';
import type { PlanGraph } from '../../events/plan-graph.ts';

/**
 * The state of a graph as an expression sees it when one of its keys has another value. Has only the
 * keys that the expression names, so that it costs the same in a large graph; all of them where it
 * looks at the state as a whole.
 */
export function stateWith(
  { plan, state }: Graph,
  expression: string,
  { key, value }: { key: string; value: Json },
): JsonObject {
  const keys = keysUsed(plan, expression);
  if (keys === undefined) return { ...state, [key]: value };
  const entries: [string, Json][] = [];
  for (const name of keys) {
    const at = name === key ? value : Object.hasOwn(state, name) ? state[name] : undefined;
    if (at !== undefined) entries.push([name, at]);
  }
  return Object.fromEntries(entries);
}

const used = new WeakMap<PlanGraph, Map<string, readonly string[] | undefined>>();

/** Keys of the state that an expression names; undefined where it needs the whole. */
function keysUsed(plan: PlanGraph, expression: string): readonly string[] | undefined {
  const known = used.get(plan) ?? new Map<string, readonly string[] | undefined>();
  used.set(plan, known);
  if (!known.has(expression)) known.set(expression, keysOf(expression));
  return known.get(expression);
}

function keysOf(text: string): readonly string[] | undefined {
  const parsed = parseExpression(text);
  const references = parsed.ok ? referencesOf(parsed.expression) : [];
  const keys = new Set<string>();
  for (const { name, path } of references) {
    if (name !== 'state') continue;
    const [key] = path;
    if (key === undefined) return undefined;
    keys.add(key);
  }
  return [...keys];
}
