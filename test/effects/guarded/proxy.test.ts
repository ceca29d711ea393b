import { existsSync, statSync, writeFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Agent as HttpAgent, request as httpRequest } from 'node:http';
import { connect as connectSocket } from 'node:net';
import { join } from 'node:path';
import { text as textFrom } from 'node:stream/consumers';
import { connect as connectTls, getCACertificates, setDefaultCACertificates } from 'node:tls';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { GONE } from '../../../src/effects/guarded/messages.ts';
import { nodeNetwork } from '../../../src/effects/network.ts';
import type { ProxyOptions, ProxyRecord, RunningProxy } from '../../../src/ports/effects.ts';
import { temporaryFolder } from '../../make.ts';
import { makeCertificate } from './certificate.ts';
import {
  type Ask,
  type Listening,
  names,
  type Reply,
  rawly,
  serve,
  sink,
  through,
} from './support.ts';

const certificate = makeCertificate(['api.example.com', 'other.example.com', '127.0.0.1']);
const folder = temporaryFolder();
const socket = join(folder.path, 'proxy');
const SECRET = 'sk-very/secret+value==1';

let handler: (request: IncomingMessage, response: ServerResponse) => void;
let api: Listening;
let secure: Listening;
let hole: Listening;
let proxy: RunningProxy;
let records: ProxyRecord[];

const lookup = names({
  'api.example.com': ['127.0.0.1'],
  'other.example.com': ['127.0.0.1'],
  'trap.example.com': ['127.0.0.1'],
});

