import type { JsonObject } from '../base/json.ts';
import type { Decision } from './decision.ts';
import type { EventData } from './event.ts';
import type { Defect, Hypothesis, Subtask } from './loop-events.ts';
import type { GateName, Strategy } from './plan-policy.ts';

/** A part of the plan, and how far it is. */
export interface SubtaskState extends Subtask {
  status: 'pending' | 'in_progress' | 'completed' | 'failed';
  /** Frame of the agent that did it last. */
  by: string | undefined;
  /** Turns in which it was worked on, since it was given to whom it is given now. */
  turns: number;
}

/** A guess, and what the test of it said. */
export interface HypothesisState extends Hypothesis {
  status: 'active' | 'confirmed' | 'refuted';
}

/** What a worker or sub-manager was started for. */
export interface Work {
  /** The same for the same work, whoever does it. */
  signature: string;
  /** Turn that delegated it, from 1. */
  turn: number;
  /** Part of the plan that it is. */
  part?: string;
  /** Frames of those who did the parts that its part depends on. */
  builtOn: readonly string[];
}

/** Rules that hold delegations back (spec, runtime 4.6). */
export type Guard = NonNullable<EventData['agent.skipped']['guard']>;

/** A decision as the journal keeps it. */
export interface JournalEntry {
  decision: Decision['decision'];
  /** The manager's own words, cut. */
  reason: string;
  /** Turn that it began, when it delegated. */
  turn?: number;
}

/** What a critic, or rules in its place, found of a result. */
export interface Critique {
  /** 0 to 1. */
  score: number;
  summary: string;
  defects: readonly Defect[];
  prescriptions: readonly string[];
}

/** What is known about a worker's result besides its own words. */
export interface Review {
  validated?: { valid: boolean; feedback: string; suggestion?: string };
  critique?: Critique;
  /** Attempts to repair it that have ended. */
  repairs: number;
  /** Frame of the worker whose repair counts in its place. */
  kept?: string;
  /** Whether the last attempt was not better, so that no other one is made. */
  gaveUp?: true;
}

/** A kind of defect that came up in results of a loop. */
export interface DefectPattern {
  category: string;
  /** Results so far that had critical defects or warnings of this kind; repairs of them do not count. */
  count: number;
  /** The last one, and what was prescribed against it. */
  description: string;
  prevention: string | undefined;
  firstTurn: number;
  lastTurn: number;
}

/** An entry of a board. */
export interface BoardEntry {
  id: string;
  topic: string;
  worker: string;
  payload: JsonObject;
  /** When it was posted, in milliseconds since 1970. */
  at: number;
  /** The tool call that posted it; left out: the runtime did, of a worker that had ended. */
  call?: string;
}

/** What a manager has besides its frame; made when the first fact about it comes. */
export interface LoopState {
  subtasks: Map<string, SubtaskState>;
  /** Plans that were made. */
  plans: number;
  /** Plans that were made or refused since something was delegated last. */
  idlePlans: number;
  /** Diagnoses that were made, those of them in a row, and those that were refused in a row. */
  diagnoses: number;
  diagnosesInRow: number;
  refusedDiagnoses: number;
  /** Turns in which something was delegated since the last diagnosis, and turns that there were then. */
  workedSinceDiagnosis: number;
  diagnosedAt: number;
  hypotheses: HypothesisState[];
  /** What its workers were started for, by their frames, in the order of their start. */
  work: Map<string, Work>;
  /** Turns in which each rule held something back. */
  held: Map<Guard, Set<number>>;
  /** Why it goes nowhere and ends after a last turn, where that is no stall. */
  stuck: { reason: string; message: string } | undefined;
  journal: JournalEntry[];
  gates: {
    /** Call whose ending nothing speaks against. */
    passed: string | undefined;
    /** Endings that were refused since something was delegated last. */
    rejected: number;
    /** Of these, those for a low score of the last turn; over the whole loop. */
    lowScores: number;
    /** Turns with workers when that was counted. */
    workedTurns: number;
    last: { call: string; gate: GateName | 'critique'; reason: string; final: boolean } | undefined;
  };
  /** By frame of the worker; also of workers that repaired. */
  reviews: Map<string, Review>;
  /** Kinds of defects, by category, in the order of their coming up. */
  patterns: Map<string, DefectPattern>;
  /** What critics found worth doing again, the last ones. */
  reusable: string[];
  strategies: Strategy[];
  board: BoardEntry[];
  /** Entries that the manager was told of. */
  boardTold: number;
  /** News about tools and skills that the manager was told of. */
  newsTold: number;
  /** Frames of the workers whose finding the runtime posted. */
  boardAuto: Set<string>;
  /**
   * When workers below this root of a tree asked models in the last minute, in milliseconds since 1970;
   * kept where that is limited.
   */
  askedAt?: number[];
  digests: { sha256: string; turn: number; digest: JsonObject }[];
  /** Sub-managers below this root of a tree. */
  submanagers: { open: number; total: number };
}

/** The loop of a manager of which nothing happened. */
export function newLoop(): LoopState {
  return {
    subtasks: new Map(),
    ...{ plans: 0, idlePlans: 0, diagnoses: 0, diagnosesInRow: 0, refusedDiagnoses: 0 },
    ...{ workedSinceDiagnosis: 0, diagnosedAt: 0, hypotheses: [] },
    ...{ work: new Map(), held: new Map(), stuck: undefined, journal: [] },
    gates: { passed: undefined, rejected: 0, lowScores: 0, workedTurns: 0, last: undefined },
    ...{ reviews: new Map(), patterns: new Map(), reusable: [] },
    strategies: [],
    ...{ board: [], boardTold: 0, newsTold: 0, boardAuto: new Set<string>(), digests: [] },
    submanagers: { open: 0, total: 0 },
  };
}
