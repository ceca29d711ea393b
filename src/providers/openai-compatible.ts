import type { ModelProvider } from '../ports/model-provider.ts';
import { type Endpoint, overSdk, type ProviderOptions } from './endpoint.ts';

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
  return createOpenAICompatible({
    // The SDK reads a name before a dot as a key of its options.
    name: name.replaceAll('.', '-'),
    baseURL: url.origin + url.pathname,
    ...(url.search ? { queryParams } : {}),
    ...(key ? { apiKey: key } : {}),
    includeUsage: !dialect.noStreamOptions,
    ...(dialect.body ? { transformRequestBody: dialect.body } : {}),
    fetch,
  }).languageModel(model);
}
