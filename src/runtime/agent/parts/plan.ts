import type { JsonObject } from '../../../base/json.ts';
import type { SubtaskState } from '../../../events/loop-state.ts';
import { Rooms, tightest } from '../../budget-rooms.ts';
import { section } from '../sections.ts';
import type { ManagerLook, ManagerPart } from './look.ts';

/** The plan and how far it is: what can start now, what does not get done, and whether it fits. */
export const planPart: ManagerPart = (look) => {
  const { frame, isFirst, marks } = look;
  const parts = [...(frame.delegation?.subtasks.values() ?? [])];
  if (parts.length === 0) return undefined;
  const words = parts.map(({ id, description }) => ({ id, description }));
  const lines = [
    // A conversation that began with the plan has its words.
    isFirst && marks.block(JSON.stringify(words), 'your plan'),
    JSON.stringify(parts.map((part) => rowOf(look, part))),
    canStart(parts),
    notDone(look, parts),
    tooLong(look, parts),
  ];
  return section('Plan', lines.filter(Boolean).join('\n'));
};

function rowOf({ state }: ManagerLook, part: SubtaskState): JsonObject {
  const { id, status, dependencies, strategy, by } = part;
  const doer = by === undefined ? undefined : state.frames.get(by)?.name;
  return {
    ...{ id, status },
    ...(dependencies.length > 0 && status !== 'completed' && { after: [...dependencies] }),
    ...(strategy === 'submanager' && { strategy }),
    ...(doer !== undefined && { by: doer }),
  };
}

function canStart(parts: readonly SubtaskState[]): string {
  const done = new Set(parts.filter(isDone).map(({ id }) => id));
  const open = parts.filter((part) => !isDone(part));
  if (open.length === 0) return 'Every part is completed: finish.';
  const ready = open.filter(({ dependencies }) => dependencies.every((id) => done.has(id)));
  const names = ready.map(({ id }) => id).join(', ') || 'nothing';
  return `Can start now: ${names}. Parts that depend on others of the same turn start when those are completed.`;
}

function notDone({ policy }: ManagerLook, parts: readonly SubtaskState[]): string | undefined {
  const stuck = parts.filter((part) => !isDone(part) && part.turns >= policy.loopsPerSubtask);
  if (stuck.length === 0) return undefined;
  const names = stuck.map(({ id, turns }) => `${id} (${turns} turns)`).join(', ');
  return `Not done in spite of several turns: ${names}. Split it into other work, drop it, or finish without it and say so.`;
}

/** What the open parts need at least, when that is more than is left. */
function tooLong(look: ManagerLook, parts: readonly SubtaskState[]): string | undefined {
  const { state, frame, policy } = look;
  const open = parts.filter((part) => !isDone(part));
  const rooms = new Rooms(state);
  const left = (dimension: 'loops' | 'workers'): number =>
    tightest(rooms.of(frame, dimension))?.left ?? Number.POSITIVE_INFINITY;
  // The last turn is for summing up.
  const turns = Math.max(0, left('loops') - 1);
  const needed = Math.ceil(open.length / (policy.turnWorkers ?? Number.POSITIVE_INFINITY)) || 1;
  const isLate = open.length > 0 && needed > turns;
  if (!isLate && open.length <= left('workers')) return undefined;
  const have = `${turns} turns${Number.isFinite(left('workers')) ? ` and ${left('workers')} workers` : ''}`;
  return `The plan needs more than is left: ${open.length} open parts, ${needed} turns at least, and there are ${have}. Put parts together, or leave some out.`;
}

function isDone({ status }: SubtaskState): boolean {
  return status === 'completed';
}
