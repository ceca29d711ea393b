import { AwpError } from '../base/errors.ts';
import type { JsonObject } from '../base/json.ts';
import { parseDuration } from '../base/time.ts';
import type { Limits, SandboxName } from '../events/plan.ts';
import type { Clock } from '../ports/effects.ts';
import type { ModelProvider, Price } from '../ports/model-provider.ts';
import type { StepFunction } from '../ports/step.ts';
import type { Store } from '../ports/store.ts';
import { type BroughtOptions, ownToolsOf } from './brought.ts';
import { checkDynamicTools, type DynamicToolsOption } from './creation-options.ts';
import { checkEvaluation, type EvaluationOptions } from './evaluation-options.ts';
import type { GraphSource } from './graph-plan-source.ts';
import type { InputValue } from './inputs.ts';
import { capabilityList, type ModelOptions, modelOptions } from './model-options.ts';
import { type PolicyOptions, policyOption } from './policy-options.ts';
import { checkPython, checkSandbox, type SandboxOptions } from './sandbox-options.ts';
import { checkSubmanagerAgents, type SubmanagerAgents } from './submanager-agents.ts';
import { checkTapes, type TapeOptions } from './tapes.ts';
import { type ApproveOption, type ToolPolicyOptions, toolRules } from './tool-options.ts';
import { unknownOption } from './unknown-option.ts';

export type { SandboxOptions } from './sandbox-options.ts';

/** Limits of a run; null is unlimited, zero is none. What is left out has its default. */
export interface BudgetOptions {
  /** Turns of the manager. Default 15. */
  loops?: number | null;
  /** Workers in all. Default 20. */
  workers?: number | null;
  /** Tokens in and out, over all model calls. Default 500,000. */
  tokens?: number | null;
  /** Active time: milliseconds, or a text such as `'5m'`. Default 300 s. */
  time?: number | string | null;
  /** Tool calls, failed ones included. Default 100. */
  tools?: number | null;
  /** Levels of sub-managers. Default 3. */
  depth?: number | null;
  /** Model calls, failed ones included. Default unlimited. */
  calls?: number | null;
  /** US dollars; needs models with a known price. Default unlimited. */
  cost?: number | null;
  /** Workers at the same time. Default 8. */
  parallel?: number;
}

/** A zod schema, seen only by what is needed of it. */
export interface OutputSchema<Output> {
  _zod: { output: Output };
  safeParse(value: unknown): { success: boolean; data?: Output };
}

/** Whether an `output` option is a zod schema and not a JSON Schema. */
export function isZod(output: WorkflowOptions['output']): output is OutputSchema<unknown> {
  return output !== undefined && '_zod' in output && typeof output.safeParse === 'function';
}

