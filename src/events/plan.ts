import type { JsonObject } from '../base/json.ts';
import type { PlanCreation, ToolMaking } from './creation.ts';
import type { PlanAgent, PlanEvaluation, PlanGraph, PlanLoopNode } from './plan-graph.ts';
import type { PlanPolicy } from './plan-policy.ts';

/** Names of the budget's dimensions, as flags and reports spell them. */
export type Dimension =
  | 'loops'
  | 'workers'
  | 'tokens'
  | 'time'
  | 'tools'
  | 'depth'
  | 'calls'
  | 'cost'
  | 'parallel';

/** Limits of a run; null is unlimited, zero is none (decisions 10 to 14). */
export interface Limits {
  /** Turns of managers. */
  loops: number | null;
  /** Workers over the whole tree. */
  workers: number | null;
  /** Tokens in and out, over every model call. */
  tokens: number | null;
  /** Active time on the wall clock, in milliseconds. */
  time: number | null;
  /** Calls of any tool, failed ones included. */
  tools: number | null;
  /** Levels of sub-managers below the root manager. */
  depth: number | null;
  /** Model calls, failed ones included. */
  calls: number | null;
  /** US dollars. */
  cost: number | null;
  /** Workers at the same time. */
  parallel: number;
}

/** What was used of the dimensions that are counted up, as limits count them. */
export interface Spend {
  loops: number;
  workers: number;
  tokens: number;
  tools: number;
  calls: number;
  /** US dollars. */
  cost: number;
}

/** What an agent asks its model with. */
export interface ModelSettings {
  /** The model string, as the user wrote it. */
  model: string;
  /** 0 to 2. */
  temperature: number;
  /** Most tokens of one answer. */
  maxOutputTokens: number;
  /** Models that are asked when this one cannot, in this order. */
  fallback?: readonly string[];
  /** How much it is to think before it answers; left out: as the service does it. */
  reasoning?: 'low' | 'medium' | 'high' | { budgetTokens: number };
  /** A model that cannot be told how much to think is an error. */
  mustReason?: true;
}

/** One input of the run, as the manager and workers are told about it. */
export interface PlanInput {
  name: string;
  kind: 'table' | 'json' | 'text' | 'file' | 'bytes' | 'value';
  /** Path below `inputs/`, when it is a file. */
  path?: string;
  bytes?: number;
  sha256?: string;
  /** Columns, types, row count, first rows, or the value itself; bounded. */
  description: string;
}

/** Names of the boxes. */
export type SandboxName = 'bwrap' | 'jail' | 'quickjs' | 'deno' | 'none';

/** How strong a box must be, and what a program in it may use (decision 30). */
export interface SandboxPolicy {
  /** The weakest provider that will do: `none` accepts no boundary at all. */
  minimum: 'none' | 'boundary';
  /** The only box that will do; the strongest of the machine when left out. */
  only?: SandboxName;
  /** Wall clock of one program, in milliseconds. */
  timeoutMs: number;
  /** Resident memory of one program, in MiB. */
  memoryMb: number;
  /** Processor time of one program, in seconds. */
  cpuSeconds: number;
  /** Processes and threads of one program. */
  processes: number;
  /** Characters kept of each of stdout and stderr. */
  outputChars: number;
  /** Bytes that the files of one program may have together. */
  filesBytes: number;
  /** Bytes of one file. */
  fileBytes: number;
  /** Files that one program may hand back. */
  files: number;
  /** Open files of one process. */
  openFiles: number;
  /** Calls of tools that one program may make. */
  toolCalls: number;
  /** Hosts that programs may reach through our proxy (spec, capabilities 12.5); empty: no network. */
  hosts: readonly string[];
  /** Packages that the author declared, as their package manager names them. */
  packages: { python: readonly string[]; javascript: readonly string[] };
  /** `persistent`: the programs of one worker share a box, never those of two. */
  session: 'fresh' | 'persistent';
  /** Languages that may be used, best first; empty means all that the box has. */
  languages: readonly Language[];
}

/** What a person must allow before it is done, on top of what tools ask for themselves. */
export type ApprovalPolicy =
  | 'tools'
  | 'network'
  | 'shell'
  | 'files'
  | 'loops'
  | 'submanagers'
  | 'budget';

/** Limits of one tool, or of those that a pattern names. */
export interface ToolLimits {
  /** Most time for one call, in milliseconds. */
  timeoutMs?: number;
  /** Calls in the whole run. */
  calls?: number;
  perMinute?: number;
  perHour?: number;
}

/** Who may call what (spec, capabilities 9). Denied wins. */
export interface AccessRule {
  /** Name of an agent; `*` in it stands for any characters. */
  agent: string;
  /** Agents that it is not for. */
  except?: readonly string[];
  /** Names or patterns; undefined is all, empty is none. */
  allowed?: readonly string[];
  denied?: readonly string[];
}

/** When what keeps failing is held back (spec, capabilities 9). */
export interface BreakerPolicy {
  /** Failures in a row that open it. */
  failures: number;
  /** Milliseconds until calls are tried again. */
  resetMs: number;
  /** Calls that are tried then; as many successes close it. */
  halfOpen: number;
}

