import type { IncomingMessage, ServerResponse } from 'node:http';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { promisify } from 'node:util';
import { brotliCompress, deflate, deflateRaw, gzip, zstdCompress } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { nodeNetwork } from '../../../src/effects/network.ts';
import type { GuardedRequest, GuardedResponse } from '../../../src/ports/effects.ts';
import { makeCertificate } from './certificate.ts';
import { type Listening, names, serve, serveBytes, sink } from './support.ts';

const certificate = makeCertificate(['api.example.com', '127.0.0.1']);
let handler: (request: IncomingMessage, response: ServerResponse) => void;
let api: Listening;
let secure: Listening;
let hole: Listening;

/** Names that lead to this machine, where the list allows some ports. */
const lookup = names({
  'api.example.com': ['127.0.0.1'],
  'api.example.com.evil.test': ['127.0.0.1'],
  'xn--pi-6kc.example.com': ['127.0.0.1'],
  'other.example.com': ['127.0.0.1'],
  'evil.test': ['127.0.0.1'],
});

beforeAll(async () => {
  api = await serve((request, response) => handler(request, response));
  secure = await serve((request, response) => handler(request, response), certificate);
  hole = await sink();
  setDefaultCACertificates([...getCACertificates('default'), certificate.cert]);
});
afterAll(async () => {
  for (const server of [api, secure, hole]) await server[Symbol.asyncDispose]();
});
beforeEach(() => {
  handler = (_, response) => response.end('hello');
  lookup.asked.length = 0;
});

/** What one workflow may reach: one name, on the ports of our two servers. */
const allowed = (): string[] =>
  [api.port, secure.port].flatMap((port) => [`api.example.com:${port}`, `127.0.0.1:${port}`]);

/** Asks; `API`, `TLS` and `HOLE` in an address stand for ports. */
function ask(url: string, more: Partial<GuardedRequest> = {}): Promise<GuardedResponse> {
  const request = { hosts: allowed(), timeoutMs: 10_000, maxBytes: 100_000, ...more };
  return nodeNetwork({ lookup }).request({ ...request, url: ported(url) });
}

const ported = (text: string): string =>
  text
    .replaceAll(':API', `:${api.port}`)
    .replaceAll(':TLS', `:${secure.port}`)
    .replaceAll(':HOLE', `:${hole.port}`);

const textOf = ({ body }: GuardedResponse): string => Buffer.from(body).toString();

describe('a guarded request', () => {
  it('brings back status, headers and body', async () => {
    handler = (request, response) => {
      response.writeHead(201, { 'X-Two': ['a', 'b'], 'content-type': 'text/plain' });
      response.end(`${request.method} ${request.url} ${request.headers.host}`);
    };
    const answer = await ask('http://api.example.com:API/a?b=1#c');
    expect(textOf(answer)).toBe(ported('GET /a?b=1 api.example.com:API'));
    expect(answer).toMatchObject({
      url: ported('http://api.example.com:API/a?b=1'),
      status: 201,
      headers: { 'x-two': 'a, b', 'content-type': 'text/plain' },
    });
  });

  it('sends method, headers and body', async () => {
    handler = (request, response) => {
      const { 'x-key': key, 'content-length': length } = request.headers;
      response.write(`${request.method} ${key} ${length} `);
      request.pipe(response);
    };
    const body = Buffer.from('data');
    const more = { method: 'post', headers: { 'X-Key': 'k' }, body };
    expect(textOf(await ask('http://api.example.com:API/', more))).toBe('POST k 4 data');
  });

  it('gives an answer of any status', async () => {
    handler = (_, response) => response.writeHead(503).end('busy');
    expect(await ask('http://api.example.com:API/')).toMatchObject({ status: 503 });
  });

  it('looks a name up once and connects to what was checked', async () => {
    await ask('http://api.example.com:API/');
    expect(lookup.asked).toEqual(['api.example.com']);
  });

  it('goes over TLS to a server that proves its name', async () => {
    expect(textOf(await ask('https://api.example.com:TLS/'))).toBe('hello');
    expect(textOf(await ask('https://127.0.0.1:TLS/'))).toBe('hello');
  });

  it.each([
    ['https://other.example.com:TLS/', ['other.example.com:TLS', '127.0.0.1:TLS']],
    ['https://api.example.com:API/', ['api.example.com:API', '127.0.0.1:API']],
  ])('row 93: is refused where TLS cannot be proven: %s', async (url, hosts) => {
    process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0';
    try {
      const failed = ask(url, { hosts: hosts.map(ported) });
      await expect(failed).rejects.toMatchObject({ code: 'network/unreachable' });
    } finally {
      delete process.env.NODE_TLS_REJECT_UNAUTHORIZED;
    }
  });

  it('row 95: does not read proxies from the environment', async () => {
    const before = { ...process.env };
    Object.assign(process.env, {
      HTTP_PROXY: ported('http://127.0.0.1:HOLE'),
      http_proxy: ported('http://127.0.0.1:HOLE'),
      NODE_USE_ENV_PROXY: '1',
    });
    try {
      expect(textOf(await ask('http://api.example.com:API/'))).toBe('hello');
    } finally {
      process.env = before;
    }
    expect(hole.connections).toBe(0);
  });
});

