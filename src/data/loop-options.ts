import type { z } from 'zod';
import { AwpError } from '../base/errors.ts';
import type { DelegationLoop } from '../models/delegation.ts';
import type { safetyEnvelopeSchema } from '../models/safety-envelope.ts';
import type { BudgetOptions, SandboxOptions, WorkflowOptions } from './options.ts';

type SafetyEnvelope = z.infer<typeof safetyEnvelopeSchema>;
type Policy = NonNullable<DelegationLoop['worker_policy']>;

/**
 * The options that a delegation loop sets (surfaces 7.4). Where its policy and the safety envelope
 * say different things the stricter one counts. Throws `spec/unsupported` for a box with a network.
 */
export function loopOptions(
  loop: DelegationLoop | undefined,
  envelope: SafetyEnvelope | undefined,
): Partial<WorkflowOptions> {
  const { models, budget, worker_policy: policy, termination, history } = loop ?? {};
  const sandbox = sandboxOptions(policy?.enforced?.sandbox, envelope?.sandbox);
  const forbidden = [
    ...(policy?.enforced?.forbidden_tools ?? []),
    ...(envelope?.forbidden_tools ?? []),
  ];
  return {
    ...(models?.manager != null && { managerModel: models.manager }),
    ...(models?.worker != null && { workerModel: models.worker }),
    ...(budget && { budget: budgetOptions(budget) }),
    ...(forbidden.length > 0 && { forbiddenTools: forbidden }),
    ...(policy && { managerControls: policy.manager_controlled }),
    ...(sandbox && { sandbox }),
    ...(termination && { stall: { enabled: termination.enabled, window: termination.window } }),
    ...(history && { fullTurns: history.full_results_window }),
  };
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

function sandboxOptions(
  enforced: NonNullable<Policy['enforced']>['sandbox'],
  envelope: SafetyEnvelope['sandbox'],
): SandboxOptions | undefined {
  if (!enforced && !envelope) return undefined;
  if (enforced?.network === true) {
    throw new AwpError('spec/unsupported', 'a sandbox with network: true cannot be had yet', {
      hint: 'programs run without a network; hand the data in as inputs',
    });
  }
  const types = [enforced?.type, envelope?.min].filter((type) => type !== undefined);
  const { max_memory_mb: memory, max_cpu_seconds: cpu, timeout } = envelope?.limits ?? {};
  const memoryMb = least(enforced?.max_memory_mb, memory);
  const cpuSeconds = least(enforced?.max_cpu_seconds, cpu);
  return {
    // Every type but `none` asks for a real boundary, and the strongest there is is taken.
    ...(types.every((type) => type === 'none') && { minimum: 'none' as const }),
    ...(memoryMb !== undefined && { memoryMb }),
    ...(cpuSeconds !== undefined && { cpuSeconds }),
    ...(timeout !== undefined && { timeoutMs: timeout * 1000 }),
  };
}

function least(one: number | undefined, other: number | undefined): number | undefined {
  return one === undefined ? other : Math.min(one, other ?? one);
}
