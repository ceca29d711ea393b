import { z } from 'zod';
import { count, share, texts } from './common.ts';
import { field } from './field.ts';

const POLICY = { effect: 'data/loop-policy.ts' };

/** `critique` of a delegation loop: critique and repair (runtime 8.2). */
export const critiqueSchema = z.strictObject({
  enabled: field(z.boolean(), 'Whether results of workers are criticised.', POLICY).default(false),
  mode: field(z.enum(['inline', 'dedicated']), 'Who criticises.', POLICY).default('inline'),
  model: field(z.string().nullable(), 'Model of the critic.', POLICY).default(null),
  max_repair_attempts: field(z.int().nonnegative(), 'Repairs of one result.', POLICY).default(2),
  repair_budget_fraction: field(share, 'Share of the budget for repairs.', POLICY).default(0.15),
  pattern_memory: field(
    z.boolean(),
    'Whether what goes wrong is told to later workers.',
    POLICY,
  ).default(true),
  min_score_to_complete: field(
    share,
    'Score without which a run cannot end; 0 is off.',
    POLICY,
  ).default(0.6),
  min_score_to_delegate: field(
    share,
    'Score without which no further worker starts; 0 is off.',
    POLICY,
  ).default(0),
  defect_categories: field(texts, 'Kinds of defect.', POLICY).default([
    ...['missing_data', 'wrong_format', 'incomplete', 'hallucinated', 'stale', 'policy_violation'],
  ]),
  defect_category_diagnose_threshold: field(
    count,
    'Defects of a kind that call for a diagnosis.',
    POLICY,
  ).default(3),
  defect_category_hard_cap: field(count, 'Defects of a kind that end the loop.', POLICY).default(5),
  max_delegation_blocks: field(
    z.int().nonnegative(),
    'How often a low score may hold workers back.',
    POLICY,
  ).default(2),
  phase_aware_incomplete: field(
    z.boolean(),
    'Whether `incomplete` is no defect early on.',
    POLICY,
  ).default(true),
});
