import type { IncomingMessage, ServerResponse } from 'node:http';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/base/json.ts';
import type { ToolResult } from '../../src/ports/tool.ts';
import { makeCertificate } from '../effects/guarded/certificate.ts';
import { type Listening, names, serve, sink } from '../effects/guarded/support.ts';
import { type Bench, makeBench } from './bench.ts';
import { type Refusal, type WebOptions, webContext } from './web-bench.ts';

const certificate = makeCertificate(['api.example.com', 'other.example.com']);
const SECRET = 'tk-8f3k2m5q9w';
let handler: (request: IncomingMessage, response: ServerResponse) => void;
let bench: Bench;
let api: Listening;
let secure: Listening;
let hole: Listening;
let refusals: Refusal[];

const lookup = names({
  'api.example.com': ['127.0.0.1'],
  'other.example.com': ['127.0.0.1'],
  'private.example.com': ['127.0.0.1'],
  'evil.test': ['127.0.0.1'],
});

beforeAll(async () => {
  bench = makeBench();
  api = await serve((request, response) => handler(request, response));
  secure = await serve((request, response) => handler(request, response), certificate);
  hole = await sink();
  setDefaultCACertificates([...getCACertificates('default'), certificate.cert]);
});
afterAll(async () => {
  for (const server of [api, secure, hole]) await server[Symbol.asyncDispose]();
  bench.clear();
});
beforeEach(() => {
  refusals = [];
  lookup.asked.length = 0;
  handler = (_, response) => response.end('hello');
});

const ported = (text: string): string =>
  text
    .replaceAll(':API', `:${api.port}`)
    .replaceAll(':TLS', `:${secure.port}`)
    .replaceAll(':HOLE', `:${hole.port}`);

const HOSTS = ['api.example.com:API', 'api.example.com:TLS', 'other.example.com:TLS'];
const ADDRESSES = ['127.0.0.1:API', '127.0.0.1:TLS'];

/** Makes the call as the runtime does: what is thrown comes back as a result with its code. */
async function ask(args: JsonObject, options: WebOptions = {}): Promise<ToolResult> {
  const hosts = [...HOSTS, ...ADDRESSES].map(ported);
  const url = typeof args.url === 'string' ? ported(args.url) : 'http://127.0.0.1/';
  const context = webContext({ hosts, lookup, refusals, ...options });
  try {
    return await bench.call('http.request', { ...args, url }, context);
  } catch (error) {
    const { code, message } = error as { code: string; message: string };
    return { ok: false, status: 0, data: { code }, error: message };
  }
}

/** A server that shows what it was asked. */
const echo = (request: IncomingMessage, response: ServerResponse): void => {
  const { method, url, headers } = request;
  response.setHeader('content-type', 'application/json');
  response.write(JSON.stringify({ method, url, headers }));
  request.pipe(response);
};

