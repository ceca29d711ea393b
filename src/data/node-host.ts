import { readFileSync } from 'node:fs';
import { builtinModels, sandboxes, tools, toolsmith } from '../builtins.ts';
import { nodeEffects } from '../effects/index.ts';
import type { Effects } from '../ports/effects.ts';
import type { Host } from '../ports/host.ts';
import type { Capabilities, ModelProvider, Price } from '../ports/model-provider.ts';
import type { Store } from '../ports/store.ts';
import type { Tool } from '../ports/tool.ts';
import { type ModelFactory, makeResolver } from '../providers/resolve.ts';
import { tapped } from '../runtime/wire-tap.ts';
import { withStoredKeys } from './secret-keys.ts';
import { machineSecrets } from './secret-store.ts';
import { setVariables, type VariableOptions } from './set-variables.ts';

/** What differs from machine to machine and from run to run. */
export interface HostOptions {
  store: Store;
  effects: Effects;
  /** Providers that the caller brought, by their name. */
  providers: readonly ModelProvider[];
  prices: ReadonlyMap<string, Price>;
  /** What the user says that models can do. */
  capabilities: ReadonlyMap<string, Partial<Capabilities>>;
  apiKey: string | undefined;
  /** Tools that the caller brought, besides those that ship. */
  ownTools: readonly Tool[];
  toolOpeners: Host['toolOpeners'];
  findSecrets: Host['findSecrets'];
}

/** The same for all runs of the process. */
let machine: Effects | undefined;

/** The doors of this machine with a caller's clock, key and Python. */
export function effectsWith({
  clock,
  ...said
}: VariableOptions & { clock?: Effects['clock'] | undefined }): Effects {
  machine ??= withStoredKeys(nodeEffects());
  const secrets = setVariables(machine.secrets, said);
  if (!clock && secrets === machine.secrets) return machine;
  return { ...machine, ...(clock && { clock }), secrets };
}

/** Everything outside the runtime, put together for one run. */
export function nodeHost(options: HostOptions): Host {
  const { store, effects, providers, prices, apiKey, ownTools, toolOpeners } = options;
  const { capabilities } = options;
  const own = providers.map((provider): [string, ModelFactory] => [
    provider.name,
    (rest) => ({
      provider,
      model: rest || provider.name,
      price: prices.get(provider.name),
      simulated: provider.name === 'scripted',
    }),
  ]);
  const hidden = new Set([...machineSecrets(effects), ...(apiKey === undefined ? [] : [apiKey])]);
  const findSecrets: Host['findSecrets'] = async (declared) => {
    const found = await options.findSecrets(declared);
    for (const { secret } of found.values()) hidden.add(secret.reveal());
    return found;
  };
  const heard = { ...effects, network: tapped(effects.network) };
  return {
    effects,
    store,
    models: makeResolver({
      ...{ effects: heard, prices, capabilities },
      extra: new Map([...builtinModels, ...own]),
    }),
    tools: new Map([...tools, ...ownTools.map((tool) => [tool.name, tool] as const)]),
    toolOpeners,
    findSecrets,
    openSandbox: sandboxes(effects),
    toolsmith,
    secretValues: () => [...hidden],
    version: version(),
  };
}

let known: string | undefined;

/** The version of this program. */
export function version(): string {
  known ??= readVersion();
  return known;
}

function readVersion(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  const parsed: { version?: string } = JSON.parse(text);
  return parsed.version ?? '0.0.0';
}
