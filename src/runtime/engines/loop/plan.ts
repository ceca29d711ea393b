import type { Fact } from '../../../events/event.ts';
import type { Subtask } from '../../../events/loop-events.ts';
import type { LoopState, SubtaskState } from '../../../events/loop-state.ts';
import type { LoopLook, LoopStep } from './look.ts';
import { stop, whyStopped } from './stop.ts';

/** Plans in a row without work after which another one is refused (spec, runtime 4.7). */
const MOST_IN_ROW = { strict: 2, advisory: 3 } as const;

/**
 * A manager's plan comes into force, or is refused: one that only plans must delegate, and ends after
 * that.
 */
export const planned: LoopStep = (look) => {
  const { state, frame, policy } = look;
  if (frame.decision?.decision !== 'plan' || whyStopped(state, frame)) return undefined;
  const { planning } = policy;
  const call = frame.call ?? '';
  const refuse = (reason: string): Fact => ({
    type: 'plan.refused',
    agent: frame.id,
    data: { call, reason },
  });
  if (!planning) return [{ do: 'record', facts: [refuse('planning is not enabled.')] }];
  const inRow = frame.delegation?.idlePlans ?? 0;
  const most = MOST_IN_ROW[planning.commit];
  if (inRow > most) {
    const message = `the manager planned ${inRow + 1} times in a row and delegated nothing`;
    return stop(frame, { reason: 'manager/plan-loop', message });
  }
  const fact = inRow === most ? refuse(mustDelegate(inRow)) : made(look, call);
  return [{ do: 'record', facts: [fact] }];
};

function mustDelegate(inRow: number): string {
  return `you planned ${inRow} times and nothing was delegated in between. Delegate the parts that can start now, or finish.`;
}

function made({ frame, policy }: LoopLook, call: string): Fact {
  const { decision, delegation } = frame;
  const { maxSubtasks = 0, commit = 'strict' } = policy.planning ?? {};
  const wanted = decision?.decision === 'plan' ? decision.subtasks : [];
  const begun = begunParts(delegation);
  const isLocked = begun.length > 0 && commit === 'strict';
  const fresh = wanted.filter(({ id }) => !begun.some((part) => part.id === id));
  const all = isLocked ? wanted : [...begun.map(asPart), ...fresh];
  const subtasks = isLocked
    ? all
    : withoutLooseEnds(all.slice(0, Math.max(maxSubtasks, begun.length)));
  const dropped = all.length - subtasks.length;
  return {
    type: 'plan.made',
    agent: frame.id,
    data: {
      ...{ call, subtasks },
      ...(isLocked && { merged: true }),
      ...(dropped > 0 && { dropped }),
    },
  };
}

/** Parts of the plan that somebody is or was at work on. */
function begunParts(loop: LoopState | undefined): SubtaskState[] {
  return [...(loop?.subtasks.values() ?? [])].filter(({ status }) => status !== 'pending');
}

function asPart({ status: _, by: __, turns: ___, ...part }: SubtaskState): Subtask {
  return part;
}

/** The parts without dependencies on what is no part. */
function withoutLooseEnds(parts: readonly Subtask[]): Subtask[] {
  const ids = new Set(parts.map(({ id }) => id));
  return parts.map((part) => ({
    ...part,
    dependencies: part.dependencies.filter((id) => ids.has(id) && id !== part.id),
  }));
}
