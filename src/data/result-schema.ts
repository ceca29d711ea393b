import { z } from 'zod';

const texts = z.array(z.string());
const amount = z.number().nonnegative();

const agent = z.strictObject({
  id: z.string(),
  name: z.string(),
  calls: amount,
  tools: amount,
  input: amount,
  output: amount,
  cached: amount.optional(),
  reasoning: amount.optional(),
  cost: amount,
  estimated: z.boolean(),
});

const approval = z.strictObject({
  id: z.string(),
  agent: z.string(),
  tool: z.string(),
  reason: z.string(),
  args: z.record(z.string(), z.json()),
  args_hash: z.string(),
  requested_at: z.string(),
});

const node = z.strictObject({
  status: z.enum(['waiting', 'ready', 'running', 'finished', 'failed', 'skipped']),
  runs: amount,
  rounds: amount.optional(),
  instances: z
    .strictObject({ count: amount, ended: amount, failed: amount, stopped: amount.optional() })
    .optional(),
  cached: z.strictObject({ ageMs: z.number() }).optional(),
  code: z.string().optional(),
  reason: z.string().optional(),
});

const evaluation = z.strictObject({
  score: z.number().nullable(),
  verdict: z.enum(['accept', 'warn', 'retry', 'fail', 'none']),
  action: z.enum([
    ...(['accept', 'accept_with_warning', 'retry_with_repair', 'fail_workflow', 'none'] as const),
  ]),
  repairs: amount,
  metrics: z.array(
    z.strictObject({
      name: z.string(),
      score: z.number().nullable(),
      weight: z.number(),
      reason: z.string().optional(),
    }),
  ),
  steps: amount,
  file: z.string(),
});

const creation = z.strictObject({
  attempts: amount,
  successes: amount,
  cache_hits: amount,
  validation_failures: amount,
  import_failures: amount,
  schema_mismatches: amount,
  dry_run_failures: amount,
  policy_failures: amount,
  repair_attempts: amount,
  repair_successes: amount,
  calls: amount,
  reuses: amount,
});

const createdTool = z.strictObject({
  name: z.string(),
  creator: z.string(),
  origin: z.enum(['agent', 'kept', 'project']),
  hash: z.string(),
  calls: amount,
  reused: amount,
});

/** The result object: data of the last line of `awp run --json`, and of `awp runs show --json`. */
export const resultSchema = z.strictObject({
  status: z.enum(['running', 'waiting', 'paused', 'complete', 'partial', 'failed', 'cancelled']),
  legacy_status: z.string(),
  reason: z.string().optional(),
  message: z.string().optional(),
  text: z.string(),
  output: z.json().optional(),
  result: z.record(z.string(), z.json()),
  nodes: z.record(z.string(), node).optional(),
  artifacts: texts,
  output_files: texts,
  artifact_details: z.array(
    z.strictObject({
      path: z.string(),
      name: z.string(),
      type: z.string(),
      bytes: amount,
      sha256: z.string(),
      agent: z.string(),
    }),
  ),
  approvals: z.array(approval).optional(),
  output_dir: z.string(),
  usage: z.strictObject({
    input_tokens: amount,
    output_tokens: amount,
    cached_tokens: amount,
    reasoning_tokens: amount,
    total_tokens: amount,
    estimated: z.boolean(),
    agents: z.array(agent),
  }),
  cost_usd: amount.nullable(),
  cost_at_least_usd: amount.optional(),
  metadata: z.strictObject({
    run_id: z.string(),
    loops: amount,
    tokens_used: amount,
    model_calls: amount,
    wall_time: amount,
    workers_spawned: amount,
    tool_calls: amount,
    output_dir: z.string(),
    model: z.string(),
    simulated: z.boolean(),
    replayed: z.strictObject({ file: z.string(), recorded: z.string() }).optional(),
    forked: z.strictObject({ from: z.string(), seq: z.int() }).optional(),
    resumes: amount,
    evaluation: evaluation.optional(),
    tool_creation: creation.optional(),
    created_tools: z.array(createdTool).optional(),
  }),
});
