import { advicePart } from './advice.ts';
import { boardPart, boardRules, signalsPart } from './board.ts';
import { decisionsPart } from './decisions.ts';
import { earlierResults } from './dependencies.ts';
import { digestPart, ownDigest, parentDigest } from './digest.ts';
import { earlierTurnsPart } from './earlier-turns.ts';
import { envelopePart } from './envelope.ts';
import { filesPart } from './files.ts';
import { hypothesesPart } from './hypotheses.ts';
import { journalPart } from './journal.ts';
import type { ManagerPart, WorkerPart } from './look.ts';
import { makingPart, workerMaking } from './making.ts';
import { boxPart, limitsPart, skillsPart, toolsPart, typedOutputPart } from './manager-means.ts';
import { authorPart, managerRules } from './manager-rules.ts';
import { newsPart } from './news.ts';
import { pitfallsPart, workerPitfalls } from './pitfalls.ts';
import { planPart } from './plan.ts';
import { resultsPart } from './results.ts';
import { reviewsPart } from './reviews.ts';
import { strategyPart } from './strategy.ts';
import { submanagerAgentsPart, submanagerPart } from './submanager.ts';
import { handedPart, inputsPart, taskPart } from './task.ts';
import { budgetPart, closingPart, notesPart, turnPart } from './turn.ts';
import { ownLimits } from './worker-limits.ts';
import { ownContract, ownInstructions, ownSkills } from './worker-own.ts';
import { workerBox, workerFiles, workerReport, workerRules } from './worker-rules.ts';
import { runTask, sharedFilesPart, workerHanded, workerInputs } from './worker-task.ts';

/** A manager's system prompt: the same for the whole run, whatever happens in it. */
export const MANAGER_SYSTEM_PARTS: readonly ManagerPart[] = [
  authorPart,
  managerRules,
  decisionsPart,
  envelopePart,
  submanagerAgentsPart,
  toolsPart,
  makingPart,
  boardRules,
  skillsPart,
  boxPart,
  limitsPart,
  typedOutputPart,
];

/** What a manager's conversation begins with, before its first turn. */
export const MANAGER_START_PARTS: readonly ManagerPart[] = [
  submanagerPart,
  taskPart,
  inputsPart,
  handedPart,
  parentDigest,
  earlierTurnsPart,
  journalPart,
  ownDigest,
];

/**
 * A manager's turn: what is new since the last one, put behind the conversation. A part that changes
 * from turn to turn belongs here and nowhere else; it looks at `isFirst` and `told` for what is known.
 */
export const MANAGER_TURN_PARTS: readonly ManagerPart[] = [
  turnPart,
  resultsPart,
  reviewsPart,
  pitfallsPart,
  signalsPart,
  newsPart,
  filesPart,
  budgetPart,
  planPart,
  hypothesesPart,
  strategyPart,
  advicePart,
  notesPart,
  closingPart,
];

/** A worker's system prompt: nothing in it is its own, so that the workers of a run share it. */
export const WORKER_SYSTEM_PARTS: readonly WorkerPart[] = [
  workerRules,
  workerReport,
  workerFiles,
  workerBox,
  workerMaking,
];

/** A worker's first question: what its siblings are told, too, comes before what is its own. */
export const WORKER_TURN_PARTS: readonly WorkerPart[] = [
  runTask,
  workerInputs,
  workerHanded,
  sharedFilesPart,
  boardPart,
  digestPart,
  workerPitfalls,
  earlierResults,
  ownSkills,
  ownInstructions,
  ownLimits,
  ownContract,
];
