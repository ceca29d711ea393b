import { AwpError } from '../../base/errors.ts';
import type { Plan } from '../../events/plan.ts';
import type { PlanGraph } from '../../events/plan-graph.ts';
import type { Host } from '../../ports/host.ts';
import type { StepFunction, StepRunner } from '../../ports/step.ts';

type Steps = Pick<Host, 'steps' | 'runModule'>;

/** The function of a step by the id of its node. Throws `step/missing`. */
export function functionOf({ steps }: Steps, node: string): StepFunction {
  const found = steps?.get(node);
  if (found) return found;
  throw new AwpError('step/missing', `the program has no function for the node ${node}`, {
    hint: 'give it again: functions of a program are not in the log',
  });
}

/** The module of an agent, and what runs it. Throws `step/missing`. */
export function moduleOf(
  plan: Plan,
  agent: string,
  { runModule }: Steps,
): { runner: StepRunner; path: string } {
  const path = plan.agents?.[agent]?.module;
  if (runModule && path !== undefined) return { runner: runModule, path };
  const why = path === undefined ? 'it has no module' : 'nothing here runs modules of agents';
  throw new AwpError('step/missing', `the agent ${agent} cannot be run: ${why}`);
}

/** Checks before anything is written that all code of a plan is there. Throws `step/missing`. */
export function checkSteps(plan: Plan, steps: Steps): void {
  for (const [agent, { module }] of Object.entries(plan.agents ?? {})) {
    if (module !== undefined) moduleOf(plan, agent, steps);
  }
  if (plan.graph) checkFunctions(plan.graph, steps, '');
}

/** `above` are the ids of the nodes around the graph, each with a `/` behind it. */
function checkFunctions({ nodes }: PlanGraph, steps: Steps, above: string): void {
  for (const { id, kind, graph } of nodes) {
    if (kind === 'step') functionOf(steps, `${above}${id}`);
    if (graph) checkFunctions(graph, steps, `${above}${id}/`);
  }
}