describe('an address that is not allowed', () => {
  it.each([
    ['75', 'http://api.example.com@evil.test:HOLE/'],
    ['75', 'http://api.example.com:80@169.254.169.254:HOLE/'],
    ['75', 'http://user:password@api.example.com:API/'],
    ['76', 'http://evil.test:HOLE\\@api.example.com/'],
    ['77', 'http://evil.test:HOLE#@api.example.com:API/'],
    ['77', 'http://evil.test:HOLE?.api.example.com'],
    ['78', 'http://api.example.com.evil.test:HOLE/'],
    ['78', 'http://api.example.com%2eevil.test:HOLE/'],
    ['78', 'http://notapi.example.com:API/'],
    ['78', 'http://xapi.example.com:API/'],
    ['81', 'http://аpi.example.com:HOLE/'],
    ['82', 'http://0x7f.1:HOLE/'],
    ['82', 'http://2130706433:HOLE/'],
    ['82', 'http://0177.0.0.1:HOLE/'],
    ['82', 'http://127.1:HOLE/'],
    ['82', 'http://017700000001:HOLE/'],
    ['82', 'http://①②⑦.⓪.⓪.①:HOLE/'],
    ['82', 'http://0:HOLE/'],
    ['83', 'http://[::1]:HOLE/'],
    ['83', 'http://[::]:HOLE/'],
    ['83', 'http://[::ffff:127.0.0.1]:HOLE/'],
    ['83', 'http://[64:ff9b::a9fe:a9fe]:HOLE/'],
    ['83', 'http://[fe80::1%25eth0]:HOLE/'],
    ['83', 'http://[fd00::1]:HOLE/'],
    ['84', 'http:169.254.169.254'],
    ['84', 'http:/\\169.254.169.254'],
    ['85', 'http://localhost.:HOLE/'],
    ['85', 'http://a.localhost:HOLE/'],
    ['85', 'http://metadata.google.internal/'],
    ['89', 'http://api.example.com:22/'],
    ['89', 'http://api.example.com:6379/'],
    ['90', 'file:///etc/passwd'],
    ['90', 'ftp://api.example.com/'],
    ['90', 'gopher://api.example.com/'],
    ['90', 'data:text/plain,x'],
    ['90', 'blob:http://api.example.com/x'],
    ['90', 'ws://api.example.com:API/'],
    ['90', 'dict://api.example.com/'],
    ['90', 'jar:http://api.example.com!/'],
    ['91', 'http://127.0.0.1:8420/'],
    ['91', 'unix:///run/docker.sock'],
    ['', 'api.example.com'],
    ['', ''],
    ['', `http://api.example.com:API/${'a'.repeat(20_000)}`],
  ])('row %s: is refused before anything is looked up or connected to: %s', async (_, url) => {
    await expect(ask(url)).rejects.toMatchObject({ code: 'network/denied' });
    expect(lookup.asked).toEqual([]);
    expect(hole.connections).toBe(0);
  });

  it.each(['*', '*:HOLE'])('is refused on this machine although the list has %s', async (entry) => {
    const hosts = [ported(entry)];
    for (const host of ['127.1', '[::1]', '0x7f000001', '[::ffff:7f00:1]', '0']) {
      const failed = ask(`http://${host}:HOLE/`, { hosts });
      await expect(failed).rejects.toMatchObject({ code: 'network/denied' });
    }
    expect(hole.connections).toBe(0);
  });

  it('is told with the list, so that the reader knows what is allowed', async () => {
    const failed = ask('http://evil.test/', { hosts: ['a.test', 'b.test'] });
    await expect(failed).rejects.toThrow(
      'evil.test:80 is not on the list of hosts: a.test, b.test',
    );
    await expect(ask('http://evil.test/', { hosts: [] })).rejects.toThrow('it is empty');
    const many = ['a.test', 'b.test', 'c.test', 'd.test', 'e.test', 'f.test'];
    await expect(ask('http://evil.test/', { hosts: many })).rejects.toThrow('e.test, and 1 more');
  });
});

