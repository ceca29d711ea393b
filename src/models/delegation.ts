import { z } from 'zod';
import { count, limit, seconds, share, texts, wholeLimit } from './common.ts';
import { critiqueSchema } from './critique.ts';
import { type FieldInfo, field } from './field.ts';
import { SANDBOX_TYPES, safetyEnvelopeSchema } from './safety-envelope.ts';

const LOAD = { effect: 'data/loop-options.ts' };
const POLICY = { effect: 'data/loop-policy.ts' };
const MAKING = { effect: 'data/creation-manifest.ts' };
const BOX = { effect: 'data/loop-sandbox.ts' };

/** `context_budget`: how much of earlier results a prompt shows (runtime 2.1). */
export const contextBudget = (acts: Pick<FieldInfo, 'effect'>) =>
  z.strictObject({
    total_chars: field(count, 'Characters in all.', acts).default(64_000),
    min_per_entry: field(count, 'Least characters of each entry.', acts).default(4000),
    preview_chars: field(count, 'Characters of an entry that is too large.', acts).default(2000),
  });

/** `budget` of a delegation loop; null is unlimited, zero is none (surfaces 7.4, decision 10). */
const delegationBudgetSchema = z.strictObject({
  max_loops: field(wholeLimit, 'Turns of the manager.', LOAD).default(15),
  max_total_workers: field(wholeLimit, 'Workers in all.', LOAD).default(20),
  max_total_tokens: field(wholeLimit, 'Tokens in and out.', LOAD).default(500_000),
  max_wall_time: field(limit, 'Active time, in seconds.', LOAD).default(300),
  max_tool_calls: field(wholeLimit, 'Calls of tools.', LOAD).default(100),
  max_depth: field(
    z.int().nonnegative().nullable(),
    'Levels of sub-managers, 0 is none (R31, R32).',
    {
      ...LOAD,
      rule: 'R31',
    },
  ).default(3),
  max_model_calls: field(wholeLimit, 'Calls of models.', LOAD).default(null),
  max_cost_usd: field(limit, 'Cost, in US dollars.', LOAD).default(null),
  max_parallel_workers: field(count, 'Workers at the same time.', LOAD).default(8),
  max_concurrent_submanagers: field(
    z.int().nonnegative(),
    'Sub-managers at the same time.',
    POLICY,
  ).default(3),
  max_total_submanagers_per_run: field(
    z.int().nonnegative(),
    'Sub-managers in all.',
    POLICY,
  ).default(6),
  max_workers_per_iteration: field(
    z.int().nonnegative(),
    'Workers of one turn; 0 is off.',
    POLICY,
  ).default(6),
  max_rejected_completions: field(
    z.int().nonnegative(),
    'Endings that may be refused; 0 is off.',
    POLICY,
  ).default(2),
  min_loops_per_subtask: field(
    z.int().nonnegative(),
    'Turns for each part of a plan.',
    POLICY,
  ).default(3),
});

const enforced = z.strictObject({
  sandbox: field(
    z.strictObject({
      type: field(z.enum(SANDBOX_TYPES), 'Weakest box that will do (A3-5).', BOX).default(
        'subprocess',
      ),
      max_memory_mb: field(count, 'Memory of one program, in MiB.', BOX).default(512),
      max_cpu_seconds: field(seconds, 'Processor time of one program, in seconds.', BOX).default(
        30,
      ),
      network: field(
        z.boolean(),
        'Whether programs have a network; its hosts are those of the box.',
        BOX,
      ).default(false),
    }),
    'Where code of workers runs.',
  ).optional(),
  codemode: field(
    z.strictObject({
      max_tools_per_worker: field(
        z.int().nonnegative(),
        'Tools that one worker may make.',
        MAKING,
      ).default(10),
    }),
    'Tools that workers make.',
  ).optional(),
  rate_limiting: field(
    z.strictObject({
      max_llm_calls_per_minute: field(count, 'Calls of models, a minute.', POLICY).default(30),
    }),
    'How often workers may ask.',
    POLICY,
  ).optional(),
  forbidden_tools: field(texts, 'Tools that no worker gets.', LOAD).default([
    'file.write_outside_workspace',
    'shell.execute',
  ]),
  allowed_namespaces: field(
    texts,
    'Namespaces in which tools may be made, of those of `dynamic_tools` (A3-5); left out: all of them.',
    MAKING,
  ).optional(),
});

/** What a manager may choose for a worker. */
const MANAGER_CONTROLS = [
  ...(['instructions', 'skills', 'tools_allowed', 'output_contract'] as const),
  ...(['codemode.enabled', 'codemode.tool_creation', 'temperature'] as const),
] as const;

