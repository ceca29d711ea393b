import { readFileSync } from 'node:fs';
import { builtinModels, sandboxes, tools } from '../builtins.ts';
import { nodeEffects } from '../effects/index.ts';
import { secretValues } from '../effects/secrets.ts';
import type { Effects } from '../ports/effects.ts';
import type { Host } from '../ports/host.ts';
import type { ModelProvider, Price } from '../ports/model-provider.ts';
import type { Store } from '../ports/store.ts';
import { type ModelFactory, makeResolver } from '../providers/resolve.ts';
import { setVariables, type VariableOptions } from './set-variables.ts';

/** What differs from machine to machine and from run to run. */
export interface HostOptions {
  store: Store;
  effects: Effects;
  /** Providers that the caller brought, by their name. */
  providers: readonly ModelProvider[];
  prices: ReadonlyMap<string, Price>;
  apiKey: string | undefined;
}

/** The same for all runs of the process. */
let machine: Effects | undefined;

/** The doors of this machine with a caller's clock, key and Python. */
export function effectsWith({
  clock,
  ...said
}: VariableOptions & { clock?: Effects['clock'] | undefined }): Effects {
  machine ??= nodeEffects();
  const secrets = setVariables(machine.secrets, said);
  if (!clock && secrets === machine.secrets) return machine;
  return { ...machine, ...(clock && { clock }), secrets };
}

/** Everything outside the runtime, put together for one run. */
export function nodeHost({ store, effects, providers, prices, apiKey }: HostOptions): Host {
  const own = providers.map((provider): [string, ModelFactory] => [
    provider.name,
    (rest) => ({
      provider,
      model: rest || provider.name,
      price: prices.get(provider.name),
      simulated: provider.name === 'scripted',
    }),
  ]);
  const secrets = [...secretValues(), ...(apiKey === undefined ? [] : [apiKey])];
  return {
    effects,
    store,
    models: makeResolver({ effects, extra: new Map([...builtinModels, ...own]), prices }),
    tools,
    openSandbox: sandboxes(effects),
    secretValues: () => secrets,
    version: version(),
  };
}

let known: string | undefined;

function version(): string {
  known ??= readVersion();
  return known;
}

function readVersion(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  const parsed: { version?: string } = JSON.parse(text);
  return parsed.version ?? '0.0.0';
}
