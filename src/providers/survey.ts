import { AwpError } from '../base/errors.ts';
import type { Effects } from '../ports/effects.ts';
import type { ResolveModel } from '../ports/model-provider.ts';
import { isLoopback } from './loopback.ts';
import { defaultModel, type ModelFactory, makeResolver } from './resolve.ts';
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
  /** Whether the user's own variables name it: then no other is asked in its place. */
  chosen?: true;
}

/** A service of this machine that does not answer in this time is not there. */
const PATIENCE_MS = 1500;

/**
 * The ways to models that are configured, and what each lacks. Asks services of this machine only.
 * `extra`: models that need no service.
 */
export async function surveyRoutes(
  effects: Effects,
  extra: ReadonlyMap<string, ModelFactory>,
): Promise<readonly ModelRoute[]> {
  const base = effects.secrets.get('LLM_BASE_URL')?.trim();
  const routes = base ? [await baseRoute(effects, base)] : await serviceRoutes(effects);
  const wanted = defaultModel(effects.secrets);
  return wanted === undefined
    ? routes
    : [defaultRoute(makeResolver({ effects, extra }), wanted), ...routes];
}

/** Where `LLM_MODEL` leads. */
function defaultRoute(resolve: ResolveModel, wanted: string): ModelRoute {
  const about = { name: `LLM_MODEL=${wanted}`, chosen: true } as const;
  try {
    const { provider, model, simulated } = resolve(wanted);
    const words = simulated ? 'simulated, needs no service' : `asks ${provider.name} for ${model}`;
    return { ...about, ready: true, words };
  } catch (error) {
    return { ...about, ready: false, ...whyNot(error) };
  }
}

/** Why a model cannot be asked, from what the resolver throws. */
function whyNot(error: unknown): Pick<ModelRoute, 'words' | 'fix'> {
  if (!(error instanceof AwpError)) throw error;
  return { words: error.message, ...(error.hint !== undefined && { fix: error.hint }) };
}

/** LLM_BASE_URL serves every model string (decision 22). */
async function baseRoute(effects: Effects, base: string): Promise<ModelRoute> {
  try {
    // Any name will do: the address and its key are what can be wrong.
    makeResolver({ effects })('any');
  } catch (error) {
    return { name: 'LLM_BASE_URL', chosen: true, ready: false, ...whyNot(error) };
  }
  const about = { name: new URL(base).host, chosen: true } as const;
  const serves = 'serves every model string (LLM_BASE_URL)';
  if (!isLoopback(base)) return { ...about, ready: true, words: serves };
  // Also a refusal is an answer: it may ask for a key, or have no list of its models.
  if ((await statusOf(effects, `${base.replace(/\/+$/, '')}/models`)) !== undefined) {
    return { ...about, ready: true, words: `${serves} and answers` };
  }
  const fix = 'start the service, or unset LLM_BASE_URL';
  return { ...about, ready: false, words: `${serves} but does not answer`, fix };
}

async function serviceRoutes(effects: Effects): Promise<ModelRoute[]> {
  const { secrets } = effects;
  const routes: ModelRoute[] = [];
  for (const [name, { baseUrl, keyVariables, needsKey, package: needed }] of SERVICES) {
    if (needsKey === false) {
      routes.push(await localRoute(effects, { name, baseUrl: baseUrl(secrets) }));
      continue;
    }
    const set = keyVariables.find((variable) => secrets.get(variable)?.trim());
    // Services of packages that few people have are named only when somebody uses them.
    if (set === undefined && needed !== undefined) continue;
    routes.push(
      set === undefined
        ? { name, ready: false, words: 'no key', fix: `set ${keyVariables[0]}` }
        : { name, ready: true, words: `${set} is set${needed ? `; needs ${needed}` : ''}` },
    );
  }
  return routes;
}

async function localRoute(
  effects: Effects,
  { name, baseUrl }: { name: string; baseUrl: string },
): Promise<ModelRoute> {
  const place = isLoopback(baseUrl) ? 'on this machine' : `at ${new URL(baseUrl).host}`;
  if ((await statusOf(effects, `${baseUrl}/api/tags`)) === 200) {
    return { name, ready: true, words: `answers ${place}` };
  }
  return { name, ready: false, words: `does not answer ${place}`, fix: `${name} serve` };
}

/** The status of what answers there; undefined when nothing does. */
async function statusOf({ network }: Effects, url: string): Promise<number | undefined> {
  try {
    const { status, body } = await network.fetch(url, { signal: AbortSignal.timeout(PATIENCE_MS) });
    await body?.cancel();
    return status;
  } catch {
    return undefined;
  }
}