describe('http.request', () => {
  it('gives status, headers, body and where it came from', async () => {
    handler = (_, response) => {
      response.writeHead(201, { 'content-type': 'text/plain', 'x-two': ['a', 'b'] });
      response.end('größe');
    };
    expect(await ask({ url: 'http://api.example.com:API/a?b=1#c' })).toEqual({
      ok: true,
      status: 200,
      data: {
        status_code: 201,
        url: ported('http://api.example.com:API/a?b=1'),
        headers: expect.objectContaining({ 'content-type': 'text/plain', 'x-two': 'a, b' }),
        body: 'größe',
        size: 7,
        truncated: false,
      },
    });
    expect(refusals).toEqual([]);
  });

  it('leaves headers out that would reach the prototype of an object', async () => {
    handler = (_, response) => {
      response.writeHead(200, { constructor: 'a', __proto__x: 'b', 'x-a': 'c' });
      response.end();
    };
    const { data } = await ask({ url: 'http://api.example.com:API/' });
    const { headers } = data as { headers: JsonObject };
    expect(Object.keys(headers)).not.toContain('constructor');
    expect(headers).toMatchObject({ __proto__x: 'b', 'x-a': 'c' });
  });

  it.each([400, 401, 404, 429, 500, 503])('takes %d for an answer', async (status) => {
    handler = (_, response) => response.writeHead(status).end('why');
    const result = await ask({ url: 'http://api.example.com:API/' });
    expect(result).toMatchObject({ ok: true, data: { status_code: status, body: 'why' } });
  });

  it.each(['POST', 'put', 'PATCH', 'DELETE', 'OPTIONS'])('sends a body by %s', async (method) => {
    handler = echo;
    const headers = { 'X-Key': 'k', 'content-type': 'text/x' };
    const url = 'http://api.example.com:API/';
    const { data } = await ask({ url, method, headers, body: 'dätä' });
    const { body } = data as { body: string };
    expect(body).toContain(`"method":"${method.toUpperCase()}"`);
    expect(body).toContain('"x-key":"k"');
    expect(body).toMatch(/dätä$/);
  });

  it('asks for headers alone by HEAD', async () => {
    handler = (_, response) => response.writeHead(200, { 'x-a': 'b' }).end();
    const { data } = await ask({ url: 'http://api.example.com:API/', method: 'HEAD' });
    expect(data).toMatchObject({ headers: { 'x-a': 'b' }, body: '', size: 0 });
  });

  it.each([
    ['its label', 'text/plain; charset=iso-8859-1', Buffer.from('maß', 'latin1'), 'maß'],
    ['its label in quotes', 'text/plain; charset="UTF-16LE"', Buffer.from('maß', 'utf16le'), 'maß'],
    ['what is in it', 'text/plain', Buffer.from('maß und größe', 'latin1'), 'maß und größe'],
    ['what is in it, for a label nobody knows', 'text/x; charset=x-y', Buffer.from('maß'), 'maß'],
  ])('reads a text by %s', async (_, type, bytes, text) => {
    handler = (_, response) => response.writeHead(200, { 'content-type': type }).end(bytes);
    const { data } = await ask({ url: 'http://api.example.com:API/' });
    expect(data).toMatchObject({ body: text });
  });

  it('gives a binary body in base64', async () => {
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, index) => index));
    handler = (_, response) => response.end(bytes);
    const { data } = await ask({ url: 'http://api.example.com:API/' });
    const encoded = { body: bytes.toString('base64'), encoding: 'base64' };
    expect(data).toMatchObject({ ...encoded, size: 256, truncated: false });
  });

  it.each([
    ['text', Buffer.from('x😀'.repeat(60_000))],
    ['binary data', Buffer.alloc(200_000)],
  ])('cuts long %s after 100,000 characters', async (_, bytes) => {
    handler = (_, response) => response.end(bytes);
    const { data } = await ask({ url: 'http://api.example.com:API/' });
    const { body, size, truncated } = data as { body: string; size: number; truncated: boolean };
    expect(truncated).toBe(true);
    expect(size).toBe(bytes.length);
    expect(body.length).toBeLessThanOrEqual(100_000);
    expect(body.length).toBeGreaterThan(99_990);
    expect(body.isWellFormed()).toBe(true);
  });

  it('unpacks what is compressed, and refuses what is a bomb', async () => {
    const send = (bytes: Uint8Array): void => {
      handler = (_, response) => response.setHeader('content-encoding', 'gzip').end(bytes);
    };
    send(gzipSync('hello'));
    expect((await ask({ url: 'http://api.example.com:API/' })).data).toMatchObject({
      body: 'hello',
    });
    send(gzipSync(Buffer.alloc(50_000_000)));
    expect((await ask({ url: 'http://api.example.com:API/' })).data).toEqual({
      code: 'network/too-large',
    });
  });

  it('gives up after the time that was asked for, or that is left', async () => {
    handler = () => {};
    const url = 'http://api.example.com:API/';
    expect((await ask({ url, timeout: 0.05 })).data).toEqual({ code: 'network/timeout' });
    expect((await ask({ url }, { timeoutMs: 50 })).data).toEqual({ code: 'network/timeout' });
  });

  it('ends when the call is cancelled', async () => {
    const cancel = new AbortController();
    handler = () => cancel.abort(new Error('cancelled'));
    const result = await ask({ url: 'http://api.example.com:API/' }, { signal: cancel.signal });
    expect(result.error).toBe('cancelled');
  });

  it('says that nobody answers', async () => {
    const result = await ask({ url: 'http://127.0.0.1:1/' }, { hosts: ['127.0.0.1:1'] });
    expect(result.data).toEqual({ code: 'network/unreachable' });
    expect(refusals).toEqual([]);
  });

  it('goes nowhere without a list of hosts, and says how to get one', async () => {
    const context = webContext({ hosts: [], lookup, refusals });
    const call = bench.call('http.request', { url: ported('http://127.0.0.1:HOLE/') }, context);
    await expect(call).rejects.toMatchObject({
      code: 'network/denied',
      hint: expect.stringContaining('--allow-host HOST'),
    });
    expect(refusals).toEqual([{ reason: expect.any(String), kind: 'network.denied' }]);
    expect(hole.connections).toBe(0);
  });

  it.each(['CONNECT', 'TRACE', 'GET / HTTP/1.1', ''])('refuses the method %j', async (method) => {
    const result = await ask({ url: 'http://api.example.com:API/', method });
    expect(result).toMatchObject({ status: 400, error: expect.stringContaining('OPTIONS') });
  });

  it.each(['GET', 'HEAD'])('refuses a %s with a body', async (method) => {
    const result = await ask({ url: 'http://api.example.com:API/', method, body: 'x' });
    expect(result).toMatchObject({ status: 400 });
  });
});

