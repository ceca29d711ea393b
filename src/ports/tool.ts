import type { Json, JsonObject } from '../base/json.ts';
import type { Secret } from '../base/secret.ts';
import type { SecurityKind } from '../events/event.ts';
import type { SandboxPolicy } from '../events/plan.ts';
import type { Effects } from './effects.ts';
import type { BoxSecrets, BoxTools, Sandbox } from './sandbox.ts';

/** The standard envelope of every tool call (spec, capabilities 1.1). */
export interface ToolResult {
  ok: boolean;
  /**
   * HTTP-like: 200, 400 bad arguments, 403 denied, 404, 408 timeout, 409 duplicate, 415 binary,
   * 422 refused by a check, 429 quota, 500 failure, 503 not configured.
   */
  status: number;
  data: Json;
  error?: string;
  /** Diagnostics; nothing sensitive. */
  log?: string;
}

/** A file in a worker's workspace. */
export interface WorkspaceFile {
  /** Begins with `inputs/`, `shared/` or `output/`. */
  path: string;
  bytes: number;
}

/** The folders that one worker sees (decision 16), for tools that work on the host. */
export interface Workspace {
  /** Host folder of `inputs/`. */
  inputs: string;
  /** Host folder of `shared/`: the artifacts of earlier turns; undefined when there are none. */
  shared: string | undefined;
  /** Throws `AwpError` `tool/not-found` or `tool/denied`. A bare name is looked for in all three folders. */
  read(path: string, maxBytes: number): Promise<{ path: string; bytes: Uint8Array; size: number }>;
  /** All files below a folder, sorted; `''` for all three. */
  list(folder: string): Promise<WorkspaceFile[]>;
  /** Puts a file below `output/`; it becomes an artifact when the call returns. */
  write(path: string, data: Uint8Array): Promise<WorkspaceFile>;
  /**
   * Takes away a file below `output/` that this agent wrote; an artifact that was handed out stays
   * in the run. Throws `tool/not-found`, `tool/denied`.
   */
  remove(path: string): Promise<{ path: string }>;
  /** The worker's own files below `output/`, with paths relative to it. */
  output(): Promise<{ path: string; bytes: Uint8Array }[]>;
}

/** An entry of a board, as agents see it. */
export interface BoardNote {
  /** `b1`, `b2`, ... on its board. */
  id: string;
  topic: string;
  /** Who posted it. */
  worker: string;
  payload: JsonObject;
  /** Milliseconds since 1970. */
  at: number;
}

/** The board of an agent's delegation loop (spec, capabilities 6.5). */
export interface Board {
  /** All entries, oldest first. */
  entries(): readonly BoardNote[];
  /** Posts when the call returns well, once for a call; the id is in the result that the log has. */
  post(topic: string, payload: JsonObject): void;
}

/** Makes, lists and removes tools for one call of an agent (spec, capabilities 4). */
export interface ToolMaker {
  /** The whole way of a draft, with repairs; `args` are what `tools.create` was called with. */
  create(args: JsonObject): Promise<ToolResult>;
  /** Those that are there, of one namespace if it is named. */
  list(namespace?: string): ToolResult;
  /** Takes away a tool that this agent made. */
  remove(name: string): ToolResult;
}

/** What programs of an agent keep for their next (spec, capabilities 3). */
export interface CallSession {
  value: JsonObject;
  /** Kept when the call returns; why it is not, as a sentence, when it cannot be kept. */
  keep(value: JsonObject): string | undefined;
}