describe('an address that is allowed in another spelling', () => {
  it.each([
    ['76', 'http://api.example.com:API\\@evil.test/'],
    ['79', 'http://API.EXAMPLE.COM.:API/'],
    ['80', 'http://api。example。com:API/'],
    ['80', 'http://api.exa\tmple.com:API/'],
  ])('row %s: is the same address: %s', async (_, url) => {
    expect(textOf(await ask(url))).toBe('hello');
    expect(lookup.asked).toEqual(['api.example.com']);
  });
});

describe('a name', () => {
  it.each([
    ['this machine', ['127.0.0.1']],
    ['this machine, in IPv6', ['::1']],
    ['this machine, in IPv4 inside of IPv6', ['::ffff:127.0.0.1']],
    ['the unspecified address', ['0.0.0.0']],
    ['a private network', ['10.1.2.3']],
    ['another private network', ['192.168.1.1']],
    ['a shared network', ['100.64.0.1']],
    ['a metadata service', ['169.254.169.254']],
    ['a metadata service, translated', ['64:ff9b::a9fe:a9fe']],
    ['a local network of IPv6', ['fd00::1']],
    ['a group of machines', ['224.0.0.1']],
    ['a public and a private address', ['8.8.8.8', '127.0.0.1']],
    ['a public IPv4 and a private IPv6 address', ['8.8.8.8', 'fd00::1']],
    ['an address with a zone', ['fe80::1%lo']],
    ['something that is no address', ['8.8.8.8', '/run/docker.sock']],
  ])('row 86: that leads to %s is refused', async (_, found) => {
    const resolve = names({ 'trap.example.com': found });
    const failed = nodeNetwork({ lookup: resolve }).request({
      url: ported('http://trap.example.com:HOLE/'),
      hosts: ['*', '*:1', ported('*:HOLE'), ported('trap.example.com:HOLE'), '127.0.0.1:1'],
      timeoutMs: 5000,
      maxBytes: 100,
    });
    await expect(failed).rejects.toMatchObject({ code: 'network/denied' });
    expect(resolve.asked).toEqual(['trap.example.com']);
    expect(hole.connections).toBe(0);
  });

  it('row 87: that says something else the second time is connected to where it was checked', async () => {
    const answers = [['127.0.0.1'], ['127.0.0.2']];
    const asked: string[] = [];
    const lookup = async (name: string) => {
      asked.push(name);
      return answers.shift() ?? ['127.0.0.2'];
    };
    const url = ported('http://rebinding.test:API/');
    const hosts = ['rebinding.test:API', '127.0.0.1:API'].map(ported);
    const network = nodeNetwork({ lookup });
    const request = { url, hosts, timeoutMs: 5000, maxBytes: 100 };
    expect(textOf(await network.request(request))).toBe('hello');
    expect(asked).toHaveLength(1);
    // A second request is a second look-up, and is checked anew.
    await expect(network.request(request)).rejects.toMatchObject({ code: 'network/denied' });
  });

  it('row 87: that turns private is refused, whatever it said before', async () => {
    let turn = 0;
    const lookup = async () => (turn++ === 0 ? ['8.8.8.8'] : ['127.0.0.1']);
    const request = {
      url: ported('http://rebinding.test:HOLE/'),
      hosts: [ported('rebinding.test:HOLE')],
      timeoutMs: 100,
      maxBytes: 100,
    };
    const network = nodeNetwork({ lookup });
    await expect(network.request(request)).rejects.toMatchObject({
      code: expect.stringMatching(/^network\/(?:timeout|unreachable)$/),
    });
    expect(turn).toBe(1);
    await expect(network.request(request)).rejects.toMatchObject({ code: 'network/denied' });
    expect(hole.connections).toBe(0);
  });

  it.each([
    ['does not exist', 'http://nowhere.example.com:API/', /no such name/],
    ['has no address', 'http://empty.example.com:API/', /no address/],
  ])('that %s cannot be reached', async (_, url, sentence) => {
    const lookup = async (name: string) => {
      if (name.startsWith('empty')) return [];
      throw Object.assign(new Error('no'), { code: 'ENOTFOUND' });
    };
    const hosts = [ported('*.example.com:API')];
    const request = { url: ported(url), hosts, timeoutMs: 5000, maxBytes: 100 };
    await expect(nodeNetwork({ lookup }).request(request)).rejects.toMatchObject({
      code: 'network/unreachable',
      message: expect.stringMatching(sentence),
    });
  });

  it('is looked up by the machine itself when nothing else is said', async () => {
    const request = { url: ported('http://localhost:API/'), timeoutMs: 5000, maxBytes: 100 };
    const network = nodeNetwork();
    const hosts = [ported('localhost:API')];
    await expect(network.request({ ...request, hosts })).rejects.toMatchObject({
      code: 'network/denied',
    });
    hosts.push('127.0.0.0/8', '::1');
    expect(textOf(await network.request({ ...request, hosts }))).toBe('hello');
  });
});

