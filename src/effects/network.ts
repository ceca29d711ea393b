import type { Network } from '../ports/effects.ts';
import type { Resolve } from './guarded/connect.ts';

/** What may be replaced. */
export interface NetworkOptions {
  /** All addresses of a name, for the guarded client and its proxy; those of the system by default. */
  lookup?: Resolve;
}

/**
 * The platform's `fetch`. A redirect comes back as the answer that it is, so that a key is never
 * carried to a host that nobody named. The platform itself gives up after 300 s without a header
 * or without a further piece of the body; shorter limits are the caller's.
 *
 * The guarded client and its proxy are loaded when they are first used.
 */
export function nodeNetwork({ lookup }: NetworkOptions = {}): Network {
  return {
    fetch: (url, init) => fetch(url, { redirect: 'manual', ...init }),
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
