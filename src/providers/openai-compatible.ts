import type { Effects } from '../ports/effects.ts';
import type { ModelProvider } from '../ports/model-provider.ts';
import type { CallLimits } from './call-guard.ts';
import { languageModel } from './language-model.ts';
import { isLoopback } from './loopback.ts';
import { redactor } from './redact.ts';

/** How a service departs from the common form of the API. */
export interface Dialect {
  /** The service refuses `stream_options`; it names the usage in streams anyway. */
  noStreamOptions?: boolean;
  /** Changes the body of a request before it is sent. */
  body?(body: Record<string, unknown>): Record<string, unknown>;
}

/** A service that speaks OpenAI's chat completions. */
export interface Endpoint {
  /** How users call it. */
  name: string;
  /** Where the API begins; a query in it goes with every request. */
  baseUrl: string;
  key: string | undefined;
  /** The variable that holds the key, for hints. */
  keyVariable: string;
  dialect?: Dialect;
}

/** What providers need from outside. */
export interface ProviderOptions {
  effects: Pick<Effects, 'clock' | 'network' | 'secrets'>;
  limits?: Partial<CallLimits>;
}

/** Any OpenAI-compatible service as a provider. */
export function openAiCompatible(endpoint: Endpoint, options: ProviderOptions): ModelProvider {
  const { name, baseUrl, key, keyVariable } = endpoint;
  const { clock, network, secrets } = options.effects;
  return languageModel({
    service: { name, baseUrl, keyVariable, redact: redactor(key ? [key] : []) },
    effects: { clock, network },
    sendHeaders: isLoopback(baseUrl) || secrets.get('AWP_TRACE_HEADERS') === '1',
    load: (model, fetch) => loadModel(endpoint, model, fetch),
    ...(options.limits ? { limits: options.limits } : {}),
  });
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
