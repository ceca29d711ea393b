import type { z } from 'zod';
import type { DelegationLoop } from '../models/delegation.ts';
import type { safetyEnvelopeSchema } from '../models/safety-envelope.ts';
import { loopPolicy } from './loop-policy.ts';
import { type BoxSources, loopSandbox } from './loop-sandbox.ts';
import type { BudgetOptions, WorkflowOptions } from './options.ts';

type SafetyEnvelope = z.infer<typeof safetyEnvelopeSchema>;

/** Models that are asked when the first one of a role cannot. */
interface BehindModels {
  manager: readonly string[];
  worker: readonly string[];
}

/** What else of a workflow counts in its delegation loop. */
export interface AroundLoop {
  /** `safety_envelope` of the workflow, else of the loop. */
  envelope: SafetyEnvelope | undefined;
  /** `capabilities.sandbox` of the manager, else `sandbox` of the workflow. */
  box: BoxSources['box'];
}

/**
 * The options that a delegation loop sets (surfaces 7.4). Where several places say different things
 * the strictest counts. Throws `spec/unsupported` and `spec/invalid` for a box that cannot be had.
 */
export function loopOptions(
  loop: DelegationLoop | undefined,
  { envelope, box }: AroundLoop,
): Partial<WorkflowOptions> & { managerModel?: string; fallbackModels?: BehindModels } {
  const { models, budget, worker_policy: policy, termination, history } = loop ?? {};
  const [manager, ...managers] = listOf(models?.manager);
  const [worker, ...workers] = listOf(models?.worker);
  const enforced = policy?.enforced?.sandbox;
  const sandbox = loopSandbox({ box, enforced, envelope: envelope?.sandbox });
  const forbidden = [
    ...(policy?.enforced?.forbidden_tools ?? []),
    ...(envelope?.forbidden_tools ?? []),
  ];
  return {
    ...(manager !== undefined && { managerModel: manager }),
    ...(worker !== undefined && { workerModel: worker }),
    ...(managers.length + workers.length > 0 && {
      fallbackModels: { manager: managers, worker: workers },
    }),
    ...(budget && { budget: budgetOptions(budget) }),
    ...(forbidden.length > 0 && { forbiddenTools: forbidden }),
    ...(policy && { managerControls: policy.manager_controlled }),
    ...(sandbox && { sandbox }),
    ...(termination && { stall: { enabled: termination.enabled, window: termination.window } }),
    ...(history && { fullTurns: history.full_results_window }),
    ...(loop && { policy: loopPolicy(loop) }),
    ...(loop?.trace_enabled && { traceModels: true }),
  };
}

/** A model, and those that are asked when it cannot. */
function listOf(models: string | readonly string[] | null | undefined): readonly string[] {
  return typeof models === 'string' ? [models] : (models ?? []);
}

function budgetOptions(budget: NonNullable<DelegationLoop['budget']>): BudgetOptions {
  const seconds = budget.max_wall_time;
  return {
    loops: budget.max_loops,
    workers: budget.max_total_workers,
    tokens: budget.max_total_tokens,
    time: seconds === null ? null : seconds * 1000,
    tools: budget.max_tool_calls,
    depth: budget.max_depth,
    calls: budget.max_model_calls,
    cost: budget.max_cost_usd,
    parallel: budget.max_parallel_workers,
  };
}