const termination = z.strictObject({
  enabled: field(z.boolean(), 'Whether a loop that goes nowhere is ended (A4-5).', LOAD).default(
    true,
  ),
  window: field(count, 'Turns without progress.', LOAD).default(3),
  min_confidence_delta: field(share, 'Progress that counts.', POLICY).default(0.05),
  action: field(z.enum(['warn_then_stop', 'stop', 'warn']), 'What is done.', POLICY).default(
    'warn_then_stop',
  ),
  strategy_switching: field(
    z.strictObject({
      enabled: field(z.boolean(), 'Whether another strategy is tried first.', POLICY).default(
        false,
      ),
      strategies: field(
        z.array(z.enum(['decompose_finer', 'simplify', 'reframe', 'escalate'])),
        'Strategies, in order.',
        POLICY,
      ).default(['decompose_finer', 'simplify', 'reframe', 'escalate']),
    }),
    'Other strategies.',
    POLICY,
  ).optional(),
});

const modelNames = z.union([z.string(), texts]).nullable();

/** The core of a delegation loop: manager, models, limits, policy (surfaces 7.4, runtime 3). */
const core = {
  manager: field(
    z.string(),
    'Folder of the manager; empty is the built-in one (R8).',
    LOAD,
  ).default(''),
  models: field(
    z.strictObject({
      manager: field(
        modelNames,
        'Model of the manager; of a list the first that can.',
        LOAD,
      ).default(null),
      worker: field(
        modelNames,
        'Model of the workers; of a list the first that can.',
        LOAD,
      ).default(null),
    }),
    'Who thinks.',
  ).optional(),
  budget: field(delegationBudgetSchema, 'Limits of the whole tree (A2-3).').optional(),
  worker_policy: field(
    z.strictObject({
      enforced: field(enforced, 'What a manager cannot change (A3-2).').optional(),
      manager_controlled: field(
        z.array(z.enum(MANAGER_CONTROLS)),
        'What a manager may choose.',
        LOAD,
      ).default([...MANAGER_CONTROLS]),
    }),
    'What workers may do (A2-5).',
  ).optional(),
  safety_envelope: field(
    safetyEnvelopeSchema,
    'What nobody in the loop can widen (A3-2).',
  ).optional(),
  context_budget: field(contextBudget(POLICY), 'How much of earlier results is shown.').optional(),
  termination: field(termination, 'When a loop goes nowhere.').optional(),
};

/** How results are judged and what is kept of them. */
const quality = {
  validation: field(
    z.strictObject({
      deterministic: field(
        z.strictObject({
          always: field(z.boolean(), 'Whether it is always done.', POLICY).default(true),
          checks: field(
            z.array(z.enum(['schema', 'required_fields', 'confidence', 'budget'])),
            'What is looked at.',
            POLICY,
          ).default(['schema', 'required_fields', 'confidence', 'budget']),
        }),
        'Checks without a model.',
        POLICY,
      ).optional(),
      llm: field(
        z.strictObject({
          enabled: field(z.boolean(), 'Whether a model judges too.', POLICY).default(true),
          skip_when_confidence_above: field(share, 'Not from this confidence on.', POLICY).default(
            0.95,
          ),
          skip_when_budget_remaining_below: field(
            share,
            'Not when less than this is left.',
            POLICY,
          ).default(0.1),
        }),
        'Checks by a model.',
        POLICY,
      ).optional(),
    }),
    'How results of workers are checked.',
    POLICY,
  ).optional(),
  history: field(
    z.strictObject({
      rolling_summary: field(z.boolean(), 'Whether earlier turns are summed up.').default(true),
      full_results_window: field(
        count,
        'Turns whose results the manager sees in full.',
        LOAD,
      ).default(3),
      persist_to_disk: field(z.boolean(), 'Whether it is kept; the log always has it.').default(
        true,
      ),
    }),
    'What the manager sees of earlier turns.',
  ).optional(),
  critique: field(critiqueSchema, 'Critique and repair.', POLICY).optional(),
  planning: field(
    z.strictObject({
      enabled: field(z.boolean(), 'Whether the manager plans first.', POLICY).default(false),
      max_subtasks: field(count, 'Most parts of a plan.', POLICY).default(10),
      plan_commit_mode: field(
        z.enum(['strict', 'advisory']),
        'How binding a plan is.',
        POLICY,
      ).default('strict'),
    }),
    'Planning.',
    POLICY,
  ).optional(),
  diagnosis: field(
    z.strictObject({
      enabled: field(z.boolean(), 'Whether failures are diagnosed.', POLICY).default(false),
      max_hypotheses: field(count, 'Most hypotheses.', POLICY).default(3),
      confidence_threshold: field(share, 'Confidence below which it is done.', POLICY).default(0.3),
    }),
    'Diagnosis of failures.',
    POLICY,
  ).optional(),
  budget_reservation: field(
    z.strictObject({
      enabled: field(z.boolean(), 'Whether the budget is set aside for phases.', POLICY).default(
        false,
      ),
      phases: field(
        z.array(
          z.strictObject({
            name: field(z.string(), 'Name of the phase.', POLICY),
            fraction: field(share, 'Its share.', POLICY),
            description: field(z.string(), 'What it is for.', POLICY).optional(),
          }),
        ),
        'Phases and their shares.',
        POLICY,
      ).default([
        { name: 'core_work', fraction: 0.6 },
        { name: 'validation_repair', fraction: 0.2 },
        { name: 'synthesis', fraction: 0.15 },
        { name: 'reserve', fraction: 0.05 },
      ]),
    }),
    'Shares of the budget.',
    POLICY,
  ).optional(),
  decision_journal: field(
    z.strictObject({
      enabled: field(z.boolean(), 'Whether decisions are written down.', POLICY).default(false),
      max_entries: field(count, 'Entries that are kept.', POLICY).default(20),
    }),
    'Journal of decisions.',
    POLICY,
  ).optional(),
};

