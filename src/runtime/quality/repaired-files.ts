import type { Fact } from '../../events/event.ts';
import { resultFiles } from '../../events/loop-results.ts';
import type { Artifact, Frame, RunState } from '../../events/state.ts';

/**
 * Facts that the files of a repair that is kept take the places of those that they mend: a repair writes
 * beside them, as every other agent, so that a worse one leaves everything as it was. Those that have
 * their place already are left out.
 */
export function keptFiles(
  state: RunState,
  { manager, worker, repair }: { manager: Frame; worker: Frame; repair: Frame },
): Fact[] {
  const places = new Map(
    resultFiles(state, manager, worker.id).map(({ name, path }) => [name, path]),
  );
  const own = filesOf(state, repair);
  const taken = new Map(own.map(({ path, sha256 }) => [path, sha256]));
  return own.flatMap((file): Fact[] => {
    const { bytes, name, sha256, type } = file;
    const path = places.get(name) ?? name;
    if (path === file.path || (!places.has(name) && taken.get(name) !== sha256)) return [];
    const agent = repair.id;
    const gone: Fact = { type: 'artifact.removed', agent, data: { path: file.path } };
    if (taken.get(path) === sha256) return [gone];
    return [{ type: 'artifact.written', agent, data: { path, name, type, bytes, sha256 } }, gone];
  });
}

/** Facts that the files of a repair that is not kept are taken back. */
export function withdrawnFiles(state: RunState, repair: Frame): Fact[] {
  return filesOf(state, repair).map(({ path }) => ({
    type: 'artifact.removed',
    agent: repair.id,
    data: { path },
  }));
}

function filesOf({ artifacts }: RunState, { id }: Frame): Artifact[] {
  return [...artifacts.values()].filter(({ agent }) => agent === id);
}
