import type { Network } from '../ports/effects.ts';
import type { Resolve } from './guarded/connect.ts';
import type { KeptFetch } from './kept-fetch.ts';
import type { Environment } from './secrets.ts';

/** What may be replaced. */
export interface NetworkOptions {
  /** All addresses of a name, for the guarded client and its proxy; those of the system by default. */
  lookup?: Resolve;
  /** HTTP_PROXY, HTTPS_PROXY and NO_PROXY, for `fetch`; without it no proxy is used. */
  proxies?: Environment;
}

/**
 * The network of this machine. A redirect comes back as the answer that it is, so that a key is
 * never carried to a host that nobody named.
 *
 * Each client is loaded when it is first used.
 */
export function nodeNetwork({ lookup, proxies }: NetworkOptions = {}): Network {
  let kept: Promise<KeptFetch> | undefined;
  return {
    async fetch(url, init) {
      kept ??= import('./kept-fetch.ts').then(({ keptFetch }) => keptFetch(proxies));
      return (await kept)(url, init);
    },
    async request(request) {
      const { guardedRequest } = await import('./guarded/request.ts');
      return guardedRequest(request, lookup ?? (await systemLookup()));
    },
    async proxy(options) {
      const { startProxy } = await import('./guarded/proxy.ts');
      return startProxy(options, lookup ?? (await systemLookup()));
    },
  };
}

async function systemLookup(): Promise<Resolve> {
  return (await import('./guarded/connect.ts')).systemResolve;
}
