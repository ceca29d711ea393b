import type { JsonObject } from '../base/json.ts';
import type { PlanCodemode, ToolMaking } from './creation.ts';
import type { Limits, ModelSettings, PlanLoop, PlanSkill, ToolLimits } from './plan.ts';

/** How a node must have ended for one that depends on it (spec, runtime 2.1). */
export interface PlanDependency {
  id: string;
  condition: 'success' | 'failure' | 'always';
  /** Expression over `state`; the way is not taken unless it is true. */
  expr?: string;
}

/** Attempts of a node (spec, runtime 2.6). */
export interface PlanRetry {
  /** In all, the first included. */
  attempts: number;
  backoff: 'none' | 'linear' | 'exponential';
  /** Milliseconds of the first wait, and the longest wait. */
  baseMs: number;
  maxMs: number;
  /** Kinds of failure that are tried again, and those that never are; see `failureKind`. */
  retryable: readonly string[];
  nonRetryable: readonly string[];
}

/** A node that repeats (spec, runtime 2.7). */
export interface PlanRepeat {
  /** Waits for a person before each round but the first. */
  interactive: boolean;
  /** Most rounds. */
  max: number;
  /** Expression over `state` and `result`; it goes on while it is true. Left out: all rounds. */
  condition?: string;
  /** Field of the last result that is shown to the person. */
  promptField?: string;
  inputChannel?: string;
}

/** One instance of a node for each item of a list (spec, runtime 2.8). */
export interface PlanFanOut {
  /** Path in the state, `planner.topics`; a leading `state.` is cut off. */
  source: string;
  /** Name of the item in each instance. */
  variable: string;
  maxParallel: number;
  /** Key of `plan.agents`, when the instances are of another agent than the node. */
  agent?: string;
}

/** How the results of instances are put together (spec, runtime 2.8; decision 28). */
export interface PlanFanIn {
  strategy: 'merge' | 'concat' | 'reduce' | 'first' | 'majority' | 'custom';
  /** Field of the node's output that holds it; `items` when left out. */
  targetField?: string;
  /** For `reduce`: expression over `acc` and `item`. */
  expr?: string;
  /** For `custom`: name of a tool. */
  tool?: string;
}

/** What is done when a node has failed for good, before `onFailure` (spec, runtime 2.1). */
export type PlanDegradation =
  | { fallback: 'agent'; agent: string }
  | { fallback: 'cached_results'; maxStalenessMs: number | null }
  | { fallback: 'skip' };

/** A node of a graph, with all defaults. */
export interface PlanNode {
  /** Unique in its graph; its key in the state. */
  id: string;
  description: string;
  /**
   * `agent`: asks a model; `step`: a function of the program that started the run; `module`: the
   * agent's own code, in a process of its own.
   */
  kind: 'agent' | 'step' | 'module' | 'subworkflow' | 'delegation_loop';
  /** Key of `plan.agents`; undefined for steps, sub-workflows and loops. */
  agent?: string;
  /** The graph of a sub-workflow. */
  graph?: PlanGraph;
  /** Key of `plan.loops`. */
  loop?: string;
  dependsOn: readonly PlanDependency[];
  /** An expression over `state`, or whether it takes part. */
  enabled: boolean | string;
  when?: string;
  /** Fields that it sees of each node before it, or of those named; undefined: what sharing allows. */
  shareInput?: readonly string[] | Readonly<Record<string, readonly string[]>>;
  /** Fields that others see of it; undefined: all that sharing allows. */
  shareOutput?: readonly string[];
  /** `continue` skips what depends on it, `skip` gives those an empty value. */
  onFailure: 'stop' | 'continue' | 'skip';
  /** Milliseconds for one attempt; null is unlimited. */
  timeoutMs: number | null;
  retry: PlanRetry;
  degradation: readonly PlanDegradation[];
  repeat?: PlanRepeat;
  fanOut?: PlanFanOut;
  fanIn?: PlanFanIn;
  /** Sub-workflow: its state's keys from expressions over ours; our fields from its state. */
  inputMapping?: Readonly<Record<string, string>>;
  outputMapping?: Readonly<Record<string, string>>;
  /** A person must allow it before it starts, or its output before others see it. */
  approval?: 'before' | 'after';
}

/** What nodes of a graph share, and who sees what (spec, capabilities 7.1). */
export interface PlanState {
  /** Values at the start, with `auto_inject` put in. */
  initial: JsonObject;
  /** Keys of `initial` that are others in every run, such as its id; kept results are found without. */
  injected?: readonly string[];
  required: readonly string[];
  limits: { bytes: number; fieldBytes: number; fields: number };
  sharing: {
    strategy: 'full' | 'selective' | 'isolated';
    rules: readonly {
      from: string;
      /** Undefined is all. */
      to?: readonly string[];
      /** Empty is all. */
      fields: readonly string[];
      /** Expression over `value` and `state`. */
      transform?: string;
    }[];
    never: readonly string[];
    /** Fields whose values never leave the process that made them (R14). */
    sensitive: readonly string[];
    validation: 'strict' | 'warn' | 'none';
  };
  /** Files of the state, below the run's folder; undefined: none. */
  persistence?: { folder: string; interval: 'per_agent' | 'per_run' | 'manual'; last: boolean };
}

