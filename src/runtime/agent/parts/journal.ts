import { outcomeOf } from '../../engines/loop/results.ts';
import { section } from '../sections.ts';
import type { ManagerLook, ManagerPart } from './look.ts';

/**
 * What was decided so far and why, with what came of it, the last decisions only. It stands where a
 * conversation begins anew: one that goes on has the decisions themselves.
 */
export const journalPart: ManagerPart = (look) => {
  const { frame, policy, marks } = look;
  const entries = frame.delegation?.journal ?? [];
  if (!policy.journal || entries.length === 0) return undefined;
  const shown = entries.slice(-policy.journal.maxEntries).map(({ decision, reason, turn }) => ({
    ...{ decision, reason },
    ...(turn !== undefined && { turn, outcome: outcomeOfTurn(look, turn) }),
  }));
  return section('Decisions so far', marks.block(JSON.stringify(shown), 'your journal'));
};

function outcomeOfTurn({ state, frame }: ManagerLook, turn: number): string {
  const { workers = [] } = frame.turns[turn - 1] ?? {};
  const good = workers.filter((id) => outcomeOf(state, frame, id)?.ok).length;
  return `${good} of ${workers.length} workers succeeded`;
}
