import type { AskPurpose, Fact, Reservation } from '../events/event.ts';
import type { Dimension, Limits, Spend } from '../events/plan.ts';
import { isNested, scopesOf } from '../events/scopes.ts';
import type { Frame, RunState, Scope } from '../events/state.ts';
import type { Price } from '../ports/model-provider.ts';
import { CLOSING_SHARE, type KeptBack, keptBack, withoutKept } from './budget-closing.ts';
import { COUNTED, type Counted, onlyLimits, type Room, Rooms, tightest } from './budget-rooms.ts';
import { costOf, highestPrice } from './budget-tokens.ts';
import { type PartAsked, type PartVerdict, partOf } from './submanagers/share.ts';

/** A call is not worth sending with fewer tokens for its answer, unless it asked for fewer. */
const LEAST_OUTPUT = 256;

/** A limit that would be passed, with the figures at that moment. */
export interface Refusal {
  /** Frame of the loop whose share it is; left out: the run's budget. */
  scope?: string;
  dimension: Dimension;
  limit: number;
  used: number;
  reserved: number;
  wanted: number;
}

/** What came of asking for room: go on, wait for effects in flight, or never. */
export type Verdict =
  | { verdict: 'go'; reserved: Reservation; maxOutputTokens: number }
  | { verdict: 'wait' }
  | { verdict: 'refused'; refusal: Refusal };

/** A model call that wants to be sent. */
export interface Wanted {
  /** Whose call it is. */
  frame: Pick<Frame, 'scope'>;
  purpose: AskPurpose;
  /** Whether the same question was sent before: it is no further turn. */
  again: boolean;
  promptTokens: number;
  /** Most tokens of the answer. */
  maxOutputTokens: number;
  price: Price | undefined;
  /** Whether it is refused where it would wait for what a loop may give back. */
  isFinal?: boolean;
}

/** What came of asking for a share of the budget: the limits that are granted. */
export type ShareVerdict =
  | { verdict: 'go'; limits: Limits }
  | { verdict: 'wait' }
  | { verdict: 'refused'; refusal: Refusal };

type Place = Pick<Frame, 'scope'>;

/**
 * Decides what may start, before it starts (decision 12): it must fit into the budget of its loop
 * and into every one around it. It sees what the log has used and reserved and what it admitted
 * itself since the state last moved, so nothing in a batch can pass a limit together. Made anew
 * whenever the state has moved.
 */
export class Admission {
  readonly #state: RunState;
  readonly #rooms: Rooms;
  /** Whether nothing is waited for that loops have set aside: they cannot go on either. */
  readonly #isFinal: boolean;
  #approvals = 0;
  readonly #taken = new Set<string>();
  /** Shares of sub-managers that were granted and are not in the log yet, by their manager's frame. */
  readonly #parts = new Map<string, Partial<Spend>[]>();

  /** `isFinal`: who would wait for what a loop may give back is refused. */
  constructor(state: RunState, { isFinal = false }: { isFinal?: boolean } = {}) {
    this.#state = state;
    this.#rooms = new Rooms(state);
    this.#isFinal = isFinal;
  }

