import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Json, JsonObject } from '../../src/base/json.ts';
import type { ToolResult } from '../../src/ports/tool.ts';
import { type Listening, serve, sink } from '../effects/guarded/support.ts';
import { type Bench, makeBench } from './bench.ts';
import { type Refusal, type WebOptions, webContext } from './web-bench.ts';

interface Seen {
  method: string;
  path: string;
  parameters: Record<string, string>;
  headers: IncomingMessage['headers'];
  body: string;
}

const KEY = 'key-5f3a9c81';
let bench: Bench;
let server: Listening;
let other: Listening;
let hole: Listening;
let seen: Seen[];
let refusals: Refusal[];
/** Answers one request; the count of those before it is the page. */
let answer: (response: ServerResponse, page: number) => void;

beforeAll(async () => {
  bench = makeBench();
  server = await serve(async (request, response) => {
    const url = new URL(request.url ?? '', 'http://x');
    seen.push({
      method: request.method ?? '',
      path: url.pathname,
      parameters: Object.fromEntries(url.searchParams),
      headers: request.headers,
      body: await text(request),
    });
    answer(response, seen.length - 1);
  });
  other = await serve((_, response) => response.end('{}'));
  hole = await sink();
});
afterAll(async () => {
  for (const one of [server, other, hole]) await one[Symbol.asyncDispose]();
  bench.clear();
});
beforeEach(() => {
  seen = [];
  refusals = [];
});

const here = (): string => `http://127.0.0.1:${server.port}`;
const json = (value: Json): void => {
  answer = (response) => response.end(JSON.stringify(value));
};

/** How each service is configured, and how its answers look. */
const SERVICES = {
  brave: {
    settings: () => ({ BRAVE_API_KEY: KEY, BRAVE_SEARCH_URL: here() }),
    wrap: (results: Json): Json => ({ query: {}, web: { results } }),
    snippet: 'description',
  },
  tavily: {
    settings: () => ({ TAVILY_API_KEY: KEY, TAVILY_URL: `${here()}/` }),
    wrap: (results: Json): Json => ({ query: 'x', results }),
    snippet: 'content',
  },
  searxng: {
    settings: () => ({ SEARXNG_URL: `${here()}/sub/` }),
    wrap: (results: Json): Json => ({ query: 'x', results }),
    snippet: 'content',
  },
} satisfies Record<
  string,
  { settings(): Record<string, string>; wrap(results: Json): Json; snippet: string }
>;
type Name = keyof typeof SERVICES;
const NAMES = Object.keys(SERVICES) as Name[];

async function search(
  settings: Readonly<Record<string, string>>,
  args: JsonObject = {},
  options: WebOptions = {},
): Promise<ToolResult> {
  const context = webContext({ settings, refusals, ...options });
  try {
    return await bench.call('web.search', { query: 'what is new', ...args }, context);
  } catch (error) {
    const { code, message, hint } = error as { code: string; message: string; hint?: string };
    return { ok: false, status: 0, data: { code }, error: `${message}; ${hint}` };
  }
}

const hits = (service: Name, from: number, to: number): Json =>
  SERVICES[service].wrap(
    Array.from({ length: to - from }, (_, index) => ({
      title: `title ${from + index}`,
      url: `https://example.com/${from + index}`,
      [SERVICES[service].snippet]: `snippet ${from + index}`,
    })),
  );