/** Rules of all tool calls of a run. */
export interface ToolPolicy {
  /** Calls of one agent; null is unlimited. */
  callsPerAgent: number | null;
  /** Calls of one agent's answer that are out at the same time. */
  parallel: number;
  /** Most time for one call, in milliseconds; null leaves it to the tool. */
  timeoutMs: number | null;
  /** By name or pattern; the first that fits counts. */
  overrides: readonly (ToolLimits & { tool: string })[];
  /** Calls in a minute: of one agent, of one tool; null is unlimited. What is above waits or is refused. */
  rate: {
    perAgent: number | null;
    perTool: number | null;
    onExceeded: 'queue' | 'reject';
  };
  /** Undefined: nothing is held back. `perTool` by name. */
  breaker?: BreakerPolicy & {
    monitored: readonly ('timeout' | 'server_error' | 'rate_limit' | 'connection_error')[];
    perTool: Readonly<Record<string, BreakerPolicy>>;
  };
  access: readonly AccessRule[];
  /** `never`: nobody is asked, and what needs it is refused. */
  approve: 'never' | readonly ApprovalPolicy[];
}

/** A skill as prompts name it; its text is in the run's folder. */
export interface PlanSkill {
  /** Unique in the run. */
  name: string;
  description: string;
  /** Characters of its text. */
  chars: number;
  /** SHA-256 of its text. */
  sha256: string;
  /** Path of its text below the run's folder. */
  path: string;
  /** Files that came with it, as workers find them: paths below `inputs/`. */
  files: readonly string[];
  origin: 'foundation' | 'shared' | 'agent' | 'external' | 'given' | 'generated';
}

/** Languages of worker programs. */
export type Language = 'python' | 'javascript' | 'typescript' | 'shell';

/** The manager of a delegation loop. */
export interface PlanManager extends ModelSettings {
  /** The manager folder's own system prompt, put before the protocol's. */
  instructions?: string;
  /** Turns whose results are shown in full; older ones are one line each. */
  fullTurns: number;
  /** Unreadable answers in a row that are corrected before the run fails. */
  corrections: number;
  /** What it is good for, as managers that may have it lead others are told; left out: nothing. */
  about?: string;
}

/** The workers of a delegation loop. */
export interface PlanWorker extends ModelSettings {
  /** Tools that workers may be given, as names or patterns. */
  tools: readonly string[];
  /** Tools that no worker gets, whatever the manager says. */
  denied: readonly string[];
  /** Whether the manager may choose temperature and tools of a worker. */
  managerControls: readonly string[];
  /** Answers with tool calls before the worker must sum up. */
  toolRounds: number;
  /** Times that an output is sent back for breaking its contract. */
  repairs: number;
  /** Attempts of one model call, the first included. */
  attempts: number;
  /** What a worker may make whom its manager lets make tools; left out: nobody may. */
  making?: ToolMaking;
}

/** What a manager and its workers go by. */
export interface PlanLoop {
  manager: PlanManager;
  worker: PlanWorker;
  stall: { enabled: boolean; window: number };
  /** What it says about its way of working; the rest is as DEFAULT_POLICY has it. */
  policy?: Partial<PlanPolicy>;
  /** Managers of sub-managers, by the name of their agent; those not named have the loop's own. */
  submanagers?: Readonly<Record<string, PlanManager>>;
}

/**
 * Everything a run was started with: all defaults filled in, all references resolved. A plan of
 * engine `delegation_loop` has `manager`, `worker` and `stall`, one of engine `dag` has `graph` and
 * `agents`; `loopOf` and `agentOf` find what a frame goes by.
 */
export interface Plan extends Partial<PlanLoop> {
  version: 1;
  engine: 'delegation_loop' | 'dag';
  /** The workflow's name, or `task` for an ad-hoc run. */
  name: string;
  task: string;
  limits: Limits;
  durability: 'full' | 'batched';
  inputs: readonly PlanInput[];
  /** The outermost graph. */
  graph?: PlanGraph;
  /** Agents of all graphs, by key: the folder's name, with the sub-workflow's name before it. */
  agents?: Readonly<Record<string, PlanAgent>>;
  /** Delegation loops that are nodes, by key: the node's id, with the sub-workflow's before it. */
  loops?: Readonly<Record<string, PlanLoopNode>>;
  /** How results are scored; left out: not at all. */
  evaluation?: PlanEvaluation;
  sandbox: SandboxPolicy;
  /** Tools that agents may make; left out: none. */
  creation?: PlanCreation;
  /** Left out: nothing is limited, and only what tools ask for needs a person. */
  tools?: ToolPolicy;
  /** Skills of the run, best first. */
  skills?: readonly PlanSkill[];
  /** What a program or a command line brought; a resumed run needs it again. */
  brought?: {
    /** Names of its own tools, and of MCP servers. */
    tools: readonly string[];
    servers: readonly string[];
    /** Folder of the workflow whose own tools, secrets and skills count. */
    workflow?: string;
  };
  /** JSON Schema of the whole run's typed output. */
  output?: JsonObject;
  /** True for rule-based and scripted models; shown wherever the run appears. */
  simulated: boolean;
  /** The tape that the answers of all models come from; none was asked. */
  replay?: {
    /** Absolute path of the tape. */
    file: string;
    /** When it was recorded: ISO 8601, UTC. */
    recorded: string;
    /** When the run on it began: ISO 8601, UTC; its day is that of the replay. Left out: as `recorded`. */
    began?: string;
    /** SHA-256 of the tape. */
    sha256: string;
  };
  /** SHA-256 of the workflow folder's files, when there is one. */
  workflowHash?: string;
}

/** A plan of engine `delegation_loop`. */
export type LoopPlan = Plan & PlanLoop;

/** The model that a plan is known by: the manager's, or that of the first agent; `` when there is none. */
export function mainModel({ manager, agents = {}, loops = {} }: Plan): string {
  const [agent] = Object.values(agents);
  const [loop] = Object.values(loops);
  return manager?.model ?? agent?.model ?? loop?.manager.model ?? '';
}
