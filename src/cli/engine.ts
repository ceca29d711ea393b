import type { Json } from '../base/json.ts';
import type { ResumeOptions } from '../data/agent-workflow.ts';
import type { EvaluateOptions, EvaluationReport } from '../data/evaluate.ts';
import type { ForkOptions } from '../data/fork-run.ts';
import type { Home, HomeOptions } from '../data/home.ts';
import type { InputValue } from '../data/inputs.ts';
import type { LoadedWorkflow } from '../data/load-workflow.ts';
import type { WorkflowOptions } from '../data/options.ts';
import type { RunHandle as LibraryHandle, StartOptions } from '../data/run-handle.ts';
import type { Files } from '../ports/effects.ts';

/** A run as commands see it. */
export type RunHandle = Pick<
  LibraryHandle<Json>,
  'id' | 'ready' | 'events' | 'result' | 'cancel' | 'resolve' | 'leave'
>;

/** What commands ask of the library; loaded only by those that need it, replaced by tests. */
export interface Engine {
  start(options: WorkflowOptions<Json>, how: StartOptions): RunHandle;
  resume(id: string, how: ResumeOptions): RunHandle;
  /** A new run from a part of another one. */
  fork(id: string, how: ForkOptions): RunHandle;
  /** Scores an ended run of a workflow folder again. */
  evaluate(folder: string, how: EvaluateOptions): Promise<EvaluationReport>;
  loadWorkflow(
    folder: string,
    files: Files,
  ): Promise<Pick<LoadedWorkflow, 'diagnostics' | 'options'>>;
  parseInput(text: string): readonly [name: string, value: InputValue];
}

/** Opens the place where runs are kept; reading starts no thread. */
export type OpenHome = (options: HomeOptions) => Promise<Home>;
