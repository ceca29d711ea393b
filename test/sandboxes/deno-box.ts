import { nodeEffects } from '../../src/effects/index.ts';
import type { Sandbox } from '../../src/ports/sandbox.ts';
import { denoProvider } from '../../src/sandboxes/deno/provider.ts';
import { holdersOf } from '../../src/sandboxes/holders.ts';
import { makeKit } from '../../src/sandboxes/make-kit.ts';
import type { Kit } from '../../src/sandboxes/provider.ts';

/** A box of Deno with all its languages, made without a self-test. Throws where there is none. */
export async function openDeno(change: Partial<Kit> = {}): Promise<Sandbox> {
  const kit = await makeKit(nodeEffects());
  const provider = await denoProvider({ ...kit, ...change });
  if (!provider) throw new Error('Deno is not installed');
  return holdersOf(provider)(provider.languages);
}
