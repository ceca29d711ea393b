import type { Effects } from '../ports/effects.ts';
import type { ModelProvider } from '../ports/model-provider.ts';
import type { CallLimits } from './call-guard.ts';
import type { Service } from './failure.ts';
import type { Fetch } from './guarded-fetch.ts';
import { languageModel } from './language-model.ts';
import { isLoopback } from './loopback.ts';
import { redactor } from './redact.ts';
import type { CallOptions, LanguageModel } from './wire.ts';

/** How a service departs from the common form of OpenAI's chat completions. */
export interface Dialect {
  /** The service refuses `stream_options`; it names the usage in streams anyway. */
  noStreamOptions?: boolean;
  /** Changes the body of a request before it is sent. */
  body?(body: Record<string, unknown>): Record<string, unknown>;
}

/** A service at one address with one key. */
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

/** Makes the provider of a service; one for each API that we speak. */
export type Adapter = (endpoint: Endpoint, options: ProviderOptions) => ModelProvider;

/** What else an adapter can say of its service. */
interface Manners {
  /** Its `usage.cost` is what the call cost, in US dollars. */
  statesCost?: true;
  /** Its streams are no lines of text. */
  onePiece?: true;
  /** Further values that no error may show. */
  secrets?: readonly string[];
}

/** What messages about an endpoint need to know; they show neither its key nor those further values. */
export function serviceOf(endpoint: Endpoint, secrets: readonly string[] = []): Service {
  const { name, baseUrl, key, keyVariable } = endpoint;
  const hidden = [...(key ? [key] : []), ...secrets];
  return { name, baseUrl, keyVariable, redact: redactor(hidden) };
}

/**
 * A service whose models are those of a package of the AI SDK, made by `load`, which gets the address
 * without its query and without a slash at its end: packages only append to it.
 */
export function overSdk(
  endpoint: Endpoint,
  options: ProviderOptions,
  more: Manners & { load(model: string, fetch: Fetch, baseUrl: string): Promise<LanguageModel> },
): ModelProvider {
  const { secrets } = options.effects;
  const { origin, pathname, searchParams } = new URL(endpoint.baseUrl);
  const path = pathname.replace(/\/+$/, '');
  return languageModel({
    service: {
      ...serviceOf(endpoint, more.secrets),
      ...(more.statesCost && { statesCost: true }),
    },
    effects: options.effects,
    account: endpoint.key,
    sendHeaders: isLoopback(endpoint.baseUrl) || secrets.get('AWP_TRACE_HEADERS') === '1',
    load: (model, fetch) => more.load(model, withQuery(fetch, searchParams), `${origin}${path}`),
    ...(more.onePiece && { onePiece: true }),
    ...(options.limits ? { limits: options.limits } : {}),
  });
}

/** Each request gets the query of the user's address; what it says counts before what packages say. */
function withQuery(send: Fetch, query: URLSearchParams): Fetch {
  if (query.size === 0) return send;
  return (input, init) => {
    const url = new URL(String(input));
    const theirs = [...url.searchParams].filter(([name]) => !query.has(name));
    url.search = new URLSearchParams([...theirs, ...query]).toString();
    return send(url, init);
  };
}

/** A model of the SDK that is asked with other options than we were given. */
export function adjusted(
  model: LanguageModel,
  change: (options: CallOptions) => CallOptions,
): LanguageModel {
  return {
    specificationVersion: model.specificationVersion,
    provider: model.provider,
    modelId: model.modelId,
    supportedUrls: model.supportedUrls,
    doGenerate: (options) => model.doGenerate(change(options)),
    doStream: (options) => model.doStream(change(options)),
  };
}