describe('a redirect', () => {
  const lead = (status: number, location: string): void => {
    handler = (request, response) => {
      if (request.url === '/start')
        response.writeHead(status, { location: ported(location) }).end();
      else {
        const shown = { method: request.method, url: request.url, headers: request.headers };
        response.setHeader('content-type', 'application/json');
        response.end(JSON.stringify(shown));
      }
    };
  };
  const secrets = {
    Authorization: 'Bearer key',
    Cookie: 'a=b',
    'X-Api-Key': 'key',
    Accept: 'text/html',
  };
  const post = { method: 'POST', body: Buffer.from('data'), headers: secrets };

  it.each([301, 302, 303, 307, 308])('of %d is followed', async (status) => {
    lead(status, '/end?x=1');
    const answer = await ask('http://api.example.com:API/start');
    expect(answer).toMatchObject({
      status: 200,
      url: ported('http://api.example.com:API/end?x=1'),
    });
  });

  it.each([
    ['a private address', 'http://10.0.0.1/'],
    ['this machine', 'http://127.0.0.1:HOLE/'],
    ['this machine, in another spelling', 'http://0x7f.1:HOLE/'],
    ['a metadata service', 'http://169.254.169.254/latest'],
    ['another host', 'http://evil.test:HOLE/'],
    ['another host, with the scheme left out', '//evil.test:HOLE/'],
    ['a file', 'file:///etc/passwd'],
    ['a script', 'javascript:alert(1)'],
    ['another port', 'http://api.example.com:6379/'],
    ['a user and a password', 'http://a:b@api.example.com:API/'],
  ])('row 88: to %s is refused', async (_, location) => {
    for (const status of [301, 302, 303, 307, 308]) {
      lead(status, location);
      await expect(ask('http://api.example.com:API/start')).rejects.toMatchObject({
        code: 'network/denied',
      });
    }
    expect(hole.connections).toBe(0);
  });

  it('row 88: from https to http is refused', async () => {
    lead(302, 'http://api.example.com:API/');
    await expect(ask('https://api.example.com:TLS/start')).rejects.toThrow(/https to http/);
  });

  it('from http to https is followed', async () => {
    lead(302, 'https://api.example.com:TLS/end');
    expect(await ask('http://api.example.com:API/start')).toMatchObject({ status: 200 });
  });

  it('row 88: to another origin carries no secret along', async () => {
    lead(302, 'http://127.0.0.1:API/end');
    const answer = await ask('http://api.example.com:API/start', { headers: secrets });
    const { headers } = JSON.parse(textOf(answer));
    expect(headers).toMatchObject({ accept: 'text/html' });
    for (const name of ['authorization', 'cookie', 'x-api-key'])
      expect(headers[name]).toBe(undefined);
  });

  it('within an origin keeps all headers', async () => {
    lead(302, '/end');
    const answer = await ask('http://api.example.com:API/start', { headers: secrets });
    expect(JSON.parse(textOf(answer)).headers).toMatchObject({
      authorization: 'Bearer key',
      'x-api-key': 'key',
    });
  });

  it.each([
    [301, 'GET'],
    [302, 'GET'],
    [303, 'GET'],
    [307, 'POST'],
    [308, 'POST'],
  ])('of %d turns a POST into a %s', async (status, method) => {
    lead(status, '/end');
    const shown = JSON.parse(textOf(await ask('http://api.example.com:API/start', post)));
    expect(shown.method).toBe(method);
    expect(shown.headers['content-length']).toBe(method === 'GET' ? undefined : '4');
  });

  it('of 303 leaves a HEAD a HEAD', async () => {
    const seen: unknown[] = [];
    handler = ({ method, url }, response) => {
      seen.push(method);
      response.writeHead(url === '/start' ? 303 : 200, { location: '/end' }).end();
    };
    await ask('http://api.example.com:API/start', { method: 'HEAD' });
    expect(seen).toEqual(['HEAD', 'HEAD']);
  });

  it('of 307 never takes a body to another host', async () => {
    lead(307, 'http://127.0.0.1:API/end');
    await expect(ask('http://api.example.com:API/start', post)).rejects.toMatchObject({
      code: 'network/denied',
    });
  });

  it('row 88: without end is given up, after five or as many as are allowed', async () => {
    let count = 0;
    handler = (_, response) => {
      count++;
      response.writeHead(302, { location: `/${count}` }).end();
    };
    const ring = 'http://api.example.com:API/';
    await expect(ask(ring)).rejects.toMatchObject({ code: 'network/unreachable' });
    expect(count).toBe(6);
    count = 0;
    await expect(ask(ring, { maxRedirects: 0 })).rejects.toThrow(/more than 0 times/);
    expect(count).toBe(1);
  });

  it('without a place to go to is an answer', async () => {
    handler = (_, response) => response.writeHead(302).end('where?');
    expect(textOf(await ask('http://api.example.com:API/'))).toBe('where?');
  });

  it('to what is no address cannot be followed', async () => {
    lead(302, 'http://[');
    await expect(ask('http://api.example.com:API/start')).rejects.toThrow(/no address/);
  });

  it('row 88: in the text of a page is only text', async () => {
    const page = '<meta http-equiv="refresh" content="0;url=http://evil.test/">';
    handler = (_, response) => response.end(page);
    expect(textOf(await ask('http://api.example.com:API/'))).toBe(page);
  });
});

