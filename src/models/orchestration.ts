import { z } from 'zod';
import { count, limit, READABLE_ID, seconds, texts, wholeLimit } from './common.ts';
import { contextBudget, delegationLoopSchema } from './delegation.ts';
import { field } from './field.ts';

const DRAWN = { effect: 'visualizer/diagram.ts' };
const NODES = { effect: 'data/graph-plan-nodes.ts' };
const PLAN = { effect: 'data/graph-plan.ts' };
const LIMITS = { effect: 'data/graph-plan-limits.ts' };
const TIMEOUT = { rule: 'R17', effect: 'validator/rules/r17-timeouts.ts' };
const nodeId = z.string().regex(READABLE_ID);

const dependency = z.union([
  z.string(),
  z.strictObject({
    id: field(z.string(), 'Node that must have ended first (R7).', DRAWN),
    condition: field(
      z.enum(['success', 'failure', 'always']),
      'How it must have ended.',
      DRAWN,
    ).default('success'),
    expr: field(z.string(), 'Expression over `state` that must be true (X).', DRAWN).optional(),
  }),
]);

const retry = z.strictObject({
  max_attempts: field(count, 'Attempts in all.', NODES).default(1),
  backoff: field(z.enum(['none', 'linear', 'exponential']), 'How the wait grows.', NODES).default(
    'exponential',
  ),
  backoff_base: field(seconds, 'Seconds of the first wait.', NODES).default(2),
  backoff_max: field(seconds, 'Longest wait, in seconds.', NODES).default(60),
  retryable_errors: field(texts, 'Kinds of error that are tried again.', NODES).default([
    ...['timeout', 'rate_limit', 'server_error'],
  ]),
  non_retryable_errors: field(texts, 'Kinds that never are.', NODES).default([
    ...['validation_error', 'auth_error'],
  ]),
});

const loop = z.strictObject({
  enabled: field(z.boolean(), 'Whether the node repeats.', DRAWN).default(true),
  type: field(
    z.enum(['standard', 'interactive']),
    '`interactive` waits for a person.',
    DRAWN,
  ).default('standard'),
  max_iterations: field(count, 'Most rounds.', DRAWN).default(5),
  condition: field(
    z.string(),
    'Goes on while this expression over `state` and `result` is true (X).',
    DRAWN,
  ).optional(),
  prompt_field: field(z.string(), 'Field that is shown to the person.', NODES).optional(),
  input_channel: field(z.string(), 'Channel that the answer comes from.', NODES).optional(),
  poll_interval: field(seconds, 'Seconds between two looks.').default(2),
});

const fanOut = z.strictObject({
  enabled: field(z.boolean(), 'Whether there is one instance for each item.', DRAWN).default(true),
  source: field(z.string(), 'List in the state, such as `planner.topics`.', DRAWN).default(''),
  variable: field(z.string(), 'Name of the item in each instance.', NODES).default('fan_out_item'),
  max_parallel: field(count, 'Instances at the same time.', DRAWN).default(4),
  agent_template: field(
    z.string(),
    'Agent of the instances, when it is another one.',
    NODES,
  ).default(''),
});

const fanIn = z.strictObject({
  strategy: field(
    z.enum(['merge', 'concat', 'reduce', 'first', 'majority', 'custom']),
    'How results are put together.',
    DRAWN,
  ).default('merge'),
  target_field: field(z.string(), 'Field that holds what comes of it.', NODES).optional(),
  expr: field(z.string(), 'Expression over `acc` and `item`, for `reduce` (X).', {
    effect: 'parser/expressions.ts',
  }).optional(),
  tool: field(z.string(), 'Name of a tool, for `custom`.', NODES).optional(),
});

const mapping = z.record(z.string(), z.string());

/** A node of the graph (surfaces 7.2, runtime 2.1). */
const graphNodeSchema = z.strictObject({
  id: field(nodeId, 'Id, as the agent is called (R4, R5, R12).', { ...DRAWN, rule: 'R5' }),
  agent: field(z.string(), 'Folder of the agent below `agents/` (R8).', DRAWN).optional(),
  enabled: field(
    z.union([z.boolean(), z.string()]),
    'Whether it takes part: true, false or an expression (X).',
    DRAWN,
  ).default(true),
  description: field(z.string(), 'What it does.', NODES).default(''),
  depends_on: field(
    z.array(dependency),
    'Nodes that must have ended first (R6, R7).',
    DRAWN,
  ).default([]),
  when: field(
    z.string(),
    'Expression over `state`; the node is skipped unless it is true (X).',
    DRAWN,
  ).optional(),
  share_input: field(
    z.union([texts, z.record(z.string(), texts)]),
    'Fields that it sees, for each node before it.',
    DRAWN,
  ).optional(),
  share_output: field(texts, 'Fields that others see; no reserved keys (R13).', {
    effect: 'validator/rules/r13-reserved-state.ts',
  }).default([]),
  on_failure: field(
    z.enum(['stop', 'continue', 'retry', 'skip']),
    'What its failure leads to.',
    NODES,
  ).default('stop'),
  timeout: field(seconds, 'Seconds (R17).', TIMEOUT).optional(),
  retry: field(retry, 'Further attempts.').optional(),
  loop: field(loop, 'Repeats the node.').optional(),
  fan_out: field(fanOut, 'One instance for each item of a list.').optional(),
  fan_in: field(fanIn, 'How the results of instances are put together.').optional(),
  subworkflow: field(
    z.string(),
    'Folder or name of another workflow that runs as this node.',
    DRAWN,
  ).optional(),
  input_mapping: field(
    mapping,
    'Its inputs: keys of its state, from expressions over ours.',
    NODES,
  ).optional(),
  output_mapping: field(mapping, 'Our fields, from expressions over its state.', NODES).optional(),
  approval: field(
    z.enum(['before', 'after']),
    'A person must allow the node before it starts, or its output before others see it.',
    NODES,
  ).optional(),
  type: field(z.enum(['agent', 'delegation_loop', 'subworkflow']), 'Kind of node.', DRAWN).default(
    'agent',
  ),
  config: field(delegationLoopSchema, 'Settings of a delegation loop.', DRAWN).optional(),
});

