import type { Json } from '../base/json.ts';
import type { CodeLanguage, CreatedTool, ToolProposal } from './creation.ts';
import type { PlanSkill } from './plan.ts';
import type { RunState } from './state.ts';

/** How making tools went (spec, capabilities 4.11), in the words of the protocol. */
export interface CreationMetrics {
  attempts: number;
  successes: number;
  cache_hits: number;
  validation_failures: number;
  import_failures: number;
  schema_mismatches: number;
  dry_run_failures: number;
  policy_failures: number;
  repair_attempts: number;
  repair_successes: number;
  /** Calls of created tools, and how many of them were made by others than their maker. */
  calls: number;
  reuses: number;
}

/** Programs of one shape. */
export interface ProgramShape {
  language: CodeLanguage;
  template: string;
  /** By the frame of the worker: the values of its first program of this shape. */
  literals: Map<string, readonly Json[]>;
}

/** Tools and skills that were made in a run. */
export interface CreationState {
  /** Those that are there, by name. */
  tools: Map<string, CreatedTool>;
  /** Names that were removed; they are not given again. */
  removed: Set<string>;
  /** Tools made in this run by the frame of their maker, removed ones included. */
  made: Map<string, number>;
  metrics: CreationMetrics;
  proposals: Map<string, ToolProposal>;
  /** By the hash of the shape. */
  shapes: Map<string, ProgramShape>;
  /** Skills that were written in this run, by name. */
  skills: Map<string, PlanSkill>;
  /** Names of tools and skills in the order in which they came, so that managers are told what is new. */
  news: { kind: 'tool' | 'removed' | 'skill' | 'proposal'; name: string }[];
}

/** Metrics of a run in which nothing was made. */
export const NO_METRICS: Readonly<CreationMetrics> = {
  ...{ attempts: 0, successes: 0, cache_hits: 0, validation_failures: 0, import_failures: 0 },
  ...{ schema_mismatches: 0, dry_run_failures: 0, policy_failures: 0 },
  ...{ repair_attempts: 0, repair_successes: 0, calls: 0, reuses: 0 },
};

/** What was made in a run; made when it is first asked for. */
export function creationOf(state: RunState): CreationState {
  state.creation ??= {
    tools: new Map(),
    removed: new Set(),
    made: new Map(),
    metrics: { ...NO_METRICS },
    proposals: new Map(),
    shapes: new Map(),
    skills: new Map(),
    news: [],
  };
  return state.creation;
}
