import { nodeEffects } from '../../src/effects/index.ts';
import type { Sandbox } from '../../src/ports/sandbox.ts';
import { holdersOf } from '../../src/sandboxes/holders.ts';
import { makeKit } from '../../src/sandboxes/make-kit.ts';
import { quickjsProvider } from '../../src/sandboxes/quickjs/provider.ts';

/** A box of QuickJS, made without a self-test. Throws where there is none. */
export async function openQuickjs(): Promise<Sandbox> {
  const kit = await makeKit(nodeEffects());
  const provider = await quickjsProvider(kit);
  if (!provider) throw new Error('the packages of QuickJS are not installed');
  return holdersOf(provider)(provider.languages);
}
