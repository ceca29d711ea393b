import { afterEach, describe, expect, it } from 'vitest';
import { fixedClock } from '../../src/effects/fake-clock.ts';
import { nodeNetwork } from '../../src/effects/network.ts';
import { isRetryable, type ModelRequest } from '../../src/ports/model-provider.ts';
import { openAiCompatible } from '../../src/providers/openai-compatible.ts';
import { collect, modelRequest } from '../contracts/provider-contract.ts';
import {
  apiError,
  chunk,
  cut,
  drip,
  echoKey,
  endless,
  errorInside,
  huge,
  lines,
  raw,
  redirect,
  say,
  silentHead,
  silentStream,
  status,
} from '../fault-server/answers.ts';
import { type Answer, startFaultServer } from '../fault-server/server.ts';
import { failureOf, KEY, overServer, whileTimePasses } from './support/over-server.ts';

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

const text = (content: string) => chunk({ delta: { content } });
const stop = chunk({ delta: {}, finish_reason: 'stop' });
const halfCall = chunk({
  delta: { tool_calls: [{ index: 0, id: 'a', function: { name: 'f', arguments: '{"a":' } }] },
});

const NOON = 'Tue, 07 Jan 2020 12:00:00 GMT';
const DEEP = `${'['.repeat(300_000)}${']'.repeat(300_000)}`;

interface Case {
  what: string;
  answer: Answer;
  code: string;
  message: RegExp;
  retry: boolean;
}

