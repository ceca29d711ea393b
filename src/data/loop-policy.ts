import { AwpError } from '../base/errors.ts';
import type {
  PlanContext,
  PlanCritique,
  PlanPolicy,
  PlanSubmanagers,
} from '../events/plan-policy.ts';
import { DEFAULT_POLICY } from '../events/plan-policy.ts';
import type { DelegationLoop } from '../models/delegation.ts';

/**
 * How a loop of a workflow file goes about its work (surfaces 7.4, runtime 3): what it does not say is
 * as DEFAULT_POLICY has it. A zero that means "off" in the file is null here. Throws
 * `spec/unsupported` for digests by a model.
 */
export function loopPolicy(loop: DelegationLoop): Partial<PlanPolicy> {
  const { budget, validation, planning, diagnosis, budget_reservation: reserved } = loop;
  const { decision_journal: journal, worker_policy: policy, termination } = loop;
  const limits = policy?.enforced?.rate_limiting;
  const { deterministic: checks, llm: judge } = validation ?? {};
  const submanagers = submanagersOf(loop);
  return {
    ...(budget && {
      turnWorkers: offIsNull(budget.max_workers_per_iteration),
      rejectedCompletions: offIsNull(budget.max_rejected_completions),
      loopsPerSubtask: budget.min_loops_per_subtask,
    }),
    ...(limits && { callsPerMinute: limits.max_llm_calls_per_minute }),
    ...(submanagers && { submanagers }),
    ...contextOf(loop),
    ...(checks && { checks: checks.always ? checks.checks : [] }),
    ...(judge?.enabled && {
      validation: {
        skipAbove: judge.skip_when_confidence_above,
        skipBelowBudget: judge.skip_when_budget_remaining_below,
      },
    }),
    ...(loop.critique?.enabled && { critique: critiqueOf(loop.critique) }),
    ...(planning?.enabled && {
      planning: { maxSubtasks: planning.max_subtasks, commit: planning.plan_commit_mode },
    }),
    ...(diagnosis?.enabled && {
      diagnosis: {
        maxHypotheses: diagnosis.max_hypotheses,
        threshold: diagnosis.confidence_threshold,
      },
    }),
    ...(reserved?.enabled && { phases: phasesOf(reserved.phases) }),
    ...(journal?.enabled && { journal: { maxEntries: journal.max_entries } }),
    ...(termination && { stall: stallOf(termination) }),
    ...(loop.blackboard_enabled && { board: { autoPost: loop.blackboard_auto_post } }),
    ...(loop.digest_enabled && { digest: digestOf(loop) }),
  };
}

function digestOf(loop: DelegationLoop): NonNullable<PlanPolicy['digest']> {
  if (loop.digest_mode === 'deterministic') return { maxDepth: loop.digest_max_depth };
  throw new AwpError('spec/unsupported', `digest_mode cannot be ${loop.digest_mode} yet`, {
    hint: 'leave it out: digests are made by rules, without a model',
  });
}

function offIsNull(limit: number): number | null {
  return limit === 0 ? null : limit;
}

function submanagersOf({
  budget,
  reservation,
  auto_promotion: promotion,
  forbidden_inheritance_keys: forbiddenKeys,
}: DelegationLoop): PlanSubmanagers | undefined {
  const usual = DEFAULT_POLICY.submanagers;
  if (!budget && !reservation && !promotion?.enabled && forbiddenKeys.length === 0)
    return undefined;
  return {
    ...usual,
    ...(budget && {
      atOnce: budget.max_concurrent_submanagers,
      total: budget.max_total_submanagers_per_run,
    }),
    ...(reservation && {
      share: reservation.enabled ? reservation.child_fraction : null,
      refund: reservation.refund_on_complete,
      strict: reservation.strict,
    }),
    forbiddenKeys,
    ...(promotion?.enabled && {
      promotion: {
        threshold: promotion.threshold,
        maxDepth: promotion.max_depth,
        minBudget: promotion.min_budget_fraction,
      },
    }),
  };
}

function contextOf(loop: DelegationLoop): { context?: PlanContext } {
  const { context_budget: budget, manager_context_budget_tokens: tokens } = loop;
  const { manager_context_compress_threshold: share } = loop;
  const usual = DEFAULT_POLICY.context;
  const isUsual = tokens === usual.windowTokens && share === usual.compactAt;
  if (!budget && isUsual) return {};
  return {
    context: {
      ...usual,
      ...(budget && {
        totalChars: budget.total_chars,
        minPerEntry: budget.min_per_entry,
        previewChars: budget.preview_chars,
      }),
      windowTokens: tokens,
      compactAt: share,
    },
  };
}

function critiqueOf(critique: NonNullable<DelegationLoop['critique']>): PlanCritique {
  return {
    mode: critique.mode,
    model: critique.model,
    repairs: critique.max_repair_attempts,
    budgetShare: critique.repair_budget_fraction,
    patterns: critique.pattern_memory,
    minToComplete: critique.min_score_to_complete,
    minToDelegate: critique.min_score_to_delegate,
    delegationBlocks: critique.max_delegation_blocks,
    categories: critique.defect_categories,
    diagnoseAt: critique.defect_category_diagnose_threshold,
    endAt: critique.defect_category_hard_cap,
    phaseAware: critique.phase_aware_incomplete,
  };
}

function phasesOf(
  phases: NonNullable<DelegationLoop['budget_reservation']>['phases'],
): NonNullable<PlanPolicy['phases']> {
  return phases.map(({ name, fraction, description }) => ({
    name,
    share: fraction,
    ...(description !== undefined && { description }),
  }));
}

function stallOf(termination: NonNullable<DelegationLoop['termination']>): PlanPolicy['stall'] {
  const { min_confidence_delta: minDelta, action, strategy_switching: switching } = termination;
  return { minDelta, action, ...(switching?.enabled && { strategies: switching.strategies }) };
}
