import type { Json, JsonObject } from '../base/json.ts';
import type { SandboxPolicy } from '../events/plan.ts';
import type { BoxTools, Sandbox } from './sandbox.ts';

/** The standard envelope of every tool call (spec, capabilities 1.1). */
export interface ToolResult {
  ok: boolean;
  /** HTTP-like: 200, 400 bad arguments, 403, 404, 408 timeout, 429 quota, 500 failure. */
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
  /** The worker's own files below `output/`, with paths relative to it. */
  output(): Promise<{ path: string; bytes: Uint8Array }[]>;
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
  /** Notes in the log that something was wanted and refused. */
  denied(reason: string): void;
}

/** Something that a model can call by name. */
export interface Tool {
  /** `namespace.action`. */
  name: string;
  /** What the model reads. */
  description: string;
  /** JSON Schema of the arguments; they are checked before `run`. */
  parameters: JsonObject;
  /** Whether a call in flight at a crash may simply be made again. */
  idempotent: boolean;
  /** Most time for one call, in milliseconds. Default 30,000. */
  timeoutMs?: number;
  /**
   * Does it. `args` fit `parameters`. A thrown `AwpError` of family `tool` becomes a result with
   * its message; anything else becomes status 500.
   */
  run(args: JsonObject, context: ToolContext): Promise<ToolResult>;
}