/** Everything that `new AgentWorkflow` takes; an unknown option is an error. */
export interface WorkflowOptions<Output = unknown>
  extends BroughtOptions,
    ModelOptions,
    TapeOptions {
  /** What is to be done. */
  task: string;
  /** Data: column objects, arrays of records, `file(path)`, bytes, texts, numbers, any JSON. */
  inputs?: Readonly<Record<string, InputValue>>;
  /** `demo`, `ollama/...`, `openrouter/...`, `openai/...`, or a provider. Default `LLM_MODEL`. */
  model?: string | ModelProvider;
  /** The manager's model. Default `model`. */
  managerModel?: string | ModelProvider;
  /** The workers' model. Default `model`. */
  workerModel?: string | ModelProvider;
  budget?: BudgetOptions;
  /** Short for `budget.loops`. */
  maxLoops?: number | null;
  /** Short for `budget.workers`. */
  maxTotalWorkers?: number | null;
  /** Short for `budget.tokens`. */
  maxTotalTokens?: number | null;
  /** Short for `budget.time`. */
  maxWallTime?: number | string | null;
  /** Short for `budget.tools`. */
  maxToolCalls?: number | null;
  /** Short for `budget.depth`. */
  maxDepth?: number | null;
  /** Where artifacts are copied to when the run has ended. They stay in the store as well. */
  outputDir?: string | undefined;
  /** The `.awp` folder. Default: `AWP_HOME`, the nearest one upward, or one in the working folder. */
  home?: string | undefined;
  /**
   * `auto` takes the strongest box, a name only that one; or settings. `none` is no boundary at all.
   * Default `auto`.
   */
  sandbox?: 'auto' | SandboxName | SandboxOptions;
  /** Packages of Python for the sandbox; short for `sandbox.packages.python`. Default none. */
  packages?: readonly string[];
  /**
   * The Python of programs: a path, or a name on the search path. Default `AWP_PYTHON`, else the
   * best of the machine.
   */
  python?: string | undefined;
  /** A zod schema or JSON Schema that the result's `output` must fit. */
  output?: OutputSchema<Output> | JsonObject;
  /** `full` loses nothing at a power cut; `batched` at most the last 50 ms. Default `full`. */
  durability?: 'full' | 'batched';
  /** 0 to 2, of manager and workers. Default 0.2. */
  temperature?: number;
  /** Most tokens of one answer. Default 8,192. */
  maxOutputTokens?: number;
  /** Skills: paths of `SKILL.md` folders, markdown files, archives, or folders of skills. */
  skills?: readonly string[];
  /**
   * What a person must allow first, on top of what tools ask for: calls that change something
   * outside (`tools`), that reach other hosts (`network`), `shell`, `files`. `never` asks nobody:
   * what tools want to have allowed is refused. Default nothing more.
   */
  approve?: ApproveOption;
  /**
   * Whether and how results are scored: true for the metrics of the workflow, or the usual ones where
   * it has none; false for none. Default: as the workflow says.
   */
  evaluation?: boolean | EvaluationOptions;
  /** Quotas, rate limits, breakers and access of tool calls. */
  toolPolicy?: ToolPolicyOptions;
  /**
   * Whether workers may make tools, and within which bounds: true for the namespace `dynamic`, whose
   * tools only compute. Default false.
   */
  dynamicTools?: DynamicToolsOption;
  /** Tools that no worker gets. */
  forbiddenTools?: readonly string[];
  /** A key for the model's service, instead of the one in the environment. */
  apiKey?: string | undefined;
  /** US dollars for a million tokens, by model string. */
  prices?: Readonly<Record<string, Price>> | undefined;
  /** Put before the manager's own instructions. */
  managerInstructions?: string;
  /** Temperature of the manager alone. Default `temperature`. */
  managerTemperature?: number;
  /** Most tokens of one answer of the manager. Default `maxOutputTokens`. */
  managerMaxOutputTokens?: number;
  /** Turns whose results the manager sees in full. Default 3. */
  fullTurns?: number;
  /** Whether and after how many turns without progress the loop is ended. Default true and 3. */
  stall?: { enabled?: boolean; window?: number };
  /** How the loop goes about its work: plans, critique, gates, sub-managers, context and more. */
  policy?: PolicyOptions;
  /** Agents that can lead sub-managers, by the names that delegations have for them. Default none. */
  submanagerAgents?: SubmanagerAgents;
  /**
   * What the manager may choose for a worker. Default instructions, skills, tools, contract, temperature,
   * whether it runs programs, and with `dynamicTools` whether it makes tools.
   */
  managerControls?: readonly string[];
  /** A name for lists. Default `task`. */
  name?: string;
  /** A graph of agents instead of a manager with workers; from `loadWorkflow(...).options()`. */
  graph?: GraphSource;
  /**
   * Functions that run as nodes of the graph, in the place of their agents: by the node's id,
   * `report/writer` for a node of a sub-workflow.
   */
  steps?: Readonly<Record<string, StepFunction>> | undefined;
  /** Further providers, for models that agents of a graph name. */
  providers?: readonly ModelProvider[] | undefined;
  /** SHA-256 of the workflow's files, for the log. */
  workflowHash?: string;
  /**
   * Keep every question and answer of the models in the run's folder, with the raw bodies of answers: for
   * `awp runs show ID --calls`. Default false.
   */
  traceModels?: boolean;
  /** A store instead of the one on disk; `memoryStore` of `awp-agents/testing`. */
  store?: Store | undefined;
  /** A clock instead of the machine's; `fixedClock` of `awp-agents/testing`. */
  clock?: Clock | undefined;
}

const KNOWN = new Set<string>([
  'task',
  'inputs',
  'model',
  'managerModel',
  'workerModel',
  'budget',
  'maxLoops',
  'maxTotalWorkers',
  'maxTotalTokens',
  'maxWallTime',
  'maxToolCalls',
  'maxDepth',
  'outputDir',
  'home',
  'sandbox',
  'packages',
  'python',
  'output',
  'durability',
  'temperature',
  'maxOutputTokens',
  'tools',
  'mcp',
  'skills',
  'secrets',
  'approve',
  'toolPolicy',
  'evaluation',
  'trust',
  'workflow',
  'dynamicTools',
  'forbiddenTools',
  'apiKey',
  'prices',
  'fallbackModels',
  'reasoning',
  'mustReason',
  'capabilities',
  'managerInstructions',
  'managerTemperature',
  'managerMaxOutputTokens',
  'fullTurns',
  'stall',
  'policy',
  'submanagerAgents',
  'managerControls',
  'name',
  'graph',
  'steps',
  'providers',
  'workflowHash',
  'record',
  'replay',
  'traceModels',
  'store',
  'clock',
] satisfies (keyof WorkflowOptions)[]);

