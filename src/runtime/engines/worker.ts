import type { Dimension, Plan } from '../../events/plan.ts';
import type { Frame, Phase, RunState } from '../../events/state.ts';
import type { Command } from '../command.ts';
import { toolPolicy } from '../tools/policy.ts';
import { nextModel, whyNoModel } from './next-model.ts';

/**
 * What a worker does next: one row for each phase. Pure; an empty list means that something is
 * still out.
 */
export function nextForWorker(plan: Plan, state: RunState, frame: Frame): Command[] {
  return ROWS[frame.phase](plan, state, frame);
}

type Row = (plan: Plan, state: RunState, frame: Frame) => Command[];

const ROWS: Readonly<Record<Phase, Row>> = {
  ask: (plan, state, frame) => [question(plan, state, frame)],

  waiting: () => [],

  retry: (_plan, _state, frame) => [
    {
      do: 'ask',
      frame,
      purpose: frame.purpose ?? 'work',
      ...(frame.retryAt !== undefined && { notBefore: frame.retryAt }),
    },
  ],

  failed: (plan, _state, frame) =>
    nextModel(plan, frame) ?? [
      fail(frame, frame.failure?.code ?? 'internal/bug', whyNoModel(frame) ?? 'no answer'),
    ],

  read: (_plan, _state, frame) => [{ do: 'read', frame }],

  tools: (plan, _state, frame) => {
    const out = frame.calls.filter(({ phase }) => phase === 'called').length;
    return frame.calls
      .filter(({ phase }) => phase === 'asked')
      .slice(0, Math.max(0, toolPolicy(plan).parallel - out))
      .map((pending) => ({ do: 'call-tool', frame, pending }));
  },

  workers: () => [],

  checked(plan, state, frame) {
    const { checked } = frame;
    if (!checked) return [fail(frame, 'internal/bug', 'nothing was checked')];
    if (checked.ok) {
      const { output, text, confidence, problems } = checked;
      const data = { output, text, confidence, problems };
      return [{ do: 'record', facts: [{ type: 'agent.finished', agent: frame.id, data }] }];
    }
    const reason = `${checked.problems.join('; ')}.`;
    if (frame.repairs < plan.worker.repairs && !frame.refused && !bindingLimit(state)) {
      return [{ do: 'ask', frame, purpose: 'repair', reason }];
    }
    return [fail(frame, 'model/bad-answer', `the output does not meet its contract: ${reason}`)];
  },

  closed: () => [],
};

function question(plan: Plan, state: RunState, frame: Frame): Command {
  const { refused } = frame;
  const mayReport = refused?.purpose === 'work' && frame.round > 0;
  if (refused && !mayReport) return outOf(frame, refused.dimension);
  if (state.exhausted?.dimension === 'time') return outOf(frame, 'time');
  if (frame.round === 0) return { do: 'ask', frame, purpose: 'work' };
  const spent = refused?.dimension ?? bindingLimit(state);
  if (spent) {
    const reason = `The limit on ${spent} is reached.`;
    return { do: 'ask', frame, purpose: 'summary', reason };
  }
  if (frame.round >= plan.worker.toolRounds) {
    return { do: 'ask', frame, purpose: 'summary', reason: 'The rounds for tools are used up.' };
  }
  return { do: 'ask', frame, purpose: 'work' };
}

function outOf(frame: Frame, dimension: Dimension): Command {
  return fail(frame, `budget/${dimension}`, `the limit on ${dimension} is reached`);
}

/** The used-up limit that lets workers only report; undefined when they can go on. */
function bindingLimit({ exhausted }: RunState): Dimension | undefined {
  if (!exhausted || LEAVES_WORK_ALONE.has(exhausted.dimension)) return undefined;
  return exhausted.dimension;
}

/** Limits that keep new workers from starting but do not touch those that work. */
const LEAVES_WORK_ALONE: ReadonlySet<Dimension> = new Set<Dimension>(['workers', 'loops']);

function fail(frame: Frame, code: string, message: string): Command {
  const last = frame.checked;
  const kept = last && { output: last.output, text: last.text };
  return {
    do: 'record',
    facts: [{ type: 'agent.failed', agent: frame.id, data: { code, message, ...kept } }],
  };
}
