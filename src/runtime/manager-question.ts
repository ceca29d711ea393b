import type { EventData, Message } from '../events/event.ts';
import type { Frame } from '../events/state.ts';
import { goalOf, windowOf } from './agent/compact.ts';
import { managerStart, managerTurn, type TurnAbout } from './agent/prompt.ts';
import { promptTokens } from './budget-tokens.ts';
import type { RunContext } from './context.ts';
import { loopOf } from './plan-parts.ts';

/** A manager's question, and whether its conversation was summed up for it. */
export interface ManagerQuestion {
  keep: number;
  messages: readonly Message[];
  compacted?: EventData['context.compacted'];
}

/** Characters that each report of a last turn gets when the whole of it has no room. */
const SQUEEZED = [8000, 3000, 1000];

interface Turning {
  frame: Frame;
  /** Why no turn follows. */
  closing: string | undefined;
  /** What stands behind the turn: an answer that is sent back, and why. */
  behind?: readonly Message[];
  /** As short as it can be, because there are no tokens for more. */
  tight?: boolean;
}

/**
 * A manager's turn: what is new goes behind its conversation, which thereby stays in caches. Before
 * it outgrows its window it begins anew behind the same system prompt: one line for each older turn,
 * the results of as many of the last ones as there is room for (runtime 4.11).
 */
export function managerQuestion(context: RunContext, turning: Turning): ManagerQuestion {
  const { frame, closing, tight = false } = turning;
  const { transcript } = frame;
  const keep = transcript.length;
  const window = windowOf(context, frame);
  const asked = askedBy(context, frame);
  const grown = keep > 0 ? [managerTurn(asked, { told: frame.told, closing })] : [];
  const before = promptTokens([...transcript, ...grown], []);
  if (keep > 0 && !tight && before <= window) return { keep, messages: grown };
  return begunAnew(context, turning, { window, before });
}

/** The same after an answer that cannot be read, where both have no room behind the conversation. */
export function managerCorrection(context: RunContext, turning: Turning): ManagerQuestion {
  const { frame, behind = [] } = turning;
  const keep = frame.transcript.length;
  const own = behind.filter(({ role }) => role === 'user');
  const window = windowOf(context, frame);
  const before = promptTokens([...frame.transcript, ...own], []);
  if (before <= window) return { keep, messages: own };
  return begunAnew(context, turning, { window, before });
}

interface Size {
  window: number;
  /** Tokens of the conversation as it would be without. */
  before: number;
}

function begunAnew(
  context: RunContext,
  turning: Turning,
  { window, before }: Size,
): ManagerQuestion {
  const { frame, closing, behind = [], tight = false } = turning;
  const asked = askedBy(context, frame);
  const keep = Math.min(1, frame.transcript.length);
  const head = frame.transcript.slice(0, keep);
  const goal = keep === 0 ? window : goalOf(window);
  let made: ManagerQuestion = { keep, messages: [] };
  for (const about of shapes(context, frame, tight)) {
    const messages = [...managerStart(asked, { ...about, closing }).slice(keep), ...behind];
    const after = promptTokens([...head, ...messages], []);
    made = { keep, messages };
    if (keep > 0) made.compacted = { turns: about.told, before, after };
    if (after <= goal) break;
  }
  return made;
}

/** From the fullest to the shortest telling of what was. */
function shapes(context: RunContext, frame: Frame, tight: boolean): TurnAbout[] {
  const { fullTurns } = loopOf(context.plan, frame).manager;
  const turns = frame.turns.length;
  const fullest = Math.max(1, Math.min(fullTurns, turns));
  const full = Array.from({ length: fullest }, (_, less) => ({
    told: Math.max(0, turns - fullest + less),
  }));
  const last = { told: Math.max(0, turns - 1) };
  const squeezed = SQUEEZED.map((squeeze) => ({ ...last, squeeze }));
  return tight ? squeezed.slice(-1) : [...full, ...squeezed];
}

function askedBy({ plan, state, surroundings }: RunContext, frame: Frame) {
  return { plan, state, frame, surroundings };
}
