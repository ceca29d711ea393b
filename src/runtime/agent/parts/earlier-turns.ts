import type { JsonObject } from '../../../base/json.ts';
import { resultOf } from '../../../events/loop-results.ts';
import type { Frame, RunState, Turn } from '../../../events/state.ts';
import { findings } from '../findings.ts';
import { section } from '../sections.ts';
import type { ManagerPart } from './look.ts';

/** Older turns whose lines a prompt has; those before are only counted. */
const MOST_LINES = 100;

/** One line for each turn that a conversation which begins anew does not tell in full. */
export const earlierTurnsPart: ManagerPart = ({ state, frame, told, marks }) => {
  const older = frame.turns.slice(0, told);
  if (older.length === 0) return undefined;
  const lines = older.slice(-MOST_LINES).map((turn) => JSON.stringify(brief(state, frame, turn)));
  const left = older.length - lines.length;
  if (left > 0) lines.unshift(`(${left} turns before these)`);
  return section('Earlier turns', marks.block(lines.join('\n'), 'workers of earlier turns'));
};

function brief(state: RunState, manager: Frame, turn: Turn): JsonObject {
  const workers = turn.workers.map((id) => {
    const name = state.frames.get(id)?.name ?? id;
    const { ok = false, output } = resultOf(state, manager, id)?.outcome ?? {};
    return { worker_id: name, ok, findings: output ? findings(output) : '' };
  });
  return { turn: turn.number, workers };
}
