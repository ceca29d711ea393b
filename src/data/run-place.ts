import { join } from 'node:path';
import { sandboxes } from '../builtins.ts';
import type { SandboxPolicy } from '../events/plan.ts';
import type { Effects } from '../ports/effects.ts';
import type { Host } from '../ports/host.ts';
import type { ModelProvider } from '../ports/model-provider.ts';
import type { StepFunction } from '../ports/step.ts';
import { agentModules } from './agent-modules.ts';
import { type BroughtOptions, bring } from './brought.ts';
import { openHome } from './home.ts';
import { capabilityList } from './model-options.ts';
import { nodeHost, version } from './node-host.ts';
import type { WorkflowOptions } from './options.ts';
import type { Opened } from './run-handle.ts';

/** What a handle needs of the place of its run. */
export function ofPlace(
  { close }: Place,
  { store, home }: Pick<WorkflowOptions, 'store' | 'home'>,
  effects: Effects,
): Pick<Opened, 'reader' | 'close'> {
  return { reader: () => openPlace({ store, home }, effects), close };
}

type Home = Awaited<ReturnType<typeof openHome>>;

/** Where a run is kept; `folder` is the `.awp` folder, if there is one. */
type Place = Pick<Home, 'store' | 'close'> & Partial<Pick<Home, 'folder'>>;

/** The store of the options, else that of the `.awp` folder. Throws `store/...`. */
export async function openPlace(
  { store, home }: Pick<WorkflowOptions, 'store' | 'home'>,
  effects: Effects,
): Promise<Place> {
  if (store) return { store, close: async () => {} };
  return openHome({ ...(home !== undefined && { home }), cwd: process.cwd(), effects });
}

/** Options that count for what is around a run. */
type HostParts = BroughtOptions &
  Pick<
    WorkflowOptions,
    'prices' | 'capabilities' | 'apiKey' | 'model' | 'managerModel' | 'workerModel'
  > & {
    providers?: readonly ModelProvider[] | undefined;
    steps?: Readonly<Record<string, StepFunction>> | undefined;
  };

interface HostPlace extends Pick<Host, 'effects' | 'store'> {
  policy: SandboxPolicy;
  /** The `.awp` folder; without one nothing is kept for other runs. */
  home: string | undefined;
}

/** Everything outside the runtime, for one run. Throws `secret/...`, `usage/...`. */
export async function hostOf(
  options: HostParts,
  { effects, store, policy, home }: HostPlace,
): Promise<Host> {
  const { model, managerModel, workerModel, prices = {}, apiKey, providers = [] } = options;
  const given = [model, managerModel, workerModel].filter((one) => typeof one === 'object');
  const { steps = {} } = options;
  const host = nodeHost({
    store,
    effects,
    providers: [...providers, ...given],
    prices: new Map(Object.entries(prices)),
    capabilities: capabilityList(options.capabilities),
    apiKey,
    ...(await bring(options, {
      ...{ effects, policy, version: version() },
      openSandbox: sandboxes(effects),
    })),
  });
  return {
    ...host,
    steps: new Map(Object.entries(steps)),
    runModule: agentModules(host.effects, options.trust),
    ...(home !== undefined && {
      cacheFolder: join(home, 'cache'),
      toolsFolder: join(home, 'tools'),
      stateFolder: join(home, 'state'),
    }),
  };
}
