import { AwpError } from '../base/errors.ts';
import { isObject, type Json, type JsonObject, parseJson } from '../base/json.ts';
import { surveyModels } from '../builtins.ts';
import type { Effects } from '../ports/effects.ts';
import type { Capabilities, Price, ResolveModel } from '../ports/model-provider.ts';
import { modelsOf, UNKNOWN } from '../providers/capabilities.ts';
import { keyFor } from '../providers/keys.ts';
import { isLoopback } from '../providers/loopback.ts';
import { askOllama } from '../providers/ollama-facts.ts';
import { readBounded } from '../providers/read-bounded.ts';
import { makeResolver } from '../providers/resolve.ts';
import { SERVICES } from '../providers/services.ts';
import type { ModelRoute } from '../providers/survey.ts';

/** A model that can be named now. */
export interface ListedModel {
  /** The model string. */
  name: string;
  service: string;
  capabilities: Capabilities;
  price: Price | undefined;
  /** Of a model of this machine: what its service says of it. */
  local?: { bytes: number | null; parameters: string | null; quantization: string | null };
}

/** The ways to models, and the models behind those that are configured. */
export interface ModelList {
  routes: readonly ModelRoute[];
  models: readonly ListedModel[];
}

/** A service of this machine that does not answer in this time is not there. */
const PATIENCE_MS = 1500;
/** Bytes of a list that are read, and models of it that are asked about one by one. */
const LIST_BYTES = 4 * 1024 * 1024;
const MOST_LOCAL = 50;

/**
 * Lists routes and models. Only services on this machine are asked; of others the models are listed
 * that are kept in this package, when a key is there.
 */
export async function listModels(effects: Effects): Promise<ModelList> {
  const [routes, local] = await Promise.all([surveyModels(effects), localModels(effects)]);
  const base = effects.secrets.get('LLM_BASE_URL')?.trim();
  // LLM_BASE_URL serves every model string, so no other service would be asked.
  if (base) return { routes, models: local };
  const kept = routes
    .filter(({ ready }) => ready)
    .flatMap(({ name: service }) =>
      modelsOf(service).map(({ names, capabilities, price }) => ({
        ...{ name: `${service}/${names[0] ?? ''}`, service, capabilities, price },
      })),
    );
  return { routes, models: [...local, ...kept] };
}

async function localModels(effects: Effects): Promise<ListedModel[]> {
  const { secrets } = effects;
  const base = secrets.get('LLM_BASE_URL')?.trim();
  if (base) {
    return URL.canParse(base) && isLoopback(base)
      ? modelsAt(effects, base.replace(/\/+$/, ''))
      : [];
  }
  const url = SERVICES.get('ollama')?.baseUrl(secrets);
  return url !== undefined && isLoopback(url) ? ollamaModels(effects, url) : [];
}

/**
 * Models of a server that speaks OpenAI's interface: it tells their names. It is asked with the key that
 * a run would send. None when none could be asked; the route says why.
 */
async function modelsAt(effects: Effects, base: string): Promise<ListedModel[]> {
  const resolve = makeResolver({ effects });
  const headers = headersAt(effects.secrets, base, resolve);
  const answer = headers && (await getJson(effects, `${base}/models`, headers));
  return listIn(answer?.data).flatMap(({ id }) => {
    if (typeof id !== 'string' || id.trim() === '') return [];
    const { provider, price, capabilities = UNKNOWN } = resolve(id);
    return [{ name: id, service: provider.name, capabilities, price }];
  });
}

/** Undefined when no model of this address could be asked: a key or a price is none. */
function headersAt(
  secrets: Effects['secrets'],
  base: string,
  resolve: ResolveModel,
): Readonly<Record<string, string>> | undefined {
  try {
    resolve('any');
    const wanted = { name: new URL(base).host, keyVariables: ['LLM_API_KEY'], required: false };
    const { key } = keyFor(wanted, secrets);
    return key === undefined ? {} : { authorization: `Bearer ${key}` };
  } catch (error) {
    if (error instanceof AwpError) return undefined;
    throw error;
  }
}

async function ollamaModels(effects: Effects, url: string): Promise<ListedModel[]> {
  const answer = await getJson(effects, `${url}/api/tags`);
  const found = listIn(answer?.models).slice(0, MOST_LOCAL);
  return Promise.all(found.map((model) => ollamaModel(effects, url, model)));
}

async function ollamaModel(
  effects: Effects,
  baseUrl: string,
  { name, size, details }: JsonObject,
): Promise<ListedModel> {
  const facts = await askOllama({ baseUrl, key: undefined }, String(name), effects);
  const { parameter_size: parameters, quantization_level: quantization } = isObject(details)
    ? details
    : {};
  return {
    name: `ollama/${String(name)}`,
    service: 'ollama',
    capabilities: {
      ...UNKNOWN,
      tools: facts.tools,
      vision: facts.vision,
      reasoning: facts.thinks,
      contextTokens: facts.window,
    },
    price: { input: 0, output: 0 },
    local: {
      bytes: typeof size === 'number' ? size : null,
      parameters: typeof parameters === 'string' ? parameters : null,
      quantization: typeof quantization === 'string' ? quantization : null,
    },
  };
}

/** What a service of this machine answers; undefined when it does not, or not with JSON. */
async function getJson(
  { network, clock }: Pick<Effects, 'network' | 'clock'>,
  url: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<JsonObject | undefined> {
  const stop = new AbortController();
  const cancel = clock.timer(PATIENCE_MS, () => stop.abort());
  try {
    const response = await network.fetch(url, {
      ...{ headers, redirect: 'error', signal: stop.signal },
    });
    const answer = response.ok ? parseJson(await readBounded(response, LIST_BYTES)) : undefined;
    return isObject(answer) ? answer : undefined;
  } catch {
    return undefined;
  } finally {
    cancel();
    stop.abort();
  }
}

function listIn(value: Json | undefined): JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}
