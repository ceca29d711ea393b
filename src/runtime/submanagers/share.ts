import type { Spend } from '../../events/plan.ts';
import type { Frame, RunState } from '../../events/state.ts';
import { keptBack, withoutKept } from '../budget-closing.ts';
import { COUNTED, type Counted, type Rooms, tightest } from '../budget-rooms.ts';
import { messageBytes, tokensOfBytes } from '../budget-tokens.ts';

/** Share of what a turn found that its sub-managers have together at most (spec, runtime 5.2). */
export const TURN_SHARE = 0.8;
/** Least tokens of an answer that is worth asking for. */
const LEAST_ANSWER = 256;
/** Sums of shares are not exact. */
const NEARLY = 1e-9;

/** A share of what is left that a sub-manager wants. */
export interface PartAsked {
  /** 0 to 1, of what was left when the turn began. */
  fraction: number;
  /** Whether it is all or nothing; else what is left will do. */
  strict: boolean;
}

/** What came of it: how much of each dimension that is limited, to wait for more, or why not. */
export type PartVerdict =
  | { verdict: 'go'; granted: Partial<Spend> }
  | { verdict: 'wait' }
  | { verdict: 'refused'; reason: string };

/** What a share is decided from. */
interface Look {
  state: RunState;
  rooms: Rooms;
  /** The manager's frame. */
  above: Frame;
  /** Shares of this turn that were granted and are not in the log yet. */
  granted: readonly Partial<Spend>[];
  /** Whether more may be left once a loop below the manager has ended. */
  mayComeBack(dimension: Counted): boolean;
}

/**
 * A share for a sub-manager (spec, runtime 5.2): of each dimension that something limits, its fraction
 * of what was left when the turn began, in whole units; all shares of a turn are at most four fifths of
 * that. One too small for a turn, a worker and a last turn is refused: nothing left is never no limit.
 */
export function partOf(look: Look, asked: PartAsked): PartVerdict {
  const { state, rooms, above } = look;
  const kept = keptBack(state, above, 'work');
  const granted: Partial<Spend> = {};
  let waits = false;
  for (const dimension of COUNTED) {
    const room = tightest(
      rooms.of(above, dimension).map((one) => withoutKept(one, kept, dimension)),
    );
    if (!room) continue;
    const left = Math.max(0, room.left);
    const one = onePart(look, asked, { dimension, left });
    if ('reason' in one) return { verdict: 'refused', reason: one.reason };
    if (one.short !== undefined && !look.mayComeBack(dimension)) {
      return { verdict: 'refused', reason: one.short };
    }
    waits ||= one.short !== undefined;
    granted[dimension] = Math.min(one.share, whole(dimension, left));
  }
  return waits ? { verdict: 'wait' } : { verdict: 'go', granted };
}

interface OnePart {
  dimension: Counted;
  /** What is free now, without what last turns keep back. */
  left: number;
}

/** Its share of one dimension, and what is said when so much is not free now; or why it is none. */
function onePart(
  look: Look,
  { fraction, strict }: PartAsked,
  { dimension, left }: OnePart,
): { share: number; short?: string } | { reason: string } {
  const { given, spent } = turnOf(look, dimension);
  const began = left + spent;
  const wanted = whole(dimension, fraction * began);
  const share = Math.min(wanted, whole(dimension, TURN_SHARE * began - given));
  const least = leastOf(look, dimension, began);
  const figures = `${shown(dimension, share)} of ${shown(dimension, began)} ${dimension}`;
  if (share < least) {
    return { reason: `its share would be ${figures}, and it needs ${shown(dimension, least)}` };
  }
  if (strict && share < wanted - NEARLY) {
    return { reason: `only ${figures} may be shared out, and it asked for ${wanted}` };
  }
  if (left >= (strict ? share : least)) return { share };
  return { share, short: `only ${shown(dimension, left)} ${dimension} are left` };
}

/** What sub-managers of this turn have or had for good, and all that the turn used or set aside. */
function turnOf(
  { state, above, granted }: Look,
  dimension: Counted,
): { given: number; spent: number } {
  let given = granted.reduce((sum, part) => sum + (part[dimension] ?? 0), 0);
  let spent = given;
  for (const id of above.turns.at(-1)?.workers ?? []) {
    const frame = state.frames.get(id);
    if (!frame) continue;
    if (frame.role !== 'manager') {
      spent += spentBy(frame, dimension);
      continue;
    }
    const part = partInUse(state, id, dimension);
    given += part;
    spent += part;
  }
  return { given, spent };
}

/** What counts of a share: all of it while its loop is open, later what does not come back. */
function partInUse({ scopes, frames }: RunState, id: string, dimension: Counted): number {
  const scope = scopes.get(id);
  if (!scope) return 0;
  const used = scope.ledger.used[dimension];
  const isBack = frames.get(id)?.phase === 'closed' && scope.refund;
  return isBack ? used : Math.max(used, scope.limits[dimension] ?? 0);
}

function spentBy({ usage }: Frame, dimension: Counted): number {
  const spent: Spend = {
    loops: 0,
    workers: 1,
    tokens: usage.input + usage.output,
    tools: usage.tools,
    calls: usage.calls,
    cost: usage.cost,
  };
  return spent[dimension];
}

/** With less than this a sub-manager cannot ask, have one worker at work, and sum up. */
function leastOf({ above }: Look, dimension: Counted, began: number): number {
  const [system] = above.transcript;
  const prompt = system ? tokensOfBytes(messageBytes(system)) : 0;
  const least: Spend = {
    loops: 2,
    workers: 1,
    calls: 3,
    tokens: 3 * (prompt + LEAST_ANSWER),
    // Where no tools are allowed at all, workers get along without them.
    tools: Math.min(1, Math.floor(began)),
    cost: NEARLY,
  };
  return least[dimension];
}

/** Only money has parts. */
function whole(dimension: Counted, amount: number): number {
  const positive = Math.max(0, amount);
  return dimension === 'cost' ? positive : Math.floor(positive + NEARLY);
}

function shown(dimension: Counted, amount: number): string {
  return String(dimension === 'cost' ? Number(amount.toPrecision(3)) : Math.floor(amount));
}
