import { approveSubmanagers, approveTurn } from './approve-turn.ts';
import { autoPost } from './auto-post.ts';
import { diagnosed, hypothesesTested } from './diagnose.ts';
import { digestTurn } from './digest.ts';
import { gates } from './gates.ts';
import { defectCap } from './guards/defects.ts';
import { dependencyGuard } from './guards/dependency.ts';
import { lowScoreGuard } from './guards/low-score.ts';
import { redundantWork } from './guards/redundant.ts';
import { repeatedTurns } from './guards/repeats.ts';
import { turnLimit } from './guards/turn-limit.ts';
import type { LoopStep } from './look.ts';
import { planned } from './plan.ts';
import { partsProgress } from './progress.ts';
import { promote } from './promote.ts';
import { proposeTools } from './propose.ts';
import { raiseForTurns } from './raise-budget.ts';
import { seeToResults } from './see-to-results.ts';
import { stalled } from './stalled.ts';

/** Before workers of a turn start: what holds some of them back, or makes more of them. */
export const BEFORE_START: readonly LoopStep[] = [
  redundantWork,
  lowScoreGuard,
  dependencyGuard,
  turnLimit,
  promote,
  // A person sees what is left of a turn, so these are the last.
  raiseForTurns,
  approveTurn,
  approveSubmanagers,
];

/** While workers are at work, and when the last one has ended: what becomes of each result. */
export const ON_RESULTS: readonly LoopStep[] = [
  // Whatever else there is to wait for.
  proposeTools,
  seeToResults,
  autoPost,
  hypothesesTested,
  partsProgress,
];

/** When all workers of a turn have ended and their results have been seen to. */
export const AFTER_TURN: readonly LoopStep[] = [digestTurn, repeatedTurns, defectCap, stalled];

/** Before the manager is asked. */
export const BEFORE_QUESTION: readonly LoopStep[] = [];

/** When the manager wants to end with a result: what speaks against it. */
export const ON_COMPLETE: readonly LoopStep[] = [gates];

/** When the manager planned. */
export const ON_PLAN: readonly LoopStep[] = [planned];

/** When the manager diagnosed. */
export const ON_DIAGNOSE: readonly LoopStep[] = [diagnosed];