  /** Room for one model call; the answer's cap is cut to what is left when nothing is in flight. */
  ask(asked: Wanted): Verdict {
    const { frame } = asked;
    const wanted = { ...asked, price: highestPrice(asked.price, asked.promptTokens) };
    const kept = keptBack(this.#state, frame, wanted.purpose);
    const short = this.#countsShort(wanted, kept);
    if (short && !asked.isFinal && this.#mayComeBack(frame, short.dimension)) {
      return { verdict: 'wait' };
    }
    const refusal = short?.refusal ?? this.#overspent(frame);
    if (refusal) return { verdict: 'refused', refusal };
    const room = this.#outputRoom(wanted, kept);
    const least = Math.min(LEAST_OUTPUT, wanted.maxOutputTokens);
    if (room.tokens < wanted.maxOutputTokens && this.#mayGrow(asked, room.scope)) {
      return { verdict: 'wait' };
    }
    if (room.tokens < least && room.refusal) {
      return { verdict: 'refused', refusal: room.refusal };
    }
    const maxOutputTokens = Math.min(wanted.maxOutputTokens, room.tokens);
    const tokens = wanted.promptTokens + maxOutputTokens;
    const cost = costOf(wanted.price, { input: wanted.promptTokens, output: maxOutputTokens });
    const loops = isNewTurn(wanted) ? 1 : 0;
    this.#rooms.take(frame, { tokens, cost: cost ?? 0, calls: 1, loops });
    return { verdict: 'go', reserved: { tokens, cost }, maxOutputTokens };
  }

  /** Room for one more worker below a manager or node of a graph: `wait` when the pool is full. */
  worker(above: Place): 'go' | 'wait' | Refusal {
    const refusal = this.#refusal(above, 'workers');
    if (refusal) return this.#mayComeBack(above, 'workers') ? 'wait' : refusal;
    for (const scope of scopesOf(this.#state, above)) {
      const open = scope.openWorkers + this.#rooms.taken(scope).workers;
      if (open >= scope.limits.parallel) return 'wait';
    }
    this.#rooms.take(above, { workers: 1 });
    return 'go';
  }

  /**
   * A share for a loop that starts below a frame: of each dimension what it wants, or what is left
   * if that is less. What it does not name is limited by what is around it alone.
   */
  share(above: Place, wanted: Partial<Limits>): ShareVerdict {
    const kept = keptBack(this.#state, above, 'work');
    const granted: Partial<Record<Counted, number>> = {};
    for (const dimension of COUNTED) {
      const most = wanted[dimension] ?? null;
      if (most === null) continue;
      const room = tightest(
        this.#rooms.of(above, dimension).map((one) => withoutKept(one, kept, dimension)),
      );
      const left = Math.max(0, room?.left ?? most);
      if (room && left < leastShare(dimension, most)) {
        if (this.#mayComeBack(above, dimension)) return { verdict: 'wait' };
        return { verdict: 'refused', refusal: refusalOf(dimension, room, most) };
      }
      granted[dimension] = Math.min(most, left);
    }
    this.#rooms.grant(above, granted);
    return { verdict: 'go', limits: this.#shareLimits(above, wanted, granted) };
  }

  /** A share of what is left for a sub-manager below a frame; see `partOf`. */
  part(above: Frame, asked: PartAsked): PartVerdict {
    const granted = this.#parts.get(above.id) ?? [];
    const mayComeBack = (dimension: Counted): boolean => this.#mayComeBack(above, dimension);
    const look = { state: this.#state, rooms: this.#rooms, above, granted, mayComeBack };
    const verdict = partOf(look, asked);
    if (verdict.verdict !== 'go') return verdict;
    this.#rooms.grant(above, verdict.granted);
    this.#parts.set(above.id, [...granted, verdict.granted]);
    return verdict;
  }

  /** Sub-managers that were granted a share below any of these frames and are not in the log yet. */
  partsBelow(isBelow: (frame: string) => boolean): number {
    let count = 0;
    for (const [frame, parts] of this.#parts) if (isBelow(frame)) count += parts.length;
    return count;
  }

  /** Room for one more tool call. */
  tool(frame: Place): Refusal | undefined {
    const refusal = this.toolRefusal(frame);
    if (!refusal) this.#rooms.take(frame, { tools: 1 });
    return refusal;
  }

  /** What would be said to one more tool call, without taking room. */
  toolRefusal(frame: Place): Refusal | undefined {
    return this.#refusal(frame, 'tools');
  }

  /** Whether a tool call that is refused now should wait: a loop has set aside what it may not need. */
  toolWaits(frame: Place): boolean {
    return this.#mayComeBack(frame, 'tools');
  }

  /** Uses up an approval; false when another call of this pass has it. */
  takeApproval(id: string): boolean {
    if (this.#taken.has(id)) return false;
    this.#taken.add(id);
    return true;
  }

  /** The id of one more approval, `a1`, `a2`, ... */
  approvalId(): string {
    this.#approvals += 1;
    return `a${this.#state.approvals.size + this.#approvals}`;
  }

  #refusal(frame: Place, dimension: Counted): Refusal | undefined {
    const room = this.#rooms.of(frame, dimension).find(({ left }) => left < 1);
    return room && refusalOf(dimension, room, 1);
  }

  /**
   * Whether more may be left once a loop below the frame's own budget has ended. Only who is around
   * a loop waits for it, never one loop for another. Where the loop waits for the place of a worker
   * that waits for it, they would wait in a circle: then it is final.
   */
  #mayComeBack(frame: Place, dimension: Counted): boolean {
    if (this.#isFinal) return false;
    const [nearest = this.#state] = scopesOf(this.#state, frame);
    return this.#rooms.held(nearest, dimension) > 0;
  }

  /** Whether more of a budget may be left once what is out has ended. */
  #mayGrow({ frame, isFinal }: Wanted, scope: Scope): boolean {
    const isOut = scope.ledger.reserved.tokens > 0 || this.#rooms.taken(scope).tokens > 0;
    if (isOut || isFinal) return isOut;
    return this.#mayComeBack(frame, 'tokens') || this.#mayComeBack(frame, 'cost');
  }

  /** Limits that count things: calls (one is kept for each last turn) and turns. */
  #countsShort(
    wanted: Wanted,
    kept: ReadonlyMap<Scope, KeptBack>,
  ): { dimension: Counted; refusal: Refusal } | undefined {
    const dimensions: readonly Counted[] = isNewTurn(wanted) ? ['calls', 'loops'] : ['calls'];
    for (const dimension of dimensions) {
      const room = this.#rooms
        .of(wanted.frame, dimension)
        .map((one) => withoutKept(one, kept, dimension))
        .find(({ left }) => left < 1);
      if (room) return { dimension, refusal: refusalOf(dimension, room, 1) };
    }
    return undefined;
  }

  /** A call that used more than it reserved may have passed a limit: nothing more is sent. */
  #overspent(frame: Place): Refusal | undefined {
    for (const dimension of ['tokens', 'cost'] as const) {
      const room = this.#rooms.of(frame, dimension).find(({ limit, used }) => used >= limit);
      if (room) return refusalOf(dimension, room, 1);
    }
    return undefined;
  }

  /** Tokens that the answer may have within the limits on tokens and cost, and what binds it. */
  #outputRoom(wanted: Wanted, kept: ReadonlyMap<Scope, KeptBack>): OutputRoom {
    const { frame, promptTokens: prompt, price } = wanted;
    let least: OutputRoom = { tokens: Number.POSITIVE_INFINITY, scope: this.#state };
    const take = (room: OutputRoom): void => {
      if (room.tokens < least.tokens) least = room;
    };
    for (const room of this.#rooms.of(frame, 'tokens')) {
      const free = withoutKept(room, kept, 'tokens');
      const refusal = refusalOf('tokens', free, prompt + LEAST_OUTPUT);
      take({ tokens: Math.floor(free.left - prompt), scope: room.scope, refusal });
    }
    if (!price) return least;
    for (const room of this.#rooms.of(frame, 'cost')) {
      const keep = kept.get(room.scope)?.tokens ?? 0;
      take(costRoom(room, { prompt, price, keep }));
    }
    return least;
  }

  #shareLimits(above: Place, wanted: Partial<Limits>, granted: Partial<Limits>): Limits {
    const scopes = scopesOf(this.#state, above);
    const parallel = Math.min(...scopes.map(({ limits }) => limits.parallel));
    const depths = [wanted.depth ?? null, ...scopes.map(({ limits }) => limits.depth)];
    return onlyLimits(Math.min(wanted.parallel ?? parallel, parallel), {
      ...granted,
      time: wanted.time ?? null,
      depth: least(depths),
    });
  }
}

interface OutputRoom {
  /** Less than zero when not even the prompt fits. */
  tokens: number;
  scope: Scope;
  refusal?: Refusal;
}

/** Tokens of the answer that money is left for, behind what the prompt and the last turn cost. */
function costRoom(
  room: Room,
  { prompt, price, keep }: { prompt: number; price: Price; keep: number },
): OutputRoom {
  const { limit, scope, reserved } = room;
  const kept =
    keep === 0
      ? 0
      : Math.min(limit * CLOSING_SHARE, (keep * Math.max(price.input, price.output)) / 1e6);
  const left = room.left - kept - (prompt * price.input) / 1e6;
  const wanted = costOf(price, { input: prompt, output: LEAST_OUTPUT }) ?? 0;
  const refusal = refusalOf('cost', { ...room, reserved: reserved + kept }, wanted);
  if (left < 0) return { tokens: -1, scope, refusal };
  if (price.output === 0) return { tokens: Number.POSITIVE_INFINITY, scope, refusal };
  return { tokens: Math.floor((left * 1e6) / price.output), scope, refusal };
}

/** What is said of a budget that has no room for so much more. */
export function refusalOf(
  dimension: Dimension,
  { scope, limit, used, reserved }: Room,
  wanted: number,
): Refusal {
  const place = isNested(scope) && { scope: scope.id };
  return { ...place, dimension, limit, used, reserved, wanted };
}

/** Least of a dimension that a share is worth having with. */
function leastShare(dimension: Counted, most: number): number {
  const least = dimension === 'tokens' ? LEAST_OUTPUT : 1;
  return Math.min(most, dimension === 'cost' ? 1e-9 : least);
}

function least(limits: readonly (number | null)[]): number | null {
  const known = limits.filter((limit) => limit !== null);
  return known.length === 0 ? null : Math.min(...known);
}

/** Whether a question counts as one more turn of the manager. */
function isNewTurn({ purpose, again }: Wanted): boolean {
  return !again && (purpose === 'turn' || purpose === 'closing');
}

/** The fact that a limit refused something. */
export function exhausted(agent: string, refusal: Refusal & { purpose?: AskPurpose }): Fact {
  return { type: 'budget.exhausted', agent, data: refusal };
}
