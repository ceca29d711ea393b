import type { JsonObject } from '../../../src/base/json.ts';
import { endInstance, openInstance } from '../../../src/events/graph-fold-repeat.ts';
import type { GraphNode } from '../../../src/events/graph-state.ts';
import type { Limits } from '../../../src/events/plan.ts';
import type { PlanFanIn, PlanFanOut, PlanGraph, PlanNode } from '../../../src/events/plan-graph.ts';
import {
  GraphBench,
  graphPlan,
  planNode as nodeOf,
  planGraph,
  type Shell,
  type TestNode,
} from './graph-bench.ts';

/** A node of a plan: a step without anything special but what is given. */
export function planNode(id: string, change: Partial<PlanNode> = {}): PlanNode {
  return nodeOf({ id, ...change });
}

/** A node `each` with an instance for each item of `list`. */
export function fanOutOver(
  change: Partial<TestNode> & { fanIn?: PlanFanIn } = {},
  fanOut: Partial<PlanFanOut> = {},
): TestNode {
  return {
    id: 'each',
    fanOut: { source: 'list', variable: 'item', maxParallel: 4, ...fanOut },
    ...change,
  };
}

/** How an instance of a test ended: its output, or why it failed. */
export type TestEnd = JsonObject | string;

/** A node whose fan-out has ended like this; the instances ended in the order that is given. */
export function endedFanOut(
  plan: TestNode,
  ends: readonly TestEnd[],
  order: readonly number[] = [...ends.keys()],
): GraphNode {
  const node = fanOutNode(plan, ends.length);
  for (const [index] of ends.entries()) openInstance(node, index, `1.${index + 1}`);
  for (const index of order) {
    const end = ends[index] ?? {};
    if (typeof end === 'string') {
      endInstance(node, index, { code: 'step/failed', message: end });
    } else {
      const { confidence = 0.5 } = end;
      endInstance(node, index, { output: end, confidence: Number(confidence) });
    }
  }
  return node;
}

/** A node whose fan-out has begun, before any instance has started. */
export function fanOutNode(plan: TestNode, count: number): GraphNode {
  const bench = new GraphBench(graphPlan(planGraph([plan])));
  bench.record({ type: 'run.started', data: { plan: bench.plan, simulated: true, version: 'x' } });
  const data = { role: 'graph', name: 'g', model: '', temperature: 0, tools: [] } as const;
  bench.record({
    type: 'agent.started',
    agent: '0',
    depth: 0,
    data: { ...data, instructions: '', index: 0 },
  });
  bench.record({ type: 'fanout.started', agent: '0', data: { node: plan.id, count } });
  return bench.node(plan.id);
}

/** What a run of a test has besides its nodes. */
export interface Setting {
  values?: JsonObject;
  graph?: Partial<PlanGraph>;
  limits?: Partial<Limits>;
  shell?: Shell;
}

/** A run of nodes over these values, with the limits held as the shell holds them. */
export function startRepeating(nodes: readonly (TestNode | string)[], setting: Setting = {}) {
  const { values = {}, graph, limits, shell } = setting;
  const plan = planGraph(nodes, graph);
  const withValues = { ...plan, state: { ...plan.state, initial: values } };
  return new GraphBench(graphPlan(withValues, limits), (command, bench) => {
    const own = shell?.(command, bench);
    return own ?? (command.do === 'start-node' ? refused(bench) : undefined);
  }).start();
}

/** What the shell says to a start for which a limit leaves no room. */
function refused({ state }: GraphBench): ReturnType<Shell> {
  const { limits, ledger, openWorkers, exhausted } = state;
  if (exhausted || openWorkers >= limits.parallel) return [];
  const used = ledger.used.workers;
  if (limits.workers === null || used < limits.workers) return undefined;
  const data = {
    dimension: 'workers',
    limit: limits.workers,
    used,
    reserved: 0,
    wanted: 1,
  } as const;
  return [{ type: 'budget.exhausted', agent: '0', data }];
}
