import type { Limits, Spend } from '../events/plan.ts';
import { scopeOf, scopesOf } from '../events/scopes.ts';
import type { Frame, RunState, Scope } from '../events/state.ts';

/** A dimension that is counted up, and shares of which are set aside. */
export type Counted = keyof Spend;

/** Every one of them. */
export const COUNTED = ['loops', 'workers', 'tokens', 'tools', 'calls', 'cost'] as const;

/** What one budget has left of a dimension that it limits. */
export interface Room {
  scope: Scope;
  limit: number;
  used: number;
  /**
   * Set aside: for effects in flight, for shares of loops that the effect is no part of, and what
   * shares did not give back.
   */
  reserved: number;
  left: number;
}

const NOTHING: Readonly<Spend> = { loops: 0, workers: 0, tokens: 0, tools: 0, calls: 0, cost: 0 };

/**
 * What is left in all the budgets that a frame belongs to: by the log, and by what was taken since
 * the state last moved (decision 12).
 */
export class Rooms {
  readonly #state: RunState;
  readonly #taken = new Map<Scope, Spend>();
  /** Shares that were granted and are not in the log yet, by the budget that they are a part of. */
  readonly #granted = new Map<Scope, Spend>();

  constructor(state: RunState) {
    this.#state = state;
  }

  /** Counts this into every budget of the frame. Tokens and cost are reserved, the rest is used. */
  take(frame: Pick<Frame, 'scope'>, spend: Partial<Spend>): void {
    for (const scope of scopesOf(this.#state, frame)) add(this.#taken, scope, spend);
  }

  /** Sets a share aside in the frame's nearest budget. */
  grant(frame: Pick<Frame, 'scope'>, share: Partial<Spend>): void {
    add(this.#granted, scopeOf(this.#state, frame), share);
  }

  /** What was taken of one budget. */
  taken(scope: Scope): Readonly<Spend> {
    return this.#taken.get(scope) ?? NOTHING;
  }

  /** The budgets that limit this dimension for the frame, the nearest first. */
  of(frame: Pick<Frame, 'scope'>, dimension: Counted): Room[] {
    const rooms: Room[] = [];
    let below: Scope | undefined;
    let held = 0;
    for (const scope of scopesOf(this.#state, frame)) {
      const lower = below && below.limits[dimension] === null ? held : 0;
      held = lower + this.held(scope, dimension, below);
      below = scope;
      const limit = scope.limits[dimension];
      if (limit === null) continue;
      const { used, reserved } = this.#spent(scope, dimension);
      const lost = scope.lost?.[dimension] ?? 0;
      rooms.push({
        ...{ scope, limit, used, reserved: reserved + held + lost },
        left: limit - used - reserved - held - lost,
      });
    }
    return rooms;
  }

  /** What the shares right below a budget hold and have not used, without that of `except`. */
  held(scope: Scope, dimension: Counted, except?: Scope): number {
    let sum = this.#granted.get(scope)?.[dimension] ?? 0;
    for (const id of scope.nested) {
      const share = this.#state.scopes.get(id);
      if (share && share !== except) sum += this.#unused(share, dimension);
    }
    return sum;
  }

  #unused(share: Scope, dimension: Counted): number {
    const limit = share.limits[dimension];
    if (limit === null) return this.held(share, dimension);
    const { used, reserved } = this.#spent(share, dimension);
    return Math.max(0, limit - used - reserved);
  }

  #spent(scope: Scope, dimension: Counted): { used: number; reserved: number } {
    const { used, reserved } = scope.ledger;
    const taken = this.taken(scope)[dimension];
    if (dimension !== 'tokens' && dimension !== 'cost') {
      return { used: used[dimension] + taken, reserved: 0 };
    }
    return { used: used[dimension], reserved: reserved[dimension] + taken };
  }
}

function add(sums: Map<Scope, Spend>, scope: Scope, spend: Partial<Spend>): void {
  const sum = { ...(sums.get(scope) ?? NOTHING) };
  for (const dimension of COUNTED) sum[dimension] += spend[dimension] ?? 0;
  sums.set(scope, sum);
}

/** The room with the least left; undefined when nothing limits. The nearest of equals. */
export function tightest(rooms: readonly Room[]): Room | undefined {
  let least: Room | undefined;
  for (const room of rooms) if (!least || room.left < least.left) least = room;
  return least;
}

/** Limits with nothing but what is given; the rest is unlimited. */
export function onlyLimits(parallel: number, given: Partial<Limits>): Limits {
  return {
    ...{ loops: null, workers: null, tokens: null, time: null, tools: null },
    ...{ depth: null, calls: null, cost: null, parallel },
    ...given,
  };
}
