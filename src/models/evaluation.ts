import { z } from 'zod';
import { share } from './common.ts';
import { field } from './field.ts';

/** Kinds of metric, in both vocabularies (rule R27). */
export const METRIC_KINDS = [
  ...(['llm_rubric', 'deterministic', 'schema', 'budget', 'policy'] as const),
  ...(['rubric_judge', 'deterministic_test', 'deterministic_assertion'] as const),
  ...(['budget_utility', 'policy_score'] as const),
] as const;
/** Places at which a step is scored (rule R30). */
export const STEP_HOOKS = ['worker_result', 'generated_tool', 'final_answer'] as const;
/** What a low score can lead to (rule R30). */
export const RETRY_ACTIONS = ['retry_with_repair', 'fail_workflow', 'accept_with_warning'] as const;

const SCORED = { effect: 'data/graph-plan-evaluation.ts' };
const action = z.enum(RETRY_ACTIONS);
const r28 = { rule: 'R28', effect: 'validator/rules/r28-thresholds.ts' };
const r30 = { rule: 'R30', effect: 'validator/rules/r30-hooks-and-actions.ts' };

const metric = z.strictObject({
  name: field(z.string(), 'Name of the metric.', SCORED),
  kind: field(z.enum(METRIC_KINDS), 'How it is found (R27).', {
    rule: 'R27',
    effect: 'validator/rules/r27-metric-kinds.ts',
  }),
  weight: field(z.number().nonnegative(), 'How much it counts (R29).', {
    rule: 'R29',
    effect: 'validator/rules/r29-weights.ts',
  }).default(1),
  params: field(
    z.strictObject({
      expr: field(z.string(), 'Expression over `result` and `state` that is to be true.', {
        effect: 'parser/expressions.ts',
      }).optional(),
      assertions: field(z.array(z.string()), 'Expressions; the share that holds counts.', {
        effect: 'parser/expressions.ts',
      }).optional(),
      rubric: field(z.string(), 'What a model judges by.', SCORED).optional(),
      schema: field(z.json(), 'JSON Schema that the result is to fit.', SCORED).optional(),
    }),
    'What the kind needs.',
  ).optional(),
});

/** `observability.evaluation`: how good a result is, 0 to 1 (runtime 8.1, R27 to R30). */
export const evaluationSchema = z.strictObject({
  enabled: field(z.boolean(), 'Whether results are scored.', {
    effect: 'validator/rules/r27-metric-kinds.ts',
  }).default(false),
  metrics: field(z.array(metric), 'What is looked at.').default([]),
  thresholds: field(
    z.strictObject({
      accept: field(share, 'From here it is good (R28).', r28).default(0.85),
      retry: field(share, 'From here it passes with a warning (R28).', r28).default(0.65),
      fail: field(share, 'Below it the run fails (R28).', r28).default(0.4),
    }),
    'Where good ends and bad begins.',
  ).optional(),
  step_scores: field(
    z.strictObject({
      enabled: field(z.boolean(), 'Whether steps are scored too.', SCORED).default(false),
      hooks: field(z.array(z.enum(STEP_HOOKS)), 'Which steps (R30).', r30).default([
        'final_answer',
      ]),
    }),
    'Scores of steps.',
  ).optional(),
  retry_policy: field(
    z.strictObject({
      enabled: field(
        z.boolean(),
        'Whether `actions` count; else only a final answer below `fail` has consequences.',
        SCORED,
      ).default(false),
      max_repairs: field(z.int().nonnegative(), 'Most repairs.', SCORED).default(2),
      actions: field(
        z.strictObject({
          below_retry: field(action, 'Below `retry` (R30).', r30).default('retry_with_repair'),
          below_fail: field(action, 'Below `fail` (R30).', r30).default('fail_workflow'),
        }),
        'What is done.',
      ).optional(),
    }),
    'What a low score leads to.',
  ).optional(),
  rubric_judge: field(
    z.strictObject({
      model: field(z.string(), 'Model that judges.', SCORED).optional(),
      temperature: field(z.number().min(0).max(2), '0 to 2.', SCORED).default(0),
    }),
    'Who judges by rubrics.',
  ).optional(),
  artifact_path: field(z.string(), 'Folder of the scores.', SCORED).default('data/evaluation'),
});
