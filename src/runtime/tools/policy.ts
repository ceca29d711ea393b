import { matchesTool } from '../../base/paths.ts';
import { namespaceOf } from '../../base/tool-names.ts';
import type { AccessRule, Plan, ToolLimits, ToolPolicy } from '../../events/plan.ts';
import type { PlanAgentCalls } from '../../events/plan-graph.ts';
import type { Frame } from '../../events/state.ts';
import { isOnSurface, runsItsPrograms } from '../codemode/surface.ts';
import { agentOf, toolboxOf } from '../plan-parts.ts';

/** The tool that runs programs which an agent has written. */
export const RUNS_PROGRAMS = 'code.execute';

/** Rules of plans that say nothing about tools. */
export const DEFAULT_TOOL_POLICY: ToolPolicy = {
  callsPerAgent: null,
  parallel: 16,
  timeoutMs: null,
  overrides: [],
  rate: { perAgent: null, perTool: null, onExceeded: 'queue' },
  access: [],
  approve: [],
};

/** The rules of all tool calls of a run. */
export function toolPolicy({ tools = DEFAULT_TOOL_POLICY }: Pick<Plan, 'tools'>): ToolPolicy {
  return tools;
}

/** Whose calls they are. */
type Caller = Pick<Frame, 'role' | 'agentKey'>;

/** An agent's own limits of tool calls, besides those of the run; undefined when it has none. */
export function ownCalls(plan: Plan, caller: Caller): PlanAgentCalls | undefined {
  return caller.role === 'node' ? agentOf(plan, caller).calls : undefined;
}

/** Calls of one answer that may be out at the same time. */
export function parallelCalls(plan: Plan, caller: Caller): number {
  const { parallel } = toolPolicy(plan);
  return Math.min(parallel, ownCalls(plan, caller)?.parallel ?? parallel);
}

/** Most milliseconds of one call, as run and agent say; undefined leaves it to the tool. */
export function callTimeout(plan: Plan, caller: Caller, tool: string): number | undefined {
  // A program of code mode has its own time; what the agent says is for the calls that it makes.
  const own = runsItsPrograms(plan, caller, tool) ? undefined : ownCalls(plan, caller);
  const all = [toolPolicy(plan), own].flatMap((rules) => {
    if (!rules) return [];
    return limitsOfTool(rules, tool).timeoutMs ?? rules.timeoutMs ?? [];
  });
  return all.length === 0 ? undefined : Math.min(...all);
}

/** What is set for one tool; the first pattern that fits counts. */
export function limitsOfTool(policy: Pick<ToolPolicy, 'overrides'>, name: string): ToolLimits {
  return policy.overrides.find(({ tool }) => matchesTool(tool, name)) ?? {};
}

function isFor({ agent: pattern, except = [] }: AccessRule, names: readonly string[]): boolean {
  // Names of agents are slugs without a dot, so they match as one segment of a tool's name.
  const fits = (one: string): boolean => names.some((name) => matchesTool(one, name));
  return fits(pattern) && !except.some(fits);
}

/** Why an agent may not call a tool by the rules of access, in words; undefined when it may. */
export function accessProblem(
  plan: Plan,
  { name: agent, askedAs = agent, ...part }: Pick<Frame, 'name' | 'askedAs' | 'role' | 'agentKey'>,
  tool: string,
): string | undefined {
  const fits = (patterns: readonly string[] | undefined): boolean =>
    patterns?.some((pattern) => matchesTool(pattern, tool)) ?? false;
  if (fits(toolboxOf(plan, part).denied)) return `${tool} is forbidden in this run`;
  const isProgram = runsItsPrograms(plan, part, tool);
  if (!isProgram && !isOnSurface(plan, part, tool)) {
    return `${tool} is not on the surface of ${agent}`;
  }
  const namespaces = isProgram ? undefined : ownCalls(plan, part)?.namespaces;
  if (namespaces && !namespaces.includes(namespaceOf(tool))) {
    return `${tool} is in none of the namespaces of ${agent}`;
  }
  for (const rule of toolPolicy(plan).access) {
    if (!isFor(rule, [agent, askedAs])) continue;
    if (fits(rule.denied)) return `${tool} is forbidden for ${agent}`;
    if (rule.allowed && !isProgram && !fits(rule.allowed))
      return `${tool} is not allowed for ${agent}`;
  }
  return undefined;
}