describe('a request that could be read as two', () => {
  it.each([
    ['a value with a line end', { 'X-A': 'a\r\nHost: evil.test' }],
    ['a value with half a line end', { 'X-A': 'a\nb' }],
    ['a value with a zero', { 'X-A': 'a\0b' }],
    ['a value beyond one byte', { 'X-A': '嘊' }],
    ['a name with a line end', { 'X-A\r\nX-B': 'a' }],
    ['a name with a space', { 'X A': 'a' }],
    ['an empty name', { '': 'a' }],
    ['another host', { Host: 'evil.test' }],
    ['a coding of its own', { 'Transfer-Encoding': 'chunked' }],
    ['a length of its own', { 'Content-Length': '5' }],
    ['words for proxies', { 'Proxy-Authorization': 'Basic x' }],
    ['another protocol', { Upgrade: 'websocket' }],
    ['the connection', { Connection: 'X-A' }],
  ])('row 92: is refused: %s', async (_, headers) => {
    const before = api.connections;
    const failed = ask('http://api.example.com:API/', {
      headers: headers as Record<string, string>,
    });
    await expect(failed).rejects.toMatchObject({ code: 'network/denied' });
    expect(api.connections).toBe(before);
  });

  it.each(['CONNECT', 'TRACE', 'GET /x HTTP/1.1\r\n', 'G ET', ''])(
    'row 92: is refused: the method %j',
    async (method) => {
      const failed = ask('http://api.example.com:API/', { method });
      await expect(failed).rejects.toMatchObject({ code: 'network/denied' });
    },
  );
});

