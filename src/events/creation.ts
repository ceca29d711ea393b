import type { JsonObject } from '../base/json.ts';

/** Languages that tools and the programs of code mode are written in (rule R21). */
export type CodeLanguage = 'python' | 'javascript' | 'typescript';

/** What a namespace lets its tools do; only the author grants it (rule NC1). */
export type Capability = 'compute' | 'network' | 'filesystem';

/** A namespace in which tools may be made (spec, capabilities 4.2). */
export interface PlanNamespace {
  name: string;
  /** `compute` is always among them. */
  capabilities: readonly Capability[];
  /** Hosts that its tools can reach, in the grammar of `base/hosts.ts`; empty, or without `network`: none. */
  hosts: readonly string[];
  /** Names of secrets that its tools may ask for; they only ever see the token `secret://NAME`. */
  secrets: readonly string[];
}

/** Tools that agents of a run may make: the author's policy, as the safety envelope left it (decision 36). */
export interface PlanCreation {
  namespaces: readonly PlanNamespace[];
  /** Tools of a run, those that were removed included. */
  maxTotal: number;
  /** Tools that one agent may make, those that it removed included. */
  maxPerAgent: number;
  /** Whether equal code under the same name is made once. */
  cache: boolean;
  dryRun: boolean;
  /** Milliseconds of the trial, and of one call. */
  dryRunMs: number;
  callMs: number;
  /** Whether tools that were made are there in later runs of the workflow. */
  persist: boolean;
  /** Whether every draft is in the log with its source before it is checked. */
  codeReview: boolean;
  /** Whether programs of the same shape become proposals. */
  induction: boolean;
}

/** What one agent may make. */
export interface ToolMaking {
  /** Names of namespaces of the plan's `creation`; the first is used when it names none. */
  namespaces: readonly string[];
  maxTools: number;
  /** Times that a model may repair one tool; 0 is none. */
  repairs: number;
}

/** How an agent works that writes programs instead of calling tools (spec, capabilities 3). */
export interface PlanCodemode {
  language: CodeLanguage;
  /** Further answers after one that failed. */
  retries: number;
  /** Milliseconds of one program. */
  timeoutMs: number;
  /** Whether what its programs print is kept. */
  console: boolean;
  /**
   * Where `sdk.state` is kept; left out: there is none. `memory`: for one execution of the agent,
   * `filesystem`: for the run, `workspace`: for later runs, too.
   */
  state?: 'memory' | 'filesystem' | 'workspace';
  /** Tools that its programs can call at most, as names or patterns; left out: all that it has. */
  only?: readonly string[];
}

/** A tool as an agent wants to have it. */
export interface ToolDraft {
  /** `namespace.action`. */
  name: string;
  description: string;
  /** JSON Schema of the arguments. */
  parameters: JsonObject;
  /** A program that defines `handler`. */
  code: string;
  language: CodeLanguage;
  /** Names of secrets that it asks for. */
  secrets: readonly string[];
  /** What else was said of it; kept for readers, and never acted on. */
  meta?: JsonObject;
}

/** The steps that a draft goes through, in this order. */
export type CreationStage =
  | 'policy'
  | 'source'
  | 'schema'
  | 'signature'
  | 'lint'
  | 'placeholder'
  | 'dry_run'
  | 'repair'
  | 'registration';

/** Kinds of refusal (spec, capabilities 4.4); those of `policy` are final. */
export type RefusalCategory =
  | 'policy'
  | 'validation'
  | 'import'
  | 'forbidden_construct'
  | 'schema_mismatch'
  | 'placeholder'
  | 'dry_run';

/** Why a draft is no tool. */
export interface DraftProblem {
  stage: CreationStage;
  /** 400, 403, 409, 422 or 429 (spec, capabilities 4.4). */
  status: number;
  category: RefusalCategory;
  /** Whether a model may try to put it right. */
  repairable: boolean;
  /** What is wrong, with line and column where they are known. */
  error: string;
  /** What to do. */
  hint: string;
}

/** A tool that an agent made, or that an earlier run or a person left. */
export interface CreatedTool extends ToolDraft {
  namespace: string;
  /** SHA-256 of name, code and schema (spec, capabilities 4.9). */
  hash: string;
  /** Name of the agent that made it. */
  creator: string;
  /** `agent`: made in this run; `kept`: by an earlier run; `project`: promoted by a person. */
  origin: 'agent' | 'kept' | 'project';
  /** When it was made: ISO 8601, UTC. */
  createdAt: string;
  /** How often it was repaired before it passed. */
  repairs: number;
}

/** A tool that follows from programs of the same shape (spec, capabilities 4.9: induction). */
export interface ToolProposal extends Omit<ToolDraft, 'meta'> {
  /** What the programs have in common: 16 hexadecimal digits. */
  shape: string;
  /** Names of the workers that ran it. */
  workers: readonly string[];
}
