import type { JsonObject } from '../base/json.ts';
import type { Fact } from '../events/event.ts';
import type { Dimension } from '../events/plan.ts';
import { isNested, openScopes, scopeOf } from '../events/scopes.ts';
import type { Frame, RunState, Scope } from '../events/state.ts';
import { type Counted, Rooms, tightest } from './budget-rooms.ts';

/** Share of a limit at which it is warned about. */
const WARN_AT = 0.8;

/** A warning for each limit of which four fifths are used, once each, of the run and of open loops. */
export function warnings(state: RunState): Fact[] {
  if (state.nested.size === 0) return warningsOf(state, state);
  return [state, ...openScopes(state)].flatMap((scope) => warningsOf(state, scope));
}

function warningsOf(state: RunState, scope: Scope): Fact[] {
  return spends(state, scope).flatMap(({ dimension, used, limit }): Fact[] => {
    if (limit === null || used < limit * WARN_AT || scope.warned.has(dimension)) return [];
    const place = isNested(scope) && { scope: scope.id };
    const agent = isNested(scope) && { agent: scope.id };
    return [{ type: 'budget.warned', ...agent, data: { ...place, dimension, used, limit } }];
  });
}

/** The facts that loops which have ended gave back what they did not use, in the order of their ends. */
export function settlements(state: RunState): Fact[] {
  return [...state.unsettled].map((scope) => {
    const { used } = state.scopes.get(scope)?.ledger ?? state.ledger;
    return { type: 'budget.settled', agent: scope, data: { scope, used: { ...used } } };
  });
}

interface DimensionSpend {
  dimension: Dimension;
  used: number;
  limit: number | null;
}

/** Milliseconds of active time since a budget began. */
export function activeMsOf(state: Pick<RunState, 'activeMs'>, scope: Scope): number {
  return state.activeMs - (isNested(scope) ? scope.startedActiveMs : 0);
}

function spends(state: RunState, scope: Scope): DimensionSpend[] {
  const { limits, ledger } = scope;
  const { used } = ledger;
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
  const scope = scopeOf(state, frame);
  const rooms = new Rooms(state);
  const { used } = scope.ledger;
  const most = (dimension: Counted): number | null => {
    const room = tightest(rooms.of(frame, dimension));
    if (!room) return null;
    if (room.scope === scope) return room.limit;
    return used[dimension] + Math.max(0, room.left);
  };
  const shown = spends(state, scope).map((spend) => ({
    ...spend,
    limit: spend.dimension === 'time' ? timeLimit(state, scope) : most(spend.dimension as Counted),
  }));
  const max = (wanted: Dimension): number | null =>
    shown.find(({ dimension }) => dimension === wanted)?.limit ?? null;
  const shares = shown.flatMap(({ used: spent, limit }) =>
    limit === null ? [] : [limit === 0 ? 0 : Math.max(0, 1 - spent / limit)],
  );
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
    budget_remaining_pct: Math.round(Math.min(1, ...shares) * 100),
  };
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
