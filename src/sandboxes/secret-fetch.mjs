// `fetch` for programs that were given secrets. The platform's own opens a tunnel even to plain http,
// and nobody can put a value in the place of a token inside of a tunnel; so a request that bears one
// goes to the proxy openly, which then speaks TLS itself.
import http from 'node:http';

const TOKEN = 'secret://';

/** The same as `plain`, but for requests that bear a token. */
export function secretFetch(plain, proxy) {
  return async (input, init) => {
    const request = new Request(input, init);
    if (![...request.headers.values()].some((value) => value.includes(TOKEN))) {
      return plain(input, init);
    }
    if (!request.url.startsWith('http:')) {
      throw new TypeError('write http:// in a request with a secret: the host makes it https');
    }
    return openly(request, new URL(proxy));
  };
}

async function openly(request, { hostname, port }) {
  const body = Buffer.from(await request.arrayBuffer());
  const { host } = new URL(request.url);
  const headers = { ...Object.fromEntries(request.headers), host };
  const { promise, resolve, reject } = Promise.withResolvers();
  const { method, url: path, signal } = request;
  const sent = http.request(
    { hostname, port, method, path, headers, signal, agent: false },
    resolve,
  );
  sent.on('error', reject);
  sent.end(body);
  const answer = await promise;
  const parts = await Array.fromAsync(answer);
  const status = answer.statusCode;
  const empty = status === 204 || status === 304 || method === 'HEAD';
  const content = empty ? null : Buffer.concat(parts);
  const pairs = Object.entries(answer.headers).map(([name, value]) => [name, String(value)]);
  return new Response(content, { status, headers: pairs });
}
