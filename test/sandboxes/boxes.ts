import { nodeEffects } from '../../src/effects/index.ts';
import type { Effects } from '../../src/ports/effects.ts';
import type { Sandbox } from '../../src/ports/sandbox.ts';
import { openSandbox } from '../../src/sandboxes/choose.ts';
import { holdersOf } from '../../src/sandboxes/holders.ts';
import { jailProvider } from '../../src/sandboxes/jail.ts';
import { makeKit } from '../../src/sandboxes/make-kit.ts';
import { POLICY } from '../contracts/sandbox-contract.ts';

/** The effects of this machine with one variable of the environment set. */
export function effectsWith(name: string, value: string): Effects {
  const effects = nodeEffects();
  const get = (asked: string) => (asked === name ? value : effects.secrets.get(asked));
  return { ...effects, secrets: { get } };
}

/** The box of that name, or an error that says why there is none. */
export async function openBox(name: 'bwrap' | 'jail' | 'none'): Promise<Sandbox> {
  const open = openSandbox(effectsWith('AWP_SANDBOX', name));
  return await open({ ...POLICY, minimum: name === 'none' ? 'none' : 'boundary' });
}

/** The jail as in a container that allows no namespaces. */
export async function openJailWithoutNamespaces(): Promise<Sandbox> {
  const provider = await jailProvider(await makeKit(nodeEffects()), { namespaces: false });
  if (!provider) throw new Error('the jail is not available');
  return holdersOf(provider)(provider.languages);
}

/** Whom programs run as when we are root. */
export async function boxUser(): Promise<number | undefined> {
  return (await makeKit(nodeEffects())).machine.uid;
}
