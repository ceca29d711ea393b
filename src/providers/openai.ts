import type { ModelProvider } from '../ports/model-provider.ts';
import { adjusted, type Endpoint, overSdk, type ProviderOptions } from './endpoint.ts';
import { withOptions } from './thinking.ts';
import type { CallOptions } from './wire.ts';

/**
 * OpenAI by its Responses API: some models are served there only, and others take tools together
 * with thinking only there. Nothing is stored at the service. What speaks chat completions alone
 * is asked through LLM_BASE_URL.
 */
export function openAi(endpoint: Endpoint, options: ProviderOptions): ModelProvider {
  return overSdk(endpoint, options, {
    async load(model, fetch, baseUrl) {
      const { createOpenAI } = await import('@ai-sdk/openai');
      const { key = '' } = endpoint;
      const made = createOpenAI({ baseURL: baseUrl, apiKey: key, fetch });
      return adjusted(made.responses(model), (asked) => unstored(model, asked));
    },
  });
}

/**
 * The conversation stays here: every request carries all of it. Summaries of thoughts are not asked
 * for: nobody reads them, and some accounts may not have them.
 */
export function unstored(_model: string, options: CallOptions): CallOptions {
  const openai = { store: false, reasoningSummary: null };
  return withOptions(options, { openai, azure: openai });
}
