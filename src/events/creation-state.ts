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

/** How often a tool was called, and how often by others than its maker. */
export interface ToolUse {
  calls: number;
  reuses: number;
}

/** Shapes that a run keeps; programs of others are forgotten. */
export const MOST_SHAPES = 100;

/** Programs of one shape. */
export interface ProgramShape {
  language: CodeLanguage;
  template: string;
  /** By the frame of the worker: the values of its first program of this shape. */
  literals: Map<string, readonly Json[]>;
}

/** Something about tools and skills that managers are told once. */
export interface CreationNews {
  kind: 'tool' | 'removed' | 'refused' | 'skill' | 'proposal';
  name: string;
  /** Of a draft that was refused: what to do about it. */
  hint?: string;
}

/** A draft as its maker gave it. */
export interface DraftGiven {
  /** The call of `tools.create`. */
  call: string;
  hash: string;
}

/** Tools and skills that were made in a run. */
export interface CreationState {
  /** Those that are there, by name. */
  tools: Map<string, CreatedTool>;
  /** Names that were removed; they are not given again. */
  removed: Set<string>;
  /** Tools made in this run by the frame of their maker, removed ones included. */
  made: Map<string, number>;
  /** The frame that made a tool in this run, by the tool's name; removed ones included. */
  makers: Map<string, string>;
  /** The call that made a tool in this run and the hash of its draft before any repair, by the tool's name. */
  drafts: Map<string, DraftGiven>;
  /** The last draft that came in. */
  draft?: DraftGiven;
  metrics: CreationMetrics;
  /** Calls of each, also of those that were removed; none of those that were never called. */
  uses: Map<string, ToolUse>;
  proposals: Map<string, ToolProposal>;
  /** By the hash of the shape. */
  shapes: Map<string, ProgramShape>;
  /** Skills that were written in this run, by name. */
  skills: Map<string, PlanSkill>;
  /** Names of tools and skills in the order in which they came, so that managers are told what is new. */
  news: CreationNews[];
}

/** Metrics of a run in which nothing was made. */
const NO_METRICS: Readonly<CreationMetrics> = {
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
    makers: new Map(),
    drafts: new Map(),
    metrics: { ...NO_METRICS },
    uses: new Map(),
    proposals: new Map(),
    shapes: new Map(),
    skills: new Map(),
    news: [],
  };
  return state.creation;
}