describe('an answer that did not end normally is none', () => {
  const inBoth: Case[] = [
    {
      what: 'the connection is cut in mid-answer',
      answer: cut(),
      code: 'model/truncated',
      message: /broke in mid-answer/,
      retry: true,
    },
    {
      what: 'the answer was too long',
      answer: say({ text: 'half', finish: 'length' }),
      code: 'model/truncated',
      message: /limit of output tokens/,
      retry: true,
    },
    {
      what: 'a filter stopped it',
      answer: say({ text: 'half', finish: 'content_filter' }),
      code: 'model/refused',
      message: /declined to answer: half/,
      retry: true,
    },
    {
      what: 'the end has a name that nobody knows',
      answer: say({ text: 'half', finish: 'gave_up' }),
      code: 'model/bad-answer',
      message: /unknown reason: gave_up/,
      retry: true,
    },
    {
      what: 'it is empty',
      answer: say({ text: '' }),
      code: 'model/bad-answer',
      message: /empty answer/,
      retry: true,
    },
    {
      what: 'it is blank',
      answer: say({ text: ' \n ' }),
      code: 'model/bad-answer',
      message: /empty answer/,
      retry: true,
    },
    {
      what: 'there is only an error in it',
      answer: errorInside({ message: 'too busy', code: 529 }),
      code: 'model/overloaded',
      message: /too busy/,
      retry: true,
    },
    {
      what: 'the error in it is a mere text',
      answer: errorInside('it went wrong'),
      code: 'model/truncated',
      message: /it went wrong/,
      retry: true,
    },
    {
      what: 'it is the JSON of something else',
      answer: raw('{"hello":"world"}'),
      code: 'model/bad-answer',
      message: /acme/,
      retry: true,
    },
    {
      what: 'it has no choices',
      answer: raw('{"choices":[]}'),
      code: 'model/bad-answer',
      message: /acme/,
      retry: true,
    },
    {
      what: 'it is JSON that breaks off',
      answer: raw('{"choices":[{"mess'),
      code: 'model/bad-answer',
      message: /no JSON/,
      retry: true,
    },
    {
      what: 'it is nested without reason',
      answer: raw(`{"choices":[],"x":${DEEP}}`),
      code: 'model/bad-answer',
      message: /no JSON/,
      retry: true,
    },
    {
      what: 'its error is nested without reason',
      answer: raw(`{"error":${DEEP}}`),
      code: 'model/bad-answer',
      message: /no JSON/,
      retry: true,
    },
  ];
  it.each(inBoth.flatMap((one) => [false, true].map((stream) => ({ ...one, stream }))))(
    '$what (stream: $stream): $code',
    async ({ answer, stream, code, message, retry }) => {
      const error = await failureOf(() => answer, { stream });
      expect(error).toMatchObject({ code, message: expect.stringMatching(message) });
      expect(isRetryable(error.code)).toBe(retry);
      expect(error.hint).toBeTruthy();
    },
  );

  it.each<Omit<Case, 'retry'>>([
    {
      what: 'no end mark',
      answer: lines(text('half'), '[DONE]'),
      code: 'model/truncated',
      message: /without an end mark/,
    },
    {
      what: 'nothing at all',
      answer: lines(),
      code: 'model/truncated',
      message: /without an end mark/,
    },
    {
      what: 'an error event with a status in its code',
      answer: lines(text('half'), { error: { message: 'slow down', code: 429 } }, stop),
      code: 'model/rate-limited',
      message: /slow down/,
    },
    {
      what: 'an error event with a kind in words',
      answer: lines(text('half'), { error: { message: 'busy', type: 'overloaded_error' } }, stop),
      code: 'model/overloaded',
      message: /busy/,
    },
    {
      what: 'an error event that only has a text',
      answer: lines(text('half'), { error: 'lost it' }, stop),
      code: 'model/truncated',
      message: /lost it/,
    },
    {
      what: 'an error event that says nothing',
      answer: lines(text('half'), { error: {} }),
      code: 'model/truncated',
      message: /broke the answer off/,
    },
    {
      what: 'one broken line, then a normal end',
      answer: lines(text('a'), '{"choices":[{"del', text('c'), stop),
      code: 'model/bad-answer',
      message: /broken piece/,
    },
    {
      what: 'one line of another shape, then a normal end',
      answer: lines(text('a'), { choices: 'many' }, stop),
      code: 'model/bad-answer',
      message: /broken piece/,
    },
    {
      what: 'a tool call that is cut off',
      answer: lines(halfCall),
      code: 'model/truncated',
      message: /without an end mark/,
    },
    {
      what: 'a piece that is nested without reason',
      answer: lines(text('half'), `{"choices":${DEEP}}`, stop),
      code: 'model/bad-answer',
      message: /acme/,
    },
    {
      what: 'an error event that is nested without reason',
      answer: lines(text('half'), `{"error":${DEEP}}`, stop),
      code: 'model/bad-answer',
      message: /acme/,
    },
    {
      what: 'a page in place of a stream',
      answer: raw('<html>Welcome to the hotel</html>', 'text/html'),
      code: 'model/bad-answer',
      message: /a web page in place of an answer: Welcome to the hotel/,
    },
  ])('a stream with $what: $code', async ({ answer, code, message }) => {
    const error = await failureOf(() => answer, { stream: true });
    expect(error).toMatchObject({ code, message: expect.stringMatching(message) });
  });

  it('takes JSON without a finish reason, and other names of a normal end, as an answer', async () => {
    const ends = [null, 'eos', 'end_turn', 'STOP'];
    const { provider, close } = await overServer(({ index }) =>
      say({ text: 'whole', finish: ends[index] ?? null }),
    );
    closers.push(close);
    for (const _ of ends) {
      expect(await collect(provider, modelRequest())).toMatchObject([{ text: 'whole' }]);
    }
  });

  it('says what was used when the service named it, and zero when no work was done', async () => {
    const usage = { prompt_tokens: 10, completion_tokens: 4 };
    const long = await failureOf(() => say({ text: 'half', finish: 'length', usage }));
    expect(long.usage).toEqual({ input: 10, output: 4 });
    const limited = await failureOf(() => apiError(429, 'slow down'));
    expect(limited.usage).toEqual({ input: 0, output: 0 });
    const broken = await failureOf(() => cut(), { stream: true });
    expect(broken.usage).toBeUndefined();
  });
});

