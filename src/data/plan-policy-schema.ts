import { z } from 'zod';
import { GATES } from '../events/plan-policy.ts';
import { amount, texts } from './plan-parts-schema.ts';

// Written beside events/plan-policy.ts; the test of event-schema.ts holds the types against each other.

const share = z.number().min(0).max(1);

const critique = z.strictObject({
  mode: z.enum(['inline', 'dedicated']),
  model: z.string().nullable(),
  repairs: amount,
  budgetShare: share,
  patterns: z.boolean(),
  minToComplete: share,
  minToDelegate: share,
  delegationBlocks: amount,
  categories: texts,
  diagnoseAt: amount,
  endAt: amount,
  phaseAware: z.boolean(),
});

const submanagers = z.strictObject({
  ...{ atOnce: amount, total: amount, share: share.nullable() },
  ...{ refund: z.boolean(), strict: z.boolean(), forbiddenKeys: texts },
  promotion: z.strictObject({ threshold: share, maxDepth: amount, minBudget: share }).optional(),
});

/** How a delegation loop goes about its work, as far as its plan says it. */
export const planPolicy = z
  .strictObject({
    turnWorkers: amount.nullable(),
    rejectedCompletions: amount.nullable(),
    loopsPerSubtask: amount,
    callsPerMinute: amount.nullable(),
    submanagers,
    context: z.strictObject({
      ...{ totalChars: amount, minPerEntry: amount, previewChars: amount },
      ...{ windowTokens: amount, compactAt: share },
    }),
    checks: z.array(z.enum(['schema', 'required_fields', 'confidence', 'budget'])),
    validation: z.strictObject({ skipAbove: share, skipBelowBudget: share }),
    critique,
    planning: z.strictObject({ maxSubtasks: amount, commit: z.enum(['strict', 'advisory']) }),
    diagnosis: z.strictObject({ maxHypotheses: amount, threshold: share }),
    phases: z.array(
      z.strictObject({ name: z.string(), share, description: z.string().optional() }),
    ),
    journal: z.strictObject({ maxEntries: amount }),
    stall: z.strictObject({
      minDelta: share,
      action: z.enum(['warn_then_stop', 'stop', 'warn']),
      strategies: z
        .array(z.enum(['decompose_finer', 'simplify', 'reframe', 'escalate']))
        .optional(),
    }),
    gates: z.array(z.enum(GATES)),
    board: z.strictObject({ autoPost: z.boolean() }),
    digest: z.strictObject({ maxDepth: amount }),
  })
  .partial();
