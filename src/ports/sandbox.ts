import type { Language, SandboxPolicy } from '../events/plan.ts';

/** A program for the box. */
export interface SandboxJob {
  language: Language;
  code: string;
  /** Wall clock, in milliseconds. */
  timeoutMs: number;
  policy: SandboxPolicy;
  /** Host folder shown read-only as `inputs/`; undefined shows an empty one. */
  inputs: string | undefined;
  /** Host folder shown read-only as `shared/`; undefined shows an empty one. */
  shared: string | undefined;
  /** Files put into `output/` before the program starts: what this worker wrote earlier. */
  output: readonly SandboxFile[];
}

/** A file that goes into or comes out of `output/`. */
export interface SandboxFile {
  /** Relative, with `/`, checked by `pathProblem`. */
  path: string;
  bytes: Uint8Array;
}

/** What came of running a program. A program that fails is a result, not an error. */
export interface Execution {
  /** Undefined when it was killed. Seen by the host, never said by the program. */
  exitCode: number | undefined;
  stdout: string;
  stderr: string;
  /** Why the host stopped it, if it did. */
  stopped?: 'timeout' | 'cpu' | 'memory' | 'cancelled' | 'processes' | 'output' | 'files';
  /** Files that are new or changed below `output/`, sorted by path. */
  files: readonly SandboxFile[];
  /** What the collector left out, and why, in sentences. */
  notes: readonly string[];
  /** Wall clock, in milliseconds. */
  ms: number;
}

/** A language that the box can run. */
export interface SandboxLanguage {
  language: Language;
  /** For the prompt: version and the libraries that are there. */
  description: string;
}

/** A place to run code that nobody has read. It was probed when it was made. */
export interface Sandbox {
  name: 'bwrap' | 'jail' | 'quickjs' | 'deno' | 'none';
  /** What it keeps apart, in plain words. */
  isolation: string;
  /** Best first. */
  languages: readonly SandboxLanguage[];
  /**
   * Runs one program in a fresh box. Aborting `signal` kills the whole tree and resolves with
   * `stopped: 'cancelled'`. Throws `sandbox/...` only if the box itself could not be made.
   */
  run(job: SandboxJob, signal: AbortSignal): Promise<Execution>;
  /** Ends whatever is left. */
  close(): Promise<void>;
}

/**
 * Gives the strongest box of this machine that is at least as strong as the policy's minimum.
 * Throws `sandbox/unavailable` with what to install; never falls back to less.
 */
export type OpenSandbox = (policy: SandboxPolicy) => Promise<Sandbox>;