describe('a status that is no success', () => {
  it.each([
    [400, 'model/bad-request', false],
    [401, 'model/auth', false],
    [402, 'model/payment', false],
    [403, 'model/auth', false],
    [404, 'model/unknown', false],
    [408, 'model/timeout', true],
    [409, 'model/overloaded', true],
    [413, 'model/bad-request', false],
    [422, 'model/bad-request', false],
    [425, 'model/overloaded', true],
    [429, 'model/rate-limited', true],
    [500, 'model/server-error', true],
    [502, 'model/server-error', true],
    [503, 'model/overloaded', true],
    [504, 'model/timeout', true],
    [529, 'model/overloaded', true],
  ])('%i is %s, and asking again can help: %s', async (...[code, ours, retry]) => {
    for (const stream of [false, true]) {
      const error = await failureOf(() => apiError(code, 'because'), { stream });
      expect(error).toMatchObject({
        code: ours,
        message: `acme answered with status ${code}: because`,
      });
      expect(isRetryable(error.code)).toBe(retry);
    }
  });

  it.each([
    [
      'an HTML page',
      '<html><style>p{}</style><h1>502</h1>\n<p>Bad  Gateway</p></html>',
      '502 Bad Gateway',
    ],
    ['JSON of another shape', { detail: [{ msg: 'no such field' }] }, '[{"msg":"no such field"}]'],
    ['a message at the top', { message: 'not today' }, 'not today'],
    ['an error that is a text', { error: 'not today' }, 'not today'],
  ])('quotes %s in words', async (...[, body, quoted]) => {
    const error = await failureOf(() => status(502, body));
    expect(error.message).toBe(`acme answered with status 502: ${quoted}`);
  });

  it('stands alone when the body is empty, and bounds a long one', async () => {
    expect((await failureOf(() => status(500))).message).toBe('acme answered with status 500');
    const long = await failureOf(() => apiError(500, 'x'.repeat(100_000)));
    expect(long.message.length).toBeLessThan(400);
  });

  it('is about payment when the quota is used up, whatever the number says', async () => {
    const body = { error: { message: 'no quota', code: 'insufficient_quota' } };
    const error = await failureOf(() => status(429, body));
    expect(error.code).toBe('model/payment');
    expect(isRetryable(error.code)).toBe(false);
  });

  it.each([
    ['milliseconds', { 'retry-after-ms': '1500', 'retry-after': '9' }, 1500],
    ['seconds', { 'retry-after': '7' }, 7000],
    // By the service's own clock, which is years behind the one of these tests.
    ['a date', { date: NOON, 'retry-after': 'Tue, 07 Jan 2020 12:00:20 GMT' }, 20_000],
    ['a date that has passed', { date: NOON, 'retry-after': 'Tue, 07 Jan 2020 11:00:00 GMT' }, 0],
    ['nonsense', { 'retry-after': '-5' }, undefined],
    ['nothing', {}, undefined],
  ])('hands on a wait given as %s', async (...[, headers, wait]) => {
    const error = await failureOf(() =>
      apiError(429, 'slow down', headers as Record<string, string>),
    );
    expect(error.retryAfterMs).toBe(wait);
  });

  it('hands on a wait whatever becomes of the words', async () => {
    const words: Answer = ({ response }) => {
      response.writeHead(429, { 'retry-after': '7', 'content-type': 'text/plain' });
      response.end(Buffer.from('trop de requ\u00eates', 'latin1'));
    };
    const error = await failureOf(() => words);
    expect(error).toMatchObject({ code: 'model/rate-limited', retryAfterMs: 7000 });
  });

  it('never shows a part of the key where what it says is cut', async () => {
    for (const length of [150, 170, 190]) {
      const error = await failureOf(() => raw(`${'x'.repeat(length)}${KEY}`));
      expect(error.message).toContain('sent no JSON: xxx');
      expect(error.message).not.toContain(KEY.slice(0, 6));
    }
  });

  it('never shows the key that it echoes, nor the question, in any spelling', async () => {
    const error = await failureOf(() => echoKey(), {
      messages: [{ role: 'user', text: 'a private question' }],
    });
    const all = [error.message, error.hint, JSON.stringify(error), String(error.cause)].join('\n');
    const hex = Buffer.from(KEY).toString('hex');
    for (const secret of [KEY, encodeURIComponent(KEY), hex, Buffer.from(KEY).toString('base64')]) {
      expect(all.toLowerCase()).not.toContain(secret.slice(0, -4).toLowerCase());
    }
    expect(all).not.toContain('private question');
    expect(error.message.match(/\[key removed\]/g)).toHaveLength(6);
    expect(error.hint).toContain('ACME_API_KEY');
  });
});

