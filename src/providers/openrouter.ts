import { isObject } from '../base/json.ts';
import type { ModelProvider } from '../ports/model-provider.ts';
import { adjusted, type Endpoint, overSdk, type ProviderOptions } from './endpoint.ts';
import { oneCallOfChat } from './one-call.ts';
import { budgetTokensOf, withOptions } from './thinking.ts';

/** Owners of models whose services cache only what is marked. */
const WANT_MARKS = /^(anthropic|alibaba|qwen)\//;

/**
 * OpenRouter: chat completions, with its own way to say how much to think, marks for the caches
 * that want some, the cost as it states it, and the name and address of the program when
 * OPENROUTER_APP_TITLE and OPENROUTER_APP_URL are set.
 */
export function openRouter(endpoint: Endpoint, options: ProviderOptions): ModelProvider {
  const { secrets } = options.effects;
  const title = secrets.get('OPENROUTER_APP_TITLE')?.trim();
  const address = secrets.get('OPENROUTER_APP_URL')?.trim();
  const headers = {
    ...(title && { 'X-Title': encodeHeader(title) }),
    ...(address && { 'HTTP-Referer': encodeHeader(address) }),
  };
  return overSdk(endpoint, options, {
    statesCost: true,
    async load(model, fetch, baseUrl) {
      const { createOpenAICompatible } = await import('@ai-sdk/openai-compatible');
      const { key } = endpoint;
      const made = createOpenAICompatible({
        name: 'openrouter',
        baseURL: baseUrl,
        ...(key ? { apiKey: key } : {}),
        headers,
        includeUsage: true,
        transformRequestBody: toBody,
        fetch,
      });
      return adjusted(made.languageModel(model), (options) => {
        const asked = oneCallOfChat('openrouter', options);
        const tokens = budgetTokensOf(asked);
        if (tokens === undefined) return asked;
        const { reasoning: _, ...rest } = asked;
        return withOptions(rest, { openrouter: { reasoning: { max_tokens: tokens } } });
      });
    },
  });
}

/** Headers may only hold ASCII; a title may be in any script. */
function encodeHeader(text: string): string {
  return /^[\x20-\x7e]*$/.test(text) ? text : encodeURIComponent(text.toWellFormed());
}

type Body = Record<string, unknown>;

function toBody({ reasoning_effort: effort, ...body }: Body): Body {
  return {
    ...body,
    ...(effort === undefined ? {} : { reasoning: { effort } }),
    ...(WANT_MARKS.test(String(body.model)) && Array.isArray(body.messages)
      ? { messages: body.messages.map(marked) }
      : {}),
  };
}

/** A system message as a block that is marked for the cache. */
function marked(message: unknown): unknown {
  if (!isObject(message) || message.role !== 'system') return message;
  const block = { type: 'text', text: message.content, cache_control: { type: 'ephemeral' } };
  return { ...message, content: [block] };
}