describe('an address that a run may not reach', () => {
  it.each([
    ['75', 'http://api.example.com@evil.test:HOLE/'],
    ['75', 'http://api.example.com:80@169.254.169.254:HOLE/'],
    ['76', 'http://evil.test:HOLE\\@api.example.com/'],
    ['77', 'http://evil.test:HOLE#@api.example.com:API/'],
    ['77', 'http://evil.test:HOLE?.api.example.com'],
    ['78', 'http://api.example.com.evil.test:HOLE/'],
    ['78', 'http://api.example.com%2eevil.test:HOLE/'],
    ['78', 'http://notapi.example.com:API/'],
    ['81', 'http://аpi.example.com:HOLE/'],
    ['82', 'http://0x7f.1:HOLE/'],
    ['82', 'http://2130706433:HOLE/'],
    ['82', 'http://①②⑦.⓪.⓪.①:HOLE/'],
    ['82', 'http://0:HOLE/'],
    ['83', 'http://[::1]:HOLE/'],
    ['83', 'http://[::ffff:127.0.0.1]:HOLE/'],
    ['83', 'http://[fe80::1%25eth0]:HOLE/'],
    ['84', 'http:169.254.169.254'],
    ['84', 'http:/\\169.254.169.254'],
    ['85', 'http://localhost.:HOLE/'],
    ['85', 'http://metadata.google.internal/'],
    ['89', 'http://api.example.com:22/'],
    ['90', 'file:///etc/passwd'],
    ['90', 'ftp://api.example.com/'],
    ['90', 'data:text/plain,x'],
    ['90', 'blob:http://api.example.com/x'],
    ['90', 'ws://api.example.com:API/'],
    ['90', 'jar:http://api.example.com!/'],
    ['91', 'http://127.0.0.1:8420/'],
    ['91', 'unix:///run/docker.sock'],
    ['', 'api.example.com'],
  ])('row %s: is refused and noted once: %s', async (_, url) => {
    expect((await ask({ url })).data).toEqual({ code: 'network/denied' });
    expect(refusals).toEqual([{ reason: expect.any(String), kind: 'network.denied' }]);
    expect(lookup.asked).toEqual([]);
    expect(hole.connections).toBe(0);
  });

  it('row 86: is refused when a name of the list leads to it', async () => {
    const options = { hosts: [ported('private.example.com:HOLE')] };
    const result = await ask({ url: 'http://private.example.com:HOLE/' }, options);
    expect(result.data).toEqual({ code: 'network/denied' });
    expect(refusals).toHaveLength(1);
    expect(hole.connections).toBe(0);
  });

  it.each([
    'http://127.0.0.1:HOLE/',
    'http://evil.test:HOLE/',
    'http://169.254.169.254/',
    'file:///etc/passwd',
  ])('row 88: is refused when an allowed host leads to %s', async (location) => {
    handler = (_, response) => response.writeHead(302, { location: ported(location) }).end();
    const result = await ask({ url: 'http://api.example.com:API/' });
    expect(result.data).toEqual({ code: 'network/denied' });
    expect(refusals).toHaveLength(1);
    expect(hole.connections).toBe(0);
  });

  it.each([
    ['76', 'http://api.example.com:API\\@evil.test/'],
    ['79', 'http://API.EXAMPLE.COM.:API/'],
    ['80', 'http://api。example。com:API/'],
    ['80', 'http://api.exa\tmple.com:API/'],
  ])('row %s: is not one that is only written in another way: %s', async (_, url) => {
    expect((await ask({ url })).data).toMatchObject({ body: 'hello' });
  });
});