describe('a service that cannot be had', () => {
  it('is unreachable when nobody listens, with what to try', async () => {
    const { provider, server, close } = await overServer(() => 'x');
    await close();
    const error = await collect(provider, modelRequest()).catch((thrown) => thrown);
    expect(error).toMatchObject({ code: 'model/unreachable', usage: { input: 0, output: 0 } });
    expect(error.message).toContain(new URL(server.url).host);
    expect(error.message).toContain('ECONNREFUSED');
    expect(error.hint).toContain('-m demo');
  });

  it.each([
    ['https://model.test/v1', { HTTPS_PROXY: 'http://p.test' }, 'HTTPS_PROXY is set'],
    ['http://model.test/v1', { http_proxy: 'http://p.test' }, 'http_proxy is set'],
    ['https://model.test/v1', { HTTP_PROXY: 'http://p.test' }, undefined],
    ['https://model.test/v1', { HTTPS_PROXY: 'http://p.test', AWP_USE_PROXY: '1' }, undefined],
    ['http://127.0.0.1:9/v1', { HTTP_PROXY: 'http://p.test' }, undefined],
  ])('at %s with %j hints at a proxy that is not used: %s', async (...[baseUrl, set, said]) => {
    const variables: Record<string, string | undefined> = set;
    const refused = Object.assign(new Error('no'), { code: 'ECONNREFUSED' });
    const network = {
      ...nodeNetwork(),
      fetch: () => Promise.reject(new TypeError('fetch failed', { cause: refused })),
    };
    const provider = openAiCompatible(
      { name: 'acme', baseUrl, key: KEY, keyVariable: 'ACME_API_KEY' },
      { effects: { clock: fixedClock(), network, secrets: { get: (name) => variables[name] } } },
    );
    const error = await collect(provider, modelRequest()).catch((thrown) => thrown);
    expect(error.code).toBe('model/unreachable');
    if (said === undefined) expect(error.hint).not.toContain('AWP_USE_PROXY');
    else expect(error.hint).toContain(`${said}, but only AWP_USE_PROXY=1 makes it count`);
  });

  it.each([
    ['http://model.test/v1', 'http', 'the proxy wants a name and a password'],
    ['https://model.test/v1', 'http', 'the proxy made no way to the host'],
    ['https://model.test/v1', 'socks5', '_PROXY is no address of a proxy'],
  ])('at %s behind a proxy (%s) that cannot be used says so: %s', async (baseUrl, scheme, said) => {
    const server = await startFaultServer(() => status(407));
    closers.push(() => server.close());
    const { port } = new URL(server.url);
    const proxy = `${scheme}://me:s3cret@127.0.0.1:${port}`;
    const network = nodeNetwork({ proxies: { HTTPS_PROXY: proxy, HTTP_PROXY: proxy } });
    const provider = openAiCompatible(
      { name: 'acme', baseUrl, key: KEY, keyVariable: 'ACME_API_KEY' },
      { effects: { clock: fixedClock(), network, secrets: { get: () => undefined } } },
    );
    const error = await collect(provider, modelRequest()).catch((thrown) => thrown);
    expect(error).toMatchObject({ code: 'model/unreachable', usage: { input: 0, output: 0 } });
    expect(error.message).toContain(said);
    expect(error.hint).toContain('HTTPS_PROXY');
    expect(JSON.stringify(error) + error.message).not.toContain('s3cret');
  });

  it('is not taken for one that redirects because of its name', async () => {
    const reason = Object.assign(new Error('getaddrinfo ENOTFOUND redirect.test'), {
      code: 'ENOTFOUND',
    });
    const network = {
      ...nodeNetwork(),
      fetch: () => Promise.reject(new TypeError('fetch failed', { cause: reason })),
    };
    const provider = openAiCompatible(
      { name: 'acme', baseUrl: 'https://redirect.test/v1', key: KEY, keyVariable: 'K' },
      { effects: { clock: fixedClock(), network, secrets: { get: () => undefined } } },
    );
    const asked = collect(provider, modelRequest());
    await expect(asked).rejects.toMatchObject({ code: 'model/unreachable' });
  });

  it('is shown without the query of its address when a page answers', async () => {
    const network = {
      ...nodeNetwork(),
      fetch: async () =>
        new Response('<html>Welcome</html>', { headers: { 'content-type': 'text/html' } }),
    };
    const baseUrl = 'https://acme.test/v1?code=hidden-0123';
    const provider = openAiCompatible(
      { name: 'acme', baseUrl, key: KEY, keyVariable: 'K' },
      { effects: { clock: fixedClock(), network, secrets: { get: () => undefined } } },
    );
    const error = await collect(provider, modelRequest()).catch((thrown) => thrown);
    expect(error.hint).toContain('https://acme.test/v1,');
    expect(`${error.message} ${error.hint}`).not.toContain('hidden');
  });

  it.each([false, true])(
    'never follows a redirect to another place (stream: %s)',
    async (stream) => {
      const other = await startFaultServer(() => 'you should not be here');
      closers.push(other.close);
      const error = await failureOf(() => redirect(`${other.url}/chat/completions`), { stream });
      expect(error.code).toBe('model/redirected');
      expect(isRetryable(error.code)).toBe(false);
      expect(other.requests).toEqual([]);
    },
  );
});

