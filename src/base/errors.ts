import type { Diagnostic } from './diagnostic.ts';
import type { SourceFile } from './source-file.ts';

/** The families of errors: who could not do its work. */
export type ErrorFamily =
  | 'usage'
  | 'spec'
  | 'model'
  | 'node'
  | 'state'
  | 'step'
  | 'tool'
  | 'mcp'
  | 'skill'
  | 'secret'
  | 'trust'
  | 'approval'
  | 'sandbox'
  | 'network'
  | 'source'
  | 'store'
  | 'internal';

/** What an error carries besides its message. */
export interface ErrorDetails {
  /** What the reader can try, as one sentence. */
  hint?: string;
  /** The foreign error that this one stands for. */
  cause?: unknown;
  /** How long waiting might help, in milliseconds. */
  retryAfterMs?: number;
  /** What was found in a workflow that cannot be run, with the texts that it was found in. */
  findings?: Findings;
}

/** Diagnostics of one workflow and what is needed to show them. */
export interface Findings {
  diagnostics: readonly Diagnostic[];
  /** Texts by path. */
  sources: ReadonlyMap<string, SourceFile>;
  /** Absolute path that paths in diagnostics start from. */
  folder: string;
}

/**
 * Something around us did not work. `code` is `family/what`; the list with causes and remedies is
 * docs/errors.md. Findings about a workflow are `Diagnostic`s and endings of a run are events:
 * neither is ever thrown.
 */
export class AwpError extends Error {
  readonly code: string;
  readonly hint: string | undefined;
  readonly retryAfterMs: number | undefined;
  readonly findings: Findings | undefined;

  constructor(code: `${ErrorFamily}/${string}`, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'AwpError';
    this.code = code;
    this.hint = details.hint;
    this.retryAfterMs = details.retryAfterMs;
    this.findings = details.findings;
  }

  /** The part of the code before the slash. */
  get family(): ErrorFamily {
    return this.code.slice(0, this.code.indexOf('/')) as ErrorFamily;
  }
}

/** Exit status of `awp` by family of error (experience: exit codes). */
export const EXIT_CODES: Readonly<Record<ErrorFamily, number>> = {
  usage: 2,
  spec: 1,
  model: 4,
  node: 1,
  state: 1,
  step: 1,
  tool: 1,
  mcp: 8,
  skill: 1,
  secret: 4,
  trust: 5,
  approval: 2,
  sandbox: 6,
  network: 8,
  source: 8,
  store: 9,
  internal: 70,
};

/** Any thrown value as an `AwpError`; a foreign one becomes `internal/bug` with its cause. */
export function toAwpError(error: unknown): AwpError {
  if (error instanceof AwpError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new AwpError('internal/bug', `unexpected error: ${message}`, {
    cause: error,
    hint: 'this is a bug in awp-agents: please report it with the id of the run and --debug output',
  });
}