/** What recursion, boards and records do. */
const records = {
  logging: field(
    z.strictObject({
      format: field(z.enum(['dual', 'json', 'md']), 'Form of the records.').default('dual'),
      persist_artifacts: field(z.boolean(), 'Whether artifacts are kept; they always are.').default(
        true,
      ),
    }),
    'Records of the loop.',
  ).optional(),
  auto_promotion: field(
    z.strictObject({
      enabled: field(
        z.boolean(),
        'Whether large tasks get a sub-manager by themselves.',
        POLICY,
      ).default(false),
      threshold: field(share, 'Score from which they do.', POLICY).default(0.65),
      max_depth: field(z.int().nonnegative(), 'Deepest level at which it happens.', POLICY).default(
        2,
      ),
      min_budget_fraction: field(share, 'Share of the budget that must be left.', POLICY).default(
        0.15,
      ),
    }),
    'Sub-managers without being asked (A4).',
    POLICY,
  ).optional(),
  reservation: field(
    z.strictObject({
      enabled: field(z.boolean(), 'Whether a sub-manager gets a share of its own.', POLICY).default(
        true,
      ),
      child_fraction: field(share, 'That share.', POLICY).default(0.4),
      refund_on_complete: field(z.boolean(), 'Whether what is left comes back.', POLICY).default(
        true,
      ),
      strict: field(z.boolean(), 'Whether nothing is lent.', POLICY).default(false),
    }),
    'Budgets of sub-managers (A4-2).',
    POLICY,
  ).optional(),
  forbidden_inheritance_keys: field(texts, 'Keys that a sub-manager does not see.', POLICY).default(
    [],
  ),
  blackboard_enabled: field(z.boolean(), 'Whether workers share a board.', POLICY).default(true),
  blackboard_auto_post: field(z.boolean(), 'Whether results are put on it.', POLICY).default(true),
  digest_enabled: field(z.boolean(), 'Whether turns are digested.', POLICY).default(true),
  digest_mode: field(z.enum(['deterministic', 'llm']), 'By rules or by a model.', POLICY).default(
    'deterministic',
  ),
  digest_max_depth: field(z.int().nonnegative(), 'Levels that are put together.', POLICY).default(
    1,
  ),
  auto_curation_enabled: field(z.boolean(), 'Whether facts are kept for later runs.').default(true),
  trace_enabled: field(z.boolean(), 'Whether each model call is written to a file.', LOAD).default(
    false,
  ),
  manager_context_budget_tokens: field(
    count,
    'Tokens of the prompt of the manager.',
    POLICY,
  ).default(150_000),
  manager_context_compress_threshold: field(
    share,
    'Share from which it is shortened.',
    POLICY,
  ).default(0.8),
  pipeline_critique_planning: field(z.boolean(), 'Whether critique and planning overlap.').default(
    false,
  ),
  parallel_gate_chain: field(z.boolean(), 'Whether gates are asked at once.').default(false),
  strict_criteria: field(z.boolean(), 'Whether every criterion must hold.').default(false),
};

/** `orchestration.delegation_loop`, and `config` of a node of that type (surfaces 7.4, runtime 3). */
export const delegationLoopSchema = z.strictObject({ ...core, ...quality, ...records });
/** A delegation loop with all defaults. */
export type DelegationLoop = z.infer<typeof delegationLoopSchema>;
