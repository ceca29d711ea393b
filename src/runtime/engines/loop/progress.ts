import type { Fact } from '../../../events/event.ts';
import type { LoopState, SubtaskState } from '../../../events/loop-state.ts';
import type { RunState } from '../../../events/state.ts';
import { depthRefusal, levelOf } from '../../submanagers/depth.ts';
import type { LoopLook, LoopStep } from './look.ts';
import { outcomeOf, succeeded, whyNot } from './results.ts';
import { isSeenTo } from './see-to-results.ts';

/** The parts of a plan follow those who do them: at work, completed, or failed (spec, runtime 4.7). */
export const partsProgress: LoopStep = (look) => {
  const loop = look.frame.delegation;
  if (!loop || loop.subtasks.size === 0) return undefined;
  const doers = doersOf(loop);
  const facts = [...loop.subtasks.values()].flatMap(
    (part) => changeOf(look, part, doers.get(part.id) ?? []) ?? [],
  );
  return facts.length === 0 ? undefined : [{ do: 'record', facts }];
};

/** Frames of those who did each part, in the order of their start. */
function doersOf({ work }: LoopState): Map<string, string[]> {
  const doers = new Map<string, string[]>();
  for (const [id, { part }] of work) {
    if (part !== undefined) doers.set(part, [...(doers.get(part) ?? []), id]);
  }
  return doers;
}

function changeOf(look: LoopLook, part: SubtaskState, doers: readonly string[]): Fact | undefined {
  const last = doers.at(-1);
  if (last === undefined) return undefined;
  if (part.status === 'completed') return takenBack(look, part, doers);
  const isNew = part.by !== last;
  if (!isNew && part.status !== 'in_progress') return anotherWay(look, part);
  if (doers.every((id) => isSeenTo(look, id))) return endOf(look, part, doers);
  if (part.status === 'in_progress' && !isNew) return undefined;
  return atWork(look, part, last);
}

function atWork(look: LoopLook, part: SubtaskState, by: string): Fact {
  const reason = `${nameOf(look.state, by)} is at work on it`;
  return change(look, part, { status: 'in_progress', by, reason });
}

/** Where a part stands when nobody is at work on it any more. */
function endOf(look: LoopLook, part: SubtaskState, doers: readonly string[]): Fact {
  const { state, frame } = look;
  const by = doers.findLast((id) => succeeded(state, frame, id));
  if (by !== undefined) {
    return change(look, part, { status: 'completed', by, reason: `${nameOf(state, by)} did it` });
  }
  const last = doers.at(-1) ?? '';
  const reason = `${nameOf(state, last)} did not do it: ${whyNot(outcomeOf(state, frame, last))}`;
  return change(look, part, { status: 'failed', by: last, reason });
}

/** A part is not completed when its result was found bad after all; others may still be at work on it. */
function takenBack(look: LoopLook, part: SubtaskState, doers: readonly string[]): Fact | undefined {
  const isGood = (id: string): boolean => succeeded(look.state, look.frame, id);
  if (part.by === undefined || isGood(part.by)) return undefined;
  const isOver = doers.some(isGood) || doers.every((id) => isSeenTo(look, id));
  return isOver ? endOf(look, part, doers) : atWork(look, part, doers.at(-1) ?? part.by);
}

type Change = Omit<Extract<Fact, { type: 'subtask.changed' }>['data'], 'id'>;

function change({ frame }: LoopLook, { id }: SubtaskState, data: Change): Fact {
  return { type: 'subtask.changed', agent: frame.id, data: { id, ...data } };
}

/** A part that several turns did not bring to its end is for a manager of its own, where one may be. */
function anotherWay(look: LoopLook, part: SubtaskState): Fact | undefined {
  const { policy } = look;
  const isStuck = part.status === 'failed' && part.turns >= policy.loopsPerSubtask;
  if (!isStuck || part.strategy === 'submanager' || !mayHaveSubmanager(look)) return undefined;
  const reason = `it was not done in ${part.turns} turns, so it is for a manager of its own now`;
  return change(look, part, { status: 'pending', strategy: 'submanager', reason });
}

/** Whether the loop's work may get a manager of its own at all (decision 14). */
function mayHaveSubmanager({ state, frame, policy }: LoopLook): boolean {
  if (policy.submanagers.total <= 0) return false;
  return depthRefusal(state, frame, levelOf(state, frame)) === undefined;
}

function nameOf({ frames }: RunState, id: string): string {
  return frames.get(id)?.name ?? id;
}
