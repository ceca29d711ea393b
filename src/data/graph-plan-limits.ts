import type { GraphSource } from './graph-plan-source.ts';
import type { BudgetOptions } from './options.ts';

/** Agents of a run whose `run_budget` does not say how many. */
const AGENT_RUNS = 50;
/** Seconds that a graph may take when nobody says. */
const SECONDS = 300;

/**
 * The limits of a graph's run (runtime 2.1 and 2.6, decisions 10 and 27): `run_budget` as far as its
 * limits are enabled, `timeout_total`, `max_parallel_agents`. Turns and depth are limited by the loops
 * that are nodes. A `run_budget` without `max_agent_runs` means 50 agents, or twice the nodes of a
 * larger graph. Without a `run_budget` their number is not limited: nobody knows beforehand how long
 * the lists of fan-outs are, and tokens and time are limited anyway.
 */
export function graphBudget(source: GraphSource): Required<BudgetOptions> {
  const { run_budget, execution } = source.manifest.orchestration ?? {};
  const { enabled_limits = [] } = run_budget ?? {};
  const counts = (name: (typeof enabled_limits)[number]): boolean =>
    enabled_limits.length === 0 || enabled_limits.includes(name);
  const limit = (name: (typeof enabled_limits)[number], usual: number | null): number | null => {
    if (!run_budget) return usual;
    return counts(name) ? run_budget[name] : null;
  };
  const roomy = run_budget ? Math.max(AGENT_RUNS, 2 * nodesOf(source)) : null;
  const agentRuns = source.written.agentRuns ? limit('max_agent_runs', null) : roomy;
  return {
    loops: null,
    workers: counts('max_agent_runs') ? agentRuns : null,
    tokens: limit('max_total_tokens', 500_000),
    time: wallTime(source, limit('max_wall_time', SECONDS)),
    tools: limit('max_tool_calls', 100),
    depth: null,
    calls: null,
    cost: limit('max_cost_usd', null),
    parallel: execution?.max_parallel_agents ?? 4,
  };
}

/** The smaller of what was written; a default never undercuts what an author wrote. */
function wallTime(source: GraphSource, seconds: number | null): number | null {
  const own = writtenTime(source);
  if (own !== null) return own;
  const total = source.manifest.orchestration?.execution?.timeout_total ?? SECONDS;
  return Math.ceil(Math.min(total, seconds ?? total) * 1000);
}

/** Milliseconds that a graph may take if its manifest says so; null when it does not. */
export function writtenTime({ manifest, written }: GraphSource): number | null {
  const { execution, run_budget } = manifest.orchestration ?? {};
  const { max_wall_time = null, enabled_limits = [] } = run_budget ?? {};
  const counts = enabled_limits.length === 0 || enabled_limits.includes('max_wall_time');
  const all = [
    ...(written.timeoutTotal && execution ? [execution.timeout_total] : []),
    ...(written.wallTime && counts && max_wall_time !== null ? [max_wall_time] : []),
  ];
  return all.length === 0 ? null : Math.ceil(Math.min(...all) * 1000);
}

function nodesOf({ manifest, subworkflows }: GraphSource): number {
  const own = manifest.orchestration?.graph.length ?? 0;
  return [...subworkflows.values()].reduce((sum, sub) => sum + nodesOf(sub), own);
}

/**
 * Milliseconds without progress that end the run. Unless it is written it is no shorter than the
 * longest time that an agent may take: that agent's own timeout comes first then.
 */
export function idleTime({ manifest, written, folder }: GraphSource): number | null {
  const { execution, graph = [] } = manifest.orchestration ?? {};
  const seconds = execution?.timeout_idle ?? 60;
  if (written.timeoutIdle) return Math.ceil(seconds * 1000);
  if (folder === undefined) return null;
  const longest = graph.reduce(
    (most, { timeout = 0 }) => Math.max(most, timeout),
    execution?.timeout_per_agent ?? 120,
  );
  return Math.ceil(Math.max(seconds, longest) * 1000);
}
