import type { Json, JsonObject } from '../base/json.ts';
import type {
  CodeLanguage,
  CreatedTool,
  CreationStage,
  DraftProblem,
  ToolProposal,
} from './creation.ts';
import type { ToolCall } from './event.ts';
import type { PlanSkill } from './plan.ts';

/** Facts about code mode, and about tools and skills that are made while a run goes on. */
export interface CreationEventData {
  /**
   * Calls that follow from the text of an answer, not from calls that the model made: the program of
   * an agent in code mode, or tools that a report lists.
   */
  'calls.derived': {
    /** The model call. */
    call: string;
    from: 'code_block' | 'tools_created';
    calls: readonly ToolCall[];
  };
  /** What programs of an agent keep for their next (spec, capabilities 3: `state`). */
  'session.kept': {
    call: string;
    backend: 'memory' | 'filesystem' | 'workspace';
    /** Left out where it is in a file, whose content has this SHA-256. */
    value?: JsonObject;
    sha256: string;
    bytes: number;
  };

  /** A draft comes in; `attempt` 0 is as it was given, the others were repaired. */
  'tool.drafted': {
    call: string;
    name: string;
    attempt: number;
    hash: string;
    language: CodeLanguage;
    /** The whole code; only with `code_review`. */
    source?: string;
  };
  'tool.checked': {
    call: string;
    name: string;
    attempt: number;
    stage: CreationStage;
    ok: boolean;
    ms: number;
    problem?: DraftProblem;
  };
  /** The same tool is there already, and counts as made. */
  'tool.cached': { call: string; name: string; hash: string };
  /** A tool is there; `call` is left out for those that a run begins with. */
  'tool.created': { call?: string; tool: CreatedTool };
  /** A draft is no tool, and nothing more is tried; `attempts` counts repairs. */
  'tool.refused': {
    call?: string;
    name: string;
    attempts: number;
    origin: CreatedTool['origin'];
    problem: DraftProblem;
  };
  'tool.removed': { call: string; name: string };

  /** A program that ran well, with what varies in it taken out; only with induction. */
  'program.shaped': {
    call: string;
    /** 16 hexadecimal digits. */
    shape: string;
    language: CodeLanguage;
    /** The values that were taken out, in their order. */
    literals: readonly Json[];
    /** The program with a place for each of them; only with the first of its shape. */
    template?: string;
  };
  'tool.proposed': { proposal: ToolProposal };

  /** A skill that the manager wrote is there for later workers. */
  'skill.created': { skill: PlanSkill; creator: string };
  'skill.refused': { name: string; creator: string; problems: readonly string[] };
}