beforeAll(async () => {
  api = await serve((request, response) => handler(request, response));
  secure = await serve((request, response) => handler(request, response), certificate);
  hole = await sink();
  setDefaultCACertificates([...getCACertificates('default'), certificate.cert]);
});
afterAll(async () => {
  for (const server of [api, secure, hole]) await server[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});
beforeEach(async () => {
  handler = (_, response) => response.end('hello');
  lookup.asked.length = 0;
  await start();
});
afterEach(() => proxy.close());

async function start(options: Partial<ProxyOptions> = {}): Promise<void> {
  records = [];
  const hosts = [
    'api.example.com:API',
    'api.example.com:TLS',
    'other.example.com:TLS',
    'trap.example.com:HOLE',
    '127.0.0.1:API',
    '127.0.0.1:TLS',
  ].map(ported);
  proxy = await nodeNetwork({ lookup }).proxy({
    socket,
    hosts,
    secret: (name, host) =>
      name === 'API_KEY' && /^(api\.example\.com|127\.0\.0\.1):\d+$/.test(host)
        ? SECRET
        : undefined,
    record: (entry) => records.push(entry),
    ...options,
  });
}

async function restart(options: Partial<ProxyOptions>): Promise<void> {
  await proxy.close();
  await start(options);
}

const ported = (text: string): string =>
  text
    .replaceAll(':API', `:${api.port}`)
    .replaceAll(':TLS', `:${secure.port}`)
    .replaceAll(':HOLE', `:${hole.port}`);

const get = (url: string, ask?: Ask): Promise<Reply> => through(socket, ported(url), ask);

/** Answers with what was asked, as text. */
const echo = (type = 'application/json') => {
  handler = (request, response) => {
    response.setHeader('content-type', type);
    const { method, url, headers } = request;
    response.end(JSON.stringify({ method, url, headers, raw: request.rawHeaders }));
  };
};

/** A tunnel, or the answer that refuses it. */
function tunnel(authority: string, headers: Record<string, string> = {}) {
  return new Promise<{ status: number; body: string; socket: ReturnType<typeof connectSocket> }>(
    (resolve, reject) => {
      const path = ported(authority);
      const sent = httpRequest({
        socketPath: socket,
        method: 'CONNECT',
        path,
        headers: { host: path, ...headers },
      });
      sent.on('error', reject);
      sent.on('connect', (answer, stream) => {
        const status = answer.statusCode ?? 0;
        const opened = stream as ReturnType<typeof connectSocket>;
        if (status === 200) resolve({ status, body: '', socket: opened });
        else textFrom(opened).then((body) => resolve({ status, body, socket: opened }), reject);
      });
      sent.end();
    },
  );
}

describe('a proxy for programs', () => {
  it('listens where every user may connect, and leaves nothing', async () => {
    expect(statSync(socket).mode & 0o777).toBe(0o666);
    await proxy.close();
    expect(existsSync(socket)).toBe(false);
  });

  it('says when it cannot listen', async () => {
    const path = join(folder.path, 'taken');
    writeFileSync(path, '');
    for (const socket of [path, join(folder.path, 'no/such'), `/${'x'.repeat(300)}`]) {
      const network = nodeNetwork({ lookup });
      const failed = network.proxy({ socket, hosts: [], record: () => {} });
      await expect(failed).rejects.toMatchObject({ code: 'network/no-proxy' });
    }
    expect(existsSync(path)).toBe(true);
  });

  it('passes requests and answers on, and records them', async () => {
    handler = async (request, response) => {
      response.writeHead(201, 'Made', { 'X-Two': ['a', 'b'], 'x-method': `${request.method}` });
      response.end(`got ${await textFrom(request)}`);
    };
    const body = 'x'.repeat(100_000);
    const reply = await get('http://api.example.com:API/a?b', { method: 'PUT', body });
    expect(reply).toMatchObject({
      status: 201,
      headers: { 'x-two': 'a, b', 'x-method': 'PUT' },
      body: `got ${body}`,
    });
    await proxy.close();
    expect(records).toEqual([
      {
        method: 'PUT',
        host: ported('api.example.com:API'),
        status: 201,
        bytes: 100_004,
        ms: expect.any(Number),
      },
    ]);
  });

  it('passes a body on that has no length', async () => {
    handler = (request, response) => request.pipe(response);
    const said = await rawly(
      socket,
      ported(
        'POST http://api.example.com:API/ HTTP/1.1\r\nHost: api.example.com:API\r\n' +
          'Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n',
      ),
    );
    expect(said).toMatch(/^HTTP\/1\.1 200[\s\S]*abcde/);
  });

  it('passes on what was packed as it is, without unpacking it', async () => {
    const bytes = gzipSync('hello');
    handler = (_, response) => response.setHeader('content-encoding', 'gzip').end(bytes);
    const reply = await get('http://api.example.com:API/');
    expect(reply.headers).toMatchObject({
      'content-encoding': 'gzip',
      'content-length': String(bytes.length),
    });
  });

  it('answers a HEAD', async () => {
    handler = (_, response) => response.setHeader('content-length', '1000').end();
    const reply = await get('http://api.example.com:API/', { method: 'HEAD' });
    expect(reply).toMatchObject({ status: 200, headers: { 'content-length': '1000' }, body: '' });
  });

  it('leaves redirects to the program, which is checked again when it follows', async () => {
    handler = (_, response) => response.writeHead(302, { location: 'http://evil.test/' }).end();
    const reply = await get('http://api.example.com:API/');
    expect(reply).toMatchObject({ status: 302, headers: { location: 'http://evil.test/' } });
    expect(await get('http://evil.test/')).toMatchObject({ status: 403 });
  });

  it('answers several requests of one connection', async () => {
    const agent = new HttpAgent({ keepAlive: true, maxSockets: 1 });
    for (const _ of [1, 2, 3]) {
      const path = ported('http://api.example.com:API/');
      const headers = { host: ported('api.example.com:API') };
      const body = await new Promise<string>((resolve, reject) => {
        const sent = httpRequest({ socketPath: socket, agent, path, headers }, (answer) =>
          textFrom(answer).then(resolve, reject),
        );
        sent.end();
      });
      expect(body).toBe('hello');
    }
    agent.destroy();
  });

  it('row 92: keeps headers of the connection and of proxies to itself', async () => {
    echo();
    const headers = {
      Connection: 'close, X-Private',
      'X-Private': 'a',
      'Proxy-Authorization': 'Basic eDp5',
      'Proxy-Connection': 'keep-alive',
      TE: 'trailers',
      Upgrade: 'websocket',
      'X-Kept': 'b',
    };
    const { body } = await get('http://api.example.com:API/x', { headers });
    const shown = JSON.parse(body);
    expect(shown.headers).toMatchObject({ 'x-kept': 'b', host: ported('api.example.com:API') });
    const names = Object.keys(shown.headers).sort();
    expect(names).toEqual(['connection', 'host', 'x-kept']);
    expect(shown.headers.connection).toBe('keep-alive');
  });

  it('keeps headers of the connection out of answers', async () => {
    handler = (_, response) => {
      response.writeHead(200, { 'Proxy-Authenticate': 'Basic', 'Keep-Alive': 'timeout=9' }).end();
    };
    const { headers } = await get('http://api.example.com:API/');
    expect(headers).not.toHaveProperty('proxy-authenticate');
    expect(headers['keep-alive']).not.toBe('timeout=9');
  });
});

describe('a proxy refuses', () => {
  it.each([
    ['another host', 'http://evil.test/', /evil\.test:80 is not on the list/],
    ['another port', 'http://api.example.com:22/', /api\.example\.com:22 is not on the list/],
    ['this machine', 'http://127.0.0.1:HOLE/', /not on the list/],
    ['this machine, in another spelling', 'http://[::ffff:127.0.0.1]:HOLE/', /not on the list/],
    ['a name that leads to this machine', 'http://trap.example.com:HOLE/', /of this machine/],
    ['a metadata service', 'http://169.254.169.254/', /not on the list/],
  ])('%s, with a sentence: %s', async (_, url, sentence) => {
    const reply = await get(url);
    expect(reply.status).toBe(403);
    expect(reply.body).toMatch(sentence);
    expect(hole.connections).toBe(0);
    await proxy.close();
    expect(records).toMatchObject([
      { method: 'GET', bytes: 0, problem: `network/denied: ${reply.body.trim()}` },
    ]);
    expect(records[0]).not.toHaveProperty('status');
  });

  it.each([
    ['another host', 'evil.test:443', 403],
    ['another port', 'api.example.com:22', 403],
    ['this machine', '127.0.0.1:HOLE', 403],
    ['this machine, in another spelling', '0x7f.1:HOLE', 403],
    ['this machine, in IPv6', '[::1]:HOLE', 403],
    ['a name that leads to this machine', 'trap.example.com:HOLE', 403],
    ['no port', 'api.example.com', 400],
    ['no host', ':443', 400],
    ['a port that cannot be', 'api.example.com:99999', 400],
    ['a user', 'a@api.example.com:API', 400],
    ['a path', 'api.example.com:API/x', 400],
  ])('a tunnel to %s: %s', async (_, authority, status) => {
    expect(await tunnel(authority)).toMatchObject({ status });
    expect(hole.connections).toBe(0);
    await proxy.close();
    expect(records).toMatchObject([{ method: 'CONNECT', problem: expect.any(String) }]);
  });

  it('a tunnel with its sentence in the first line, which is what libraries show', async () => {
    const said = await rawly(socket, 'CONNECT evil.test:443 HTTP/1.1\r\nHost: evil.test\r\n\r\n');
    expect(said).toMatch(/^HTTP\/1\.1 403 evil\.test:443 is not on the list of hosts: /);
  });

  const host = 'Host: api.example.com:API\r\n';
  const start = 'GET http://api.example.com:API/ HTTP/1.1\r\n';
  it.each([
    ['a request to the proxy itself', `GET / HTTP/1.1\r\n${host}\r\n`],
    ['a request for everything', `OPTIONS * HTTP/1.1\r\n${host}\r\n`],
    ['another scheme', `GET ftp://api.example.com/ HTTP/1.1\r\nHost: api.example.com\r\n\r\n`],
    ['a user in the address', `GET http://a@api.example.com:API/ HTTP/1.1\r\n${host}\r\n`],
    ['a backslash', `GET http://api.example.com:API\\@evil.test/ HTTP/1.1\r\n${host}\r\n`],
    [
      'two lengths',
      `${start}${host}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    ],
    ['two lengths of a kind', `${start}${host}Content-Length: 1\r\nContent-Length: 2\r\n\r\nab`],
    ['a coding in disguise', `${start}${host}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n`],
    ['another coding', `${start}${host}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`],
    ['a space before a colon', `${start}${host}Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n`],
    ['a folded header', `${start}${host}X-A: b\r\n c\r\nX: \r\n\n\r\n`],
    ['two hosts', `${start}${host}Host: evil.test\r\n\r\n`],
    ['the same host twice', `${start}${host}${host}\r\n`],
    ['a host that differs', `${start}Host: evil.test\r\n\r\n`],
    ['a port that differs', `${start}Host: api.example.com\r\n\r\n`],
    ['no host', `${start}\r\n`],
    ['a line end within a value', `${start}${host}X-A: b\nHost: evil.test\r\n\r\n`],
    ['a zero', `${start}${host}X-A: b\0c\r\n\r\n`],
    ['no HTTP at all', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n'],
    ['another version', `GET http://api.example.com:API/ HTTP/3.0\r\n${host}\r\n`],
    ['TRACE', `TRACE http://api.example.com:API/ HTTP/1.1\r\n${host}\r\n`],
    [
      'a tunnel for another host',
      `CONNECT api.example.com:API HTTP/1.1\r\nHost: evil.test\r\n\r\n`,
    ],
    ['100,000 headers', `${start}${host}${'x: 1\r\n'.repeat(100_000)}\r\n`],
  ])('row 92: what could be read in two ways: %s', async (_, bytes) => {
    const before = api.connections;
    const said = await rawly(socket, ported(bytes));
    expect(said).toMatch(/^HTTP\/1\.1 400 /);
    expect(said.match(/HTTP\/1\.1 /g)).toHaveLength(1);
    expect(api.connections).toBe(before);
    await proxy.close();
    expect(records).toHaveLength(1);
    expect(records[0]?.problem).toMatch(/request|proxy|TRACE/);
  });

  it('a second request hidden behind one that is refused', async () => {
    const hidden = `${start}${host}\r\n`;
    const first = 'GET http://evil.test/ HTTP/1.1\r\nHost: evil.test\r\n\r\n';
    const said = await rawly(socket, ported(first + hidden));
    expect(said).toMatch(/^HTTP\/1\.1 403 /);
    expect(said.match(/HTTP\/1\.1 /g)).toHaveLength(1);
  });

  it('requests that do not wait for each other', async () => {
    const first = Promise.withResolvers<void>();
    handler = (_, response) => first.promise.then(() => response.end('one'));
    const bytes = ported(`${start}${host}\r\n`);
    const said = rawly(socket, bytes + bytes + bytes);
    await vi.waitUntil(() => records.length === 2);
    first.resolve();
    expect((await said).match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 400']);
  });

  it('a body that is too large, declared or not', async () => {
    handler = (request, response) => request.resume().on('end', () => response.end('all of it'));
    const declared = await rawly(
      socket,
      ported(`${start.replace('GET', 'POST')}${host}Content-Length: 99999999999\r\n\r\n`),
    );
    expect(declared).toMatch(/^HTTP\/1\.1 413 /);
    const piece = Buffer.alloc(1 << 20);
    const reply = await new Promise<string>((resolve) => {
      const path = ported('http://api.example.com:API/');
      const headers = { host: ported('api.example.com:API') };
      const sent = httpRequest({ socketPath: socket, method: 'POST', path, headers });
      let left = 80;
      const more = (): void => {
        while (left-- > 0 && sent.write(piece));
        if (left < 0) sent.end();
      };
      sent.on('drain', more);
      sent.on('error', () => resolve('cut off'));
      sent.on('response', (answer) => resolve(String(answer.resume().statusCode)));
      more();
    });
    expect(['413', 'cut off']).toContain(reply);
    await proxy.close();
    expect(records.map(({ problem }) => problem)).toEqual([
      expect.stringMatching(/more than 67108864 bytes/),
      expect.stringMatching(/more than 67108864 bytes/),
    ]);
  });

  it('row 94: an answer that is too large, declared or not', async () => {
    handler = (_, response) => response.setHeader('content-length', 1e10).writeHead(200).end();
    expect(await get('http://api.example.com:API/')).toMatchObject({ status: 413 });
    const piece = Buffer.alloc(1 << 20);
    handler = (_, response) => {
      const more = (): void => {
        while (!response.destroyed && response.write(piece));
      };
      response.on('drain', more);
      more();
    };
    await expect(get('http://api.example.com:API/')).rejects.toThrow();
    await proxy.close();
    expect(records[1]).toMatchObject({ status: 200, problem: expect.stringMatching(/more than/) });
    expect(records[1]?.bytes).toBeGreaterThan(1 << 26);
    expect(records[1]?.bytes).toBeLessThan((1 << 26) + (1 << 20));
  });

  it('more than 64 connections at a time', async () => {
    const held: IncomingMessage[] = [];
    handler = (request) => held.push(request);
    const idle = Array.from({ length: 64 }, () => connectSocket(socket));
    for (const one of idle) {
      if (one.connecting) await new Promise((resolve) => one.once('connect', resolve));
    }
    await expect(get('http://api.example.com:API/')).rejects.toThrow();
    for (const one of idle) one.destroy();
  });

  it('to wait for a server that is not there', async () => {
    const gone = await serve(() => {});
    await gone[Symbol.asyncDispose]();
    await restart({ hosts: [`127.0.0.1:${gone.port}`] });
    const reply = await get(`http://127.0.0.1:${gone.port}/`);
    expect(reply).toMatchObject({ status: 502, body: expect.stringMatching(/nothing listens/) });
  });
});

describe('a tunnel', () => {
  it('carries bytes both ways, and is recorded', async () => {
    const { status, socket } = await tunnel('api.example.com:TLS');
    expect(status).toBe(200);
    const tls = connectTls({ socket, servername: 'api.example.com', ca: certificate.cert });
    tls.write('GET / HTTP/1.1\r\nHost: api.example.com\r\nConnection: close\r\n\r\n');
    expect(await textFrom(tls)).toMatch(/^HTTP\/1\.1 200[\s\S]*hello/);
    await proxy.close();
    expect(records).toMatchObject([{ method: 'CONNECT', host: ported('api.example.com:TLS') }]);
    expect(records[0]?.bytes).toBeGreaterThan(100);
    expect(records[0]).not.toHaveProperty('status');
    expect(records[0]).not.toHaveProperty('problem');
  });

  it('looks a name up once', async () => {
    (await tunnel('api.example.com:API')).socket.destroy();
    expect(lookup.asked).toEqual(['api.example.com']);
  });

  it('never carries a secret', async () => {
    echo('text/plain');
    const headers = { 'Proxy-Authorization': 'Bearer secret://API_KEY' };
    const { socket } = await tunnel('api.example.com:API', headers);
    socket.write(
      'GET / HTTP/1.1\r\nHost: x\r\nX-Key: secret://API_KEY\r\nConnection: close\r\n\r\n',
    );
    const said = await textFrom(socket);
    expect(said).toContain('secret://API_KEY');
    expect(said).not.toContain(SECRET);
  });

  it('ends when either side ends', async () => {
    handler = (request) => request.socket.destroy();
    const { socket } = await tunnel('api.example.com:API');
    socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    await textFrom(socket);
    const other = await tunnel('api.example.com:API');
    other.socket.destroy();
    await proxy.close();
    expect(records).toHaveLength(2);
  });
});

describe('a secret', () => {
  const headers = { Authorization: 'Bearer secret://API_KEY' };

  it('is put in by the proxy, which then speaks TLS, and does not come back', async () => {
    let seen: string | undefined;
    handler = (request, response) => {
      seen = request.headers.authorization;
      response.setHeader('x-echo', `you said ${seen}`);
      response.end(`a ${seen} b`);
    };
    const reply = await get('http://api.example.com:TLS/', { headers });
    expect(seen).toBe(`Bearer ${SECRET}`);
    expect(reply).toMatchObject({
      status: 200,
      headers: { 'x-echo': 'you said Bearer [secret]' },
      body: 'a Bearer [secret] b',
    });
    await proxy.close();
    expect(records).toMatchObject([{ host: ported('api.example.com:TLS'), status: 200 }]);
    expect(JSON.stringify(records)).not.toContain(SECRET);
  });

  it('is never sent in plain to a name', async () => {
    const before = records.length;
    const reply = await get('http://api.example.com:API/', { headers });
    expect(reply).toMatchObject({ status: 502, body: expect.stringMatching(/could not prove/) });
    expect(records.length).toBeGreaterThanOrEqual(before);
  });

  it('goes to port 443 when no port was named', async () => {
    await restart({ hosts: ['api.example.com:80'] });
    const reply = await get('http://api.example.com/', { headers });
    expect(reply.status).toBe(403);
    expect(reply.body).toMatch(/api\.example\.com:443 is not on the list/);
  });

  it('goes in plain to a private address that is listed itself', async () => {
    echo();
    const { body } = await get('http://127.0.0.1:API/', { headers });
    expect(JSON.parse(body).headers.authorization).toBe('Bearer [secret]');
  });

  it.each([
    ['to a host that it was not granted to', 'http://other.example.com:TLS/', 'API_KEY'],
    ['that nobody knows', 'http://api.example.com:TLS/', 'OTHER_KEY'],
    ['of a name that objects have', 'http://api.example.com:TLS/', 'constructor'],
  ])('%s is refused', async (_, url, name) => {
    const before = secure.connections;
    const reply = await get(url, { headers: { 'X-Key': `secret://${name}` } });
    expect(reply).toMatchObject({ status: 403, body: expect.stringContaining(name) });
    expect(secure.connections).toBe(before);
  });

  it('is not even looked for when the host is not allowed', async () => {
    const asked: string[] = [];
    await restart({
      secret: (name) => {
        asked.push(name);
        return SECRET;
      },
    });
    expect(await get('http://evil.test/', { headers })).toMatchObject({ status: 403 });
    expect(asked).toEqual([]);
  });

  it('that would end a line is refused', async () => {
    await restart({ secret: () => 'a\r\nHost: evil.test' });
    const reply = await get('http://api.example.com:TLS/', { headers });
    expect(reply).toMatchObject({ status: 403, body: expect.stringMatching(/cannot be sent/) });
  });

  it('is put in only once: its value is no word that is replaced', async () => {
    let seen: string | undefined;
    handler = (request, response) => {
      seen = request.headers.authorization;
      response.end();
    };
    await restart({ secret: (name) => (name === 'API_KEY' ? 'secret://OTHER' : 'wrong') });
    await get('http://api.example.com:TLS/', { headers });
    expect(seen).toBe('Bearer secret://OTHER');
  });

  it('is put in where a program has packed it for the Basic scheme', async () => {
    let seen = '';
    handler = (request, response) => {
      seen = request.headers.authorization ?? '';
      response.end(`${seen} ${SECRET}`);
    };
    const packed = Buffer.from('user:secret://API_KEY').toString('base64');
    const reply = await get('http://api.example.com:TLS/', {
      headers: { Authorization: `Basic ${packed}` },
    });
    expect(Buffer.from(seen.slice(6), 'base64').toString()).toBe(`user:${SECRET}`);
    expect(reply.body).toMatch(/^Basic \[secret\].{0,4} \[secret\]$/);
  });

  it('stays a word in addresses and bodies, and where there are no secrets at all', async () => {
    handler = (request, response) => {
      textFrom(request).then((body) => response.end(`${request.url} ${body}`));
    };
    const ask = { method: 'POST', body: 'secret://API_KEY' };
    const reply = await get('http://api.example.com:API/?k=secret://API_KEY', ask);
    expect(reply.body).toBe('/?k=secret://API_KEY secret://API_KEY');
    await proxy.close();
    records = [];
    proxy = await nodeNetwork({ lookup }).proxy({
      socket,
      hosts: ['api.example.com:API', '127.0.0.1:API'].map(ported),
      record: (entry) => records.push(entry),
    });
    echo();
    const { body } = await get('http://api.example.com:API/', { headers });
    expect(JSON.parse(body).headers.authorization).toBe('Bearer secret://API_KEY');
  });

  const spellings = {
    'as it is': SECRET,
    'in capitals': SECRET.toUpperCase(),
    'percent-coded': encodeURIComponent(SECRET),
    'in hexadecimal': Buffer.from(SECRET).toString('hex'),
    'in base64': Buffer.from(`xx${SECRET}yy`).toString('base64'),
    'in the base64 of addresses': Buffer.from(`xx${SECRET}yy`).toString('base64url'),
  };
  it.each(Object.entries(spellings))(
    'is taken out of an answer %s, wherever it is cut',
    async (_, spelling) => {
      for (const at of [1, 5, spelling.length - 1]) {
        handler = (_, response) => {
          response.write(`before ${spelling.slice(0, at)}`);
          setImmediate(() => response.end(`${spelling.slice(at)} after`));
        };
        const { body } = await get('http://api.example.com:TLS/', { headers });
        expect(body).toMatch(/^before .{0,4}\[secret\].{0,4} after$/);
      }
    },
  );

  it('is taken out of what was packed although nobody asked for that', async () => {
    handler = (request, response) => {
      expect(request.headers['accept-encoding']).toBe('identity');
      response.setHeader('content-encoding', 'gzip').end(gzipSync(`say ${SECRET}`));
    };
    const reply = await get('http://api.example.com:TLS/', {
      headers: { ...headers, 'Accept-Encoding': 'gzip' },
    });
    expect(reply.body).toBe('say [secret]');
    expect(reply.headers).not.toHaveProperty('content-encoding');
  });

  it('changes nothing in bytes that it is not in', async () => {
    const bytes = Buffer.from(Array.from({ length: 70_000 }, (_, at) => at % 256));
    handler = (_, response) => response.end(bytes);
    const path = ported('http://api.example.com:TLS/');
    const got = await new Promise<Buffer>((resolve, reject) => {
      const host = ported('api.example.com:TLS');
      const sent = httpRequest({ socketPath: socket, path, headers: { ...headers, host } });
      sent.on('error', reject);
      sent.on('response', (answer) => {
        answer.toArray().then((pieces) => resolve(Buffer.concat(pieces)), reject);
      });
      sent.end();
    });
    expect(got.equals(bytes)).toBe(true);
  });
});

describe('a proxy that is closed', () => {
  it('ends what goes on, and records it', async () => {
    const begun = Promise.withResolvers<void>();
    handler = (_, response) => {
      response.write('a');
      begun.resolve();
    };
    const cut = get('http://api.example.com:API/').catch((error) => error);
    const { socket: open } = await tunnel('api.example.com:API');
    const ended = textFrom(open);
    await begun.promise;
    await proxy.close();
    expect(await cut).toBeInstanceOf(Error);
    await ended;
    expect(records.map(({ method }) => method).sort()).toEqual(['CONNECT', 'GET']);
    expect(existsSync(socket)).toBe(false);
  });

  it('does not wait for a name that is looked up for ever', async () => {
    const asked: string[] = [];
    const forever = (name: string) => {
      asked.push(name);
      return new Promise<never>(() => {});
    };
    await proxy.close();
    const hosts = ['slow.test'];
    const record = (entry: ProxyRecord) => records.push(entry);
    proxy = await nodeNetwork({ lookup: forever }).proxy({ socket, hosts, record });
    const failed = get('http://slow.test/').catch((error) => error);
    const cut = tunnel('slow.test:443').catch((error) => error);
    await vi.waitUntil(() => asked.length === 2);
    await proxy.close();
    expect([await failed, await cut].map((error) => error instanceof Error)).toEqual([true, true]);
    expect(records).toMatchObject([{ problem: GONE }, { problem: GONE }]);
  });

  it('may be closed twice', async () => {
    await proxy.close();
    await proxy.close();
  });

  it('is told of a program that went away', async () => {
    const begun = Promise.withResolvers<void>();
    const gone = Promise.withResolvers<void>();
    handler = (request) => {
      request.socket.once('close', () => gone.resolve());
      begun.resolve();
    };
    const sent = httpRequest({
      socketPath: socket,
      path: ported('http://api.example.com:API/'),
      headers: { host: ported('api.example.com:API') },
    });
    sent.on('error', () => {});
    sent.end();
    await begun.promise;
    sent.destroy();
    await gone.promise;
    await proxy.close();
    expect(records).toMatchObject([{ problem: 'the program went away' }]);
  });
});
