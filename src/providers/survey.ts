import type { Effects } from '../ports/effects.ts';
import { ModelError } from '../ports/model-provider.ts';
import { isLoopback } from './loopback.ts';
import { defaultModel, makeResolver } from './resolve.ts';
import { SERVICES } from './services.ts';

/** One way to a model, for people. */
export interface ModelRoute {
  /** Name of the service, or the host of LLM_BASE_URL. */
  name: string;
  /** Whether a model string with this prefix would be asked. */
  ready: boolean;
  /** What is there or what lacks, in words, without any key. */
  words: string;
  /** What would help. */
  fix?: string;
}

/** A service of this machine that does not answer in this time is not there. */
const PATIENCE_MS = 1500;

/** The ways to models that are configured, and what each lacks. Asks services of this machine only. */
export async function surveyModels(effects: Effects): Promise<readonly ModelRoute[]> {
  const base = effects.secrets.get('LLM_BASE_URL')?.trim();
  const routes = base ? [await baseRoute(effects, base)] : await serviceRoutes(effects);
  const wanted = defaultModel(effects.secrets);
  return wanted === undefined ? routes : [defaultRoute(effects, wanted), ...routes];
}

/** Where `LLM_MODEL` leads. */
function defaultRoute(effects: Effects, wanted: string): ModelRoute {
  const name = `LLM_MODEL=${wanted}`;
  try {
    const { provider, model } = makeResolver({ effects })(wanted);
    return { name, ready: true, words: `asks ${provider.name} for ${model}` };
  } catch (error) {
    if (!(error instanceof ModelError)) throw error;
    const fix = error.hint === undefined ? {} : { fix: error.hint };
    return { name, ready: false, words: error.message, ...fix };
  }
}

/** LLM_BASE_URL serves every model string (decision 22). */
async function baseRoute(effects: Effects, base: string): Promise<ModelRoute> {
  if (!URL.canParse(base)) {
    const fix = 'for example LLM_BASE_URL=http://localhost:8000/v1';
    return { name: 'LLM_BASE_URL', ready: false, words: 'it is not an address', fix };
  }
  const { host } = new URL(base);
  const serves = 'serves every model string (LLM_BASE_URL)';
  if (!isLoopback(base)) return { name: host, ready: true, words: serves };
  if (await answers(effects, `${base.replace(/\/$/, '')}/models`)) {
    return { name: host, ready: true, words: `${serves} and answers` };
  }
  const fix = 'start the service, or unset LLM_BASE_URL';
  return { name: host, ready: false, words: `${serves} but does not answer`, fix };
}

async function serviceRoutes(effects: Effects): Promise<ModelRoute[]> {
  const { secrets } = effects;
  const routes: ModelRoute[] = [];
  for (const [name, { baseUrl, keyVariable, needsKey }] of SERVICES) {
    if (needsKey === false) {
      routes.push(await localRoute(effects, { name, baseUrl }));
      continue;
    }
    const names = name === 'openrouter' ? [keyVariable, 'LLM_API_KEY'] : [keyVariable];
    const set = names.find((variable) => secrets.get(variable)?.trim());
    routes.push(
      set === undefined
        ? { name, ready: false, words: 'no key', fix: `set ${keyVariable}` }
        : { name, ready: true, words: `${set} is set` },
    );
  }
  return routes;
}

async function localRoute(
  effects: Effects,
  { name, baseUrl }: { name: string; baseUrl: string },
): Promise<ModelRoute> {
  if (await answers(effects, `${baseUrl}/models`)) {
    return { name, ready: true, words: 'answers on this machine' };
  }
  return { name, ready: false, words: 'does not answer on this machine', fix: `start ${name}` };
}

async function answers({ network }: Effects, url: string): Promise<boolean> {
  try {
    const { ok, body } = await network.fetch(url, { signal: AbortSignal.timeout(PATIENCE_MS) });
    await body?.cancel();
    return ok;
  } catch {
    return false;
  }
}
