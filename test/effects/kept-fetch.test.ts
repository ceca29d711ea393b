import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import {
  type AddressInfo,
  connect,
  createServer as createSocketServer,
  type Socket,
  type Server as SocketServer,
} from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { keptFetch } from '../../src/effects/kept-fetch.ts';
import { wantedProxies } from '../../src/effects/secrets.ts';
import { makeCertificate } from './guarded/certificate.ts';

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

async function listen(server: Server | SocketServer, host = '127.0.0.1'): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(0, host, resolve);
  });
  closers.push(() => {
    if ('closeAllConnections' in server) server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

type Handle = (request: IncomingMessage, response: ServerResponse) => unknown;

/** A server, and the connections that were made to it. */
async function serve(handle: Handle, host?: string) {
  const server = createServer((request, response) => void handle(request, response));
  const sockets: Socket[] = [];
  server.on('connection', (socket) => sockets.push(socket));
  const port = await listen(server, host);
  return { url: `http://127.0.0.1:${port}`, port, sockets };
}

async function failureOf(
  call: Promise<Response>,
): Promise<{ message: string; cause: { code?: string; message: string } }> {
  const error = await call.then((response) => response.text()).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(TypeError);
  return error as { message: string; cause: { code?: string; message: string } };
}

/** Lets what has come in be seen. */
async function turns(): Promise<void> {
  for (let count = 0; count < 50; count++) await new Promise(setImmediate);
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

describe('what is sent', () => {
  it('is the method, the headers and the body, with its length', async () => {
    const { url } = await serve(async (request, response) => {
      const { method, headers } = request;
      response.end(JSON.stringify({ method, headers, body: await bodyOf(request) }));
    });
    const fetch = keptFetch();
    const headers = { 'X-A': 'b', 'content-type': 'text/plain' };
    const sent = await fetch(url, { method: 'post', headers, body: 'größe' });
    expect(await sent.json()).toMatchObject({
      method: 'POST',
      headers: { 'x-a': 'b', 'content-length': '7', 'user-agent': 'awp-agents', accept: '*/*' },
      body: 'größe',
    });
    const bytes = await fetch(url, { method: 'PUT', body: new Uint8Array([65, 66]) });
    expect(await bytes.json()).toMatchObject({ method: 'PUT', body: 'AB' });
    // What Node cannot send alone goes the platform's way.
    const form = await fetch(url, { method: 'POST', body: new URLSearchParams({ a: 'b' }) });
    expect(await form.json()).toMatchObject({ body: 'a=b' });
  });

  it('is nothing to an address of another scheme', async () => {
    const { message } = await failureOf(keptFetch()('ftp://127.0.0.1/', {}));
    expect(message).toContain('ftp:');
  });
});

describe('what comes back', () => {
  it('is status, headers and body, unpacked', async () => {
    const { url } = await serve((_, response) => {
      const headers = [
        ['content-encoding', 'gzip'],
        ['set-cookie', 'a=1'],
        ['set-cookie', 'b=2'],
      ];
      response.writeHead(418, headers.flat()).end(gzipSync('hello'));
    });
    const answer = await keptFetch()(url, {});
    expect([answer.status, await answer.text()]).toEqual([418, 'hello']);
    expect(answer.headers.getSetCookie()).toEqual(['a=1', 'b=2']);
  });

  it.each([204, 304])('has no body with status %i', async (status) => {
    const { url, sockets } = await serve((_, response) => response.writeHead(status).end());
    const fetch = keptFetch();
    for (const _ of [1, 2]) {
      expect((await fetch(url, {})).body).toBeNull();
      await turns();
    }
    expect(sockets).toHaveLength(1);
  });

  it('frees the connection of an empty body that nobody reads', async () => {
    const { url, sockets } = await serve((_, response) => response.end());
    const fetch = keptFetch();
    await fetch(url, {});
    await turns();
    await fetch(url, {});
    expect(sockets).toHaveLength(1);
  });

  it('waits for a reader that takes its time, and comes in few pieces', async () => {
    const { url } = await serve((_, response) => {
      for (let index = 0; index < 1000; index++) response.write(`${index},`);
      response.end('end');
    });
    const answer = await keptFetch()(url, {});
    let pieces = 0;
    let text = '';
    for await (const piece of answer.body ?? []) {
      pieces += 1;
      text += Buffer.from(piece).toString();
    }
    expect(text.endsWith('999,end')).toBe(true);
    expect(pieces).toBeLessThan(1000);
  });

  it('is an error where a redirect must not be', async () => {
    const { url } = await serve((_, response) => {
      response.writeHead(307, { location: 'http://elsewhere.test/' }).end();
    });
    const { message } = await failureOf(keptFetch()(url, { redirect: 'error' }));
    expect(message).toMatch(/redirect/);
    expect((await keptFetch()(url, { redirect: 'manual' })).status).toBe(307);
  });
});

describe('a connection', () => {
  it('is used again', async () => {
    const { url, sockets } = await serve((_, response) => response.end('x'));
    const fetch = keptFetch();
    for (let count = 0; count < 5; count++) await (await fetch(url, {})).text();
    expect(sockets).toHaveLength(1);
  });

  it('that was closed under us is replaced at once, and nothing is sent twice to it', async () => {
    let asked = 0;
    const { url, sockets } = await serve(async (request, response) => {
      asked += 1;
      response.end(await bodyOf(request));
    });
    const fetch = keptFetch();
    const request = { method: 'POST', body: 'x', repeatable: true };
    await (await fetch(url, request)).text();
    // Both sides are in this process: the next request is on its way before the end is seen.
    const [socket] = sockets;
    const gone = new Promise((resolve) => socket?.once('close', resolve));
    socket?.resetAndDestroy();
    await gone;
    expect(await (await fetch(url, request)).text()).toBe('x');
    expect([asked, sockets.length]).toEqual([2, 2]);
  });

  it.each(['end', 'reset'] as const)(
    'that is closed (%s) while the next request is on its way is replaced, once',
    async (how) => {
      const uses = new WeakMap<Socket, number>();
      const { url, sockets } = await serve((request, response) => {
        const { socket } = request;
        uses.set(socket, (uses.get(socket) ?? 0) + 1);
        if (uses.get(socket) === 1) response.end('x');
        else if (how === 'end') socket.end();
        else socket.resetAndDestroy();
      });
      const fetch = keptFetch();
      for (let count = 0; count < 3; count++) {
        const answer = await fetch(url, { method: 'POST', body: 'x', repeatable: true });
        expect(await answer.text()).toBe('x');
      }
      // The second is made for the second request, and not kept: the third one meets a third.
      expect(sockets).toHaveLength(3);
    },
  );

  it('that is closed is not replaced for what may be done once only', async () => {
    let asked = 0;
    const { url } = await serve((_, response) => {
      asked += 1;
      if (asked === 1) response.end('x');
      else response.socket?.resetAndDestroy();
    });
    const fetch = keptFetch();
    const call = () => fetch(url, { method: 'POST', body: 'pay' });
    await (await call()).text();
    const { cause } = await failureOf(call());
    expect([asked, cause.code]).toEqual([2, 'ECONNRESET']);
  });

  it('that breaks at its first use is a failure', async () => {
    let asked = 0;
    const { url } = await serve((_, response) => {
      asked += 1;
      response.socket?.resetAndDestroy();
    });
    const { cause } = await failureOf(keptFetch()(url, { method: 'POST', body: 'x' }));
    expect([asked, cause.code]).toEqual([1, 'ECONNRESET']);
  });

  it('that does not come about has a limit, its TLS included', async () => {
    const silent = createSocketServer(() => {});
    const port = await listen(silent);
    const call = keptFetch()(`https://127.0.0.1:${port}/`, { connectMs: 30 });
    const { cause } = await failureOf(call);
    expect(cause).toMatchObject({ code: 'CONNECT_TIMEOUT', message: 'no connection within 30 ms' });
  });

  it('is closed by an aborted signal, before and after the head, with its reason', async () => {
    for (const withHead of [false, true]) {
      const { promise: asked, resolve } = Promise.withResolvers<ServerResponse>();
      const { url } = await serve((_, response) => {
        if (withHead) response.writeHead(200).flushHeaders();
        resolve(response);
      });
      const controller = new AbortController();
      const reason = { stopped: true };
      const call = keptFetch()(url, { signal: controller.signal }).then((answer) => answer.text());
      call.catch(() => {});
      const response = await asked;
      const closed = new Promise((done) => response.once('close', done));
      controller.abort(reason);
      if (withHead) await expect(call).rejects.toThrow();
      else await expect(call).rejects.toBe(reason);
      await closed;
    }
  });

  it('is closed by a reader that stops', async () => {
    const { promise: asked, resolve } = Promise.withResolvers<ServerResponse>();
    const { url } = await serve((_, response) => {
      response.write('half');
      resolve(response);
    });
    const answer = await keptFetch()(url, {});
    const response = await asked;
    const closed = new Promise((done) => response.once('close', done));
    await answer.body?.cancel();
    await closed;
  });

  it('is not even made for a signal that has aborted', async () => {
    const { url, sockets } = await serve((_, response) => response.end());
    const signal = AbortSignal.abort('no');
    await expect(keptFetch()(url, { signal })).rejects.toBe('no');
    expect(sockets).toHaveLength(0);
  });

  it('reaches an address of IPv6', async () => {
    const { port } = await serve((_, response) => response.end('six'), '::1');
    expect(await (await keptFetch()(`http://[::1]:${port}`, {})).text()).toBe('six');
  });
});

describe('proxies', () => {
  it('are those of the environment, but only when that is wanted', () => {
    const env = { HTTP_PROXY: 'http://p.test:1', no_proxy: 'a.test', OTHER: 'x', HTTPS_PROXY: '' };
    expect(wantedProxies(env)).toEqual({});
    expect(wantedProxies({ ...env, AWP_USE_PROXY: '1' })).toEqual({
      proxies: { HTTP_PROXY: 'http://p.test:1', no_proxy: 'a.test' },
    });
  });

  describe('to a host with TLS', () => {
    it('keep the limit on connecting from what the answer takes', async () => {
      const { cert, key } = makeCertificate(['api.example.com', 'model.example.com']);
      const upstream = createTlsServer({ cert, key }, (_, response) => {
        setTimeout(() => response.end('late'), 700);
      });
      const port = await listen(upstream);
      const proxy = createServer();
      proxy.on('connect', (_, client: Socket) => {
        const way = connect(port, '127.0.0.1', () => {
          client.write('HTTP/1.1 200 OK\r\n\r\n');
          way.pipe(client).pipe(way);
        });
        for (const socket of [way, client]) socket.on('error', () => {});
      });
      const through = `http://127.0.0.1:${await listen(proxy)}`;
      const told = await outcomeOf(
        `const fetch = keptFetch({ HTTPS_PROXY: '${through}' });
         const answer = await fetch('https://model.example.com/', { connectMs: 400 });
         console.log(await answer.text());`,
        cert,
      );
      expect(told).toBe('late');
    });

    it('that never make a way end with the limit, and with the signal, and close', async () => {
      const open: Socket[] = [];
      const proxy = createServer();
      proxy.on('connect', (_, client: Socket) => {
        open.push(client.resume());
        client.on('error', () => {}).on('end', () => client.end());
      });
      const through = `http://127.0.0.1:${await listen(proxy)}`;
      const fetch = keptFetch({ HTTPS_PROXY: through });
      const late = await failureOf(fetch('https://model.test/', { connectMs: 200 }));
      expect(late.cause.code).toBe('CONNECT_TIMEOUT');
      const stop = new AbortController();
      const call = fetch('https://model.test/', { signal: stop.signal });
      while (open.length < 2) await turns();
      stop.abort('no');
      await expect(call).rejects.toBe('no');
      while (open.some(({ destroyed }) => !destroyed)) await turns();
    });

    it('and refuse are told without their password', async () => {
      const proxy = createServer();
      proxy.on('connect', (_, client: Socket) => {
        client.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n');
      });
      const through = `http://user:s3cret@127.0.0.1:${await listen(proxy)}`;
      const { cause } = await failureOf(
        keptFetch({ HTTPS_PROXY: through })('https://model.test/', {}),
      );
      expect(cause).toMatchObject({ code: 'PROXY_REFUSED' });
      expect(String(cause.message)).toBe('the proxy made no way to the host (status 407)');
    });
  });

  it.each(['127.0.0.1:3128', 'socks5://p.test:1', '::::', 'http://user:s3cret@p.test:99999'])(
    'with the address %s are named, without the address',
    async (address) => {
      const { cause } = await failureOf(keptFetch({ https_proxy: address })('http://a.test/', {}));
      expect(cause.code).toBe('PROXY_INVALID');
      expect(cause.message).toBe(
        'https_proxy is no address of a proxy, such as http://proxy.example:3128',
      );
    },
  );

  it('are used for other hosts, never for this machine', async () => {
    const seen: string[] = [];
    const proxy = await serve((request, response) => {
      seen.push(request.url ?? '');
      response.end('by proxy');
    });
    const own = await serve((_, response) => response.end('direct'));
    const fetch = keptFetch({ HTTP_PROXY: proxy.url });
    expect(await (await fetch('http://model.test/v1', {})).text()).toBe('by proxy');
    expect(await (await fetch(own.url, {})).text()).toBe('direct');
    expect(seen).toEqual(['http://model.test/v1']);
  });
});

/** What a program with `keptFetch` prints, in a process that trusts a certificate. */
async function outcomeOf(program: string, certificate: string): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'awp-fetch-'));
  closers.push(() => rmSync(folder, { recursive: true }));
  const trusted = join(folder, 'trusted.pem');
  writeFileSync(trusted, certificate);
  const source = new URL('../../src/effects/kept-fetch.ts', import.meta.url).href;
  const text = `const { keptFetch } = await import('${source}'); ${program}`;
  const args = ['--input-type=module', '-e', text];
  const env = { ...process.env, NODE_EXTRA_CA_CERTS: trusted };
  const { stdout } = await promisify(execFile)(process.execPath, args, { env });
  return stdout.trim();
}
