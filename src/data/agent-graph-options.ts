import type { JsonObject } from '../base/json.ts';
import type { ModelProvider } from '../ports/model-provider.ts';
import type { StepFunction } from '../ports/step.ts';
import type { ModelOptions } from './model-options.ts';
import type { OutputSchema, WorkflowOptions } from './options.ts';
import type { OwnTool } from './own-tools.ts';
import type { StartOptions } from './run-handle.ts';

/** What a node of a graph waits for. */
export interface DependencyOptions {
  id: string;
  /** How it must have ended. Default `success`. */
  condition?: 'success' | 'failure' | 'always';
  /** Expression over `state` that must be true. */
  when?: string;
}

/** A node of `new AgentGraph`: with `run` a function, with `graph` another graph, else an agent. */
export interface GraphNodeOptions {
  /** Letters, digits and `_`, at most 64; its output is `state.<id>`. */
  id: string;
  description?: string;
  /** A function of this program; what it returns is the node's output. */
  run?: StepFunction;
  /** Another graph that runs as this node. Its result has the outputs of all its nodes. */
  graph?: InnerGraph;
  /** For `graph`: keys of its state from expressions over ours, our fields from expressions over its. */
  input?: Readonly<Record<string, string>>;
  output?: Readonly<Record<string, string>>;
  /** What the agent is and is to do. */
  instructions?: string;
  /** What it is called in its prompt. Default the id. */
  role?: string;
  /** Default that of the graph, else `LLM_MODEL`. */
  model?: string | ModelProvider;
  /** Models that are asked when this one cannot. Default none. */
  fallbackModels?: readonly string[];
  /** 0 to 2. Default 0. */
  temperature?: number;
  /** Most tokens of one answer. Default 8,192. */
  maxOutputTokens?: number;
  /** How much it thinks before it answers. Default as the service does it. */
  reasoning?: 'low' | 'medium' | 'high';
  /** What it answers: a zod schema, a JSON Schema, `text` or `markdown`. Default any JSON. */
  answer?: OutputSchema<unknown> | JsonObject | 'text' | 'markdown';
  /** Tools that it may call: of your own, and names or patterns of those that ship. Default none. */
  tools?: readonly (string | OwnTool)[];
  /** Nodes that must have ended first. Default none. */
  dependsOn?: readonly (string | DependencyOptions)[];
  /** Expression over `state`; it is skipped unless that is true. */
  when?: string;
  /** Whether it takes part, or an expression over `state`. Default true. */
  enabled?: boolean | string;
  /** Fields that it sees of nodes before it, by node or of each of them. Default all. */
  shareInput?: readonly string[] | Readonly<Record<string, readonly string[]>>;
  /** Fields that others see of it. Default all. */
  shareOutput?: readonly string[];
  /** `continue` skips what depends on it, `skip` gives those an empty value. Default `stop`. */
  onFailure?: 'stop' | 'continue' | 'skip';
  /** For one attempt: milliseconds, or a text such as `'2m'`. Default unlimited. */
  timeout?: number | string;
  /** Attempts in all, or more about them. Default 1. */
  retry?: number | RetryOptions;
  /** Repeats the node. */
  loop?: LoopOptions;
  /** One instance for each item of a list in the state. */
  fanOut?: FanOutOptions;
  /** How the results of instances are put together. Default `merge`: a list in `items`. */
  fanIn?: FanInOptions;
  /** A person must allow it before it starts, or its output before others see it. */
  approval?: 'before' | 'after';
}

/** A graph that runs as a node of another one; an `AgentGraph` is one. */
export interface InnerGraph {
  readonly options: AgentGraphOptions;
  /** Its functions, by their paths. */
  readonly steps: Readonly<Record<string, StepFunction>>;
}

/** Attempts of a node. */
export interface RetryOptions {
  /** In all. */
  attempts: number;
  /** Default `exponential`. */
  backoff?: 'none' | 'linear' | 'exponential';
  /** The first wait and the longest: milliseconds, or a text such as `'2s'`. Default 2 s and 60 s. */
  base?: number | string;
  max?: number | string;
  /**
   * Kinds of failure that are tried again, and those that never are. Default `timeout`, `rate_limit`,
   * `server_error`, `connection_error` and `step` (what a function throws), never `validation_error`
   * and `auth_error`. With `retryable` alone exactly these are tried again.
   */
  retryable?: readonly string[];
  nonRetryable?: readonly string[];
}

/** Rounds of a node. */
export interface LoopOptions {
  /** Most rounds. */
  max: number;
  /** It goes on while this expression over `state` and `result` is true. Default all rounds. */
  while?: string;
  /** Whether a person is asked before each further round. Default false. */
  interactive?: boolean;
  /** Field of the last result that is shown to the person. Default the whole result. */
  promptField?: string;
}

/** Instances of a node. */
export interface FanOutOptions {
  /** The list: a path in the state, `planner.topics`. */
  over: string;
  /** Name of the item in prompts. Default `item`. */
  as?: string;
  /** Instances at the same time. Default 4. */
  maxParallel?: number;
}

/** How results of instances become one. */
export interface FanInOptions {
  strategy: 'merge' | 'concat' | 'reduce' | 'first' | 'majority' | 'custom';
  /** Field that holds what comes of it. Default `items`; for `reduce` `result`. */
  field?: string;
  /** For `reduce`: an expression over `acc` and `item`. */
  expr?: string;
  /** For `custom`: the name of a tool. */
  tool?: string;
}

/** How much the state of a graph may hold, as JSON in UTF-8. */
export interface StateLimitsOptions {
  /** Bytes of all values together. Default 10 MiB. */
  bytes?: number;
  /** Bytes that one agent or function may bring. Default 1 MiB. */
  fieldBytes?: number;
  /** Values. Default 1,000, and twice the number of nodes when that is more. */
  fields?: number;
}

/** Options of runs that make sense for a graph of a program. */
type RunOptions = Pick<
  WorkflowOptions,
  | ('inputs' | 'budget' | 'outputDir' | 'home' | 'sandbox' | 'packages' | 'python' | 'durability')
  | ('skills' | 'approve' | 'toolPolicy' | 'forbiddenTools' | 'apiKey' | 'prices' | 'providers')
  | ('mcp' | 'secrets' | 'trust' | 'record' | 'replay' | 'traceModels' | 'store' | 'clock')
  | 'evaluation'
> &
  Pick<ModelOptions, 'capabilities'>;

/** Everything that `new AgentGraph` takes; an unknown option is an error. */
export interface AgentGraphOptions extends RunOptions {
  /** Its name in lists. */
  name: string;
  nodes: readonly GraphNodeOptions[];
  /** What it does; the task of runs that are given none. Default the name. */
  description?: string;
  /** The model of agents that name none. Default `LLM_MODEL`. */
  model?: string | ModelProvider;
  /** Default `parallel`: each node starts as soon as those that it waits for have ended. */
  mode?: 'sequential' | 'parallel' | 'conditional' | 'adaptive';
  /** Nodes at the same time. Default 4. */
  maxParallel?: number;
  /** Values that its state starts with. Default none. */
  state?: JsonObject;
  /** How much its state may hold. */
  stateLimits?: StateLimitsOptions;
  /** Ends a run without progress after so long: milliseconds, or `'2m'`. Default unlimited. */
  idleTimeout?: number | string;
}

/** How a graph is started. */
export interface StartGraphOptions extends StartOptions, RunOptions {
  /** What it is to do. Default its description. */
  task?: string;
  /** Instead of all models that it names. */
  model?: string | ModelProvider;
}
