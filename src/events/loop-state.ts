import type { JsonObject } from '../base/json.ts';
import type { Defect, Hypothesis, Subtask } from './loop-events.ts';
import type { GateName, Strategy } from './plan-policy.ts';

/** A part of the plan, and how far it is. */
export interface SubtaskState extends Subtask {
  status: 'pending' | 'in_progress' | 'completed' | 'failed';
  /** Frame of the agent that did it last. */
  by: string | undefined;
  /** Turns in which it was worked on. */
  turns: number;
}

/** What is known about a worker's result besides its own words. */
export interface Review {
  validated?: { valid: boolean; feedback: string; suggestion?: string };
  /** The last critique. */
  critique?: {
    score: number;
    summary: string;
    defects: readonly Defect[];
    prescriptions: readonly string[];
  };
  repairs: number;
}

/** An entry of a board. */
export interface BoardEntry {
  id: string;
  topic: string;
  worker: string;
  payload: JsonObject;
}

/** What a manager has besides its frame; made when the first fact about it comes. */
export interface LoopState {
  subtasks: Map<string, SubtaskState>;
  /** Plans that were made, and plans and diagnoses in a row without work. */
  plans: number;
  idlePlans: number;
  diagnoses: number;
  diagnosesInRow: number;
  hypotheses: (Hypothesis & { status: 'active' | 'confirmed' | 'refuted' })[];
  /** Signatures of the work that was delegated, with the turn of each. */
  signatures: Map<string, number>;
  gates: {
    /** Call whose ending nothing speaks against. */
    passed: string | undefined;
    /** Endings that were refused since something was delegated last. */
    rejected: number;
    last: { gate: GateName | 'critique'; reason: string; final: boolean } | undefined;
  };
  /** By frame of the worker. */
  reviews: Map<string, Review>;
  strategies: Strategy[];
  board: BoardEntry[];
  /** Entries that the manager was told of. */
  boardTold: number;
  digests: { sha256: string; turn: number; digest: JsonObject }[];
  /** Sub-managers below this root of a tree. */
  submanagers: { open: number; total: number };
}

/** The loop of a manager of which nothing happened. */
export function newLoop(): LoopState {
  return {
    subtasks: new Map(),
    ...{ plans: 0, idlePlans: 0, diagnoses: 0, diagnosesInRow: 0 },
    hypotheses: [],
    signatures: new Map(),
    gates: { passed: undefined, rejected: 0, last: undefined },
    reviews: new Map(),
    strategies: [],
    ...{ board: [], boardTold: 0, digests: [] },
    submanagers: { open: 0, total: 0 },
  };
}
