import type { Plan } from '../../events/plan.ts';
import type { Frame, RunState } from '../../events/state.ts';
import type { Chronicle } from './chronicle.ts';
import { code } from './markdown.ts';

/** What the sections of a report are made from. */
export interface ReportLook {
  plan: Plan;
  state: RunState;
  chronicle: Chronicle;
  /** Paths of the files that an agent wrote, sorted. */
  filesOf(agent: string): readonly string[];
  /** An agent with its place, as `a (2.1)`. */
  title(frame: Frame): string;
  /** The agents that were started right below one. */
  below(frame: string): readonly Frame[];
}

/** Looks at a run whose log was read to its end. */
export function lookAtRun(plan: Plan, state: RunState, chronicle: Chronicle): ReportLook {
  const files = new Map<string, string[]>();
  for (const { agent, path } of state.artifacts.values()) put(files, agent, path);
  for (const paths of files.values()) paths.sort();
  const below = new Map<string, Frame[]>();
  for (const frame of state.frames.values()) put(below, frame.parent ?? '', frame);
  return {
    ...{ plan, state, chronicle },
    filesOf: (agent) => files.get(agent) ?? [],
    title: ({ id, name }) => `${code(name)} (${id})`,
    below: (frame) => below.get(frame) ?? [],
  };
}

function put<T>(lists: Map<string, T[]>, key: string, item: T): void {
  const list = lists.get(key);
  if (list) list.push(item);
  else lists.set(key, [item]);
}
