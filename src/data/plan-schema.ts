import { z } from 'zod';

// Written beside events/plan.ts; the test of event-schema.ts holds the types against each other.

const object = z.record(z.string(), z.json());
const texts = z.array(z.string());
const amount = z.int().nonnegative();
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
const settings = {
  model: z.string(),
  temperature: z.number(),
  maxOutputTokens: amount,
  fallback: texts.optional(),
  reasoning: z
    .union([z.enum(['low', 'medium', 'high']), z.strictObject({ budgetTokens: amount })])
    .optional(),
  mustReason: z.literal(true).optional(),
};
const input = z.strictObject({
  name: z.string(),
  kind: z.enum(['table', 'json', 'text', 'file', 'bytes', 'value']),
  path: z.string().optional(),
  bytes: amount.optional(),
  sha256: z.string().optional(),
  description: z.string(),
});
const toolLimits = {
  timeoutMs: amount.optional(),
  calls: amount.optional(),
  perMinute: amount.optional(),
  perHour: amount.optional(),
};
const breaker = { failures: amount, resetMs: amount, halfOpen: amount };
const toolPolicy = z.strictObject({
  callsPerAgent: amount.nullable(),
  parallel: amount,
  timeoutMs: amount.nullable(),
  overrides: z.array(z.strictObject({ tool: z.string(), ...toolLimits })),
  rate: z.strictObject({
    perAgent: amount.nullable(),
    perTool: amount.nullable(),
    onExceeded: z.enum(['queue', 'reject']),
  }),
  breaker: z
    .strictObject({
      ...breaker,
      monitored: z.array(z.enum(['timeout', 'server_error', 'rate_limit', 'connection_error'])),
      perTool: z.record(z.string(), z.strictObject(breaker)),
    })
    .optional(),
  access: z.array(
    z.strictObject({
      agent: z.string(),
      except: texts.optional(),
      allowed: texts.optional(),
      denied: texts.optional(),
    }),
  ),
  approve: z.union([z.literal('never'), z.array(z.enum(['tools', 'network', 'shell', 'files']))]),
});
const skill = z.strictObject({
  name: z.string(),
  description: z.string(),
  chars: amount,
  sha256: z.string(),
  path: z.string(),
  files: texts,
  origin: z.enum(['foundation', 'shared', 'agent', 'external', 'given']),
});
/** The plan of `run.started`. */
export const planSchema = z.strictObject({
  version: z.literal(1),
  engine: z.literal('delegation_loop'),
  name: z.string(),
  task: z.string(),
  limits,
  durability: z.enum(['full', 'batched']),
  inputs: z.array(input),
  manager: z.strictObject({
    ...settings,
    instructions: z.string().optional(),
    fullTurns: amount,
    corrections: amount,
  }),
  worker: z.strictObject({
    ...settings,
    tools: texts,
    denied: texts,
    managerControls: texts,
    toolRounds: amount,
    repairs: amount,
    attempts: amount,
  }),
  sandbox: z.strictObject({
    minimum: z.enum(['none', 'boundary']),
    only: z.enum(['bwrap', 'jail', 'quickjs', 'deno', 'none']).optional(),
    timeoutMs: amount,
    memoryMb: amount,
    cpuSeconds: z.number(),
    processes: amount,
    outputChars: amount,
    filesBytes: amount,
    fileBytes: amount,
    files: amount,
    openFiles: amount,
    toolCalls: amount,
    hosts: texts,
    packages: z.strictObject({ python: texts, javascript: texts }),
    session: z.enum(['fresh', 'persistent']),
    languages: z.array(z.enum(['python', 'javascript', 'typescript', 'shell'])),
  }),
  tools: toolPolicy.optional(),
  skills: z.array(skill).optional(),
  brought: z
    .strictObject({ tools: texts, servers: texts, workflow: z.string().optional() })
    .optional(),
  stall: z.strictObject({ enabled: z.boolean(), window: amount }),
  output: object.optional(),
  simulated: z.boolean(),
  replay: z.strictObject({ file: z.string(), recorded: z.string(), sha256: z.string() }).optional(),
  workflowHash: z.string().optional(),
});
