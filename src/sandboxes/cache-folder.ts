import type { Effects } from '../ports/effects.ts';

/**
 * Where things are kept that any process of this user may use again: fonts, verdicts, layers of
 * packages. As root it is a folder that only root can write to. Undefined without a home.
 */
export function cacheFolder({ secrets, processes }: Effects): string | undefined {
  if (processes.uid() === 0) return '/var/cache/awp-agents';
  const home = secrets.get('HOME');
  const cache =
    secrets.get('XDG_CACHE_HOME') ?? (home === undefined ? undefined : `${home}/.cache`);
  return cache === undefined ? undefined : `${cache}/awp-agents`;
}
