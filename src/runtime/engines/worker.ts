import type { Dimension, Plan } from '../../events/plan.ts';
import { exhaustedFor } from '../../events/scopes.ts';
import type { Checked, Frame, Phase, RunState } from '../../events/state.ts';
import type { Command } from '../command.ts';
import { evaluated, keptAnswer } from '../evaluation/decide.ts';
import { agentOf, toolboxOf } from '../plan-parts.ts';
import { parallelCalls } from '../tools/policy.ts';
import { endCalls, mayReport, timeoutMessage, WORKER_TIMEOUT } from '../worker-deadline.ts';
import { nextModel, whyNoModel } from './next-model.ts';
import { nextPreparation, PREPARING_FAILED } from './preparing.ts';

/**
 * What a worker, a node of a graph or a judge does next: one row for each phase. Pure; an empty list
 * means that something is still out.
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

  failed(plan, state, frame) {
    if (frame.overdue && frame.purpose === 'work') return [question(plan, state, frame)];
    const next = nextModel(plan, frame);
    if (next) return next;
    const { code = 'internal/bug' } = frame.failure ?? {};
    return [fail(frame, code, whyNoModel(frame) ?? 'no answer')];
  },

  read: (_plan, _state, frame) => [{ do: 'read', frame }],

  tools: (plan, _state, frame) => {
    const ended = frame.overdue ? endCalls(frame) : [];
    if (ended.length > 0) return [{ do: 'record', facts: ended }];
    const out = frame.calls.filter(({ phase }) => phase === 'called').length;
    return frame.calls
      .filter(({ phase }) => phase === 'asked')
      .slice(0, Math.max(0, parallelCalls(plan, frame) - out))
      .map((pending) => ({ do: 'call-tool', frame, pending }));
  },

  workers: () => [],

  checked(plan, state, frame) {
    const { checked } = frame;
    if (!checked) return [fail(frame, 'internal/bug', 'nothing was checked')];
    const mayRepair = !frame.refused && !frame.overdue && !bindingLimit(state, frame);
    if (checked.ok) return good(plan, state, { frame, checked, mayRepair });
    if (mayRepair && frame.repairs < toolboxOf(plan, frame).repairs) {
      return [{ do: 'ask', frame, purpose: 'repair', reason: `${checked.problems.join('; ')}.` }];
    }
    if (checked.acceptable) return good(plan, state, { frame, checked, mayRepair });
    return [unmet(plan, frame, checked)];
  },

  closed: () => [],
};

interface Good {
  frame: Frame;
  checked: Checked;
  mayRepair: boolean;
}

/** An output that meets its contract ends its agent, once its score, if it has one, allows that. */
function good(plan: Plan, state: RunState, { frame, checked, mayRepair }: Good): Command[] {
  const next = evaluated(plan, state, { frame, mayRepair });
  if (next.next === 'commands') return next.commands;
  if (next.next === 'repair') {
    return [{ do: 'ask', frame, purpose: 'repair', reason: next.reason }];
  }
  const best = next.answer?.checked ?? checked;
  if (next.low === undefined) return [finish(frame, best)];
  const { output, text } = best;
  const data = { code: 'evaluation/failed', message: next.low, output, text };
  return [{ do: 'record', facts: [{ type: 'agent.failed', agent: frame.id, data }] }];
}

/** What lowered its confidence goes to its manager with what was wrong. */
function finish(frame: Frame, checked: Checked): Command {
  const { output, text, confidence, problems, reasons = [] } = checked;
  const data = { output, text, confidence, problems: [...new Set([...problems, ...reasons])] };
  return { do: 'record', facts: [{ type: 'agent.finished', agent: frame.id, data }] };
}

/** What follows from an output that stays against its contract: for nodes their agent says it. */
function unmet(plan: Plan, frame: Frame, checked: Checked): Command {
  const good = keptAnswer(frame)?.checked;
  if (good) return finish(frame, good);
  const onInvalid = frame.role === 'node' ? agentOf(plan, frame).output.onInvalid : 'abort';
  if (onInvalid === 'use_partial') return finish(frame, checked);
  const code = onInvalid === 'skip' ? 'node/skip-output' : 'model/bad-answer';
  const problems = checked.problems.join('; ');
  return fail(frame, code, `the output does not meet its contract: ${problems}.`);
}

function question(plan: Plan, state: RunState, frame: Frame): Command {
  const { refused, overdue, round } = frame;
  const canSumUp = refused?.purpose === 'work' && round > 0;
  if (refused && !canSumUp) return outOf(frame, refused.dimension);
  if (exhaustedFor(state, frame)?.dimension === 'time') return outOf(frame, 'time');
  if (overdue && (round === 0 || !mayReport(frame))) {
    return fail(frame, WORKER_TIMEOUT, timeoutMessage(frame));
  }
  const preparing = nextPreparation(plan, frame);
  if (preparing && 'failure' in preparing) return fail(frame, PREPARING_FAILED, preparing.failure);
  if (preparing) return { do: 'preprocess', frame, index: preparing.index };
  const reason = round === 0 ? undefined : whyOnlyReport(plan, state, frame);
  return reason === undefined
    ? { do: 'ask', frame, purpose: 'work' }
    : { do: 'ask', frame, purpose: 'summary', reason };
}

/** Why an agent can only report; undefined while it can go on. */
function whyOnlyReport(plan: Plan, state: RunState, frame: Frame): string | undefined {
  const { refused, overdue, round } = frame;
  if (overdue) return `The time for this is over: ${timeoutMessage(frame)}.`;
  const spent = refused?.dimension ?? bindingLimit(state, frame);
  if (spent) return `The limit on ${spent} is reached.`;
  const { toolRounds } = toolboxOf(plan, frame);
  const isOver = toolRounds !== null && round >= toolRounds;
  return isOver ? 'The rounds for tools are used up.' : undefined;
}

function outOf(frame: Frame, dimension: Dimension): Command {
  return fail(frame, `budget/${dimension}`, `the limit on ${dimension} is reached`);
}

/** The used-up limit that lets workers only report; undefined when they can go on. */
function bindingLimit(state: RunState, frame: Frame): Dimension | undefined {
  const exhausted = exhaustedFor(state, frame);
  if (!exhausted || LEAVES_WORK_ALONE.has(exhausted.dimension)) return undefined;
  return exhausted.dimension;
}

/** Limits that keep new workers from starting but do not touch those that work. */
const LEAVES_WORK_ALONE: ReadonlySet<Dimension> = new Set<Dimension>(['workers', 'loops']);

/** An agent that was asked again for a better answer, and cannot give one, ends with the one it gave. */
function fail(frame: Frame, code: string, message: string): Command {
  const good = keptAnswer(frame)?.checked;
  if (good) return finish(frame, good);
  const last = frame.checked;
  const kept = last && { output: last.output, text: last.text };
  return {
    do: 'record',
    facts: [{ type: 'agent.failed', agent: frame.id, data: { code, message, ...kept } }],
  };
}
