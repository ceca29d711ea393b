import type { Environment } from './secrets.ts';

/**
 * A proxy that cannot be used or that refused. Nothing of its address is in it: a password may
 * stand there.
 */
class ProxyProblem extends Error {
  /** `PROXY_INVALID` or `PROXY_REFUSED`. */
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/** What keeps the proxies of the environment from being used; undefined if nothing. */
export function proxyProblem(proxies: Environment): Error | undefined {
  const names = ['HTTP_PROXY', 'HTTPS_PROXY'].flatMap((name) => [name.toLowerCase(), name]);
  const wrong = names.find((name) => proxies[name] && !isProxy(proxies[name]));
  if (wrong === undefined) return undefined;
  return new ProxyProblem(
    'PROXY_INVALID',
    `${wrong} is no address of a proxy, such as http://proxy.example:3128`,
  );
}

function isProxy(text: string): boolean {
  const url = URL.parse(text);
  return url !== null && /^https?:$/.test(url.protocol) && url.hostname !== '';
}

/** An error of the way through a proxy without the proxy's address; others as they are. */
export function withoutProxy(error: unknown): unknown {
  if (!(error instanceof Error) || !('code' in error)) return error;
  if (!/^ERR_PROXY/.test(String(error.code))) return error;
  const status = 'statusCode' in error ? ` (status ${Number(error.statusCode)})` : '';
  return new ProxyProblem('PROXY_REFUSED', `the proxy made no way to the host${status}`);
}
