import type { CreatedTool, DraftProblem, ToolProposal } from '../events/creation.ts';
import type { CreationEventData } from '../events/creation-events.ts';
import type { RunEvent } from '../events/event.ts';
import type { RunState } from '../events/state.ts';
import type { Store } from '../ports/store.ts';
import { loadState } from '../runtime/load-state.ts';

/** Refusals and checks of one run that are kept. */
const MOST_KEPT = 2000;

/** A tool of a run, whatever became of it. */
export interface RunTool {
  name: string;
  state: 'made' | 'kept' | 'project' | 'removed' | 'refused' | 'proposed';
  /** Who made it, or wanted to; left out where nobody did. */
  creator?: string;
  /** Its calls, and how many of them were made by others than its maker. */
  calls: number;
  reused: number;
  tool?: CreatedTool;
  proposal?: ToolProposal;
  problem?: DraftProblem;
}

/** One stage that a draft went through. */
export type RunCheck = CreationEventData['tool.checked'];

/** Everything that a run's log says of tools that were made. */
export interface RunTools {
  state: RunState;
  tools: readonly RunTool[];
  /** Stages of all drafts, oldest first. */
  checks: readonly RunCheck[];
}

/** Reads it from the log, also while the run is at work. Throws `store/...`. */
export async function toolsOfRun(store: Store, run: string): Promise<RunTools> {
  const created = new Map<string, CreatedTool>();
  const refused: RunTool[] = [];
  const checks: RunCheck[] = [];
  const see = (event: RunEvent, now: RunState): void => {
    if (event.type === 'tool.created') created.set(event.data.tool.name, event.data.tool);
    if (event.type === 'tool.refused' && refused.length < MOST_KEPT) {
      refused.push(refusedTool(event, now));
    }
    if (event.type === 'tool.checked' && checks.length < MOST_KEPT) checks.push(event.data);
  };
  const state = await loadState(store, run, see);
  const { uses, proposals, removed } = state.creation ?? {};
  const there = [...created.values()].map((tool): RunTool => {
    const { calls = 0, reuses: reused = 0 } = uses?.get(tool.name) ?? {};
    const { name, creator, origin } = tool;
    const now = removed?.has(name) ? 'removed' : origin === 'agent' ? 'made' : origin;
    return { name, state: now, creator, calls, reused, tool };
  });
  const proposed = [...(proposals?.values() ?? [])].map((proposal): RunTool => {
    const { name, workers } = proposal;
    return { name, state: 'proposed', creator: workers.join(', '), calls: 0, reused: 0, proposal };
  });
  return { state, tools: [...there, ...proposed, ...refused], checks };
}

function refusedTool(
  { agent = '', data }: Extract<RunEvent, { type: 'tool.refused' }>,
  { frames }: RunState,
): RunTool {
  const creator = frames.get(agent)?.name;
  const { name, problem } = data;
  return {
    ...{ name, state: 'refused', calls: 0, reused: 0, problem },
    ...(creator !== undefined && { creator }),
  };
}
