import type { Json, JsonObject } from '../base/json.ts';
import type { Language, SandboxName, SandboxPolicy } from '../events/plan.ts';
import type { ProxyRecord } from './effects.ts';

export type { SandboxName } from '../events/plan.ts';

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
  /** Arguments of the program; none when left out. */
  args?: readonly string[];
  /** What it reads on its standard input; nothing when left out. */
  stdin?: Uint8Array;
  /** Tools that it may call from inside; none when left out. */
  tools?: BoxTools;
  /** Where `secret://NAME` of a request becomes a value; such words stay as they are when left out. */
  secrets?: BoxSecrets;
  /** Programs with the same one share a box, if the policy's session is `persistent`. */
  session?: string;
}

/** Tools as a program inside sees them. */
export interface BoxTools {
  /** Names, for the program's `tools.list()`. */
  names: readonly string[];
  /**
   * By name, the arguments in their order, so that programs can give them without names; of tools
   * that are not in it arguments have to be named.
   */
  orders?: ReadonlyMap<string, readonly string[]>;
  /** Checks, charges and makes one call. Never rejects; aborting `signal` ends the call. */
  call(name: string, args: JsonObject, signal: AbortSignal): Promise<BoxToolReply>;
}

/** What a program gets back from a tool. */
export interface BoxToolReply {
  ok: boolean;
  status: number;
  data: Json;
  error?: string;
}

/** Secrets that requests of a program may carry, without the program seeing them (decision 32). */
export interface BoxSecrets {
  /** Names, for the program's `_secrets`. */
  names: readonly string[];
  /** The value of a secret that may go to this `host:port`, else undefined. */
  valueFor(name: string, host: string): string | undefined;
}

/** A file that goes into or comes out of `output/`. */
export interface SandboxFile {
  /** Relative, with `/`, checked by `pathProblem`. */
  path: string;
  bytes: Uint8Array;
}

/** The limits of a program, as outcomes name them (spec, capabilities 12.3). */
export type SandboxLimit =
  | 'timeout'
  | 'cpu'
  | 'memory'
  | 'processes'
  | 'open-files'
  | 'file-size'
  | 'disk'
  | 'files'
  | 'output'
  | 'frames'
  | 'tool-calls';

/** What came of running a program. A program that fails is a result, not an error. */
export interface Execution {
  /** Undefined when it was killed. Seen by the host, never said by the program. */
  exitCode: number | undefined;
  stdout: string;
  stderr: string;
  /** Why the host stopped it, if it did. */
  stopped?: SandboxLimit | 'cancelled';
  /** Limits that it ran into, also those that only made one operation fail. */
  limits: readonly SandboxLimit[];
  /** Files that are new or changed below `output/`, sorted by path. */
  files: readonly SandboxFile[];
  /** What the collector left out, and why, in sentences. */
  notes: readonly string[];
  /** Requests that went through the proxy; undefined when there was none. */
  requests?: readonly ProxyRecord[];
  /** Wall clock, in milliseconds. */
  ms: number;
}

/** A language that the box can run. */
export interface SandboxLanguage {
  language: Language;
  /** For the prompt: version and the libraries that are there. */
  description: string;
}

/** A package that programs of a language find. */
export interface SandboxPackage {
  /** As its index compares names. */
  name: string;
  version: string;
}

/** What is likely to run soon, as far as it is known. */
export type ComingJob = Pick<SandboxJob, 'policy' | 'inputs' | 'shared'> & {
  /** The first language of the box when left out. */
  language?: Language;
};

/** A place to run code that nobody has read. It was probed when it was made. */
export interface Sandbox {
  name: SandboxName;
  /** What it keeps apart, in plain words. */
  isolation: string;
  /** Best first. */
  languages: readonly SandboxLanguage[];
  /** Whether it runs programs of the shell, also where `languages` does not offer them. Default false. */
  shell?: boolean;
  /**
   * Runs one program in a fresh box. Aborting `signal` kills the whole tree and resolves with
   * `stopped: 'cancelled'`. Throws `sandbox/...` only if the box itself could not be made.
   */
  run(job: SandboxJob, signal: AbortSignal): Promise<Execution>;
  /**
   * Installs the Python packages that a policy declares, if they are not there yet, and tells which
   * versions of those asked for programs find. `asked`: names with or without a version that has to
   * be, in the form of `packages.python`. Throws `sandbox/bad-package` for what is none,
   * `sandbox/refused` for what the policy does not declare, `sandbox/...` when it cannot be
   * installed; rejects with the reason of `signal`. Left out where programs cannot have packages.
   */
  packages?(
    asked: readonly string[],
    policy: SandboxPolicy,
    signal: AbortSignal,
  ): Promise<readonly SandboxPackage[]>;
  /**
   * A Python program of ours, which runs often and brings its data on the standard input, in the form
   * that this box starts soonest; it does the same. Left out where its text is that form.
   */
  compiled?(text: string): Promise<string>;
  /** Makes a box ready for a program that is likely to come. Never rejects, and promises nothing. */
  prepare(coming: ComingJob): void;
  /** Ends the box that the programs of this session share, if there is one. */
  endSession(session: string): Promise<void>;
  /** Ends whatever is left. */
  close(): Promise<void>;
}

/**
 * Gives the strongest box of this machine that is at least as strong as the policy's minimum.
 * Throws `sandbox/unavailable` with what to install; never falls back to less.
 */
export type OpenSandbox = (policy: SandboxPolicy) => Promise<Sandbox>;
