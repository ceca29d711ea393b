import type { JsonObject } from '../base/json.ts';
import type {
  CreatedTool,
  CreationStage,
  DraftProblem,
  PlanNamespace,
  ToolDraft,
} from '../events/creation.ts';
import type { SandboxPolicy } from '../events/plan.ts';
import type { Tool, ToolContext } from './tool.ts';

/** Where a draft is to be a tool. */
export interface DraftPlace {
  namespace: PlanNamespace;
  /** Milliseconds of the trial; undefined leaves it out. */
  dryRunMs: number | undefined;
  /** Milliseconds of one call. */
  callMs: number;
}

/** What a check gets of the run. */
export interface DraftContext
  extends Pick<ToolContext, 'sandbox' | 'sandboxPolicy' | 'signal' | 'effects'> {
  /** Tells whoever made the draft of something that does not keep it from being a tool. */
  warn(text: string): void;
  /** Keeps what the trial came to, in the standard envelope; left out where nobody scores tools. */
  tried?(result: JsonObject): void;
  /** Why a JSON Schema cannot be used, in words; undefined when it can. Never rejects. */
  schemaProblem(schema: JsonObject): Promise<string | undefined>;
}

/** One check of a draft. Each is a file of its own and a line in the list. */
export interface DraftCheck {
  stage: CreationStage;
  /**
   * Undefined when nothing is wrong. Never throws for what the draft says; rejects with the reason of
   * the context's signal, and with `sandbox/...` when there is no box.
   */
  check(
    draft: ToolDraft,
    place: DraftPlace,
    context: DraftContext,
  ): DraftProblem | undefined | Promise<DraftProblem | undefined>;
}

/** Checks and runs tools that agents make (spec, capabilities 4). */
export interface Toolsmith {
  /** In the order in which they are made; policy comes before all of them. */
  checks: readonly DraftCheck[];
  /** SHA-256 of name, code and schema (spec, capabilities 4.9). */
  hashOf(draft: ToolDraft): string;
  /** The policy of the box that drafts are read and tried in, so that one can be made ready; left out: any. */
  trialPolicy?(policy: SandboxPolicy): SandboxPolicy;
  /** The tool, run in a box of its namespace. */
  tool(created: CreatedTool, place: DraftPlace): Tool;
}