describe('headers that change the meaning of a request', () => {
  it.each([
    ['a line end in a value', { 'X-A': 'a\r\nHost: evil.test' }],
    ['half a line end in a value', { 'X-A': 'a\nb' }],
    ['a zero in a value', { 'X-A': 'a\0b' }],
    ['a value beyond one byte', { 'X-A': '嘊' }],
    ['a line end in a name', { 'X-A\r\nX-B': 'a' }],
    ['an empty name', { '': 'a' }],
    ['two of one name', { 'X-A': 'a', 'x-a': 'b' }],
    ['another host', { Host: 'evil.test' }],
    ['a coding', { 'Transfer-Encoding': 'chunked' }],
    ['a length', { 'content-length': '5' }],
    ['words for proxies', { 'Proxy-Authorization': 'Basic x' }],
    ['another protocol', { Upgrade: 'websocket' }],
    ['the connection', { Connection: 'X-A' }],
    ['a wait', { Expect: '100-continue' }],
    ['trailers', { TE: 'trailers' }],
  ])('row 92: are refused and noted: %s', async (_, headers) => {
    const before = api.connections;
    const result = await ask({
      url: 'http://api.example.com:API/',
      headers: headers as unknown as JsonObject,
    });
    expect(result).toMatchObject({ ok: false, status: 400, error: expect.any(String) });
    expect(refusals).toEqual([{ reason: expect.any(String), kind: 'input.refused' }]);
    expect(api.connections).toBe(before);
  });
});

