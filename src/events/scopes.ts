import type { EventOf } from './event.ts';
import type { Limits } from './plan.ts';
import type { Exhaustion, Frame, Ledger, NestedScope, RunState, Scope } from './state.ts';

/** A budget of which nothing is used yet. */
export function newScope(limits: Limits): Scope {
  return {
    limits,
    ledger: newLedger(),
    exhausted: undefined,
    warned: new Set(),
    stalls: 0,
    closingAsked: false,
    openWorkers: 0,
    nested: new Set(),
    lost: undefined,
  };
}

function newLedger(): Ledger {
  return {
    used: { loops: 0, workers: 0, tokens: 0, tools: 0, calls: 0, cost: 0 },
    reserved: { tokens: 0, cost: 0 },
    estimated: false,
    unpriced: 0,
  };
}

/**
 * The budgets that an effect of a frame is charged to: that of the nearest delegation loop first,
 * the run's last (decision 12). A frame that is in no loop of its own has only the run's.
 */
export function scopesOf(state: RunState, frame: Pick<Frame, 'scope'> | undefined): Scope[] {
  const scopes: Scope[] = [];
  let scope = state.scopes.get(frame?.scope ?? '');
  while (scope) {
    scopes.push(scope);
    scope = state.scopes.get(scope.parent ?? '');
  }
  scopes.push(state);
  return scopes;
}

/** Whether a budget is the share of a loop, and not the run's. */
export function isNested(scope: Scope): scope is NestedScope {
  return 'parent' in scope;
}

/** The nearest budget that a frame belongs to. */
export function scopeOf(state: RunState, frame: Pick<Frame, 'scope'> | undefined): Scope {
  return state.scopes.get(frame?.scope ?? '') ?? state;
}

/**
 * The limit that refused something of a frame's loop, or of one around it, the nearest first;
 * undefined while there was none.
 */
export function exhaustedFor(
  state: RunState,
  frame: Pick<Frame, 'scope'> | undefined,
): Exhaustion | undefined {
  return scopesOf(state, frame).find(({ exhausted }) => exhausted)?.exhausted;
}

/** The scope with this id, or the run's when it is left out. */
export function scopeById(state: RunState, id: string | undefined): Scope {
  return id === undefined ? state : (state.scopes.get(id) ?? state);
}

/** Sets a loop's share aside; its frame starts next. */
export function openScope(state: RunState, { agent = '', data }: EventOf<'budget.reserved'>): void {
  const parent = state.frames.get(agent)?.scope;
  state.scopes.set(data.scope, {
    ...newScope(data.limits),
    id: data.scope,
    parent,
    refund: data.noRefund !== true,
    startedActiveMs: state.activeMs,
  });
  scopeById(state, parent).nested.add(data.scope);
}

/** Gives back what a loop did not use, however it ended, unless that stays charged to who gave it. */
export function closeScope(state: RunState, id: string): void {
  const scope = state.scopes.get(id);
  if (!scope) return;
  scopeById(state, scope.parent).nested.delete(id);
  state.unsettled.add(id);
  if (!scope.refund) keepUnused(state, scope);
}

const COUNTED = ['loops', 'workers', 'tokens', 'tools', 'calls', 'cost'] as const;

/** Charges the unused rest of a share to the nearest budget around it that limits the dimension. */
function keepUnused(state: RunState, { limits, ledger, parent }: NestedScope): void {
  const around = scopesOf(state, { scope: parent });
  for (const dimension of COUNTED) {
    const rest = (limits[dimension] ?? 0) - ledger.used[dimension];
    const bearer = around.find((scope) => scope.limits[dimension] !== null);
    if (rest <= 0 || !bearer) continue;
    bearer.lost ??= newLedger().used;
    bearer.lost[dimension] += rest;
  }
}

/** Drops the shares of loops whose process died before they had started. */
export function dropUnstarted(state: RunState): void {
  for (const [id, { parent }] of state.scopes) {
    if (state.frames.has(id)) continue;
    scopeById(state, parent).nested.delete(id);
    state.scopes.delete(id);
  }
}

/** The open scopes of a run without its own, those around others first. */
export function openScopes(state: RunState): NestedScope[] {
  const open: NestedScope[] = [];
  const add = ({ nested }: Scope): void => {
    for (const id of nested) {
      const scope = state.scopes.get(id);
      if (!scope) continue;
      open.push(scope);
      add(scope);
    }
  };
  add(state);
  return open;
}
