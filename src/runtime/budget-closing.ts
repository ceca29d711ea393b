import type { AskPurpose, Message } from '../events/event.ts';
import { isNested, scopesOf } from '../events/scopes.ts';
import type { Frame, RunState, Scope } from '../events/state.ts';
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

/** Tokens with which a manager can sum up once. */
function closingTokens({ transcript, turns }: Frame): number {
  const prompt = tokensOfBytes(keptBytes(transcript));
  const reports = 500 * Math.min(12, turns.at(-1)?.workers.length ?? 0);
  return prompt + reports + CLOSING_OUTPUT;
}

const keptSizes = new WeakMap<Message, number>();

/** Bytes of the manager's conversation: every call of a worker asks for them, so each is counted once. */
function keptBytes(messages: readonly Message[]): number {
  let bytes = 0;
  for (const message of messages) {
    let size = keptSizes.get(message);
    if (size === undefined) {
      size = messageBytes(message);
      keptSizes.set(message, size);
    }
    bytes += size;
  }
  return bytes;
}

/** Milliseconds of a wall time that are kept back for the manager's last turn. */
export function closingMs(limit: number): number {
  return Math.min(CLOSING_MS, limit * CLOSING_TIME_SHARE);
}
