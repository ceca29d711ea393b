import type { Network } from '../ports/effects.ts';

/**
 * The platform's `fetch`. A redirect comes back as the answer that it is, so that a key is never
 * carried to a host that nobody named. The platform itself gives up after 300 s without a header
 * or without a further piece of the body; shorter limits are the caller's.
 */
export function nodeNetwork(): Network {
  return { fetch: (url, init) => fetch(url, { redirect: 'manual', ...init }) };
}
