import type { Place } from '../../base/yaml-node.ts';
import type { Level } from '../../models/level.ts';
import type { Workflow } from '../../models/workflow.ts';

/** How binding a requirement is. */
export type Force = 'must' | 'should' | 'may';

/** What a requirement says of a workflow: nothing, or what is missing and where. */
export interface Shortfall {
  at: Place;
  message: string;
  help: string;
}

/** One requirement of an autonomy level (validation 2). */
export interface Requirement {
  /** `A2-3`. */
  id: string;
  level: Level;
  force: Force;
  text: string;
  /** What is missing; an empty list when it is met. Looks at what is written, not at defaults. */
  check(workflow: Workflow): readonly Shortfall[];
  /** What would be better, without breaking it. */
  advise?(workflow: Workflow): readonly Shortfall[];
}