describe('limits', () => {
  async function limited(
    answer: Answer,
    request: Partial<ModelRequest>,
    variables: Record<string, string> = {},
  ): Promise<{ error: { code: string; message: string; hint: string }; passed: number }> {
    const { provider, clock, server, close } = await overServer(() => answer, { variables });
    closers.push(close);
    const start = clock.now();
    const asked = collect(provider, modelRequest(request));
    asked.catch(() => {});
    while (server.requests.length === 0) await new Promise(setImmediate);
    const error = await whileTimePasses(clock, asked).catch((thrown) => thrown);
    expect(await server.requests[0]?.over).toBe('cut');
    expect(clock.pending).toBe(0);
    return { error, passed: clock.now() - start };
  }

  it.each([false, true])(
    'end the wait for the first byte after 300 s here (stream: %s)',
    async (stream) => {
      const { error, passed } = await limited(silentHead(), { stream });
      expect(error.message).toBe('acme did not begin to answer within 300 s');
      expect(error.code).toBe('model/timeout');
      expect(passed).toBeGreaterThanOrEqual(300_000);
    },
  );

  it('count a head without a body as no byte', async () => {
    const { error } = await limited(silentStream(), { stream: true });
    expect(error.message).toBe('acme did not begin to answer within 300 s');
  });

  it('end a silence in mid-answer after 30 s', async () => {
    const { error } = await limited(silentStream('half'), { stream: true });
    expect(error).toMatchObject({
      code: 'model/timeout',
      message: 'acme fell silent for 30 s in mid-answer',
    });
  });

  it.each([false, true])(
    'end a call when the time that is left is over (stream: %s)',
    async (stream) => {
      const { error, passed } = await limited(silentHead(), { stream, timeoutMs: 90_000 });
      expect(error.message).toBe('acme did not finish within 90 s');
      expect(passed).toBeGreaterThanOrEqual(90_000);
    },
  );

  it.each<[string, Answer, Partial<ModelRequest>, Record<string, string>]>([
    ['AWP_MODEL_FIRST_BYTE_TIMEOUT', silentHead(), {}, {}],
    ['AWP_MODEL_IDLE_TIMEOUT', silentStream('half'), { stream: true }, {}],
    ['--budget.time', silentHead(), { timeoutMs: 9000 }, {}],
    ['--budget.time', silentHead(), { timeoutMs: 9000 }, { AWP_MODEL_TIMEOUT: '10s' }],
    ['AWP_MODEL_TIMEOUT', silentHead(), { timeoutMs: 9000 }, { AWP_MODEL_TIMEOUT: '8s' }],
    ['AWP_MODEL_TIMEOUT', silentHead(), {}, { AWP_MODEL_TIMEOUT: '8s' }],
  ])('say which of them ended the call: %s', async (variable, answer, request, variables) => {
    const { error } = await limited(answer, request, variables);
    expect(error).toMatchObject({ code: 'model/timeout', hint: expect.stringContaining(variable) });
    expect(error.hint.match(/AWP_\w+|--budget/g)).toHaveLength(1);
  });

  it.each([
    ['an endless stream', endless(), true],
    ['huge JSON', huge(2_000_000), false],
  ])('stop %s at the size limit', async (...[, answer, stream]) => {
    const error = await failureOf(() => answer, { stream }, { maxBytes: 1_000_000 });
    expect(error).toMatchObject({
      code: 'model/bad-answer',
      message: 'acme sent more than 1,000,000 bytes',
    });
  });

  it('allow a slow drip of pieces', async () => {
    const { provider, close } = await overServer(() => drip(5, 2));
    closers.push(close);
    const chunks = await collect(provider, modelRequest({ stream: true }));
    expect(chunks.at(-1)).toMatchObject({ type: 'end', text: '.....' });
  });

  it('do not count the time that the reader takes', async () => {
    // Long enough that the body cannot be read before the reader asks for it.
    const long = 'x'.repeat(200_000);
    const { provider, clock, close } = await overServer(() => say({ text: long, pieceLength: 20 }));
    closers.push(close);
    const { signal } = new AbortController();
    let seen = 0;
    for await (const piece of provider.ask(modelRequest({ stream: true }), signal)) {
      if (seen++ === 0) {
        for (let turns = 0; turns < 100; turns++) await new Promise(setImmediate);
        clock.advance(400_000);
      }
      if (piece.type === 'end') expect(piece.text).toBe(long);
    }
    expect(seen).toBeGreaterThan(2);
  });
});

