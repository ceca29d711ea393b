import { z } from 'zod';
import { planCodemode, toolMaking } from './creation-schema.ts';
import { amount, limits, object, settings, skill, texts, toolLimits } from './plan-parts-schema.ts';
import { planPolicy } from './plan-policy-schema.ts';

// Written beside events/plan-graph.ts; the test of event-schema.ts holds the types against each other.

const dependency = z.strictObject({
  id: z.string(),
  condition: z.enum(['success', 'failure', 'always']),
  expr: z.string().optional(),
});
const retry = z.strictObject({
  attempts: amount,
  backoff: z.enum(['none', 'linear', 'exponential']),
  baseMs: z.number(),
  maxMs: z.number(),
  retryable: texts,
  nonRetryable: texts,
});
const repeat = z.strictObject({
  interactive: z.boolean(),
  max: amount,
  condition: z.string().optional(),
  promptField: z.string().optional(),
  inputChannel: z.string().optional(),
});
const fanOut = z.strictObject({
  source: z.string(),
  variable: z.string(),
  maxParallel: amount,
  agent: z.string().optional(),
});
const fanIn = z.strictObject({
  strategy: z.enum(['merge', 'concat', 'reduce', 'first', 'majority', 'custom']),
  targetField: z.string().optional(),
  expr: z.string().optional(),
  tool: z.string().optional(),
});
const degradation = z.union([
  z.strictObject({ fallback: z.literal('agent'), agent: z.string() }),
  z.strictObject({ fallback: z.literal('cached_results'), maxStalenessMs: z.number().nullable() }),
  z.strictObject({ fallback: z.literal('skip') }),
]);
const node = z.strictObject({
  id: z.string(),
  description: z.string(),
  kind: z.enum(['agent', 'step', 'module', 'subworkflow', 'delegation_loop']),
  agent: z.string().optional(),
  // A graph in a graph: read when it is needed.
  get graph() {
    return planGraph.optional();
  },
  loop: z.string().optional(),
  dependsOn: z.array(dependency),
  enabled: z.union([z.boolean(), z.string()]),
  when: z.string().optional(),
  shareInput: z.union([texts, z.record(z.string(), texts)]).optional(),
  shareOutput: texts.optional(),
  onFailure: z.enum(['stop', 'continue', 'skip']),
  timeoutMs: z.number().nullable(),
  retry,
  degradation: z.array(degradation),
  repeat: repeat.optional(),
  fanOut: fanOut.optional(),
  fanIn: fanIn.optional(),
  inputMapping: z.record(z.string(), z.string()).optional(),
  outputMapping: z.record(z.string(), z.string()).optional(),
  approval: z.enum(['before', 'after']).optional(),
});
const sharing = z.strictObject({
  strategy: z.enum(['full', 'selective', 'isolated']),
  rules: z.array(
    z.strictObject({
      from: z.string(),
      to: texts.optional(),
      fields: texts,
      transform: z.string().optional(),
    }),
  ),
  never: texts,
  sensitive: texts,
  validation: z.enum(['strict', 'warn', 'none']),
});
const state = z.strictObject({
  initial: object,
  injected: z.array(z.string()).optional(),
  required: texts,
  limits: z.strictObject({ bytes: z.number(), fieldBytes: z.number(), fields: amount }),
  sharing,
  persistence: z
    .strictObject({
      folder: z.string(),
      interval: z.enum(['per_agent', 'per_run', 'manual']),
      last: z.boolean(),
    })
    .optional(),
});

/** The graph of a plan. */
export const planGraph = z.strictObject({
  name: z.string(),
  get nodes() {
    return z.array(node);
  },
  mode: z.enum(['sequential', 'parallel', 'conditional', 'adaptive']),
  maxParallel: amount,
  idleMs: z.number().nullable(),
  state,
  context: z.strictObject({ totalChars: amount, minPerEntry: amount, previewChars: amount }),
});

const part = z.enum(['system', 'skills', 'memory', 'messages', 'context', 'additional']);
const output = z.strictObject({
  format: z.enum(['json', 'text', 'markdown']),
  schema: object.optional(),
  required: texts,
  fieldNotes: z.string().optional(),
  unshared: texts,
  sensitive: texts,
  validation: z.enum(['strict', 'lenient', 'none']),
  repairs: amount,
  onInvalid: z.enum(['abort', 'use_partial', 'skip']),
  retryPrompt: z.string().optional(),
});

/** An agent of a graph's plan. */
export const planAgent = z.strictObject({
  ...settings,
  id: z.string(),
  role: z.string(),
  description: z.string(),
  topP: z.number().optional(),
  prompt: z.strictObject({
    system: z.string(),
    user: z.string().optional(),
    fragments: z.array(z.strictObject({ path: z.string(), text: z.string() })),
    variables: object,
    order: z.array(part),
  }),
  tools: texts,
  denied: texts,
  toolChoice: z.string().optional(),
  parallelCalls: z.boolean().optional(),
  toolRounds: amount.nullable(),
  calls: z
    .strictObject({
      max: amount.nullable(),
      parallel: amount,
      timeoutMs: amount.nullable(),
      overrides: z.array(z.strictObject({ tool: z.string(), ...toolLimits })),
      namespaces: texts.optional(),
    })
    .optional(),
  attempts: amount,
  skills: z.array(skill),
  output,
  codemode: planCodemode.optional(),
  making: toolMaking.optional(),
  vision: z
    .strictObject({
      model: z.string().optional(),
      formats: texts,
      maxImages: amount,
      maxBytes: z.number(),
    })
    .optional(),
  preprocessors: z.array(
    z.strictObject({
      name: z.string(),
      language: z.enum(['python', 'javascript', 'typescript']),
      code: z.string(),
    }),
  ),
  module: z.string().optional(),
  hash: z.string(),
});

const metric = z.strictObject({
  name: z.string(),
  kind: z.enum(['llm_rubric', 'deterministic', 'assertions', 'schema', 'budget', 'policy']),
  weight: z.number(),
  expr: z.string().optional(),
  assertions: texts.optional(),
  rubric: z.string().optional(),
  schema: object.optional(),
});
const action = z.enum(['retry_with_repair', 'fail_workflow', 'accept_with_warning']);

/** How a plan scores results. */
export const planEvaluation = z.strictObject({
  metrics: z.array(metric),
  thresholds: z.strictObject({ accept: z.number(), retry: z.number(), fail: z.number() }),
  hooks: z.array(z.enum(['worker_result', 'generated_tool', 'final_answer'])),
  repair: z.strictObject({ max: amount, belowRetry: action, belowFail: action }).optional(),
  judge: z.strictObject({ model: z.string(), temperature: z.number() }),
  folder: z.string(),
});

const planManager = z.strictObject({
  ...settings,
  instructions: z.string().optional(),
  fullTurns: amount,
  corrections: amount,
  about: z.string().optional(),
});

/** Manager, workers and stall of a delegation loop. */
export const planLoop = {
  manager: planManager,
  worker: z.strictObject({
    ...settings,
    tools: texts,
    denied: texts,
    managerControls: texts,
    toolRounds: amount,
    repairs: amount,
    attempts: amount,
    making: toolMaking.optional(),
  }),
  stall: z.strictObject({ enabled: z.boolean(), window: amount }),
  policy: planPolicy.optional(),
  submanagers: z.record(z.string(), planManager).optional(),
};

/** A delegation loop that is a node. */
export const planLoopNode = z.strictObject({
  ...planLoop,
  task: z.string().optional(),
  limits: limits.partial(),
});
