import type { ModelProvider } from '../ports/model-provider.ts';
import { adjusted, type Endpoint, overSdk, type ProviderOptions } from './endpoint.ts';
import { heldAnswerOfChat } from './held-answer.ts';
import { oneCallOfChat } from './one-call.ts';

/** Any service that speaks OpenAI's chat completions, as a provider. */
export function openAiCompatible(endpoint: Endpoint, options: ProviderOptions): ModelProvider {
  const { name, key, dialect = {} } = endpoint;
  // The SDK reads a name before a dot as a key of its options.
  const plainName = name.replaceAll('.', '-');
  return overSdk(endpoint, options, {
    /** The package takes a tenth of a second to load: only who asks a model pays for it. */
    async load(model, fetch, baseUrl) {
      const { createOpenAICompatible } = await import('@ai-sdk/openai-compatible');
      const made = createOpenAICompatible({
        name: plainName,
        baseURL: baseUrl,
        ...(key ? { apiKey: key } : {}),
        includeUsage: !dialect.noStreamOptions,
        // A schema comes only where it is known that the model can.
        supportsStructuredOutputs: true,
        ...(dialect.body ? { transformRequestBody: dialect.body } : {}),
        fetch,
      });
      return adjusted(made.languageModel(model), (asked) =>
        heldAnswerOfChat(plainName, oneCallOfChat(plainName, asked)),
      );
    },
  });
}
