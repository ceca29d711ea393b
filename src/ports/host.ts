import type { Effects } from './effects.ts';
import type { ResolveModel } from './model-provider.ts';
import type { OpenSandbox } from './sandbox.ts';
import type { Store } from './store.ts';
import type { Tool } from './tool.ts';

/** Everything outside the runtime, in one object; a test replaces any of it. */
export interface Host {
  effects: Effects;
  store: Store;
  models: ResolveModel;
  tools: ReadonlyMap<string, Tool>;
  openSandbox: OpenSandbox;
  /** Values that must never be written down: keys and secrets. */
  secretValues(): readonly string[];
  /** Version of the program, for the log. */
  version: string;
}
