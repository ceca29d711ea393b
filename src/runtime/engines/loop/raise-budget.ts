import type { JsonObject } from '../../../base/json.ts';
import type { EventData } from '../../../events/event.ts';
import { asksAbout, ownerOf, raiseCall, requestFor } from '../../../events/loop-requests.ts';
import type { Dimension, Plan } from '../../../events/plan.ts';
import { exhaustedFor, isNested, scopeOf, scopesOf } from '../../../events/scopes.ts';
import type { Exhaustion, Frame, RunState, Scope } from '../../../events/state.ts';
import { exhausted } from '../../budget.ts';
import { activeMsOf } from '../../budget-report.ts';
import type { Command } from '../../command.ts';
import type { LoopStep } from './look.ts';
import { lastTurnRefusal } from './start-workers.ts';

/** A limit is raised by half when the person says no more than yes. */
const FACTOR = 1.5;

/**
 * While a person is asked whether a used-up limit is raised, nothing in that budget goes on that would
 * wind up. Gives what is to be done meanwhile; undefined when the frame goes on as it would, also after
 * a no.
 */
export function heldForRaise(plan: Plan, state: RunState, frame: Frame): Command[] | undefined {
  if (!asksAbout(plan, 'budget')) return undefined;
  for (const scope of scopesOf(state, frame)) {
    if (!scope.exhausted || goesOn(frame, scope.exhausted)) continue;
    const call = raiseCall(scope);
    const said = requestFor(state, call);
    if (typeof said === 'object' && said.decision === 'rejected') continue;
    // One frame speaks for all in its budget.
    if (said === 'pending' || frame.id !== ownerOf(scope)) return [];
    if (said !== 'unasked') return [raised(frame, scope, said)];
    return [{ do: 'ask-about-loop', frame, about: 'raise', call, args: raiseArgs(state, scope) }];
  }
  return undefined;
}

/** Limits on starts do not touch those that are at work. */
function goesOn({ role }: Frame, { dimension }: Exhaustion): boolean {
  const starts = role === 'manager' || role === 'graph';
  return !starts && (dimension === 'workers' || dimension === 'loops');
}

/**
 * A last turn that wants to go on shows that a limit is too low: it says so first, so that a person may
 * raise it before the workers are given up.
 */
export const raiseForTurns: LoopStep = ({ plan, state, frame }) => {
  if (!asksAbout(plan, 'budget') || exhaustedFor(state, frame)) return undefined;
  if (!scopeOf(state, frame).closingAsked) return undefined;
  const refusal = lastTurnRefusal(state, frame);
  return refusal && [{ do: 'record', facts: [exhausted(frame.id, refusal)] }];
};

type Said = Exclude<ReturnType<typeof requestFor>, string>;

function raised(frame: Frame, scope: Scope, { by, reason, args }: Said): Command {
  const { dimension, limit } = scope.exhausted ?? { dimension: 'tokens', limit: 0 };
  const given = args && Object.hasOwn(args, 'proposed') ? args.proposed : undefined;
  const to = given === null || typeof given === 'number' ? given : proposedFor(dimension, limit);
  const data: EventData['budget.raised'] = {
    ...(isNested(scope) && { scope: scope.id }),
    ...{ dimension, from: limit, to, by },
    ...(reason !== undefined && { reason }),
  };
  return { do: 'record', facts: [{ type: 'budget.raised', agent: frame.id, data }] };
}

/** What a person sees of a limit; times are in milliseconds. */
function raiseArgs(state: RunState, scope: Scope): JsonObject {
  const { dimension, limit } = scope.exhausted ?? { dimension: 'tokens', limit: 0 };
  return {
    dimension,
    limit,
    used: usedOf(state, scope, dimension),
    proposed: proposedFor(dimension, limit),
  };
}

function usedOf(state: RunState, scope: Scope, dimension: Dimension): number {
  const { used } = scope.ledger;
  if (dimension === 'time') return Math.round(activeMsOf(state, scope));
  return dimension === 'depth' || dimension === 'parallel' ? scope.openWorkers : used[dimension];
}

function proposedFor(dimension: Dimension, limit: number): number {
  if (dimension === 'cost') return limit === 0 ? 1 : limit * FACTOR;
  return Math.max(limit + 1, Math.ceil(limit * FACTOR));
}
