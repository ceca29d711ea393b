import type { Message } from '../../events/event.ts';
import { DEFAULT_POLICY } from '../../events/plan-policy.ts';
import type { Frame } from '../../events/state.ts';
import type { ToolSpec } from '../../ports/model-provider.ts';
import { promptTokens } from '../budget-tokens.ts';
import type { RunContext } from '../context.ts';
import { modelFor } from '../fallback.ts';
import { policyOf, settingsOf } from '../plan-parts.ts';

/** Share of the window that a conversation is brought down to, so that the next turns have room. */
const AFTER = 0.75;
/** Characters that stay of an older result of a tool, of the last ones, and of a long answer. */
const OLD_CHARS = 600;
const LAST_CHARS = 4000;
const ANSWER_CHARS = 4000;
/** A cut that saves less than this is not worth the cache that it costs. */
const LEAST_SAVED = 400;

/**
 * Tokens from which the conversation of a frame is made shorter (spec, runtime 4.11): the policy's
 * share of the loop's window, or of what the model itself takes in when that is known and less.
 */
export function windowOf(context: Pick<RunContext, 'plan' | 'models'>, frame: Frame): number {
  const { plan } = context;
  const isOfLoop = frame.role === 'manager' || frame.role === 'worker';
  const { windowTokens, compactAt } = (isOfLoop ? policyOf(plan, frame) : DEFAULT_POLICY).context;
  const own = modelFor(context, frame, frame.model)?.capabilities?.contextTokens ?? null;
  const { maxOutputTokens } = settingsOf(plan, frame);
  // A model with a small window needs some of it for its answer, however long that may be.
  const room = own === null ? windowTokens : Math.max(own - maxOutputTokens, own / 2);
  return Math.floor(Math.min(windowTokens, room) * compactAt);
}

/** What a conversation that was made shorter should come down to. */
export function goalOf(window: number): number {
  return Math.floor(window * AFTER);
}

/** A conversation that was made shorter. */
export interface Shortened {
  keep: number;
  messages: readonly Message[];
  /** Messages that were cut. */
  cut: number;
  before: number;
  after: number;
}

interface Talk {
  messages: readonly Message[];
  tools: readonly ToolSpec[];
  window: number;
}

/**
 * Makes a conversation fit into a window: results of tools and long answers are cut to their
 * beginnings and ends, the oldest first, those of the last round only when nothing else is left.
 * What was said to the agent, such as what was wrong with an answer, is never cut. Undefined when it
 * fits, or when there is nothing to cut.
 */
export function shortened({ messages, tools, window }: Talk): Shortened | undefined {
  const before = promptTokens(messages, tools);
  if (before <= window) return undefined;
  const lastRound = messages.findLastIndex(({ role }) => role === 'assistant');
  const made = [...messages];
  const goal = goalOf(window);
  let [after, first, cut] = [before, messages.length, 0];
  const passes = [
    { from: 0, to: lastRound, tool: OLD_CHARS },
    { from: Math.max(0, lastRound), to: messages.length, tool: LAST_CHARS },
  ];
  for (const { from, to, tool } of passes) {
    for (let at = from; at < to && after > goal; at++) {
      const message = made[at];
      const less = message && cutMessage(message, tool);
      if (!message || !less) continue;
      made[at] = less;
      after -= promptTokens([message], []) - promptTokens([less], []);
      first = Math.min(first, at);
      cut += 1;
    }
  }
  if (cut === 0) return undefined;
  return { keep: first, messages: made.slice(first), cut, before, after };
}

/** A message that is worth cutting, cut; undefined for others. */
function cutMessage(message: Message, toolChars: number): Message | undefined {
  if (message.role !== 'tool' && message.role !== 'assistant') return undefined;
  const chars = message.role === 'tool' ? toolChars : ANSWER_CHARS;
  const { text } = message;
  const left = text.length - chars;
  if (left < LEAST_SAVED) return undefined;
  const head = Math.ceil(chars * 0.75);
  const begin = text.slice(0, head).toWellFormed();
  const end = text.slice(text.length - (chars - head)).toWellFormed();
  return { ...message, text: `${begin} ... ${left} characters left out ... ${end}` };
}
