import type { Effects } from '../ports/effects.ts';
import type { ModelProvider } from '../ports/model-provider.ts';
import type { CallLimits } from './call-guard.ts';
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

/** A service whose models are those of a package of the AI SDK, made by `load`. */
export function overSdk(
  { name, baseUrl, key, keyVariable }: Endpoint,
  options: ProviderOptions,
  more: Manners & { load(model: string, fetch: Fetch): Promise<LanguageModel> },
): ModelProvider {
  const { secrets } = options.effects;
  const hidden = [...(key ? [key] : []), ...(more.secrets ?? [])];
  return languageModel({
    service: {
      ...{ name, baseUrl, keyVariable, redact: redactor(hidden) },
      ...(more.statesCost && { statesCost: true }),
    },
    effects: options.effects,
    account: key,
    sendHeaders: isLoopback(baseUrl) || secrets.get('AWP_TRACE_HEADERS') === '1',
    load: more.load,
    ...(more.onePiece && { onePiece: true }),
    ...(options.limits ? { limits: options.limits } : {}),
  });
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