describe('an answer', () => {
  const text = 'what was said '.repeat(50);
  const packers = {
    gzip: promisify(gzip),
    'x-gzip': promisify(gzip),
    deflate: promisify(deflate),
    br: promisify(brotliCompress),
    zstd: promisify(zstdCompress),
  };
  const send = (encoding: string, bytes: Uint8Array): void => {
    handler = (_, response) => {
      response.setHeader('content-encoding', encoding);
      response.end(bytes);
    };
  };

  it.each(Object.entries(packers))('is unpacked: %s', async (encoding, pack) => {
    send(encoding, await pack(text));
    expect(textOf(await ask('http://api.example.com:API/'))).toBe(text);
  });

  it('is unpacked when it is deflated without a frame, or packed twice', async () => {
    send('deflate', await promisify(deflateRaw)(text));
    expect(textOf(await ask('http://api.example.com:API/'))).toBe(text);
    send('gzip, BR', await packers.br(await packers.gzip(text)));
    expect(textOf(await ask('http://api.example.com:API/'))).toBe(text);
  });

  it.each(['HEAD', 'GET'])('to %s that is empty is not unpacked', async (method) => {
    handler = (_, response) => {
      response.writeHead(method === 'HEAD' ? 200 : 204, { 'content-encoding': 'gzip' }).end();
    };
    expect(textOf(await ask('http://api.example.com:API/', { method }))).toBe('');
  });

  it.each(Object.entries(packers))(
    'row 94: that is a bomb of %s is refused',
    async (encoding, pack) => {
      send(encoding, await pack(Buffer.alloc(50_000_000)));
      const failed = ask('http://api.example.com:API/');
      await expect(failed).rejects.toMatchObject({ code: 'network/too-large' });
    },
  );

  it.each(Object.entries(packers))('that is broken %s is refused', async (encoding, pack) => {
    const whole = await pack(text);
    for (const bytes of [whole.subarray(0, whole.length - 4), Buffer.from('no such thing')]) {
      send(encoding, bytes);
      const failed = ask('http://api.example.com:API/');
      await expect(failed).rejects.toMatchObject({ code: 'network/unreachable' });
    }
  });

  it.each(['compress', 'gzip, gzip, gzip'])('packed by %s is refused', async (encoding) => {
    send(encoding, Buffer.from(text));
    await expect(ask('http://api.example.com:API/')).rejects.toThrow(/compressed in a way/);
  });

  it('has as many bytes as are allowed, and no more', async () => {
    handler = (_, response) => response.end('12345');
    const url = 'http://api.example.com:API/';
    expect(textOf(await ask(url, { maxBytes: 5 }))).toBe('12345');
    await expect(ask(url, { maxBytes: 4 })).rejects.toMatchObject({ code: 'network/too-large' });
  });

  it('row 94: without end is cut off', async () => {
    handler = (_, response) => {
      const more = (): void => {
        while (!response.destroyed && response.write('x'.repeat(10_000)));
      };
      response.on('drain', more);
      more();
    };
    const failed = ask('http://api.example.com:API/');
    await expect(failed).rejects.toMatchObject({ code: 'network/too-large' });
  });

  it('row 94: that only drips is given up', async () => {
    handler = (_, response) => {
      const timer = setInterval(() => response.write('.'), 5);
      response.once('close', () => clearInterval(timer));
    };
    const failed = ask('http://api.example.com:API/', { timeoutMs: 100 });
    await expect(failed).rejects.toMatchObject({ code: 'network/timeout' });
  });

  it('row 94: that never comes is given up', async () => {
    handler = () => {};
    const failed = ask('http://api.example.com:API/', { timeoutMs: 50 });
    await expect(failed).rejects.toMatchObject({ code: 'network/timeout' });
  });

  it('row 94: is given up when redirects together take too long', async () => {
    handler = (_, response) => response.writeHead(302, { location: '/again' }).end();
    const failed = ask('http://api.example.com:API/', { timeoutMs: 100, maxRedirects: 1e9 });
    await expect(failed).rejects.toMatchObject({ code: 'network/timeout' });
  });

  it('is given up when a name is looked up for ever', async () => {
    const network = nodeNetwork({ lookup: () => new Promise(() => {}) });
    const request = { url: 'http://a.test/', hosts: ['a.test'], timeoutMs: 50, maxBytes: 1 };
    await expect(network.request(request)).rejects.toMatchObject({ code: 'network/timeout' });
  });

  const many = Array.from({ length: 100_000 }, (_, at) => `x-${at}: 1\r\n`).join('');
  it.each([
    ['100,000 headers', `HTTP/1.1 200 OK\r\n${many}\r\n`, 'too-large'],
    ['one endless header', `HTTP/1.1 200 OK\r\nx: ${'a'.repeat(1_000_000)}`, 'too-large'],
    [
      'an endless trailer',
      `HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n${many}`,
      'too-large',
    ],
    ['a body that stops early', 'HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n123', 'unreachable'],
    ['nothing', '', 'unreachable'],
    ['another language', 'SSH-2.0-OpenSSH_9.2\r\n', 'unreachable'],
    [
      'two lengths',
      'HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n12',
      'unreachable',
    ],
  ])('row 94: of %s is refused', async (_, bytes, what) => {
    await using server = await serveBytes(bytes);
    const { port } = server;
    const failed = ask(`http://127.0.0.1:${port}/`, { hosts: [`127.0.0.1:${port}`] });
    await expect(failed).rejects.toMatchObject({ code: `network/${what}` });
  });

  it('of nobody is told as such', async () => {
    const gone = await serve(() => {});
    await gone[Symbol.asyncDispose]();
    const failed = ask(`http://127.0.0.1:${gone.port}/`, { hosts: [`127.0.0.1:${gone.port}`] });
    await expect(failed).rejects.toMatchObject({
      code: 'network/unreachable',
      message: '127.0.0.1 cannot be reached: nothing listens there',
    });
  });
});

describe('a request that is cancelled', () => {
  it('rejects with the reason, before and while it goes on', async () => {
    const reason = new Error('enough');
    const early = ask('http://api.example.com:API/', { signal: AbortSignal.abort(reason) });
    await expect(early).rejects.toBe(reason);
    const controller = new AbortController();
    handler = (_, response) => {
      response.write('a');
      controller.abort(reason);
    };
    const late = ask('http://api.example.com:API/', { signal: controller.signal });
    await expect(late).rejects.toBe(reason);
  });
});
