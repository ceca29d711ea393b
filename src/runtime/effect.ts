import type { Fact } from '../events/event.ts';
import type { Written } from './tools/artifacts.ts';

/** Why an effect is ended from outside. */
export interface Cut {
  /** `family/what`, as the log says it. */
  code: string;
  message: string;
}

/** An effect that may start once its intent is on disk. */
export interface Start {
  /** Id of the effect: of a model or tool call, or the frame of a step. */
  id: string;
  perform(signal: AbortSignal): Promise<Finished>;
  /** What is recorded of it when it was ended; by the wall time when no reason is given. */
  outOfTime(cut?: Cut): Finished;
}

/** What an effect brings: facts, and files that get their names when the facts are recorded. */
export interface Finished {
  frame: string;
  facts: readonly Fact[];
  files: readonly Written[];
}