describe.each(NAMES)('web.search with %s', (name) => {
  const service = SERVICES[name];

  it('gives titles, addresses and snippets', async () => {
    json(hits(name, 1, 3));
    expect(await search(service.settings())).toEqual({
      ok: true,
      status: 200,
      data: {
        results: [
          { title: 'title 1', url: 'https://example.com/1', snippet: 'snippet 1' },
          { title: 'title 2', url: 'https://example.com/2', snippet: 'snippet 2' },
        ],
        count: 2,
        query: 'what is new',
        provider: name,
      },
    });
    expect(refusals).toEqual([]);
  });

  it('gives no more results than were asked for', async () => {
    json(hits(name, 0, 20));
    const { data } = await search(service.settings(), { max_results: 4 });
    expect(data).toMatchObject({ count: 4 });
    expect(seen).toHaveLength(1);
  });

  it('finds nothing', async () => {
    json(service.wrap([]));
    expect((await search(service.settings())).data).toMatchObject({ results: [], count: 0 });
    expect(seen).toHaveLength(1);
  });

  it.each([
    ['another text', 'hello'],
    ['half of it', '{"results": ['],
    ['a number', '7'],
    ['a list', '[]'],
    ['results that are none', JSON.stringify(service.wrap('x'))],
    ['brackets without end', '['.repeat(100_000)],
    ['nothing', ''],
  ])('says that %s is no answer', async (_, body) => {
    answer = (response) => response.end(body);
    expect((await search(service.settings())).data).toEqual({ code: 'tool/unavailable' });
  });

  it('refuses an answer of any size', async () => {
    answer = (response) => response.end(Buffer.alloc(5_000_000, ' '));
    expect((await search(service.settings())).data).toEqual({ code: 'network/too-large' });
  });

  it.each([
    [500, 'tool/unavailable'],
    [404, 'tool/unavailable'],
    [401, 'tool/not-configured'],
    [403, 'tool/not-configured'],
  ])('takes the status %d for %s and repeats nothing of it', async (status, code) => {
    answer = (response) => response.writeHead(status).end(`no such key ${KEY}`);
    const result = await search(service.settings());
    expect(result.data).toEqual({ code });
    expect(JSON.stringify(result)).not.toContain(KEY);
  });

  it('gives 429 on when it asks too often', async () => {
    answer = (response) => response.writeHead(429).end();
    expect(await search(service.settings())).toMatchObject({ ok: false, status: 429 });
  });

  it('does not follow a redirect, whether with its key or without', async () => {
    answer = (response) => {
      response.writeHead(302, { location: `http://127.0.0.1:${other.port}/` }).end();
    };
    expect((await search(service.settings())).data).toEqual({ code: 'network/unreachable' });
    expect(other.connections).toBe(0);
  });

  it('gives up in the time that is left', async () => {
    answer = () => {};
    const result = await search(service.settings(), {}, { timeoutMs: 50 });
    expect(result.data).toEqual({ code: 'network/timeout' });
  });

  it('keeps only what is a result on the web', async () => {
    const { snippet } = service;
    json(
      service.wrap([
        { title: 'script', url: 'javascript:alert(1)', [snippet]: '' },
        { title: 'file', url: 'file:///etc/passwd', [snippet]: '' },
        { title: 'password', url: 'https://a:b@example.com/', [snippet]: '' },
        { title: 'long', url: `https://example.com/${'a'.repeat(3000)}`, [snippet]: '' },
        { title: 'none', [snippet]: '' },
        { title: 'no text', url: 7, [snippet]: '' },
        null,
        'text',
        [],
        { title: null, url: 'https://example.com/a b', [snippet]: { a: 1 } },
        { title: 'again', url: 'https://example.com/a%20b', [snippet]: '' },
      ]),
    );
    const url = 'https://example.com/a%20b';
    expect((await search(service.settings())).data).toMatchObject({
      results: [{ title: url, url, snippet: '' }],
      count: 1,
    });
  });

  it('shows texts without markup and control characters, and not too long', async () => {
    const title = `<b>A</b> &amp; B &#x27;C&#39; &lt;d&gt; &no; \u202e\u0007${'x'.repeat(5000)}`;
    json(service.wrap([{ title, url: 'https://example.com/', [service.snippet]: title }]));
    const { results } = (await search(service.settings())).data as { results: JsonObject[] };
    expect(results[0]?.title).toMatch(/^A & B 'C' <d> &no; x+$/);
    expect(String(results[0]?.title)).toHaveLength(300);
    expect(String(results[0]?.snippet)).toHaveLength(1000);
  });
});

describe('a request for a search', () => {
  it('to Brave has its key and parameters', async () => {
    json(hits('brave', 0, 1));
    await search(SERVICES.brave.settings(), { query: 'a & b', language: 'pt-BR', max_results: 5 });
    const [first] = seen;
    expect(first).toMatchObject({ method: 'GET', path: '/res/v1/web/search' });
    expect(first?.headers['x-subscription-token']).toBe(KEY);
    const wanted = { q: 'a & b', count: '5', offset: '0', search_lang: 'pt-br' };
    expect(first?.parameters).toMatchObject(wanted);
  });

  it.each([
    ['en', 'en'],
    ['en-US', 'en'],
    ['de-AT', 'de'],
    ['ja', 'jp'],
    ['zh', 'zh-hans'],
    ['zh-TW', 'zh-hant'],
  ])('to Brave calls the language %s %s', async (language, name) => {
    json(hits('brave', 0, 1));
    await search(SERVICES.brave.settings(), { language });
    expect(seen[0]?.parameters.search_lang).toBe(name);
  });

  it.each(['x'.repeat(401), 'a '.repeat(51)])(
    'to Brave is not made when it would be refused',
    async (query) => {
      expect(await search(SERVICES.brave.settings(), { query })).toMatchObject({ status: 400 });
      expect(seen).toHaveLength(0);
    },
  );

  it('to Tavily posts its parameters, and tells that it has no language', async () => {
    json(hits('tavily', 0, 1));
    const result = await search(SERVICES.tavily.settings(), { language: 'de', max_results: 50 });
    const [first] = seen;
    expect(first).toMatchObject({ method: 'POST', path: '/search' });
    expect(first?.headers.authorization).toBe(`Bearer ${KEY}`);
    expect(JSON.parse(first?.body ?? '')).toMatchObject({ query: 'what is new', max_results: 20 });
    expect(result.log).toContain('language');
  });

  it('to SearXNG asks for JSON below the address of the server', async () => {
    json(hits('searxng', 0, 1));
    await search(SERVICES.searxng.settings(), { language: 'de' });
    const [first] = seen;
    expect(first).toMatchObject({ method: 'GET', path: '/sub/search' });
    const wanted = { q: 'what is new', format: 'json', language: 'de', pageno: '1' };
    expect(first?.parameters).toEqual(wanted);
  });
});

