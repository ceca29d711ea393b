import type { DraftProblem, ToolDraft } from '../../events/creation.ts';
import type { Frame } from '../../events/state.ts';

/** A draft that a check refused, and that a model may put right (spec, capabilities 4.10). */
export interface RepairWish {
  /** The agent that wants to have the tool. */
  frame: Frame;
  /** Its call of `tools.create`. */
  call: string;
  /** Which repair of the draft it is, from 1. */
  attempt: number;
  /** The draft as it was refused. */
  draft: ToolDraft;
  problem: DraftProblem;
}

/** Whoever has drafts repaired; of a run it is `context.repairs`. */
export interface Repairs {
  /**
   * The draft with other code, parameters or description; all else of it stays. Undefined when there
   * is no repair: no room in the budget, no model that answers, no answer that can be read. The same
   * wish after a crash gets the same repair, without asking again. Rejects with the reason of `signal`
   * when that aborts.
   */
  mend(wish: RepairWish, signal: AbortSignal): Promise<ToolDraft | undefined>;
}
