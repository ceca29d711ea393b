import type { Secret } from '../base/secret.ts';
import type { Effects } from './effects.ts';
import type { ResolveModel } from './model-provider.ts';
import type { OpenSandbox } from './sandbox.ts';
import type { StepFunction, StepRunner } from './step.ts';
import type { Store } from './store.ts';
import type { Tool, ToolOpener } from './tool.ts';
import type { Toolsmith } from './toolsmith.ts';

/** Everything outside the runtime, in one object; a test replaces any of it. */
export interface Host {
  effects: Effects;
  store: Store;
  models: ResolveModel;
  tools: ReadonlyMap<string, Tool>;
  /** What brings further tools, opened for each run and closed with it. */
  toolOpeners: readonly ToolOpener[];
  /**
   * The secrets of the run, with those that tools declare; found before anything of it is written.
   * A `?` behind a name marks it as optional. Throws `secret/...`.
   */
  findSecrets(declared: readonly string[]): Promise<ReadonlyMap<string, GrantedSecret>>;
  openSandbox: OpenSandbox;
  /** Checks and runs tools that agents make; left out: none can be made. */
  toolsmith?: Toolsmith;
  /** Nodes that are functions of the program, by id, `sub/node` in sub-workflows; none when left out. */
  steps?: ReadonlyMap<string, StepFunction>;
  /** Runs modules of agents; left out: none may be run. */
  runModule?: StepRunner;
  /** Folder of what is kept from one run for others; left out: nothing is. */
  cacheFolder?: string;
  /** Folder of what agents keep for later runs of workflows without a folder; left out: nothing is. */
  stateFolder?: string;
  /** Folder of the tools that runs keep for later ones; left out: none are. */
  toolsFolder?: string;
  /** Values that must never be written down: keys and secrets. */
  secretValues(): readonly string[];
  /** Version of the program, for the log. */
  version: string;
}

/** A secret and where the author lets it go (threat T14). */
export interface GrantedSecret {
  secret: Secret;
  /** Hosts whose requests may carry it, in the grammar of `base/hosts.ts`; none when empty. */
  hosts: readonly string[];
  /** Tools that may have its value, as names or patterns; those that declare it when undefined. */
  tools: readonly string[] | undefined;
}