describe('a secret', () => {
  const granted = {
    secrets: {
      'KEY api.example.com': SECRET,
      'KEY 127.0.0.1': SECRET,
      'BAD api.example.com': 'a\r\nb: c',
      'BASE other.example.com': SECRET,
    },
  };
  const shown = (result: ToolResult): string => JSON.stringify(result);
  let seen: IncomingMessage['headers'][];

  beforeEach(() => {
    seen = [];
    handler = (request, response) => {
      seen.push(request.headers);
      echo(request, response);
    };
  });

  it.each([
    ['https://api.example.com:TLS/', 'Bearer secret://KEY', `Bearer ${SECRET}`],
    ['http://127.0.0.1:API/', 'secret://KEY', SECRET],
    ['https://api.example.com:TLS/', 'a=secret://KEY; b=secret://KEY', `a=${SECRET}; b=${SECRET}`],
  ])('goes to the host that it was granted for: %s %s', async (url, value, sent) => {
    const result = await ask({ url, headers: { Authorization: value } }, granted);
    expect(result.ok).toBe(true);
    expect(seen[0]?.authorization).toBe(sent);
    expect(shown(result)).not.toContain(SECRET);
    expect(shown(result)).toContain('[secret]');
    expect(refusals).toEqual([]);
  });

  it.each([
    'Basic user:secret://KEY',
    `Basic ${Buffer.from('user:secret://KEY').toString('base64')}`,
  ])('is put into the Basic scheme: %s', async (value) => {
    const url = 'https://api.example.com:TLS/';
    const result = await ask({ url, headers: { authorization: value } }, granted);
    const pair = Buffer.from(`user:${SECRET}`).toString('base64');
    expect(seen[0]?.authorization).toBe(`Basic ${pair}`);
    expect(shown(result)).not.toContain(pair);
  });

  it.each([
    ['a redirect', { location: `/x?${SECRET}` }, ''],
    ['a header', { 'x-a': SECRET }, ''],
    ['a body, percent-coded', {}, encodeURIComponent(`${SECRET}&`)],
    ['a body in base64', {}, Buffer.from(SECRET).toString('base64')],
    ['a body in hexadecimal', {}, Buffer.from(SECRET).toString('hex')],
    ['a binary body', {}, `\0\0${SECRET}`],
    ['a body where it is cut', {}, `${'x'.repeat(99_995)}${SECRET}`],
  ])('that comes back in %s is not shown', async (_, headers, body) => {
    handler = (request, response) => {
      const first = request.url === '/' && 'location' in headers;
      response.writeHead(first ? 302 : 200, headers).end(body);
    };
    const url = 'https://api.example.com:TLS/';
    const result = await ask({ url, headers: { 'x-key': 'secret://KEY' } }, granted);
    expect(result.ok).toBe(true);
    const { body: text, url: from } = result.data as { body: string; url: string };
    const all = `${shown(result)} ${Buffer.from(text, 'base64').toString('latin1')} ${from}`;
    for (const coding of ['utf8', 'base64', 'hex'] as const) {
      expect(all).not.toContain(Buffer.from(SECRET).toString(coding).replace(/=+$/, ''));
    }
    expect(text).not.toContain(SECRET.slice(0, 5));
  });

  it.each([
    ['the host of an address', { url: 'https://secret://KEY.example.com:TLS/' }],
    ['the path of an address', { url: 'https://api.example.com:TLS/secret://KEY' }],
    ['an address, percent-coded', { url: 'https://api.example.com:TLS/?a=secret%3A%2F%2FKEY' }],
    ['a fragment', { url: 'https://api.example.com:TLS/#SECRET://KEY' }],
    ['a body', { method: 'POST', body: '{"a":"secret://KEY"}' }],
    ['a name of a header', { headers: { 'secret://KEY': 'a' } }],
    ['a header that goes along to others', { headers: { 'User-Agent': 'secret://KEY' } }],
    ['a header of no secret', { headers: { 'x-a': 'secret://NONE' } }],
    ['a header without a name', { headers: { 'x-a': 'secret://' } }],
    ['a header in capitals', { headers: { 'x-a': 'Secret://KEY' } }],
    ['a header that it does not fit', { headers: { 'x-a': 'secret://BAD' } }],
    ['a header for another host', { headers: { 'x-a': 'secret://BASE' } }],
    ['plain http', { url: 'http://api.example.com:API/', headers: { 'x-a': 'secret://KEY' } }],
  ])('row 124: is refused in %s', async (where, args) => {
    const before = api.connections + secure.connections;
    const url = 'https://api.example.com:TLS/';
    const result = await ask({ url, ...(args as JsonObject) }, granted);
    if (where === 'a name of a header') expect(result.status).toBe(400);
    else {
      expect(result.data).toEqual({ code: 'network/denied' });
      expect(refusals).toEqual([{ reason: expect.any(String), kind: 'secret.leak_prevented' }]);
    }
    expect(refusals).toHaveLength(1);
    expect(shown(result)).not.toContain(SECRET);
    expect(api.connections + secure.connections).toBe(before);
  });

  it.each(['https://other.example.com:TLS/end', 'https://127.0.0.1:TLS/end'])(
    'row 88: does not follow a redirect to %s',
    async (location) => {
      handler = (request, response) => {
        seen.push(request.headers);
        const isFirst = request.url === '/';
        response.writeHead(isFirst ? 307 : 200, { location: ported(location) }).end();
      };
      const headers = { authorization: 'Bearer secret://KEY', 'x-api-key': 'secret://KEY' };
      await ask({ url: 'https://api.example.com:TLS/', headers }, granted);
      expect(seen[0]?.authorization).toBe(`Bearer ${SECRET}`);
      expect(JSON.stringify(seen.slice(1))).not.toContain(SECRET);
    },
  );

  it('cannot stand in any header that goes along to another host', async () => {
    handler = (request, response) => {
      seen.push(request.headers);
      const location = ported('https://other.example.com:TLS/end');
      response.writeHead(request.url === '/' ? 302 : 200, { location }).end();
    };
    const common = 'accept accept-encoding accept-language cache-control content-type'.split(' ');
    const more = 'if-modified-since if-none-match range user-agent referer origin x-a'.split(' ');
    const sent = [...common, ...more];
    const url = 'https://api.example.com:TLS/';
    await ask({ url, headers: Object.fromEntries(sent.map((name) => [name, 'text'])) });
    const along = sent.filter((name) => seen[1]?.[name] === 'text');
    expect(along).toContain('user-agent');
    for (const name of along) {
      const result = await ask({ url, headers: { [name]: 'secret://KEY' } }, granted);
      expect(result.data).toEqual({ code: 'network/denied' });
    }
  });
});
