import { z } from 'zod';

/** A map with text keys. */
export const object = z.record(z.string(), z.json());
/** A list of texts. */
export const texts = z.array(z.string());
/** A whole number that is not below zero. */
export const amount = z.int().nonnegative();
/** An amount, or null for unlimited. */
const money = z.number().nonnegative().nullable();

/** Limits of a run, as the log has them. */
export const limits = z.strictObject({
  loops: money,
  workers: money,
  tokens: money,
  time: money,
  tools: money,
  depth: money,
  calls: money,
  cost: money,
  parallel: amount,
});

/** What an agent asks its model with. */
export const settings = {
  model: z.string(),
  temperature: z.number(),
  maxOutputTokens: amount,
  fallback: texts.optional(),
  reasoning: z
    .union([z.enum(['low', 'medium', 'high']), z.strictObject({ budgetTokens: amount })])
    .optional(),
  mustReason: z.literal(true).optional(),
};

/** A skill as prompts name it. */
export const skill = z.strictObject({
  name: z.string(),
  description: z.string(),
  chars: amount,
  sha256: z.string(),
  path: z.string(),
  files: texts,
  origin: z.enum(['foundation', 'shared', 'agent', 'external', 'given', 'generated']),
});

/** Limits of one tool. */
export const toolLimits = {
  timeoutMs: amount.optional(),
  calls: amount.optional(),
  perMinute: amount.optional(),
  perHour: amount.optional(),
};

/** A dimension of the budget. */
export const dimension = z.enum([
  ...(['loops', 'workers', 'tokens', 'time', 'tools'] as const),
  ...(['depth', 'calls', 'cost', 'parallel'] as const),
]);
