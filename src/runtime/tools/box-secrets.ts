import type { GrantedSecret } from '../../ports/host.ts';
import type { BoxSecrets } from '../../ports/sandbox.ts';
import { secretFor } from './tool-secrets.ts';

/**
 * Secrets that requests of programs may carry, without the programs seeing them (decision 32): those
 * that the author bound to hosts and not to tools alone; undefined when there are none.
 */
export function boxSecrets(secrets: ReadonlyMap<string, GrantedSecret>): BoxSecrets | undefined {
  const bound = new Map([...secrets].filter(([, { hosts }]) => hosts.length > 0));
  if (bound.size === 0) return undefined;
  return {
    names: [...bound.keys()].sort(),
    valueFor: (name, host) => secretFor(bound, name, host)?.reveal(),
  };
}
