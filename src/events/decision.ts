import type { JsonObject } from '../base/json.ts';
import type { Hypothesis, Subtask } from './loop-events.ts';

/** One task for one worker, as the manager wrote it and the parser normalised it. */
export interface Envelope {
  workerId: string;
  instructions: string;
  /** Tool names or patterns; undefined means all that workers may have. */
  toolsAllowed?: readonly string[];
  contract?: OutputContract;
  temperature?: number;
  /** Names of skills of the run, or whole texts. */
  skills?: readonly string[];
  subtaskId?: string;
  requiredTools?: readonly string[];
  packages?: readonly string[];
  /** Active time for all of its work, in milliseconds. */
  timeoutMs?: number;
  /** Tokens of one answer. */
  maxOutputTokens?: number;
  codemode?: {
    enabled?: boolean;
    toolCreation?: boolean;
    /** Namespace of the tools that it makes. */
    namespace?: string;
    /** Tools that it may make, and repairs of one: less than the policy gives counts. */
    maxTools?: number;
    repairs?: number;
  };
  /** Whether it gets a manager of its own (spec, runtime 5). */
  asSubmanager?: boolean;
  submanagerAgent?: string;
  /** Share of what is left of the budget, 0.05 to 0.95. */
  budgetShare?: number;
  /** Keys of the state that a sub-manager is handed; left out: all but those that are forbidden. */
  inherits?: readonly string[];
  forbids?: readonly string[];
  /** Values that it is handed. */
  context?: JsonObject;
  /** Fields of the protocol that this engine does not act on yet; kept for the audit. */
  extra?: JsonObject;
}

/** What a worker must answer with. */
export interface OutputContract {
  requiredFields: readonly string[];
  /** JSON Schema of the answer, when field types are known. */
  schema?: JsonObject;
  description?: string;
}

/** What the manager decided, after parsing and normalising (spec, runtime 4.1 and 4.2). */
export type Decision =
  | {
      decision: 'delegate';
      reasoning?: string;
      confidence?: number;
      delegations: readonly Envelope[];
      /** Delegations of the answer that were not read: too many, or without an id or instructions. */
      unread?: number;
    }
  | { decision: 'complete'; reasoning?: string; confidence?: number; result: JsonObject }
  | { decision: 'fail'; reasoning?: string; reason: string; partial?: JsonObject }
  | {
      decision: 'plan';
      reasoning?: string;
      subtasks: readonly Subtask[];
      /** Parts of the answer that were not read. */
      dropped?: number;
    }
  | {
      decision: 'diagnose';
      reasoning?: string;
      failedWorker: string;
      hypotheses: readonly Hypothesis[];
      /** Guesses of the answer that were not read. */
      dropped?: number;
    };
