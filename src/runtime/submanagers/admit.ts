import { topManager } from '../../events/loop-fold-worker.ts';
import type { Limits } from '../../events/plan.ts';
import { scopesOf } from '../../events/scopes.ts';
import type { Frame } from '../../events/state.ts';
import { onlyLimits } from '../budget-rooms.ts';
import { timeLeft } from '../budget-time.ts';
import type { Command } from '../command.ts';
import type { RunContext } from '../context.ts';
import type { Pass } from '../pass.ts';
import { policyOf } from '../plan-parts.ts';
import { depthRefusal, levelOf } from './depth.ts';
import { fractionOf } from './fraction.ts';
import { starting } from './start.ts';

/** Least time that a sub-manager is worth starting with, in milliseconds. */
const LEAST_MS = 1000;

type StartWorker = Extract<Command, { do: 'start-worker' }>;

/**
 * Admits a delegation that gets a manager of its own (spec, runtime 5): one level below, with its share
 * of the budget set aside, and only while the caps of the whole tree leave room. One that may never
 * start is a worker from now on, and its manager is told; one for which there is no room now waits, if
 * what it waits for is below its own manager: so none waits for another in a circle.
 */
export function admitSubmanager(pass: Pass, command: StartWorker): void {
  const { decided } = pass;
  const { frame, envelope, index } = command;
  const verdict = verdictOn(pass, command);
  if (verdict === 'wait') decided.blocked.push(frame.id);
  else if ('reason' in verdict) {
    const data = { worker: envelope.workerId, index, reason: verdict.reason };
    decided.facts.push({ type: 'submanager.refused', agent: frame.id, data });
  } else decided.facts.push(...starting(pass, command, verdict.limits));
}

type SubmanagerVerdict = 'wait' | { reason: string } | { limits: Limits };

function verdictOn(pass: Pass, { frame, envelope, index }: StartWorker): SubmanagerVerdict {
  const { context, admission } = pass;
  const { plan, state } = context;
  const policy = policyOf(plan, frame).submanagers;
  const never = whyNever(pass, { frame, envelope });
  if (never !== undefined) return { reason: never };
  if (openInTree(pass, frame) >= policy.atOnce) {
    if (hasOwn(pass, frame)) return 'wait';
    return { reason: `the limit on sub-managers at the same time (${policy.atOnce}) is reached` };
  }
  const left = timeLeft(state, frame, { kind: 'work', activeMs: context.stopwatch.activeMs });
  const { timeoutMs = Number.POSITIVE_INFINITY } = envelope;
  const time = Math.min(Math.floor(left?.left ?? Number.POSITIVE_INFINITY), timeoutMs);
  if (time < LEAST_MS) return { reason: `it would have ${Math.max(0, time)} ms` };
  const fraction = fractionOf(state, frame, { index, policy });
  const part = admission.part(frame, { fraction, strict: policy.strict });
  if (part.verdict === 'wait') return 'wait';
  if (part.verdict === 'refused') return { reason: part.reason };
  const scopes = scopesOf(state, frame);
  const depths = scopes.flatMap(({ limits }) => limits.depth ?? []);
  return {
    limits: onlyLimits(Math.min(...scopes.map(({ limits }) => limits.parallel)), {
      ...part.granted,
      time: Number.isFinite(time) ? time : null,
      depth: depths.length === 0 ? null : Math.min(...depths),
    }),
  };
}

/** Why a delegation can never have a manager of its own; undefined when it can. */
function whyNever(
  { context, admission }: Pass,
  { frame, envelope }: Pick<StartWorker, 'frame' | 'envelope'>,
): string | undefined {
  const { plan, state } = context;
  const { total } = policyOf(plan, frame).submanagers;
  if ((envelope.requiredTools ?? []).length > 0) return 'only a worker can call required tools';
  const tooDeep = depthRefusal(state, frame, levelOf(state, frame));
  if (tooDeep) return `the limit on depth (${tooDeep.limit}) is reached`;
  const top = topManager(state, frame);
  const taken = admission.partsBelow((id) => isInTree(context, id, top));
  const started = (top.delegation?.submanagers.total ?? 0) + taken;
  return started < total ? undefined : `the limit on sub-managers (${total}) is reached`;
}

function openInTree({ context, admission }: Pass, frame: Frame): number {
  const top = topManager(context.state, frame);
  const taken = admission.partsBelow((id) => isInTree(context, id, top));
  return (top.delegation?.submanagers.open ?? 0) + taken;
}

function isInTree({ state }: RunContext, id: string, top: Frame): boolean {
  const frame = state.frames.get(id);
  return frame !== undefined && topManager(state, frame) === top;
}

/** Whether a manager has sub-managers of its own that are open, or start in this pass. */
function hasOwn({ context, admission }: Pass, { id, open }: Frame): boolean {
  if (admission.partsBelow((frame) => frame === id) > 0) return true;
  return [...open].some((below) => context.state.frames.get(below)?.role === 'manager');
}
