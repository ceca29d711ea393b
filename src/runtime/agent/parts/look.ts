import type { Limits, Plan } from '../../../events/plan.ts';
import type { PlanPolicy } from '../../../events/plan-policy.ts';
import type { Frame, RunState } from '../../../events/state.ts';
import type { BoxFacts } from '../box-prompt.ts';
import type { Marks } from '../data-marks.ts';

/** What prompts say about the machine: the box, and the tools that workers may have. */
export interface Surroundings {
  box: BoxFacts | undefined;
  tools: readonly { name: string; description: string }[];
  /** Names of those that run in the box. */
  needsBox: ReadonlySet<string>;
  /** Texts of the plan's skills, by name. */
  skillTexts?: ReadonlyMap<string, string>;
}

/** What every part of a prompt is made from. */
interface PromptLook {
  plan: Plan;
  state: RunState;
  /** The frame that is asked. */
  frame: Frame;
  policy: PlanPolicy;
  surroundings: Surroundings;
  /** Where texts from elsewhere are put between marks. */
  marks: Marks;
}

/** What parts of a manager's prompts are made from. */
export interface ManagerLook extends PromptLook {
  /** Limits of its loop. */
  limits: Limits;
  /** Turns whose results the conversation has: a part of a turn tells what is new since then. */
  told: number;
  /** Whether the conversation begins with this question, so that nothing was told before. */
  isFirst: boolean;
  /** Why no turn follows this one; undefined when one does. */
  closing: string | undefined;
  /** Characters that each report has at most; undefined: as the policy says. */
  squeeze: number | undefined;
}

/** What parts of a worker's prompts are made from. */
export interface WorkerLook extends PromptLook {
  /** The manager that it works for; undefined in tests of a single worker. */
  manager: Frame | undefined;
}

/** One part of a prompt: its text with its heading, or undefined when there is nothing to say. */
export type Part<L> = (look: L) => string | undefined;
/** A part of a manager's prompts. */
export type ManagerPart = Part<ManagerLook>;
/** A part of a worker's prompts. */
export type WorkerPart = Part<WorkerLook>;