describe('further pages of results', () => {
  const paged = (name: Name, size: number): void => {
    answer = (response, page) => {
      response.end(JSON.stringify(hits(name, page * size, (page + 1) * size)));
    };
  };

  it.each([
    ['brave', 20, 'offset', ['0', '1', '2']],
    ['searxng', 25, 'pageno', ['1', '2', '3']],
  ] as const)('are asked for as %s has them', async (name, size, parameter, pages) => {
    paged(name, size);
    const { data } = await search(SERVICES[name].settings(), { max_results: size * 2 + 10 });
    expect(data).toMatchObject({ count: size * 2 + 10 });
    expect(seen.map(({ parameters }) => parameters[parameter])).toEqual(pages);
  });

  it('end when a page has nothing new', async () => {
    json(hits('searxng', 0, 10));
    const { data } = await search(SERVICES.searxng.settings(), { max_results: 100 });
    expect(data).toMatchObject({ count: 10 });
    expect(seen).toHaveLength(2);
  });

  it('that fail leave the results of those before', async () => {
    answer = (response, page) => {
      if (page > 0) response.writeHead(429).end();
      else response.end(JSON.stringify(hits('brave', 0, 20)));
    };
    const result = await search(SERVICES.brave.settings(), { max_results: 40 });
    expect(result).toMatchObject({ ok: true, data: { count: 20 } });
    expect(result.log).toContain('too many requests');
  });

  it('are not asked for without end', async () => {
    paged('searxng', 1);
    const { data } = await search(SERVICES.searxng.settings(), { max_results: 100 });
    expect(data).toMatchObject({ count: 10 });
  });
});

describe('the settings of a search', () => {
  it('must be there', async () => {
    const result = await search({});
    expect(result.data).toEqual({ code: 'tool/not-configured' });
    for (const name of ['BRAVE_API_KEY', 'TAVILY_API_KEY', 'SEARXNG_URL']) {
      expect(result.error).toContain(name);
    }
  });

  it('decide in the order Brave, Tavily, SearXNG', async () => {
    json(hits('brave', 0, 1));
    const all = Object.assign({}, ...NAMES.map((name) => SERVICES[name].settings()));
    expect((await search(all)).data).toMatchObject({ provider: 'brave' });
    delete all.BRAVE_API_KEY;
    expect((await search(all)).data).toMatchObject({ provider: 'tavily' });
  });

  it.each([
    [{ SEARXNG_URL: 'search' }, 'SEARXNG_URL'],
    [{ SEARXNG_URL: 'file:///etc/passwd' }, 'SEARXNG_URL'],
    [{ SEARXNG_URL: 'http://a:b@127.0.0.1/' }, 'SEARXNG_URL'],
    [{ BRAVE_API_KEY: 'a\r\nHost: b' }, 'BRAVE_API_KEY'],
    [{ BRAVE_API_KEY: '  ' }, 'BRAVE_API_KEY'],
    [{ TAVILY_API_KEY: KEY, TAVILY_URL: 'http://tavily.example.com' }, 'TAVILY_URL'],
    [{ TAVILY_API_KEY: KEY, TAVILY_URL: 'http://10.0.0.1' }, 'TAVILY_URL'],
  ])('are refused with their name: %j', async (settings, name) => {
    const result = await search(settings as Record<string, string>);
    expect(result.data).toEqual({ code: 'tool/not-configured' });
    expect(result.error).toContain(name);
    expect(result.error).not.toContain(KEY);
  });

  it.each(['localhost', 'search.lan'])('may name a server of the own network: %s', async (name) => {
    json(hits('searxng', 0, 1));
    const lookup = async () => ['127.0.0.1'];
    const settings = { SEARXNG_URL: `http://${name}:${server.port}` };
    expect((await search(settings, {}, { lookup })).data).toMatchObject({ count: 1 });
  });

  it('send a key to no private address when the user named none', async () => {
    const lookup = async () => ['127.0.0.1'];
    const result = await search({ BRAVE_API_KEY: KEY }, {}, { lookup });
    expect(result.data).toEqual({ code: 'network/denied' });
    expect(refusals).toEqual([{ reason: expect.any(String), kind: 'network.denied' }]);
  });

  it('do not depend on the hosts of the run', async () => {
    json(hits('searxng', 0, 1));
    const settings = SERVICES.searxng.settings();
    expect((await search(settings, {}, { hosts: [] })).ok).toBe(true);
  });
});