const execution = z.strictObject({
  mode: field(
    z.enum(['sequential', 'parallel', 'conditional', 'adaptive']),
    'How nodes that are ready run.',
    PLAN,
  ).default('parallel'),
  timeout_per_agent: field(seconds, 'Seconds of one agent (R17).', TIMEOUT).default(120),
  timeout_total: field(seconds, 'Seconds of all (R17).', TIMEOUT).default(300),
  timeout_idle: field(
    seconds,
    'Seconds without progress (R17); when left out no shorter than the longest timeout of an agent.',
    TIMEOUT,
  ).default(60),
  on_error: field(z.enum(['stop', 'continue', 'retry']), 'What a failure leads to.', NODES).default(
    'stop',
  ),
  max_parallel_agents: field(count, 'Agents at the same time.', PLAN).default(4),
  scheduler: field(
    z.enum(['levels', 'ready_queue']),
    'Both run a node as soon as it is ready.',
  ).default('ready_queue'),
  error_handling: field(
    z.strictObject({
      max_retries: field(z.int().nonnegative(), 'Further attempts.', NODES).default(1),
      retry_delay: field(z.number().nonnegative(), 'Seconds of the first wait.', NODES).default(2),
      fallback_agent: field(z.string(), 'Agent that takes over.', NODES).optional(),
    }),
    'Further attempts of all nodes.',
  ).optional(),
});

/** `run_budget`: limits of a graph; null is unlimited (surfaces 7.3). */
const runBudget = z.strictObject({
  max_wall_time: field(limit, 'Active time, in seconds.', LIMITS).default(300),
  max_total_tokens: field(wholeLimit, 'Tokens in and out.', LIMITS).default(500_000),
  max_tool_calls: field(wholeLimit, 'Calls of tools.', LIMITS).default(100),
  max_agent_runs: field(
    wholeLimit,
    'Agents in all; when left out twice the nodes of a graph of more than 25.',
    LIMITS,
  ).default(50),
  max_cost_usd: field(limit, 'Cost, in US dollars.', LIMITS).default(null),
  enabled_limits: field(
    z.array(
      z.enum([
        'max_wall_time',
        'max_total_tokens',
        'max_tool_calls',
        'max_agent_runs',
        'max_cost_usd',
      ]),
    ),
    'Limits that count; none is all.',
    LIMITS,
  ).default([]),
});

/** `orchestration`: layer 5 (surfaces 7.2, runtime 2.1). */
export const orchestrationSchema = z.strictObject({
  engine: field(
    z.enum(['dag', 'delegation_loop']),
    'A graph of agents, or a manager with workers.',
    {
      effect: 'data/workflow-folder.ts',
    },
  ).default('dag'),
  graph: field(z.array(graphNodeSchema), 'Nodes of the graph.', DRAWN).default([]),
  execution: field(execution, 'How the graph runs.').optional(),
  subworkflows: field(
    z.array(
      z.strictObject({
        name: field(z.string(), 'Name by which nodes refer to it.', {
          effect: 'parser/references.ts',
        }),
        ref: field(z.string(), 'Folder of the workflow.', { effect: 'parser/references.ts' }),
        input_mapping: field(
          mapping,
          'Its inputs: keys of its state, from expressions over ours.',
          NODES,
        ).default({}),
        output_mapping: field(
          mapping,
          'Our fields, from expressions over its state.',
          NODES,
        ).default({}),
      }),
    ),
    'Other workflows that run as nodes.',
  ).default([]),
  delegation_loop: field(delegationLoopSchema, 'A manager with workers (A2-1).').optional(),
  run_budget: field(runBudget, 'Limits of the graph.').optional(),
  context_budget: field(contextBudget(PLAN), 'How much of earlier results is shown.').optional(),
  degradation: field(
    z.array(
      z.strictObject({
        agent: field(z.string(), 'Agent that fails.', NODES),
        fallback: field(z.string(), 'Another agent, `cached_results` or `skip`.', NODES),
        max_staleness: field(seconds, 'Oldest result that will do, in seconds.', NODES).optional(),
      }),
    ),
    'What is done when an agent fails for good.',
  ).default([]),
});
