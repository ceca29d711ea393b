import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { fixedClock } from '../../src/effects/fake-clock.ts';
import { nodeNetwork } from '../../src/effects/network.ts';
import type { ModelRequest } from '../../src/ports/model-provider.ts';
import { makeResolver } from '../../src/providers/resolve.ts';
import { collect, modelRequest } from '../contracts/provider-contract.ts';
import { type FaultServer, startFaultServer } from '../fault-server/server.ts';
import { ollama } from './conformance/ollama-chat.ts';
import { json, type Script, type WireAnswer } from './conformance/wire.ts';

const servers: FaultServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

const SHOW = {
  model_info: { 'general.architecture': 'qwen3', 'qwen3.context_length': 131_072 },
  capabilities: ['completion', 'tools', 'thinking'],
};

interface Setting {
  script?: Script;
  answer?: WireAnswer;
  /** Undefined: it says nothing at all. */
  show?: WireAnswer | undefined | (() => WireAnswer);
  variables?: Record<string, string>;
}

async function start(setting: Setting) {
  const { script = { text: ['yes'] }, answer, variables } = setting;
  const show = 'show' in setting ? setting.show : json(SHOW);
  const server = await startFaultServer(({ path, body }) => ({ response }) => {
    const chat = answer ?? ollama.answer(script, body.stream === true);
    const tell = () => (typeof show === 'function' ? show() : show);
    const sent = path === '/api/show' ? tell() : chat;
    if (!sent) return;
    const { status = 200, headers = {}, body: text } = sent;
    response.writeHead(status, headers);
    response.end(text);
  });
  servers.push(server);
  const OLLAMA_HOST = new URL(server.url).host;
  const clock = fixedClock();
  const resolve = makeResolver({
    effects: {
      clock,
      network: nodeNetwork(),
      secrets: { get: (name) => ({ OLLAMA_HOST, ...variables })[name] },
    },
  });
  const { provider, model, price } = resolve('ollama/qwen3');
  const ask = (request: Partial<ModelRequest> = {}, signal?: AbortSignal) =>
    collect(provider, modelRequest({ model, ...request }), signal);
  const chats = () => server.requests.filter(({ path }) => path === '/api/chat');
  return { ask, server, chats, price, clock };
}

const windowOf = (request: { body: Record<string, unknown> } | undefined): unknown =>
  (request?.body.options as { num_ctx: number } | undefined)?.num_ctx;

const userText = (length: number) => [{ role: 'user', text: 'x'.repeat(length) }] as const;

describe('the window that Ollama is asked for', () => {
  it.each<[string, number, number, Record<string, string>, number]>([
    ['at least 16,384 tokens', 10, 500, {}, 16_384],
    ['a power of two that prompt and answer fit into', 60_000, 5000, {}, 32_768],
    ['at most what the model has', 380_000, 20_000, {}, 131_072],
    ['OLLAMA_NUM_CTX', 10, 500, { OLLAMA_NUM_CTX: '9000' }, 9000],
    [
      'OLLAMA_NUM_CTX, but not more than the model has',
      10,
      500,
      { OLLAMA_NUM_CTX: '999999' },
      131_072,
    ],
  ])('is %s', async (...[, length, maxOutputTokens, variables, window]) => {
    const { ask, chats } = await start({ variables });
    await ask({ messages: userText(length), maxOutputTokens });
    expect(windowOf(chats()[0])).toBe(window);
  });

  it('is asked for without knowing the model when the service does not tell', async () => {
    for (const show of [json({ error: 'no' }, 500), { body: '<html>' }, json([1])]) {
      const { ask, chats } = await start({ show });
      await ask({ messages: userText(900_000), maxOutputTokens: 500 });
      expect(windowOf(chats()[0])).toBe(524_288);
    }
  });

  it('is found out once for each model', async () => {
    const { ask, server } = await start({});
    await ask();
    await ask();
    expect(server.requests.map(({ path }) => path)).toEqual([
      '/api/show',
      '/api/chat',
      '/api/chat',
    ]);
  });
});

describe('the facts about a model', () => {
  it('are asked for again when the service could not tell', async () => {
    const shows = [json({ error: 'not found' }, 404), json(SHOW)];
    const { ask, chats, server } = await start({ show: () => shows.shift() ?? json({}, 500) });
    const long = { messages: userText(900_000), maxOutputTokens: 500 };
    await ask(long);
    await ask(long);
    await ask(long);
    expect(chats().map(windowOf)).toEqual([524_288, 131_072, 131_072]);
    expect(server.requests).toHaveLength(5);
  });

  it.each<[string, Partial<ModelRequest>, number]>([
    ['the caller', {}, 0],
    ['the time of the call', { timeoutMs: 500 }, 500],
  ])('are not waited for when %s ends the call', async (_, request, passes) => {
    const { ask, server, clock } = await start({ show: undefined });
    const stop = new AbortController();
    const asked = ask(request, stop.signal).catch((error: unknown) => error);
    while (server.requests.length === 0) await turn();
    if (passes === 0) stop.abort('enough');
    clock.advance(passes);
    expect(await asked).toEqual(
      passes === 0 ? 'enough' : expect.objectContaining({ code: 'model/timeout' }),
    );
    expect(server.requests).toHaveLength(1);
    expect(clock.pending).toBe(0);
  });
});

