import { z } from 'zod';
import { amount, object } from './plan-parts-schema.ts';

// Written beside events/graph-events.ts; the test of event-schema.ts holds the types against each other.

const node = z.string();

/** Which run of which node an agent is. */
export const nodeRun = z.strictObject({
  id: z.string(),
  attempt: amount,
  round: amount.optional(),
  instance: amount.optional(),
  said: z.json().optional(),
});

const loopEnd = z.enum(['condition', 'max', 'error', 'person']);

const score = z.strictObject({
  name: z.string(),
  score: z.number().nullable(),
  weight: z.number(),
  reason: z.string().optional(),
});

/** Data of the events about graphs. */
export const graphEvents = {
  'node.finished': z.strictObject({
    node,
    instance: amount.optional(),
    from: z.string().optional(),
    output: object.optional(),
    confidence: z.number().optional(),
  }),
  'node.failed': z.strictObject({
    node,
    instance: amount.optional(),
    code: z.string(),
    message: z.string(),
    action: z.enum(['stop', 'continue', 'skip']),
    output: object.optional(),
  }),
  'node.skipped': z.strictObject({
    node,
    reason: z.enum([
      ...(['disabled', 'condition', 'dependency', 'upstream_failed', 'output', 'stopped'] as const),
    ]),
    message: z.string(),
  }),
  'node.retried': z.strictObject({
    node,
    instance: amount.optional(),
    attempt: amount,
    inMs: z.number(),
    code: z.string(),
    message: z.string(),
  }),
  'node.degraded': z.strictObject({
    node,
    instance: amount.optional(),
    fallback: z.enum(['agent', 'cached_results', 'skip']),
    agent: z.string().optional(),
    ageMs: z.number().optional(),
    output: object.optional(),
    confidence: z.number().optional(),
    code: z.string(),
    message: z.string(),
  }),
  'expression.failed': z.strictObject({
    node,
    at: z.string(),
    expression: z.string(),
    message: z.string(),
  }),
  'loop.started': z.strictObject({ node, max: amount }),
  'loop.repeated': z.strictObject({
    node,
    round: amount,
    from: z.string(),
    goesOn: z.boolean(),
    reason: loopEnd.optional(),
  }),
  'loop.finished': z.strictObject({
    node,
    rounds: amount,
    reason: loopEnd,
  }),
  'fanout.started': z.strictObject({ node, count: amount }),
  'fanout.finished': z.strictObject({
    node,
    count: amount,
    failed: amount,
    full: z.string().optional(),
  }),
  'subworkflow.started': z.strictObject({ node, name: z.string() }),
  'subworkflow.finished': z.strictObject({ node, ok: z.boolean() }),
  'state.refused': z.strictObject({ node, key: z.string(), reason: z.string() }),
  'output.scored': z.strictObject({
    hook: z.string(),
    target: z.string(),
    answer: z.string().optional(),
    score: z.number().nullable(),
    verdict: z.enum(['accept', 'warn', 'retry', 'fail', 'none']),
    metrics: z.array(score),
  }),
} as const;
