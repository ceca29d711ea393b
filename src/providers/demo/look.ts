import type { Job } from './envelopes.ts';
import type { ManagerPrompt } from './read-manager.ts';
import type { Standing } from './standing.ts';
import type { DemoTable } from './table.ts';
import type { Understanding } from './understand.ts';

/** What the manager goes by in one turn. */
export interface Look {
  prompt: ManagerPrompt;
  table: DemoTable;
  plan: Understanding;
  standing: ReadonlyMap<string, Standing>;
  /** What was understood, for the reasons that it gives. */
  understood: string;
}

/** The part that a job belongs to in a plan with room for two: first to look, then to write. */
export function stageOf({ needs }: Pick<Job, 'needs'>): string {
  return needs.length === 0 ? 'look' : 'write';
}
