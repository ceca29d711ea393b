import { isLoopbackHost } from '../base/hosts.ts';
import { nearest } from '../base/nearest.ts';
import type { Secrets } from '../ports/effects.ts';
import {
  ModelError,
  type ModelProvider,
  type Price,
  type ResolvedModel,
  type ResolveModel,
} from '../ports/model-provider.ts';
import { type CapabilityList, capabilitiesOf, knownPrice } from './capabilities.ts';
import { careful } from './careful.ts';
import type { Adapter, Endpoint, ProviderOptions } from './endpoint.ts';
import { keyFor } from './keys.ts';
import { openAiCompatible } from './openai-compatible.ts';
import { type PriceList, priceFromEnvironment, priceOf } from './prices.ts';
import { type KnownService, SERVICES } from './services.ts';

/** Makes the model that stands behind a name; it gets what follows the name and a slash, or ''. */
export type ModelFactory = (rest: string) => ResolvedModel;

/** What a resolver is made of. */
export interface ResolverOptions extends ProviderOptions {
  /** Models that need no service, by name: `demo`, `scripted`. They win over all else. */
  extra?: ReadonlyMap<string, ModelFactory>;
  /** The user's prices; they win over those of the environment and over those that are kept. */
  prices?: PriceList;
  /** What the user says that models can do; it wins over what is kept. */
  capabilities?: CapabilityList;
}

/** Where a model string leads, and what one calls the model there. */
interface Route {
  endpoint: Endpoint;
  adapter: Adapter;
  model: string;
  /** Undefined is unknown, which is not free. */
  price: Price | undefined;
}

/**
 * Finds models as decision 22 says: LLM_BASE_URL serves every model string; otherwise a known
 * prefix decides host and key, and LLM_API_KEY alone means OpenRouter. A key goes to its own host
 * only. Throws `model/unknown`, `model/no-key`, `model/auth`, `model/bad-url`, `usage/bad-price`.
 */
export function makeResolver(options: ResolverOptions): ResolveModel {
  const { extra = new Map(), prices = new Map(), capabilities = new Map() } = options;
  const { secrets } = options.effects;
  const providers = new Map<string, ModelProvider>();
  return (text) => {
    const wanted = text.trim();
    const [prefix, rest] = split(wanted);
    const own = extra.get(prefix);
    if (own) return own(rest ?? '');
    const { endpoint, adapter, model, price } = routeOf(wanted, secrets, [...extra.keys()]);
    const { name } = endpoint;
    const can = (one: string) =>
      capabilitiesOf({ service: name, model: one }, namesOf(name, one), capabilities);
    const id = `${name} ${endpoint.baseUrl} ${endpoint.key ?? ''}`;
    const provider =
      providers.get(id) ??
      careful(adapter(endpoint, options), { service: name, capabilities: can });
    providers.set(id, provider);
    return {
      ...{ provider, model, simulated: false },
      price: priceOf(prices, [wanted, ...namesOf(name, model)]) ?? price,
      capabilities: capabilitiesOf(
        { service: name, model },
        [wanted, ...namesOf(name, model)],
        capabilities,
      ),
    };
  };
}

/** How users may call a model of a service. */
function namesOf(service: string, model: string): string[] {
  return [`${service}/${model}`, model];
}

/** The model that is asked when the user names none: LLM_MODEL; undefined when it is not set. */
export function defaultModel(secrets: Secrets): string | undefined {
  return secrets.get('LLM_MODEL')?.trim() || undefined;
}

function routeOf(wanted: string, secrets: Secrets, simulated: readonly string[]): Route {
  if (wanted === '') throw unknown(wanted, simulated);
  const base = secrets.get('LLM_BASE_URL')?.trim();
  if (base) return routeToBase(base, wanted, secrets);
  const [prefix, rest] = split(wanted);
  const named = SERVICES.get(prefix);
  if (named && rest) return routeToService({ name: prefix, service: named, model: rest }, secrets);
  const bare = [...SERVICES].find(([, { bareNames }]) => bareNames?.test(wanted));
  if (bare && rest === undefined) {
    return routeToService({ name: bare[0], service: bare[1], model: wanted }, secrets);
  }
  if (!named && rest && secrets.get('LLM_API_KEY')) return routeToOpenRouter(wanted, secrets);
  throw unknown(wanted, simulated);
}

/**
 * The user's own endpoint. The host's own key is used only if LLM_BASE_URL names that very host, and
 * its own API only at its own path: many services have OpenAI's under another one.
 */