/** Spellings of limits: the short one, and the protocol's in camelCase and snake_case. */
const LIMIT_NAMES: ReadonlyMap<string, keyof BudgetOptions> = new Map([
  ...['loops', 'maxLoops', 'max_loops'].map((name) => [name, 'loops'] as const),
  ...['workers', 'maxTotalWorkers', 'max_total_workers'].map((name) => [name, 'workers'] as const),
  ...['tokens', 'maxTotalTokens', 'max_total_tokens'].map((name) => [name, 'tokens'] as const),
  ...['time', 'maxWallTime', 'max_wall_time'].map((name) => [name, 'time'] as const),
  ...['tools', 'maxToolCalls', 'max_tool_calls'].map((name) => [name, 'tools'] as const),
  ...['depth', 'maxDepth', 'max_depth'].map((name) => [name, 'depth'] as const),
  ...['parallel', 'maxParallelWorkers', 'max_parallel_workers'].map(
    (name) => [name, 'parallel'] as const,
  ),
  ['calls', 'calls'],
  ['cost', 'cost'],
]);

/** Defaults of decision 10. */
export const DEFAULT_LIMITS: Readonly<Limits> = {
  loops: 15,
  workers: 20,
  tokens: 500_000,
  time: 300_000,
  tools: 100,
  depth: 3,
  calls: null,
  cost: null,
  parallel: 8,
};

/** Throws `usage/unknown-option`, `usage/missing-option` or `usage/bad-option`. */
export function checkOptions(options: WorkflowOptions): void {
  for (const name of Object.keys(options)) {
    if (!KNOWN.has(name)) throw unknownOption(name, [...KNOWN]);
  }
  if (typeof options.task !== 'string' || options.task.trim() === '') {
    throw new AwpError('usage/missing-option', 'the option task is missing or empty', {
      hint: 'say what is to be done: new AgentWorkflow({ task: "Find the peak month", ... })',
    });
  }
  limitsOf(options);
  toolRules(options);
  for (const role of ['manager', 'worker'] as const) modelOptions(options, role);
  policyOption(options.policy);
  checkDynamicTools(options);
  checkSubmanagerAgents(options.submanagerAgents);
  capabilityList(options.capabilities);
  checkTapes(options);
  checkTrace(options.traceModels);
  ownToolsOf(options);
  const sandbox = sandboxOptions(options.sandbox);
  checkSandbox(sandbox, options.packages);
  checkPython(options.python, sandbox);
  checkEvaluation(options.evaluation);
}

function checkTrace(trace: unknown): void {
  if (trace === undefined || typeof trace === 'boolean') return;
  throw new AwpError('usage/bad-option', `traceModels cannot be ${JSON.stringify(trace)}`, {
    hint: 'true keeps what models are asked and answer; it is false when left out',
  });
}

/** The settings that the option stands for. */
export function sandboxOptions(sandbox: WorkflowOptions['sandbox'] = 'auto'): SandboxOptions {
  if (sandbox === 'auto') return {};
  if (sandbox === 'none') return { minimum: 'none', only: 'none' };
  return typeof sandbox === 'string' ? { only: sandbox } : sandbox;
}

/** The limits of a run: defaults, then `budget`, then the short options. Throws `usage/bad-option`. */
export function limitsOf(options: WorkflowOptions): Limits {
  const { maxLoops, maxTotalWorkers, maxTotalTokens, maxWallTime, maxToolCalls, maxDepth } =
    options;
  const short = { maxLoops, maxTotalWorkers, maxTotalTokens, maxWallTime, maxToolCalls, maxDepth };
  const limits: Limits = { ...DEFAULT_LIMITS };
  for (const [name, value] of [...Object.entries(options.budget ?? {}), ...Object.entries(short)]) {
    if (value === undefined) continue;
    const dimension = LIMIT_NAMES.get(name);
    if (!dimension) throw unknownOption(`budget.${name}`, [...LIMIT_NAMES.keys()]);
    const limit = readLimit(dimension, value);
    if (dimension === 'parallel') limits.parallel = limit ?? DEFAULT_LIMITS.parallel;
    else limits[dimension] = limit;
  }
  return limits;
}

function readLimit(dimension: keyof Limits, value: number | string | null): number | null {
  if (value === null && dimension !== 'parallel') return null;
  const number = typeof value === 'string' && dimension === 'time' ? parseDuration(value) : value;
  const whole = dimension === 'cost' || dimension === 'time' || Number.isInteger(number);
  const least = dimension === 'parallel' ? 1 : 0;
  if (typeof number === 'number' && Number.isFinite(number) && number >= least && whole) {
    return number;
  }
  throw new AwpError('usage/bad-option', `budget.${dimension} cannot be ${JSON.stringify(value)}`, {
    hint:
      dimension === 'time'
        ? "milliseconds, a text such as '5m', or null for unlimited"
        : `a number of at least ${least}${dimension === 'parallel' ? '' : ', or null for unlimited'}`,
  });
}
