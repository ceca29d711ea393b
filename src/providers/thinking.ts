import { OWN_OPTIONS } from './reasoning.ts';
import type { CallOptions } from './wire.ts';

/** Models of Anthropic that take a number of tokens to think with; later ones decide for themselves. */
const BUDGETED = /(^|\.)claude-(instant|v?2|3|(opus|sonnet|haiku)-4(?!-[678]))/;
/** They accept no smaller number. */
const LEAST_BUDGET = 1024;
/** Shares of the longest answer that efforts stand for. */
const SHARES = { low: 1 / 8, medium: 1 / 4, high: 1 / 2 } as const;

/** Whether a model of Anthropic, whoever serves it, wants a number of tokens. */
export function wantsThinkingBudget(model: string): boolean {
  return BUDGETED.test(model);
}

/** Tokens of thinking that the request named; undefined when it named an effort, or nothing. */
export function budgetTokensOf({ providerOptions }: CallOptions): number | undefined {
  const named = providerOptions?.[OWN_OPTIONS]?.budgetTokens;
  return typeof named === 'number' ? named : undefined;
}

/** Tokens that the model may think with, at most half of its longest answer; 0 when it is not told to. */
export function thinkingTokens(options: CallOptions): number {
  const { reasoning, maxOutputTokens = 0 } = options;
  const effort = reasoning === 'low' || reasoning === 'medium' || reasoning === 'high';
  const share = effort ? SHARES[reasoning] : 0;
  const wanted = budgetTokensOf(options) ?? maxOutputTokens * share;
  return Math.floor(Math.min(wanted, maxOutputTokens / 2));
}

/**
 * The options without thinking, and the tokens for it. They come out of those for the answer, or
 * the budget of the run would be passed. Between calls of tools such a model would want its
 * thoughts back, which a conversation does not keep: it does not think there.
 */
export function splitThinking(asked: CallOptions): { options: CallOptions; budgetTokens: number } {
  const { reasoning: _, ...options } = asked;
  const tokens = thinkingTokens(asked);
  const { maxOutputTokens = 0, prompt } = asked;
  if (tokens === 0 || maxOutputTokens < 2 * LEAST_BUDGET || prompt.at(-1)?.role === 'tool') {
    return { options, budgetTokens: 0 };
  }
  const budgetTokens = Math.max(LEAST_BUDGET, tokens);
  const left = maxOutputTokens - budgetTokens;
  return { options: { ...options, maxOutputTokens: left }, budgetTokens };
}

/** The options with more of a provider's own, put beside those that it has. */
export function withOptions(
  options: CallOptions,
  more: NonNullable<CallOptions['providerOptions']>,
): CallOptions {
  const { providerOptions = {} } = options;
  const merged = Object.entries(more).map(([name, own]) => [
    name,
    { ...providerOptions[name], ...own },
  ]);
  return { ...options, providerOptions: { ...providerOptions, ...Object.fromEntries(merged) } };
}