function routeToBase(base: string, wanted: string, secrets: Secrets): Route {
  const url = checkedUrl(base);
  const [known] = [...SERVICES].flatMap(([name, service]) => {
    const own = ownUrl(service, secrets);
    return own && isSameHost(own, url) ? [{ name, service, own }] : [];
  });
  const { name, service } = known ?? { name: url.host };
  const [prefix, rest] = split(wanted);
  const keyVariables = [...new Set(['LLM_API_KEY', ...(service?.keyVariables ?? [])])];
  const model = prefix === name && rest ? rest : wanted;
  return {
    adapter:
      known && speaksOwn(known.service, known.own, url) ? known.service.adapter : openAiCompatible,
    endpoint: {
      name,
      baseUrl: base,
      ...keyFor(
        { name, keyVariables, required: service !== undefined && needsKey(service) },
        secrets,
      ),
      ...(service?.dialect ? { dialect: service.dialect } : {}),
    },
    model,
    price: priceFromEnvironment(secrets) ?? (service && listPrice(name, service, model)),
  };
}

/** Undefined when the service is not set up, so that nobody knows where it is. */
function ownUrl({ baseUrl }: KnownService, secrets: Secrets): URL | undefined {
  try {
    return new URL(baseUrl(secrets));
  } catch {
    return undefined;
  }
}

/** This machine has several names. */
function isSameHost(one: URL, other: URL): boolean {
  const here = isLoopbackHost(one.hostname) && isLoopbackHost(other.hostname);
  return here
    ? one.protocol === other.protocol && one.port === other.port
    : one.origin === other.origin;
}

function speaksOwn({ alsoAt = [], compatible }: KnownService, own: URL, at: URL): boolean {
  if (compatible) return false;
  const path = pathOf(at);
  return path === pathOf(own) || alsoAt.includes(path);
}

function pathOf({ pathname }: URL): string {
  return pathname.replace(/\/+$/, '');
}

/** What a service takes: nothing on this machine, else the kept price. */
function listPrice(name: string, service: KnownService, model: string): Price | undefined {
  return needsKey(service) ? knownPrice(name, model) : { input: 0, output: 0 };
}

function routeToService(
  { name, service, model }: { name: string; service: KnownService; model: string },
  secrets: Secrets,
): Route {
  const { keyVariables } = service;
  const keyless = keyVariables.every((variable) => !secrets.get(variable));
  if (keyless && service.onOpenRouter && secrets.get('LLM_API_KEY')) {
    return routeToOpenRouter(`${name}/${model}`, secrets);
  }
  return {
    adapter: service.adapter,
    endpoint: {
      name,
      baseUrl: service.baseUrl(secrets),
      ...keyFor({ name, keyVariables, required: needsKey(service) }, secrets),
      ...(service.dialect ? { dialect: service.dialect } : {}),
    },
    model,
    price: listPrice(name, service, model),
  };
}

function routeToOpenRouter(model: string, secrets: Secrets): Route {
  const service = SERVICES.get('openrouter') as KnownService; // It is in the table.
  return routeToService({ name: 'openrouter', service, model }, secrets);
}

function needsKey(service: KnownService): boolean {
  return service.needsKey !== false;
}

function unknown(wanted: string, simulated: readonly string[]): ModelError {
  const [prefix, rest] = split(wanted);
  const known = [...simulated, ...SERVICES.keys()];
  const close = nearest(prefix, known);
  const meant = rest && close && SERVICES.has(close) ? `${close}/${rest}` : close;
  const suggestion = meant && meant !== wanted ? `did you mean ${meant}? ` : '';
  const example = rest ? `openrouter/${wanted}` : `ollama/${wanted || 'NAME'}`;
  return new ModelError('model/unknown', `no service is known for the model '${wanted}'`, {
    hint:
      `${suggestion}write SERVICE/MODEL, for example ${example}, or set LLM_BASE_URL; ` +
      `known are ${known.join(', ')}`,
  });
}

function checkedUrl(base: string): URL {
  const url = URL.canParse(base) ? new URL(base) : undefined;
  if (url && /^https?:$/.test(url.protocol) && !url.username && !url.password) return url;
  throw new ModelError(
    'model/bad-url',
    'LLM_BASE_URL is not an address that begins with http:// or https:// and has no password in it',
    { hint: 'for example LLM_BASE_URL=http://localhost:8000/v1; a key goes into LLM_API_KEY' },
  );
}

function split(model: string): [string, string | undefined] {
  const slash = model.indexOf('/');
  return slash < 0 ? [model, undefined] : [model.slice(0, slash), model.slice(slash + 1)];
}
