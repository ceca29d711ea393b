import type { Fact } from '../events/event.ts';
import type { Written } from './tools/artifacts.ts';

/** An effect that may start once its intent is on disk. */
export interface Start {
  /** Id of the effect. */
  id: string;
  perform(signal: AbortSignal): Promise<Finished>;
  /** What is recorded of it when the wall time ended it. */
  outOfTime(): Finished;
}

/** What an effect brings: facts, and files that get their names when the facts are recorded. */
export interface Finished {
  frame: string;
  facts: readonly Fact[];
  files: readonly Written[];
}