/** What a tool gets besides its arguments. */
export interface ToolContext {
  workspace: Workspace;
  /** Aborts on timeout, cancel and when the wall time ends. */
  signal: AbortSignal;
  /** Milliseconds that are left for the call. */
  timeoutMs: number;
  /** The run's box; throws `sandbox/unavailable`. */
  sandbox(): Promise<Sandbox>;
  sandboxPolicy: SandboxPolicy;
  /** The agent that asks, as the log knows it; programs of one agent may share a box. */
  agent: string;
  /** Tools that a program may call from inside of its box; undefined when the agent has no other tool. */
  boxTools: BoxTools | undefined;
  /** Secrets that requests of a program may carry; undefined when the agent has none. */
  boxSecrets: BoxSecrets | undefined;
  /** The tool's declared secrets that the author granted it, by name. */
  secrets: ReadonlyMap<string, Secret>;
  /** The value of a secret that may go to this `host:port` in a request; undefined when it may not. */
  secretFor(name: string, host: string): Secret | undefined;
  /** The doors to the outside. Addresses that a model named go through `effects.network.request` only. */
  effects: Effects;
  /** Left out when the agent belongs to no loop that has one. */
  board?: Board;
  /** A digest of the run by its SHA-256; left out when the agent's loop makes none. */
  digest?(sha256: string): JsonObject | undefined;
  /** Left out when the agent may make no tools. */
  maker?: ToolMaker;
  /** Left out when its programs keep nothing. */
  session?: CallSession;
  /** Keeps a progress note of a long call for whoever watches; it is not logged. */
  progress(text: string): void;
  /** Notes in the log that something was wanted and refused. */
  denied(reason: string, kind?: SecurityKind): void;
}

/** Something that a model can call by name. */
export interface Tool {
  /** `namespace.action` (spec, capabilities 1.1). */
  name: string;
  /** SemVer; `1.0.0` when left out. */
  version?: string;
  /** What the model reads. */
  description: string;
  /** JSON Schema of the arguments; they are checked before `run`. */
  parameters: JsonObject;
  /** JSON Schema of `data` of a call that worked; checked when given. */
  returns?: JsonObject;
  /** Whether a call in flight at a crash may simply be made again. */
  idempotent: boolean;
  /** Whether a call changes something outside of the run's folder. Default false. */
  sideEffects?: boolean;
  /** Whether a call reaches other hosts from this machine. Default false. */
  network?: boolean;
  /**
   * `explicit`: workers get it only when it is named (not by `*.*`), `exact`: only by its whole name.
   * Default `usual`.
   */
  grant?: 'usual' | 'explicit' | 'exact';
  /** Whether it runs a program in the run's box; such a tool cannot be called from a box. Default false. */
  needsBox?: boolean;
  /**
   * Whether programs may call it although it runs one of its own: one that calls no tools itself, so
   * that nobody waits in a circle. Default false.
   */
  nested?: boolean;
  /**
   * Whether it looks at its arguments itself, and says in its own words what is wrong with them;
   * `parameters` is then what models are told and nothing more. Default false.
   */
  checksArguments?: boolean;
  /** Names of secrets that it gets in `context.secrets`, if the author granted them. */
  secrets?: readonly string[];
  /**
   * Whether a person must allow a call: a reason in words, or undefined when not. It gets arguments
   * that fit `parameters`; throwing counts as yes.
   */
  approval?(args: JsonObject): Promise<string | undefined> | string | undefined;
  /** Calls in a minute and in an hour, over all agents of a run. Default no limit. */
  rate?: { perMinute?: number; perHour?: number };
  /** Most time for one call, in milliseconds. Default 30,000. */
  timeoutMs?: number;
  /** Where it comes from. Default `builtin`. */
  origin?: 'builtin' | 'custom' | 'external' | 'mcp' | 'dynamic';
  /**
   * Does it. `args` fit `parameters`. A thrown `AwpError` of family `tool` or `network` becomes a
   * result with its message; anything else becomes status 500.
   */
  run(args: JsonObject, context: ToolContext): Promise<ToolResult>;
}

/** Tools of other processes or servers, open for the time of one run. */
export interface OpenedTools {
  tools: readonly Tool[];
  /** What was left out and why, in sentences. */
  notes?: readonly string[];
  /** Ends their processes and connections. Never rejects. */
  close(): Promise<void>;
}

/** Something that brings tools to a run: an MCP server, the modules of a workflow. */
export interface ToolOpener {
  /** Shown when it fails: `mcp github`, `tools of the workflow`. */
  name: string;
  /**
   * Starts what is needed; aborting `signal` gives up. Throws `tool/unavailable`, `mcp/...`,
   * `trust/needed` with what to do.
   */
  open(signal: AbortSignal): Promise<OpenedTools>;
}