describe('what Ollama cuts off in silence is said', () => {
  it.each([false, true])('when prompt and answer fill the window (stream: %s)', async (stream) => {
    const { ask } = await start({
      script: { text: ['half'], usage: { input: 8000, output: 192 } },
      variables: { OLLAMA_NUM_CTX: '8192' },
    });
    await expect(ask({ stream })).rejects.toMatchObject({
      code: 'model/truncated',
      message: expect.stringContaining('the window of 8192 tokens'),
      hint: expect.stringContaining('set OLLAMA_NUM_CTX to more than 8192'),
      usage: { input: 8000, output: 192 },
    });
  });

  it.each<[string, number, Record<string, string>]>([
    ['131,072', 1_100_000, {}],
    ['2,048', 20_000, { OLLAMA_NUM_CTX: '2048' }],
  ])('and a prompt that cannot fit into %s tokens is not sent', async (said, length, variables) => {
    const { ask, chats } = await start({ variables });
    await expect(ask({ messages: userText(length) })).rejects.toMatchObject({
      code: 'model/too-long',
      message: expect.stringContaining(said),
      hint: expect.stringContaining('raise OLLAMA_NUM_CTX'),
    });
    expect(chats()).toEqual([]);
  });

  it('and it is told to refuse what does not fit, not to leave out old messages', async () => {
    const { ask, chats } = await start({});
    await ask();
    await ask({ stream: true });
    for (const { body } of chats()) expect(body).toMatchObject({ truncate: false, shift: false });
  });

  const REFUSED =
    'the prompt is longer than the context length currently available to the model; shorten the prompt';
  const inside = {
    error: { code: 400, type: 'exceed_context_size_error', message: 'exceeds the context size' },
  };

  it.each([
    ['in words', json({ error: REFUSED }, 400)],
    ['in JSON', json({ error: JSON.stringify(inside) }, 400)],
    ['in a stream', { body: `${JSON.stringify({ error: JSON.stringify(inside) })}\n` }],
  ])('and its refusal of a prompt that does not fit is understood %s', async (_, answer) => {
    const { ask } = await start({ answer });
    await expect(ask({ stream: true })).rejects.toMatchObject({
      code: 'model/too-long',
      hint: expect.stringContaining('raise OLLAMA_NUM_CTX'),
    });
  });
});

describe('what lacks is said with its command', () => {
  it('ollama serve, when nothing listens', async () => {
    const { ask, server } = await start({});
    await server.close();
    await expect(ask()).rejects.toMatchObject({
      code: 'model/unreachable',
      hint: expect.stringContaining('`ollama serve`'),
      usage: { input: 0, output: 0 },
    });
  });

  it('ollama pull, when the model is not there', async () => {
    const missing = json({ error: "model 'qwen3' not found" }, 404);
    const { ask } = await start({ show: missing, answer: missing });
    await expect(ask({ stream: true })).rejects.toMatchObject({
      code: 'model/unknown',
      hint: expect.stringContaining('`ollama pull qwen3`'),
    });
  });

  const tools = [{ name: 'file.read', description: '', parameters: {} }];

  it('another model, when it cannot call tools, before it is asked', async () => {
    const { ask, chats } = await start({ show: json({ ...SHOW, capabilities: ['completion'] }) });
    await expect(ask({ tools })).rejects.toMatchObject({ code: 'model/no-tools' });
    expect(chats()).toEqual([]);
  });

  it('another model, when an older service says so itself', async () => {
    const answer = json({ error: 'registry.ollama.ai/library/m does not support tools' }, 400);
    const { ask } = await start({ show: json({}, 404), answer });
    await expect(ask({ tools })).rejects.toMatchObject({ code: 'model/no-tools' });
  });
});

describe('what else goes over its wire', () => {
  it('whether to think, when the model can', async () => {
    for (const [show, think] of [
      [json(SHOW), true],
      [json({ ...SHOW, capabilities: ['completion'] }), undefined],
    ] as const) {
      const { ask, chats } = await start({ show });
      await ask({ reasoning: 'low' });
      await ask();
      expect(chats().map(({ body }) => body.think)).toEqual([think, undefined]);
    }
  });

  it('is never the key', async () => {
    const key = 'hush-key-0123456789';
    const body = `${JSON.stringify({ error: `${'x'.repeat(285)} ${key}` })}\n`;
    const { ask } = await start({ answer: { body }, variables: { OLLAMA_API_KEY: key } });
    const error = await ask({ stream: true }).catch((thrown) => thrown);
    expect(error.message).toContain('broke the answer off: xxx');
    expect(`${error.message} ${error.hint}`).not.toContain(key.slice(0, 6));
  });

  it('costs nothing', async () => {
    const { price } = await start({});
    expect(price).toEqual({ input: 0, output: 0 });
  });

  it.each([
    ['a line that is no JSON', '{"message":{"content":"ha\n', 'model/bad-answer'],
    ['an object of something else', '{"hello":1}\n', 'model/bad-answer'],
    ['nothing at all', '', 'model/truncated'],
  ])('takes no stream with %s', async (_, body, code) => {
    const { ask } = await start({ answer: { body } });
    await expect(ask({ stream: true })).rejects.toMatchObject({ code });
  });

  it('takes no answer that is not of its API', async () => {
    const { ask } = await start({ answer: json({ choices: [] }) });
    await expect(ask()).rejects.toMatchObject({ code: 'model/bad-answer' });
  });
});
