import { isObject, type Json, type JsonObject } from '../base/json.ts';
import { statePath } from '../base/paths.ts';
import type { Graph, GraphNode } from './graph-state.ts';

/**
 * The item that an instance of a fan-out is for, as the state has it (spec, runtime 2.8). `instance`
 * counts from 0. Undefined for a node without a fan-out and for an instance that there is no item of.
 */
export function itemOf(graph: Graph, node: GraphNode, instance: number): Json | undefined {
  const source = sourceOf(graph, node);
  return Array.isArray(source) ? source[instance] : undefined;
}

/**
 * What the source of a node's fan-out leads to in the state of its graph: `planner.topics`, with or
 * without `state.` before it, `planner.topics.0` and `planner.topics[0]` for items of lists. Only
 * what maps and lists hold themselves counts. Undefined when there is nothing, or no fan-out.
 */
export function sourceOf({ state }: Graph, { plan }: GraphNode): Json | undefined {
  if (!plan.fanOut) return undefined;
  let at: Json | undefined = state;
  for (const step of stepsOf(plan.fanOut.source)) at = stepInto(at, step);
  return at;
}

function stepsOf(source: string): string[] {
  return statePath(source)
    .replace(/\[(\d+)\]/g, '.$1')
    .split('.');
}

function stepInto(at: Json | undefined, step: string): Json | undefined {
  if (Array.isArray(at)) return /^\d+$/.test(step) ? at[Number(step)] : undefined;
  return isObject(at) ? own(at, step) : undefined;
}

function own(map: JsonObject, key: string): Json | undefined {
  return Object.hasOwn(map, key) ? map[key] : undefined;
}