describe('usage that is none', () => {
  it.each([
    ['negative', { prompt_tokens: -5, completion_tokens: 3 }],
    ['huge', { prompt_tokens: 1e15, completion_tokens: 3 }],
    ['fractions', { prompt_tokens: 1.5, completion_tokens: 3 }],
    ['words', { prompt_tokens: 'ten', completion_tokens: 3 }],
    ['a list', [1, 2]],
    ['a text', 'lots'],
    ['without fields', {}],
    ['all zero', { prompt_tokens: 0, completion_tokens: 0 }],
    ['zero for an answer', { prompt_tokens: 9, completion_tokens: 0 }],
    ['null in a field', { prompt_tokens: null, completion_tokens: 3 }],
    ['odd in its details', { prompt_tokens: 9, completion_tokens: 3, prompt_tokens_details: 'x' }],
  ])('%s: the answer stands, its usage is left open', async (_, usage) => {
    const { provider, close } = await overServer(() => say({ text: 'fine', usage }));
    closers.push(close);
    for (const stream of [false, true]) {
      const end = (await collect(provider, modelRequest({ stream }))).at(-1);
      expect(end).toMatchObject({ type: 'end', text: 'fine', usage: undefined });
    }
  });

  it('bears numbers that JSON does not have', async () => {
    const usage = '"usage":{"prompt_tokens":NaN,"completion_tokens":-Infinity}';
    const message = '"message":{"role":"assistant","content":"x: NaN"}';
    const { provider, close } = await overServer(({ body }) =>
      body.stream
        ? lines(text('x: NaN'), stop, `{"choices":[],${usage}}`)
        : raw(`{"choices":[{${message},"finish_reason":"stop"}],${usage}}`),
    );
    closers.push(close);
    for (const stream of [false, true]) {
      const end = (await collect(provider, modelRequest({ stream }))).at(-1);
      expect(end).toMatchObject({ type: 'end', text: 'x: NaN', usage: undefined });
    }
  });
});
