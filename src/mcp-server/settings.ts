import type { BudgetOptions, WorkflowOptions } from '../data/options.ts';
import type { Effects } from '../ports/effects.ts';

/** How a server is set up by the person who starts it. */
export interface McpSettings {
  /** Absolute: workflows are looked for below them, and files that clients hand in are there. */
  folders: readonly string[];
  /** The `.awp` folder; found as for `openHome` when left out. */
  home?: string;
  /** Working directory, absolute. */
  cwd: string;
  effects: Effects;
  /** Version of the program, for clients. */
  version: string;
  /** What is set for every run, on top of what a workflow sets: model, sandbox, Python. */
  runOptions(base: Partial<WorkflowOptions>): Partial<WorkflowOptions>;
  /** Limits of every run, and the most that a client may ask for. */
  limits: BudgetOptions;
  /** Most runs at the same time. */
  maxRuns: number;
  /** Whether clients may answer approvals. */
  answers: boolean;
  /** Tells something to the person at the server, one line. */
  note(text: string): void;
}
