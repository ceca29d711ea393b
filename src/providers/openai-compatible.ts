import type { ModelProvider } from '../ports/model-provider.ts';
import { adjusted, type Endpoint, overSdk, type ProviderOptions } from './endpoint.ts';
import { oneCallOfChat } from './one-call.ts';

/** Any service that speaks OpenAI's chat completions, as a provider. */
export function openAiCompatible(endpoint: Endpoint, options: ProviderOptions): ModelProvider {
  return overSdk(endpoint, options, { load: (model, fetch) => loadModel(endpoint, model, fetch) });
}

/** The package takes a tenth of a second to load: only who asks a model pays for it. */
async function loadModel(endpoint: Endpoint, model: string, fetch: typeof globalThis.fetch) {
  const { createOpenAICompatible } = await import('@ai-sdk/openai-compatible');
  const { name, key, dialect = {} } = endpoint;
  const url = new URL(endpoint.baseUrl);
  const queryParams = Object.fromEntries(url.searchParams);
  // The SDK reads a name before a dot as a key of its options.
  const plainName = name.replaceAll('.', '-');
  const made = createOpenAICompatible({
    name: plainName,
    baseURL: url.origin + url.pathname,
    ...(url.search ? { queryParams } : {}),
    ...(key ? { apiKey: key } : {}),
    includeUsage: !dialect.noStreamOptions,
    ...(dialect.body ? { transformRequestBody: dialect.body } : {}),
    fetch,
  });
  return adjusted(made.languageModel(model), (asked) => oneCallOfChat(plainName, asked));
}
