import { nearest } from '../base/nearest.ts';
import type { Secrets } from '../ports/effects.ts';
import {
  ModelError,
  type ModelProvider,
  type Price,
  type ResolvedModel,
  type ResolveModel,
} from '../ports/model-provider.ts';
import { type Endpoint, openAiCompatible, type ProviderOptions } from './openai-compatible.ts';
import { type PriceList, priceFromEnvironment, priceOf } from './prices.ts';
import { type KnownService, SERVICES } from './services.ts';

/** Makes the model that stands behind a name; it gets what follows the name and a slash, or ''. */
export type ModelFactory = (rest: string) => ResolvedModel;

/** What a resolver is made of. */
export interface ResolverOptions extends ProviderOptions {
  /** Models that need no service, by name: `demo`, `scripted`. They win over all else. */
  extra?: ReadonlyMap<string, ModelFactory>;
  /** The user's prices; they win over those of the environment. */
  prices?: PriceList;
}

/** Where a model string leads, and what one calls the model there. */
interface Route {
  endpoint: Endpoint;
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
  const { extra = new Map(), prices = new Map() } = options;
  const { secrets } = options.effects;
  const providers = new Map<string, ModelProvider>();
  return (text) => {
    const wanted = text.trim();
    const [prefix, rest] = split(wanted);
    const own = extra.get(prefix);
    if (own) return own(rest ?? '');
    const { endpoint, model, price } = routeOf(wanted, secrets, [...extra.keys()]);
    const id = `${endpoint.name} ${endpoint.baseUrl} ${endpoint.key ?? ''}`;
    const provider = providers.get(id) ?? openAiCompatible(endpoint, options);
    providers.set(id, provider);
    const names = [wanted, `${endpoint.name}/${model}`, model];
    return { provider, model, price: priceOf(prices, names) ?? price, simulated: false };
  };
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

/** The user's own endpoint. The host's own key is used only if LLM_BASE_URL names that very host. */
function routeToBase(base: string, wanted: string, secrets: Secrets): Route {
  const url = checkedUrl(base);
  const known = [...SERVICES].find(([, { baseUrl }]) => new URL(baseUrl).origin === url.origin);
  const [name, service] = known ?? [url.host, undefined];
  const [prefix, rest] = split(wanted);
  const keyVariables = ['LLM_API_KEY', ...(service ? [service.keyVariable] : [])];
  return {
    endpoint: {
      name,
      baseUrl: base,
      ...keyFor(
        { name, keyVariables, required: service !== undefined && needsKey(service) },
        secrets,
      ),
      ...(service?.dialect ? { dialect: service.dialect } : {}),
    },
    model: prefix === name && rest ? rest : wanted,
    price: priceFromEnvironment(secrets),
  };
}

function routeToService(
  { name, service, model }: { name: string; service: KnownService; model: string },
  secrets: Secrets,
): Route {
  const keyVariables = [service.keyVariable];
  if (name === 'openrouter') keyVariables.push('LLM_API_KEY');
  const keyless = keyVariables.every((variable) => !secrets.get(variable));
  if (keyless && service.onOpenRouter && secrets.get('LLM_API_KEY')) {
    return routeToOpenRouter(`${name}/${model}`, secrets);
  }
  return {
    endpoint: {
      name,
      baseUrl: service.baseUrl,
      ...keyFor({ name, keyVariables, required: needsKey(service) }, secrets),
      ...(service.dialect ? { dialect: service.dialect } : {}),
    },
    model,
    price: needsKey(service) ? undefined : { input: 0, output: 0 },
  };
}

function routeToOpenRouter(model: string, secrets: Secrets): Route {
  const service = SERVICES.get('openrouter') as KnownService; // It is in the table.
  return routeToService({ name: 'openrouter', service, model }, secrets);
}

function needsKey(service: KnownService): boolean {
  return service.needsKey !== false;
}

/** The first of the variables that is set. */
function keyFor(
  want: { name: string; keyVariables: readonly string[]; required: boolean },
  secrets: Secrets,
): { key: string | undefined; keyVariable: string } {
  const set = want.keyVariables.find((variable) => secrets.get(variable)?.trim());
  const keyVariable = set ?? want.keyVariables.join(' or ');
  const key = set && secrets.get(set)?.trim();
  if (!key) {
    if (want.required) throw noKey(want.name, keyVariable, secrets);
    return { key: undefined, keyVariable };
  }
  if (/[^\x21-\x7e]/.test(key)) {
    throw new ModelError(
      'model/auth',
      `the value of ${keyVariable} has characters that no key has`,
      {
        hint: 'copy the key again, without quotes, spaces or line ends',
      },
    );
  }
  return { key, keyVariable };
}

function noKey(name: string, keyVariable: string, secrets: Secrets): ModelError {
  const onOpenRouter = SERVICES.get(name)?.onOpenRouter && secrets.get('OPENROUTER_API_KEY');
  const detour = onOpenRouter ? `, put openrouter/ before the name` : '';
  return new ModelError('model/no-key', `there is no key for ${name}: ${keyVariable} is not set`, {
    hint: `set ${keyVariable}${detour}, use a local model such as ollama/NAME, or try \`-m demo\` (no key needed)`,
  });
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
