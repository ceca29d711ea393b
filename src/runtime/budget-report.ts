import type { JsonObject } from '../base/json.ts';
import type { Fact } from '../events/event.ts';
import type { Dimension, Spend } from '../events/plan.ts';
import { isNested, openScopes, scopeOf } from '../events/scopes.ts';
import type { Frame, RunState, Scope } from '../events/state.ts';
import { managerOf } from './budget-closing.ts';
import { COUNTED, type Counted, Rooms, tightest } from './budget-rooms.ts';

/** Share of a limit at which it is warned about. */
const WARN_AT = 0.8;

/**
 * A warning for each limit of which four fifths are used, once each, of the run and of open loops; a
 * reviewer is meant to use up the little that it has.
 */
export function warnings(state: RunState): Fact[] {
  if (state.nested.size === 0) return warningsOf(state, state);
  const loops = openScopes(state).filter((scope) => managerOf(state, scope));
  return [state, ...loops].flatMap((scope) => warningsOf(state, scope));
}

function warningsOf(state: RunState, scope: Scope): Fact[] {
  return spends(state, scope).flatMap(({ dimension, used, limit }): Fact[] => {
    if (limit === null || used < limit * WARN_AT || scope.warned.has(dimension)) return [];
    const place = isNested(scope) && { scope: scope.id };
    const agent = isNested(scope) && { agent: scope.id };
    return [{ type: 'budget.warned', ...agent, data: { ...place, dimension, used, limit } }];
  });
}

/** What was used, with what shares did not give back: it cannot be used any more. */
function spentOf({ ledger, lost }: Scope): Spend {
  if (!lost) return ledger.used;
  const sum = { ...ledger.used };
  for (const dimension of COUNTED) sum[dimension] += lost[dimension];
  return sum;
}

/** The facts that loops which have ended gave back what they did not use, in the order of their ends. */
export function settlements(state: RunState): Fact[] {
  return [...state.unsettled].map((scope) => {
    const { used } = state.scopes.get(scope)?.ledger ?? state.ledger;
    return { type: 'budget.settled', agent: scope, data: { scope, used: { ...used } } };
  });
}

/** What was used of a dimension, and its limit; null is unlimited. Time is in milliseconds. */
export interface DimensionSpend {
  dimension: Dimension;
  used: number;
  limit: number | null;
}

/** Milliseconds of active time since a budget began. */
export function activeMsOf(state: Pick<RunState, 'activeMs'>, scope: Scope): number {
  return state.activeMs - (isNested(scope) ? scope.startedActiveMs : 0);
}

function spends(state: RunState, scope: Scope): DimensionSpend[] {
  const { limits } = scope;
  const used = spentOf(scope);
  return [
    { dimension: 'loops', used: used.loops, limit: limits.loops },
    { dimension: 'workers', used: used.workers, limit: limits.workers },
    { dimension: 'tokens', used: used.tokens, limit: limits.tokens },
    { dimension: 'tools', used: used.tools, limit: limits.tools },
    { dimension: 'calls', used: used.calls, limit: limits.calls },
    { dimension: 'cost', used: used.cost, limit: limits.cost },
    { dimension: 'time', used: activeMsOf(state, scope), limit: limits.time },
  ];
}

/**
 * The budget of a frame's loop as prompts and reports show it (spec, runtime 5.1). Where the loop
 * has no limit of its own, the one around it is shown as what it can still use of that.
 */
export function budgetReport(
  state: RunState,
  frame: Pick<Frame, 'scope'> = { scope: undefined },
): JsonObject {
  const shown = budgetSpends(state, frame);
  const scope = scopeOf(state, frame);
  const used = spentOf(scope);
  const max = (wanted: Dimension): number | null =>
    shown.find(({ dimension }) => dimension === wanted)?.limit ?? null;
  const seconds = (ms: number): number => Math.round(ms / 100) / 10;
  const time = max('time');
  return {
    loops: { used: used.loops, max: max('loops') },
    workers: { spawned: used.workers, max: max('workers') },
    tokens: { consumed: used.tokens, max: max('tokens') },
    tool_calls: { used: used.tools, max: max('tools') },
    wall_time: {
      elapsed_s: seconds(activeMsOf(state, scope)),
      max_s: time === null ? null : seconds(time),
    },
    budget_remaining_pct: Math.round(budgetLeft(shown) * 100),
  };
}

/** The share of a budget that is left, from 0 to 1: that of the dimension with the least. */
export function budgetLeft(spends: readonly DimensionSpend[]): number {
  const shares = spends.flatMap(({ used, limit }) =>
    limit === null ? [] : [limit === 0 ? 0 : Math.max(0, 1 - used / limit)],
  );
  return Math.min(1, ...shares);
}

/** What was used of each dimension of a frame's loop, and what it may use as `budgetReport` shows it. */
export function budgetSpends(state: RunState, frame: Pick<Frame, 'scope'>): DimensionSpend[] {
  const scope = scopeOf(state, frame);
  const rooms = new Rooms(state);
  const used = spentOf(scope);
  const most = (dimension: Counted): number | null => {
    const room = tightest(rooms.of(frame, dimension));
    if (!room) return null;
    if (room.scope === scope) return room.limit;
    return used[dimension] + Math.max(0, room.left);
  };
  return spends(state, scope).map((spend) => ({
    ...spend,
    limit: spend.dimension === 'time' ? timeLimit(state, scope) : most(spend.dimension as Counted),
  }));
}

/** Milliseconds that a budget may last at most, counted from its own start. */
function timeLimit(state: RunState, scope: Scope): number | null {
  if (!isNested(scope)) return scope.limits.time;
  const above = timeLimit(state, state.scopes.get(scope.parent ?? '') ?? state);
  const around = state.scopes.get(scope.parent ?? '')?.startedActiveMs ?? 0;
  const left = above === null ? null : above - (scope.startedActiveMs - around);
  if (left === null || scope.limits.time === null) return left ?? scope.limits.time;
  return Math.min(left, scope.limits.time);
}
