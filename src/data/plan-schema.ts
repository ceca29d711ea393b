import { z } from 'zod';
import { planCreation } from './creation-schema.ts';
import {
  planAgent,
  planEvaluation,
  planGraph,
  planLoop,
  planLoopNode,
} from './plan-graph-schema.ts';
import { amount, limits, object, skill, texts, toolLimits } from './plan-parts-schema.ts';

// Written beside events/plan.ts; the test of event-schema.ts holds the types against each other.

const input = z.strictObject({
  name: z.string(),
  kind: z.enum(['table', 'json', 'text', 'file', 'bytes', 'value']),
  path: z.string().optional(),
  bytes: amount.optional(),
  sha256: z.string().optional(),
  description: z.string(),
});
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
  approve: z.union([
    z.literal('never'),
    z.array(z.enum(['tools', 'network', 'shell', 'files', 'loops', 'submanagers', 'budget'])),
  ]),
});
/** The plan of `run.started`. */
export const planSchema = z.strictObject({
  version: z.literal(1),
  engine: z.enum(['delegation_loop', 'dag']),
  name: z.string(),
  task: z.string(),
  limits,
  durability: z.enum(['full', 'batched']),
  inputs: z.array(input),
  manager: planLoop.manager.optional(),
  worker: planLoop.worker.optional(),
  stall: planLoop.stall.optional(),
  policy: planLoop.policy,
  submanagers: planLoop.submanagers,
  graph: planGraph.optional(),
  agents: z.record(z.string(), planAgent).optional(),
  loops: z.record(z.string(), planLoopNode).optional(),
  evaluation: planEvaluation.optional(),
  creation: planCreation.optional(),
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
  output: object.optional(),
  simulated: z.boolean(),
  replay: z
    .strictObject({
      ...{ file: z.string(), recorded: z.string(), sha256: z.string() },
      began: z.string().optional(),
    })
    .optional(),
  workflowHash: z.string().optional(),
});
