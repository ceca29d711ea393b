import type { JsonObject } from '../../base/json.ts';
import type { Artifact, Frame, RunState } from '../../events/state.ts';
import { isUntrusted } from '../../events/taint.ts';
import { isBelow, isEarlier } from '../nodes/earlier-files.ts';
import { byPath } from './by-path.ts';

/** Files of `shared/` that a prompt lists. */
const LISTED_FILES = 60;

/** The files in `shared/` of an agent that is no manager. */
export function sharedWith(state: RunState, frame: Frame): JsonObject[] {
  return listed(state, (file) => isEarlier(state, file, frame));
}

/** The files that a manager is told of: all of the run, or those of all below it and before it. */
export function managerFiles(state: RunState, manager: Frame): JsonObject[] {
  if (manager.parent === undefined) return listed(state, () => true);
  return listed(
    state,
    (file) => isBelow(state, file.agent, manager) || isEarlier(state, file, manager),
  );
}

function listed(state: RunState, isShown: (file: Artifact) => boolean): JsonObject[] {
  return [...state.artifacts.values()]
    .filter(isShown)
    .sort(byPath)
    .slice(0, LISTED_FILES)
    .map(({ path, bytes, agent, agentName }) => {
      const writer = state.frames.get(agent);
      const untrusted = writer && isUntrusted(writer) && { untrusted: true };
      return { path: `shared/${path}`, bytes, by: agentName, ...untrusted };
    });
}
