import type { Fact } from '../events/event.ts';
import type { Admission } from './budget.ts';
import type { RunContext } from './context.ts';
import type { Cut, Finished, Start } from './effect.ts';

/** What follows from the state: facts to write ahead, effects to start, frames that wait. */
export interface Decided {
  facts: Fact[];
  starts: Start[];
  /** Frames that wait for room. */
  blocked: string[];
  /** Frames that wait for a time, in milliseconds since 1970. */
  later: { frame: string; until: number }[];
}

/** One look at what follows: what was admitted in it counts for what comes after. */
export interface Pass {
  context: RunContext;
  admission: Admission;
  /** Milliseconds since 1970. */
  now: number;
  decided: Decided;
  /** Frames of managers and graphs that start nothing more in this pass. */
  skipped: Set<string>;
  /** Names given to agents in this pass. */
  names: Set<string>;
  /** Agents of nodes started in this pass, by the frame of the graph and the node, `0/write`. */
  runs: Map<string, number>;
  /** Frames that were ended in this pass. */
  stopped: Set<string>;
  /** Whether an effect is out. */
  isOut(id: string): boolean;
  /** Ends the effects of these frames at once and tells what is recorded of them. */
  cut(frames: ReadonlySet<string>, why: Cut): readonly Finished[];
}
