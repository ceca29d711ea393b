import type { Frame, RunState } from '../../events/state.ts';
import { findings } from '../agent/prompt.ts';

/**
 * Whether the loop goes nowhere: in each of the last `window` turns no worker succeeded, or the
 * turns reported word for word the same findings. A turn that brought something new is progress,
 * however sure the workers were (spec, runtime 4.10, without its false alarm on steady success).
 */
export function isStalled(window: number, state: RunState, frame: Frame): boolean {
  const last = frame.turns.slice(-window);
  if (last.length < window) return false;
  const reports = last.map(({ workers }) => workers.map((id) => state.frames.get(id)));
  if (reports.every((turn) => turn.every((worker) => !worker?.outcome?.ok))) return true;
  const found = reports.map((turn) =>
    turn
      .map((worker) => findings(worker?.outcome?.output ?? {}))
      .sort()
      .join('\n'),
  );
  return found[0] !== '' && found.every((text) => text === found[0]);
}
