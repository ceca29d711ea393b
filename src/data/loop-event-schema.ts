import { z } from 'zod';
import { GATES } from '../events/plan-policy.ts';
import { toolMaking } from './creation-schema.ts';
import { amount, dimension, object, texts } from './plan-parts-schema.ts';

// Written beside events/loop-events.ts; the test of event-schema.ts holds the types against each other.

const STRATEGIES = ['decompose_finer', 'simplify', 'reframe', 'escalate'] as const;
const way = z.enum(['worker', 'submanager']);
const index = z.int();

/** One part of a manager's plan. */
export const subtask = z.strictObject({
  id: z.string(),
  description: z.string(),
  dependencies: texts,
  priority: z.string().optional(),
  successCriteria: z.string().optional(),
  strategy: way.optional(),
  submanagerAgent: z.string().optional(),
  requiredOutputs: texts.optional(),
  schemas: z.record(z.string(), object).optional(),
});

/** A guess why a worker failed. */
export const hypothesis = z.strictObject({
  id: z.string(),
  cause: z.string(),
  test: z.string(),
  likelihood: z.number(),
  testWorker: z.string().optional(),
});

/** What else a worker is to keep to. */
export const workerOrder = z.strictObject({
  subtaskId: z.string().optional(),
  skills: texts.optional(),
  requiredTools: texts.optional(),
  timeoutMs: amount.optional(),
  maxOutputTokens: amount.optional(),
  packages: texts.optional(),
  codemode: z.strictObject({ enabled: z.boolean(), toolCreation: z.boolean() }).optional(),
  making: toolMaking.optional(),
  workerTools: texts.optional(),
  repairOf: z.string().optional(),
});

/** What a reviewer looks at. */
export const reviewOf = z.strictObject({
  of: z.string(),
  kind: z.enum(['validation', 'critique']),
});

const defect = z.strictObject({
  category: z.string(),
  description: z.string(),
  severity: z.enum(['critical', 'warning', 'info']),
  location: z.string().optional(),
});

/** What of an order a person may put another way. */
const orderChanges = z.strictObject({
  instructions: z.string().optional(),
  toolsAllowed: texts.optional(),
  temperature: z.number().optional(),
  skills: texts.optional(),
  requiredTools: texts.optional(),
  packages: texts.optional(),
  timeoutMs: amount.optional(),
  maxOutputTokens: amount.optional(),
});

/** Data of the events about delegation loops. */
export const loopEvents = {
  'plan.made': z.strictObject({
    call: z.string(),
    subtasks: z.array(subtask),
    merged: z.literal(true).optional(),
    dropped: amount.optional(),
  }),
  'plan.refused': z.strictObject({ call: z.string(), reason: z.string() }),
  'subtask.changed': z.strictObject({
    id: z.string(),
    status: z.enum(['pending', 'in_progress', 'completed', 'failed']),
    by: z.string().optional(),
    strategy: way.optional(),
    reason: z.string(),
  }),
  'diagnosis.made': z.strictObject({
    call: z.string(),
    failedWorker: z.string(),
    hypotheses: z.array(hypothesis),
  }),
  'diagnosis.refused': z.strictObject({ call: z.string(), reason: z.string() }),
  'hypothesis.resolved': z.strictObject({
    id: z.string(),
    status: z.enum(['confirmed', 'refuted']),
    by: z.string(),
    reason: z.string(),
  }),
  'worker.overdue': z.strictObject({ timeoutMs: amount, usedMs: amount }),
  'submanager.refused': z.strictObject({ worker: z.string(), index, reason: z.string() }),
  'submanager.promoted': z.strictObject({
    worker: z.string(),
    index,
    subtask: z.string().optional(),
    score: z.number(),
    reasons: texts,
  }),
  'gates.passed': z.strictObject({ call: z.string(), gates: z.array(z.enum(GATES)) }),
  'gate.rejected': z.strictObject({
    call: z.string(),
    gate: z.enum([...GATES, 'critique']),
    reason: z.string(),
    defects: texts,
    final: z.literal(true).optional(),
  }),
  'result.validated': z.strictObject({
    ...{ of: z.string(), by: z.string(), valid: z.boolean() },
    adjusted: z.number().optional(),
    feedback: z.string(),
    suggestion: z.string().optional(),
  }),
  'result.criticised': z.strictObject({
    of: z.string(),
    by: z.string().optional(),
    score: z.number(),
    summary: z.string(),
    defects: z.array(defect),
    prescriptions: texts,
    reusable: texts.optional(),
    note: z.string().optional(),
  }),
  'result.repaired': z.strictObject({
    ...{ of: z.string(), by: z.string(), attempt: amount },
    ...{ before: z.number(), after: z.number(), kept: z.boolean(), reason: z.string() },
  }),
  'strategy.switched': z.strictObject({
    turn: amount,
    strategy: z.enum(STRATEGIES),
    reason: z.string(),
  }),
  'board.posted': z.strictObject({
    ...{ id: z.string(), board: z.string(), topic: z.string() },
    payload: object,
    call: z.string().optional(),
  }),
  'digest.made': z.strictObject({ sha256: z.string(), turn: amount, digest: object }),
  'context.compacted': z.strictObject({ turns: amount, before: amount, after: amount }),
  'budget.raised': z.strictObject({
    scope: z.string().optional(),
    dimension,
    from: z.number(),
    to: z.number().nullable(),
    by: z.string(),
    reason: z.string().optional(),
  }),
  'run.forked': z.strictObject({
    ...{ from: z.string(), seq: amount },
    note: z.string().optional(),
    models: z
      .strictObject({ manager: z.string().optional(), worker: z.string().optional() })
      .optional(),
    order: z.strictObject({ agent: z.string(), index, changes: orderChanges }).optional(),
  }),
} as const;
