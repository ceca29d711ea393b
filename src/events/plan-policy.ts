/** Checks on an ending, in their order (spec, runtime 4.9). */
export const GATES = ['contract', 'deliverables', 'placeholder', 'files', 'evaluation'] as const;
/** Name of a check on an ending. */
export type GateName = (typeof GATES)[number];

/** Ways to go on when a loop goes nowhere (spec, runtime 4.10). */
export type Strategy = 'decompose_finer' | 'simplify' | 'reframe' | 'escalate';

/** What is checked of a worker's result without a model (spec, runtime 4.5). */
export type ResultCheck = 'schema' | 'required_fields' | 'confidence' | 'budget';

/** Critique and repair of results (spec, runtime 8.2). */
export interface PlanCritique {
  /** `dedicated`: another model than the workers' criticises. */
  mode: 'inline' | 'dedicated';
  /** Model of the critic; null is that of the workers. */
  model: string | null;
  /** Repairs of one result. */
  repairs: number;
  /** Share of the tokens limit that critique and repair may use. */
  budgetShare: number;
  /** Whether what goes wrong is told to later workers. */
  patterns: boolean;
  /** Mean score without which an ending is refused; 0 is off. */
  minToComplete: number;
  /** Mean score without which no other work starts; 0 is off. */
  minToDelegate: number;
  /** How often a low score may hold workers back. */
  delegationBlocks: number;
  categories: readonly string[];
  /** Defects of a kind that call for a diagnosis, and that end the loop. */
  diagnoseAt: number;
  endAt: number;
  /** Whether `incomplete` counts less while parts of the plan are still to come. */
  phaseAware: boolean;
}

/** Sub-managers of a loop (spec, runtime 5; decision 14). */
export interface PlanSubmanagers {
  /** At the same time, and in all, over the whole tree. */
  atOnce: number;
  total: number;
  /** Share of what is left that one gets; null: 0.3, or less where several start. */
  share: number | null;
  /** Whether what one did not use comes back when it ends. */
  refund: boolean;
  /** Whether one that cannot have its share whole is refused; else it gets what is left. */
  strict: boolean;
  /** Keys of the state that none is handed. */
  forbiddenKeys: readonly string[];
  /** Large pieces of work get one by themselves; left out: only when a manager asks. */
  promotion?: {
    /** Score from 0 to 1 from which. */
    threshold: number;
    /** Deepest level whose work is promoted; the root is 0. */
    maxDepth: number;
    /** Share of the budget that must be left. */
    minBudget: number;
  };
}

/** How much of the conversation and of results prompts show (spec, runtime 2.1 and 4.11). */
export interface PlanContext {
  /** Characters of results in one question, and least for each. */
  totalChars: number;
  minPerEntry: number;
  /** Characters shown of a result that is too large; all of it is in a file. */
  previewChars: number;
  /** Tokens of the manager's conversation, and the share of them from which it is summed up. */
  windowTokens: number;
  compactAt: number;
}

/** How a delegation loop goes about its work; see DEFAULT_POLICY for what is left out. */
export interface PlanPolicy {
  /** Workers of one turn; the rest is put off. Null is unlimited. */
  turnWorkers: number | null;
  /** Endings in a row that gates may refuse; null is unlimited. */
  rejectedCompletions: number | null;
  /** Turns on one part of a plan without its end before another way is taken. */
  loopsPerSubtask: number;
  /** Model calls of all workers of the loop in a minute; null is unlimited. */
  callsPerMinute: number | null;
  submanagers: PlanSubmanagers;
  context: PlanContext;
  checks: readonly ResultCheck[];
  /** A model judges results, too; left out: none does (spec, runtime 4.5). */
  validation?: {
    /** Not from this confidence on, and not when less than this share of the budget is left. */
    skipAbove: number;
    skipBelowBudget: number;
  };
  critique?: PlanCritique;
  planning?: { maxSubtasks: number; commit: 'strict' | 'advisory' };
  diagnosis?: { maxHypotheses: number; threshold: number };
  /** Shares of the budget by phase, in order; advice for the manager. */
  phases?: readonly { name: string; share: number; description?: string }[];
  journal?: { maxEntries: number };
  stall: {
    /** Change of the mean confidence that counts as progress. */
    minDelta: number;
    action: 'warn_then_stop' | 'stop' | 'warn';
    /** Tried one after the other before the loop ends; left out: none. */
    strategies?: readonly Strategy[];
  };
  gates: readonly GateName[];
  /** Workers share a board; left out: they do not (spec, capabilities 6.5). */
  board?: { autoPost: boolean };
  /** Turns are digested; left out: they are not (spec, capabilities 7.6). */
  digest?: { maxDepth: number };
}

/** The policy of a loop that says nothing (spec, runtime 3; decision 10). */
export const DEFAULT_POLICY: PlanPolicy = {
  turnWorkers: 6,
  rejectedCompletions: 2,
  loopsPerSubtask: 3,
  callsPerMinute: null,
  submanagers: {
    ...{ atOnce: 3, total: 6, share: null, refund: true, strict: false },
    forbiddenKeys: [],
  },
  context: {
    ...{ totalChars: 64_000, minPerEntry: 4000, previewChars: 2000 },
    ...{ windowTokens: 150_000, compactAt: 0.8 },
  },
  checks: ['schema', 'required_fields', 'confidence', 'budget'],
  stall: { minDelta: 0.05, action: 'warn_then_stop' },
  gates: GATES,
};
