import type { AskPurpose, Message } from '../events/event.ts';
import { isNested, scopesOf } from '../events/scopes.ts';
import type { Frame, RunState, Scope } from '../events/state.ts';
import type { Counted, Room } from './budget-rooms.ts';
import { messageBytes, tokensOfBytes } from './budget-tokens.ts';

/** Output tokens kept back for the manager's last turn. */
const CLOSING_OUTPUT = 1024;
/** Largest share of a limit that is kept back for the last turn. */
export const CLOSING_SHARE = 0.2;
/** Most time kept back for the last turn, and its largest share of the limit. */
const CLOSING_MS = 30_000;
const CLOSING_TIME_SHARE = 0.1;

/** The frame whose budget a scope is, when that is a manager; a graph has no last turn. */
export function managerOf(state: RunState, scope: Scope): Frame | undefined {
  const frame = state.frames.get(isNested(scope) ? scope.id : '0');
  return frame?.role === 'manager' ? frame : undefined;
}

/**
 * What of a budget is kept back for last turns: those of the managers that an effect is below, up
 * to the budget itself.
 */
export interface KeptBack {
  calls: number;
  tokens: number;
}

/**
 * What each budget of a frame keeps back for last turns while a question of this purpose is asked
 * there; a last turn itself may use what was kept for it.
 */
export function keptBack(
  state: RunState,
  frame: Pick<Frame, 'scope'>,
  purpose: AskPurpose,
): ReadonlyMap<Scope, KeptBack> {
  const kept = new Map<Scope, KeptBack>();
  let calls = 0;
  let tokens = 0;
  let isNearest = true;
  for (const scope of scopesOf(state, frame)) {
    const manager = managerOf(state, scope);
    const own = isNearest ? purpose : 'turn';
    if (manager && own !== 'closing' && own !== 'correction') calls += 1;
    if (manager && own !== 'closing' && !scope.closingAsked) tokens += closingTokens(manager);
    isNearest = false;
    const limit = scope.limits.tokens ?? Number.POSITIVE_INFINITY;
    kept.set(scope, { calls, tokens: Math.min(Math.floor(limit * CLOSING_SHARE), tokens) });
  }
  return kept;
}

/** Bytes that a last question has for each report of the last turn, and for each worker before. */
const REPORT_BYTES = 1500;
const LINE_BYTES = 250;

/**
 * Tokens with which a manager can sum up once: behind its whole conversation, or, when that is long,
 * behind its beginning and one line for each worker.
 */
function closingTokens({ transcript, turns }: Frame): number {
  const last = turns.at(-1)?.workers.length ?? 0;
  const reports = REPORT_BYTES * Math.min(12, last);
  const lines = LINE_BYTES * turns.reduce((sum, { workers }) => sum + workers.length, 0);
  const short = bytesOf(transcript.slice(0, 2)) + lines;
  return tokensOfBytes(Math.min(bytesOf(transcript), short) + reports) + CLOSING_OUTPUT;
}

/** Bytes of a manager's conversation: every call of a worker asks for them. */
function bytesOf(messages: readonly Message[]): number {
  let bytes = 0;
  for (const message of messages) bytes += messageBytes(message);
  return bytes;
}

/** Milliseconds of a wall time that are kept back for the manager's last turn. */
export function closingMs(limit: number): number {
  return Math.min(CLOSING_MS, limit * CLOSING_TIME_SHARE);
}

/** The room without what is kept back for last turns. */
export function withoutKept(
  room: Room,
  kept: ReadonlyMap<Scope, KeptBack>,
  dimension: Counted,
): Room {
  if (dimension !== 'tokens' && dimension !== 'calls') return room;
  const keep = kept.get(room.scope)?.[dimension] ?? 0;
  return { ...room, reserved: room.reserved + keep, left: room.left - keep };
}