/** A graph of nodes (spec, runtime 2). */
export interface PlanGraph {
  /** The name of its workflow. */
  name: string;
  nodes: readonly PlanNode[];
  mode: 'sequential' | 'parallel' | 'conditional' | 'adaptive';
  /** Nodes and instances at the same time. */
  maxParallel: number;
  /** Milliseconds without any progress after which it ends; null is unlimited. Only of the outermost. */
  idleMs: number | null;
  state: PlanState;
  /** Characters of earlier results that a prompt shows (spec, runtime 2.9). */
  context: { totalChars: number; minPerEntry: number; previewChars: number };
}

/** Limits of one agent's tool calls. */
export interface PlanAgentCalls {
  /** Calls in all; null is unlimited. */
  max: number | null;
  /** Calls of one answer that are out at the same time. */
  parallel: number;
  /** Most time for one call, in milliseconds; null leaves it to the tool. */
  timeoutMs: number | null;
  /** By name or pattern; the first that fits counts. */
  overrides: readonly (ToolLimits & { tool: string })[];
  /** Namespaces that it may use; left out: all. */
  namespaces?: readonly string[];
}

/** An agent of a graph: `agent.awp.yaml` with its files read. */
export interface PlanAgent extends ModelSettings {
  /** Key in `plan.agents`, and the name that rules of access count for. */
  id: string;
  role: string;
  description: string;
  /** Nucleus sampling, 0 to 1; left out: as the service does it. */
  topP?: number;
  /** Texts of its prompt; `{{name}}` is filled in when it is asked. */
  prompt: {
    system: string;
    /** What it is asked, when it has a template of its own. */
    user?: string;
    /** Ordered fragments: path below its folder, text. */
    fragments: readonly { path: string; text: string }[];
    variables: JsonObject;
    order: readonly ('system' | 'skills' | 'memory' | 'messages' | 'context' | 'additional')[];
  };
  /** Tools, as names or patterns; empty: none. Denied wins. */
  tools: readonly string[];
  denied: readonly string[];
  toolChoice?: string;
  parallelCalls?: boolean;
  /** Answers with tool calls before it must sum up; null is unlimited. */
  toolRounds: number | null;
  /** Its own limits of tool calls, besides those of the run; left out: none. */
  calls?: PlanAgentCalls;
  /** Attempts of one model call, the first included. */
  attempts: number;
  skills: readonly PlanSkill[];
  output: {
    format: 'json' | 'text' | 'markdown';
    /** JSON Schema of the answer. */
    schema?: JsonObject;
    required: readonly string[];
    /** What its fields mean, in words. */
    fieldNotes?: string;
    /** Fields that others may not see, and those whose values are hidden everywhere (R9, R14). */
    unshared: readonly string[];
    sensitive: readonly string[];
    /** `strict`: also types and extra fields count; `lenient`: required fields; `none`: nothing. */
    validation: 'strict' | 'lenient' | 'none';
    /** Times that an answer is sent back. */
    repairs: number;
    onInvalid: 'abort' | 'use_partial' | 'skip';
    retryPrompt?: string;
  };
  /** It writes programs instead of calling tools; left out: it does not. */
  codemode?: PlanCodemode;
  /** Tools that it may make; left out: none. */
  making?: ToolMaking;
  vision?: { model?: string; formats: readonly string[]; maxImages: number; maxBytes: number };
  /** Programs that prepare its inputs, run in the sandbox before the first question. */
  preprocessors: readonly {
    name: string;
    language: 'python' | 'javascript' | 'typescript';
    code: string;
  }[];
  /** Absolute path of `agent.ts` or `agent.js`, for nodes of kind `module`. */
  module?: string;
  /** SHA-256 of all that it is made of; cached results are kept by it. */
  hash: string;
}

/** A delegation loop as a node: its own manager, workers and share of the budget. */
export interface PlanLoopNode extends PlanLoop {
  /** What its manager is asked; the run's task when left out. */
  task?: string;
  /** Its share of the budget; what is left out is limited by the run alone. */
  limits: Partial<Limits>;
}

/** Evaluation of results (spec, runtime 8.1; R27 to R30). */
export interface PlanEvaluation {
  metrics: readonly {
    name: string;
    kind: 'llm_rubric' | 'deterministic' | 'assertions' | 'schema' | 'budget' | 'policy';
    weight: number;
    expr?: string;
    assertions?: readonly string[];
    rubric?: string;
    schema?: JsonObject;
  }[];
  thresholds: { accept: number; retry: number; fail: number };
  hooks: readonly ('worker_result' | 'generated_tool' | 'final_answer')[];
  repair?: {
    max: number;
    belowRetry: 'retry_with_repair' | 'fail_workflow' | 'accept_with_warning';
    belowFail: 'retry_with_repair' | 'fail_workflow' | 'accept_with_warning';
  };
  judge: { model: string; temperature: number };
  /** Folder of the scores, below the run's folder. */
  folder: string;
}
