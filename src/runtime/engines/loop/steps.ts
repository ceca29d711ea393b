import type { LoopStep } from './look.ts';
import { stalled } from './stalled.ts';

/** Before workers of a turn start: what holds some of them back, or makes more of them. */
export const BEFORE_START: readonly LoopStep[] = [];

/** While workers are at work, and when the last one has ended: what becomes of each result. */
export const ON_RESULTS: readonly LoopStep[] = [];

/** When all workers of a turn have ended and their results have been seen to. */
export const AFTER_TURN: readonly LoopStep[] = [stalled];

/** Before the manager is asked. */
export const BEFORE_QUESTION: readonly LoopStep[] = [];

/** When the manager wants to end with a result: what speaks against it. */
export const ON_COMPLETE: readonly LoopStep[] = [];

/** When the manager planned. */
export const ON_PLAN: readonly LoopStep[] = [];

/** When the manager diagnosed. */
export const ON_DIAGNOSE: readonly LoopStep[] = [];
