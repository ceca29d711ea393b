import type { JsonObject } from '../base/json.ts';
import type { ToolMaking } from './creation.ts';
import type { Envelope } from './decision.ts';
import type { Dimension } from './plan.ts';
import type { GateName, Strategy } from './plan-policy.ts';

/** One part of a manager's plan (spec, runtime 4.1). */
export interface Subtask {
  /** Unique in the plan. */
  id: string;
  description: string;
  /** Ids of parts that must be completed first. */
  dependencies: readonly string[];
  priority?: string;
  successCriteria?: string;
  /** Who does it; left out: a worker, unless it is promoted. */
  strategy?: 'worker' | 'submanager';
  submanagerAgent?: string;
  /** Files that it must leave, as paths below `output/`. */
  requiredOutputs?: readonly string[];
  /** JSON Schemas of files that it leaves, by path. */
  schemas?: Readonly<Record<string, JsonObject>>;
}

/** A guess why a worker failed, and how to test it (spec, runtime 4.1). */
export interface Hypothesis {
  id: string;
  cause: string;
  test: string;
  /** 0 to 1. */
  likelihood: number;
  /** Worker whose result decides it. */
  testWorker?: string;
}

/** What a critic found wrong with a result (spec, runtime 8.2). */
export interface Defect {
  category: string;
  description: string;
  severity: 'critical' | 'warning' | 'info';
  location?: string;
}

/** What else a worker was ordered to do or to keep to, as the policy left it. */
export interface WorkerOrder {
  subtaskId?: string;
  /** Names of skills of the run, or texts of the manager's own. */
  skills?: readonly string[];
  /** Tools that it must really call; its confidence is capped otherwise. */
  requiredTools?: readonly string[];
  /** Active time for all of its work, in milliseconds. */
  timeoutMs?: number;
  /** Tokens of one answer. */
  maxOutputTokens?: number;
  /** Packages of those that the author declared. */
  packages?: readonly string[];
  codemode?: { enabled: boolean; toolCreation: boolean };
  /** Tools that it may make; left out: none. */
  making?: ToolMaking;
  /** Tools that the workers of a sub-manager may have at most. */
  workerTools?: readonly string[];
  /** Frame of the worker whose result it is to repair. */
  repairOf?: string;
}

/** What a reviewer looks at: its parent's worker `of`. */
export interface ReviewOf {
  /** Frame of the worker. */
  of: string;
  kind: 'validation' | 'critique';
}

/** What of an order a person may put another way. */
export type OrderChanges = Partial<
  Pick<
    Envelope,
    | 'instructions'
    | 'toolsAllowed'
    | 'temperature'
    | 'skills'
    | 'requiredTools'
    | 'packages'
    | 'timeoutMs'
    | 'maxOutputTokens'
  >
>;

/** Where a fork comes from, and what is different in it from then on. */
export interface RunForked {
  /** The run that it was made from. */
  from: string;
  /** Number of the last event of that run that counts for this one. */
  seq: number;
  /** Why events before it were left out. */
  note?: string;
  /** Models that agents which are at work go on with. */
  models?: { manager?: string; worker?: string };
  /** The order of one worker, by its manager's frame and its place in the turn. */
  order?: { agent: string; index: number; changes: OrderChanges };
}

/**
 * The facts of delegation loops. `agent` of each is the frame of the manager, unless it says something
 * else.
 */
export interface LoopEventData {
  /** The manager's plan is in force; `merged`: only the ways to do open parts were taken over. */
  'plan.made': { call: string; subtasks: readonly Subtask[]; merged?: true; dropped?: number };
  /** The manager's plan was not taken, and why. */
  'plan.refused': { call: string; reason: string };
  /** A part of the plan is somewhere else now, and why. */
  'subtask.changed': {
    id: string;
    status: 'pending' | 'in_progress' | 'completed' | 'failed';
    /** Frame of the agent that did it. */
    by?: string;
    strategy?: 'worker' | 'submanager';
    reason: string;
  };
  'diagnosis.made': { call: string; failedWorker: string; hypotheses: readonly Hypothesis[] };
  /** The manager's diagnosis was not taken, and why. */
  'diagnosis.refused': { call: string; reason: string };
  'hypothesis.resolved': {
    id: string;
    status: 'confirmed' | 'refuted';
    by: string;
    reason: string;
  };

  /**
   * The time that its order gave a worker for work is over: it may only report. `agent` is the worker;
   * both in milliseconds of active time.
   */
  'worker.overdue': { timeoutMs: number; usedMs: number };

  /** A delegation that asked for a manager of its own runs as a worker, and why. */
  'submanager.refused': { worker: string; index: number; reason: string };
  /** A delegation gets a manager of its own without being asked, and why. */
  'submanager.promoted': {
    worker: string;
    index: number;
    subtask?: string;
    /** 0 to 1. */
    score: number;
    reasons: readonly string[];
  };

  /** Nothing speaks against the ending in the answer of this call. */
  'gates.passed': { call: string; gates: readonly GateName[] };
  /** An ending was refused; `final`: it will not be asked for again, the loop ends partial. */
  'gate.rejected': {
    call: string;
    gate: GateName | 'critique';
    reason: string;
    defects: readonly string[];
    final?: true;
  };
  /** What a model said of a worker's result; `adjusted` is the confidence that counts from now on. */
  'result.validated': {
    of: string;
    by: string;
    valid: boolean;
    adjusted?: number;
    feedback: string;
    suggestion?: string;
  };
  'result.criticised': {
    of: string;
    /** Frame of the critic; left out: rules did it, for the reason in `note`. */
    by?: string;
    score: number;
    summary: string;
    defects: readonly Defect[];
    prescriptions: readonly string[];
    /** What is worth doing again. */
    reusable?: readonly string[];
    note?: string;
  };
  /** A worker went over a result again; the better one counts. */
  'result.repaired': {
    of: string;
    by: string;
    attempt: number;
    before: number;
    after: number;
    kept: boolean;
    reason: string;
  };
  'strategy.switched': { turn: number; strategy: Strategy; reason: string };

  /** `agent` is the frame of who posted; the board is that of its manager. */
  'board.posted': {
    /** `b1`, `b2`, ... on this board. */
    id: string;
    board: string;
    topic: string;
    payload: JsonObject;
    /** The tool call that posted it; left out: the runtime did, of a worker that had ended. */
    call?: string;
  };
  'digest.made': { sha256: string; turn: number; digest: JsonObject };
  /** The conversation was summed up before it outgrew the window. */
  'context.compacted': {
    /** Turns that are in the summary alone. */
    turns: number;
    /** Tokens of the question before and after, estimated. */
    before: number;
    after: number;
  };
  /** A person raised a limit while the run was at work. */
  'budget.raised': {
    scope?: string;
    dimension: Dimension;
    from: number;
    to: number | null;
    by: string;
    reason?: string;
  };
  /** The run begins as the run `from` was after its event `seq`; no `agent`. */
  'run.forked': RunForked;
}
