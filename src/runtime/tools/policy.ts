import { matchesTool } from '../../base/paths.ts';
import type { AccessRule, Plan, ToolLimits, ToolPolicy } from '../../events/plan.ts';
import type { Frame } from '../../events/state.ts';
import { toolboxOf } from '../plan-parts.ts';

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

/** What is set for one tool; the first pattern that fits counts. */
export function limitsOfTool(policy: ToolPolicy, name: string): ToolLimits {
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
  for (const rule of toolPolicy(plan).access) {
    if (!isFor(rule, [agent, askedAs])) continue;
    if (fits(rule.denied)) return `${tool} is forbidden for ${agent}`;
    if (rule.allowed && !fits(rule.allowed)) return `${tool} is not allowed for ${agent}`;
  }
  return undefined;
}
