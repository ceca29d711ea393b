import { isObject, type JsonObject } from '../base/json.ts';
import type { Envelope } from './decision.ts';
import { releaseClock } from './held-clock.ts';
import type { OrderChanges } from './loop-events.ts';
import { changeOrder } from './loop-fold-person.ts';
import type { ApprovalPolicy, Plan } from './plan.ts';
import { isNested } from './scopes.ts';
import type { Approval, Frame, RunState, Scope } from './state.ts';

/**
 * What a person is asked about a delegation loop: whether the workers of a turn start, whether a
 * sub-manager does, whether a limit that is used up is raised.
 */
export type LoopQuestion = 'turn' | 'submanager' | 'raise';

/** What such requests have in the place of a tool's name. */
export const LOOP_REQUESTS: Readonly<Record<LoopQuestion, string>> = {
  turn: 'loop.turn',
  submanager: 'loop.submanager',
  raise: 'budget.raise',
};

const PREFIX = 'loop:';
const QUESTIONS: ReadonlyMap<string, LoopQuestion> = new Map(
  (Object.keys(LOOP_REQUESTS) as LoopQuestion[]).map((about) => [LOOP_REQUESTS[about], about]),
);

/** Whether a person is asked about this in a run. `never` asks about nothing. */
export function asksAbout({ tools }: Pick<Plan, 'tools'>, policy: ApprovalPolicy): boolean {
  const approve = tools?.approve ?? [];
  return approve !== 'never' && approve.includes(policy);
}

/** What a request about the workers of a turn has in the place of a call's id: `loop:0/turn-3`. */
export function turnCall({ id, turns }: Pick<Frame, 'id' | 'turns'>): string {
  return `${PREFIX}${id}/turn-${turns.length}`;
}

/** The same of one about a sub-manager, by its place in the turn: `loop:0/turn-3.2`. */
export function submanagerCall(frame: Pick<Frame, 'id' | 'turns'>, index: number): string {
  return `${turnCall(frame)}.${index}`;
}

/** The same of one about a limit of a budget that refused something: `loop:0/tokens-500000`. */
export function raiseCall(scope: Scope): string {
  const { dimension, limit } = scope.exhausted ?? {};
  return `${PREFIX}${ownerOf(scope)}/${dimension}-${limit}`;
}

/** The frame whose budget it is: `0` for the run's. */
export function ownerOf(scope: Scope): string {
  return isNested(scope) ? scope.id : '0';
}

/** What a request about a loop is about; undefined for requests about anything else. */
export function loopQuestion({
  call,
  tool,
}: Pick<Approval, 'call' | 'tool'>): LoopQuestion | undefined {
  return call.startsWith(PREFIX) ? QUESTIONS.get(tool) : undefined;
}

/**
 * How far a request is: nobody was asked, the answer is still to come, or it is there. One that was
 * withdrawn before somebody answered was never asked.
 */
export function requestFor(
  { approvals, pendingApprovals }: RunState,
  call: string,
): 'unasked' | 'pending' | NonNullable<Approval['resolution']> {
  const found = [...approvals.values()].findLast((one) => one.call === call);
  if (!found) return 'unasked';
  if (found.resolution) return found.resolution;
  return pendingApprovals.has(found.id) ? 'pending' : 'unasked';
}

/** What a person said goes to the loop that waits for it. */
export function answerLoop(state: RunState, approval: Approval): void {
  const about = loopQuestion(approval);
  const frame = state.frames.get(approval.agent);
  if (!about || !frame) return;
  approval.used = true;
  // Everybody in that budget waits for it.
  if (about === 'raise') for (const id of state.openFrames) state.ready.add(id);
  const { decision, args } = approval.resolution ?? {};
  if (decision !== 'approved' || !args) return;
  if (about === 'turn') for (const one of editedOrders(args)) changeOrder(frame, one.index, one);
  if (about === 'submanager') {
    const index = Number(approval.call.slice(approval.call.lastIndexOf('.') + 1));
    changeOrder(frame, index, submanagerChanges(args));
  }
}

/** The orders of a turn as a person left them, by their places; those that are not there do not start. */
export function editedOrders(args: JsonObject): (OrderChanges & { index: number })[] {
  const list = Array.isArray(args.delegations) ? args.delegations : [];
  return list.flatMap((one) => {
    if (!isObject(one) || typeof one.index !== 'number') return [];
    const { index, instructions, tools, temperature } = one;
    return [
      {
        index,
        ...(typeof instructions === 'string' && { instructions }),
        ...(Array.isArray(tools) && { toolsAllowed: tools.map(String) }),
        ...(typeof temperature === 'number' && { temperature }),
      },
    ];
  });
}

function submanagerChanges({ instructions, share }: JsonObject): Partial<Envelope> {
  return {
    ...(typeof instructions === 'string' && { instructions }),
    ...(typeof share === 'number' && { budgetShare: share }),
  };
}

/** Where limits may be raised, the frame whose budget it is has a person asked. */
export function askOwner(state: RunState, scope = '0'): void {
  if (state.plan && asksAbout(state.plan, 'budget') && state.openFrames.has(scope))
    state.ready.add(scope);
}

/** Nobody needs to answer about delegations that do not wait to start any more. */
export function forgetStarts(state: RunState, frame: Frame): void {
  for (const approval of pendingOf(state)) {
    if (approval.agent !== frame.id) continue;
    const about = loopQuestion(approval);
    const isOpen =
      about === 'turn'
        ? frame.waiting.length > 0
        : frame.waiting.some(({ index }) => approval.call === submanagerCall(frame, index));
    if ((about === 'turn' || about === 'submanager') && !isOpen) forget(state, approval);
  }
}

/** Nobody needs to answer about limits when they were raised another way. */
export function forgetRaises(state: RunState): void {
  for (const approval of pendingOf(state)) {
    if (loopQuestion(approval) === 'raise') forget(state, approval);
  }
}

/** Requests that wait for an answer, oldest first. */
export function pendingOf({ pendingApprovals, approvals }: RunState): Approval[] {
  return [...pendingApprovals].flatMap((id) => approvals.get(id) ?? []);
}

function forget(state: RunState, { id, agent }: Approval): void {
  const frame = state.frames.get(agent);
  state.pendingApprovals.delete(id);
  if (frame) releaseClock(state, frame);
}
