import { isObject } from '../base/json.ts';
import type { ModelProvider } from '../ports/model-provider.ts';
import { isKept } from './cache-marks.ts';
import { adjusted, type Endpoint, overSdk, type ProviderOptions } from './endpoint.ts';
import { heldAnswerOfChat } from './held-answer.ts';
import { oneCallOfChat } from './one-call.ts';
import { budgetTokensOf, withOptions } from './thinking.ts';
import type { CallOptions } from './wire.ts';

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
        supportsStructuredOutputs: true,
        transformRequestBody: toBody,
        fetch,
      });
      return adjusted(made.languageModel(model), (options) => {
        const asked = withCacheWish(
          heldAnswerOfChat('openrouter', oneCallOfChat('openrouter', options)),
        );
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

function toBody({ reasoning_effort: effort, [KEPT]: kept, ...body }: Body): Body {
  return {
    ...body,
    ...(effort === undefined ? {} : { reasoning: { effort } }),
    ...(WANT_MARKS.test(String(body.model)) && Array.isArray(body.messages)
      ? { messages: withMarks(body.messages, kept === true) }
      : {}),
  };
}

/** A wish on its way from the options to the body; it is never sent. */
const KEPT = 'awp_kept';

function withCacheWish(options: CallOptions): CallOptions {
  return isKept(options) ? withOptions(options, { openrouter: { [KEPT]: true } }) : options;
}

/**
 * What comes first and stays, marked for the cache; where the conversation goes on, also what was said
 * last, up to which the next question is the same.
 */
function withMarks(messages: readonly unknown[], kept: boolean): unknown[] {
  const last = kept ? messages.findLastIndex((one) => isObject(one) && one.role === 'user') : -1;
  return messages.map((one, index) => {
    const isMarked = isObject(one) && (one.role === 'system' || index === last);
    if (!isMarked || typeof one.content !== 'string') return one;
    const block = { type: 'text', text: one.content, cache_control: { type: 'ephemeral' } };
    return { ...one, content: [block] };
  });
}
