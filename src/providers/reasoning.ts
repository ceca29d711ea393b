import type { Reasoning } from '../ports/model-provider.ts';

/** The key of the SDK's provider options under which a number of tokens waits for its adapter. */
export const OWN_OPTIONS = 'awp';

/** Up to so many tokens of thinking count as a low or a medium effort. */
const LOW_TOKENS = 2048;
const MEDIUM_TOKENS = 8192;

/**
 * How much to think, in the SDK's words: as an effort, and where the request names a number of
 * tokens also as that number, which an adapter takes that can pass it on.
 */
export function reasoningOptions(reasoning: Reasoning | undefined): {
  reasoning?: 'low' | 'medium' | 'high';
  providerOptions?: Record<string, { budgetTokens: number }>;
} {
  if (reasoning === undefined) return {};
  if (typeof reasoning === 'string') return { reasoning };
  const { budgetTokens } = reasoning;
  return {
    reasoning: effortOf(budgetTokens),
    providerOptions: { [OWN_OPTIONS]: { budgetTokens } },
  };
}

function effortOf(tokens: number): 'low' | 'medium' | 'high' {
  if (tokens <= LOW_TOKENS) return 'low';
  return tokens <= MEDIUM_TOKENS ? 'medium' : 'high';
}
