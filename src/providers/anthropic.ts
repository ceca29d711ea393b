import type { ModelProvider } from '../ports/model-provider.ts';
import { isKept } from './cache-marks.ts';
import { adjusted, type Endpoint, overSdk, type ProviderOptions } from './endpoint.ts';
import { splitThinking, wantsThinkingBudget, withOptions } from './thinking.ts';
import type { CallOptions } from './wire.ts';

const CACHED = { anthropic: { cacheControl: { type: 'ephemeral' } } } as const;

/** Anthropic by its own Messages API, with marks for its prompt cache. */
export function anthropic(endpoint: Endpoint, options: ProviderOptions): ModelProvider {
  return overSdk(endpoint, options, {
    async load(model, fetch, baseUrl) {
      const { createAnthropic } = await import('@ai-sdk/anthropic');
      const { key = '' } = endpoint;
      const made = createAnthropic({ baseURL: baseUrl, apiKey: key, fetch });
      return adjusted(made.languageModel(model), (asked) => withThinking(model, withMarks(asked)));
    },
  });
}

/**
 * Marks what the service is to cache: what comes first and stays, and the whole of a conversation
 * that goes on, for the next question will begin with it. A lone question is not worth its price.
 */
function withMarks(options: CallOptions): CallOptions {
  const { prompt } = options;
  const goesOn = isKept(options);
  const marked = prompt.map((message, index) => {
    const last = goesOn && index === prompt.length - 1;
    return message.role === 'system' || last ? { ...message, providerOptions: CACHED } : message;
  });
  return { ...options, prompt: marked };
}

/** Older models get a number of tokens; later ones an effort, which the SDK passes on. */
function withThinking(model: string, options: CallOptions): CallOptions {
  if (!wantsThinkingBudget(model)) return options;
  const { options: rest, budgetTokens } = splitThinking(options);
  if (budgetTokens === 0) return rest;
  return withOptions(rest, { anthropic: { thinking: { type: 'enabled', budgetTokens } } });
}
