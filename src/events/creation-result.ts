import type { JsonObject } from '../base/json.ts';
import type { CreatedTool } from './creation.ts';
import type { CreationMetrics } from './creation-state.ts';
import type { RunState } from './state.ts';

/** A tool that was there when the run ended. */
export interface ResultTool {
  name: string;
  /** Name of the agent that made it. */
  creator: string;
  /** `agent`: made in this run; `kept`: by an earlier run; `project`: promoted by a person. */
  origin: CreatedTool['origin'];
  /** SHA-256 of name, code and schema (spec, capabilities 4.9). */
  hash: string;
  /** Its calls in this run, and how many of them were made by others than its maker. */
  calls: number;
  reused: number;
}

/** What came of making tools; part of a result's `metadata`. */
export interface ResultCreation {
  /** The counters of the protocol (spec, capabilities 4.11). */
  toolCreation: CreationMetrics;
  /** In the order in which they came. */
  createdTools: readonly ResultTool[];
}

/** What came of making tools; undefined when nothing was made, loaded or tried. */
export function creationResult({
  creation,
}: Pick<RunState, 'creation'>): ResultCreation | undefined {
  if (!creation) return undefined;
  const { metrics, tools, uses } = creation;
  const isTried = Object.values(metrics).some((count) => count > 0);
  if (!isTried && tools.size === 0) return undefined;
  return {
    toolCreation: { ...metrics },
    createdTools: [...tools.values()].map(({ name, creator, origin, hash }) => {
      const { calls = 0, reuses = 0 } = uses.get(name) ?? {};
      return { name, creator, origin, hash, calls, reused: reuses };
    }),
  };
}

/** The same as the JSON result has it. */
export function creationJson({ toolCreation, createdTools }: ResultCreation): JsonObject {
  return {
    tool_creation: { ...toolCreation },
    created_tools: createdTools.map((tool) => ({ ...tool })),
  };
}
