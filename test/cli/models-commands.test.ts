import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { runCli } from '../../src/cli/cli.ts';
import { testModel } from '../../src/data/model-test.ts';
import { nodeEffects } from '../../src/effects/index.ts';
import { apiError, raw, say } from '../fault-server/answers.ts';
import { type Handler, startFaultServer } from '../fault-server/server.ts';
import { complete, delegate } from '../make.ts';
import { fakeShell } from './fake-shell.ts';

async function models(words: readonly string[], variables: Record<string, string> = {}) {
  const get = (name: string): string | undefined => variables[name];
  const shell = fakeShell({ effects: { ...nodeEffects(), secrets: { get } } });
  const running = runCli(['models', ...words], shell);
  return { shell, code: await running, out: shell.out.text(), err: shell.err.text() };
}

/** A server of the given JSON documents by path. */
async function withServer(
  documents: Record<string, unknown>,
  use: (host: string) => Promise<void>,
): Promise<void> {
  const server: Server = createServer((request, response) => {
    const found = documents[request.url ?? ''];
    response.writeHead(found === undefined ? 404 : 200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(found ?? {}));
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  try {
    await use(`127.0.0.1:${(server.address() as AddressInfo).port}`);
  } finally {
    server.closeAllConnections();
    await new Promise((closed) => server.close(closed));
  }
}

/** An address where nobody listens. */
const NOWHERE = { OLLAMA_HOST: '127.0.0.1:9' };

describe('awp models', () => {
  it('says what lacks when nothing is configured', async () => {
    const { code, out, err } = await models([], NOWHERE);
    expect(code).toBe(0);
    expect(out).toContain('○ ollama: does not answer');
    expect(out).toContain('✓ demo: needs no service');
    expect(out).toMatch(/○ without a key: .*openai \(OPENAI_API_KEY\)/);
    expect(err).toContain('-m demo');
  });

  it('lists the kept models of services with a key: context, abilities, dated prices', async () => {
    const { out, err } = await models([], { ...NOWHERE, ANTHROPIC_API_KEY: 'sk-hidden-12345678' });
    expect(err).toBe('');
    expect(out).toMatch(/\nANTHROPIC\n {2}anthropic\/claude-\S+ +\d+k context +tools, /);
    expect(out).toMatch(
      /\$[\d.]+ in \(\$[\d.]+ cached\), \$[\d.]+ out per million tokens \(\d{4}-\d\d-\d\d\)/,
    );
    expect(out).not.toMatch(/\nOPENAI\n|hidden/);
  });

  it('gives the same as JSON', async () => {
    const { out } = await models(['--json'], { ...NOWHERE, OPENAI_API_KEY: 'sk-hidden-12345678' });
    const { routes, models: list } = JSON.parse(out);
    expect(routes).toContainEqual(
      expect.objectContaining({ name: 'openai', ready: true, fix: null }),
    );
    for (const model of list) {
      expect(model).toMatchObject({ name: expect.stringMatching(/^openai\//), service: 'openai' });
      expect(model).toHaveProperty('capabilities.contextTokens');
      expect(model).toHaveProperty('price');
    }
    expect(list.length).toBeGreaterThan(3);
  });

  it('lists the models of an Ollama on this machine with their sizes', () =>
    withServer(
      {
        '/api/tags': {
          models: [
            {
              ...{ name: 'qwen3:8b', size: 5_225_388_164 },
              details: { parameter_size: '8.2B', quantization_level: 'Q4_K_M' },
            },
            { name: 'odd\u001b[2J' },
          ],
        },
        '/api/show': {
          model_info: { 'qwen3.context_length': 40_960 },
          capabilities: ['completion', 'tools', 'thinking'],
        },
      },
      async (host) => {
        const { out } = await models([], { OLLAMA_HOST: host });
        expect(out).toMatch(
          / {2}ollama\/qwen3:8b +41k context, 5\.2 GB, 8\.2B Q4_K_M +tools, reasoning, no images +free\n/,
        );
        expect(out).toContain('ollama/odd\\x1b[2J');
      },
    ));

  it('lists what a server at LLM_BASE_URL names, and no service beside it', () =>
    withServer({ '/v1/models': { data: [{ id: 'local-1' }, { nothing: 1 }] } }, async (host) => {
      const variables = { LLM_BASE_URL: `http://${host}/v1`, OPENAI_API_KEY: 'sk-hidden-12345678' };
      const { routes, models: list } = JSON.parse((await models(['--json'], variables)).out);
      expect(routes).toMatchObject([{ name: host, ready: true }]);
      expect(list).toMatchObject([{ name: 'local-1', service: host, price: null, local: null }]);
    }));

  it('asks a server at LLM_BASE_URL with its key and tells the price that it was given', async () => {
    const key = 'sk-hidden-12345678';
    const server = await startFaultServer(({ headers }) =>
      headers.authorization === `Bearer ${key}`
        ? raw(JSON.stringify({ data: [{ id: 'local-1' }] }))
        : apiError(401, 'no key'),
    );
    const priced = { LLM_PRICE_INPUT: '0.5', LLM_PRICE_OUTPUT: '2' };
    const variables = { LLM_BASE_URL: server.url, LLM_API_KEY: key };
    const [with_, without] = [
      await models([], { ...variables, ...priced }),
      await models(['--json'], { ...variables, LLM_PRICE_INPUT: 'much', LLM_PRICE_OUTPUT: '1' }),
    ];
    await server.close();
    expect(with_.out).toMatch(/ {2}local-1 +\$0\.5 in, \$2 out per million tokens\n/);
    const { routes, models: list } = JSON.parse(without.out);
    expect(routes).toMatchObject([{ ready: false, words: expect.stringContaining('LLM_PRICE') }]);
    expect(list).toEqual([]);
  });

  it.each<[string, unknown]>([
    ['no list', 'hello'],
    ['a list of nothing', { models: [1, null, 'x'] }],
  ])('bears a service that answers with %s', (_, document) =>
    withServer({ '/api/tags': document }, async (host) => {
      const { code, out } = await models(['--json'], { OLLAMA_HOST: host });
      expect(code).toBe(0);
      expect(JSON.parse(out).models).toEqual([]);
    }),
  );
});

const TOOL_CALL = { id: 'c', name: 'code__execute', arguments: { code: 'console.log(450)' } };

/** A model that does everything right, unless a test says otherwise. */
function able(more: { manager?: unknown; tools?: readonly (typeof TOOL_CALL)[] } = {}): Handler {
  return ({ body }) => {
    if (body.tools) return say({ text: 'no', toolCalls: more.tools ?? [TOOL_CALL] });
    const text = more.manager ?? JSON.stringify(delegate('adder'));
    return say(String(text));
  };
}

async function tested(handler: Handler, words: readonly string[] = []) {
  const server = await startFaultServer(handler);
  const variables = {
    ...{ LLM_BASE_URL: server.url, LLM_API_KEY: 'sk-hidden-12345678' },
    ...{ LLM_PRICE_INPUT: '1', LLM_PRICE_OUTPUT: '2' },
  };
  const said = await models(['test', 'some-model', ...words], variables);
  await server.close();
  return { ...said, requests: server.requests };
}

describe('awp models test', () => {
  it('finds the demo model fit, and free', async () => {
    const { code, out } = await models(['test', 'demo']);
    expect(out).toMatch(/^demo at demo \(simulated\)\n/);
    expect(out.match(/✓/g)).toHaveLength(4);
    expect(out).toMatch(/~\S+ tokens in, ~\S+ out; free\nIt can be used\.\n$/);
    expect(code).toBe(0);
  });

  it('asks three questions, each bounded, and tells latency, tokens and cost', async () => {
    const { code, out, requests } = await tested(able(), ['--json']);
    expect(code).toBe(0);
    expect(requests).toHaveLength(3);
    for (const { body } of requests) expect(body.max_tokens).toBeLessThanOrEqual(4096);
    const verdict = JSON.parse(out);
    expect(verdict).toMatchObject({
      ...{ model: 'some-model', simulated: false, usable: true },
      trials: ['text', 'json', 'tools', 'stream'].map((name) => ({ name, outcome: 'ok' })),
    });
    const { input, output } = verdict.usage;
    expect(verdict.cost).toBeCloseTo((input + 2 * output) / 1_000_000, 10);
    expect(verdict.trials[3].firstMs).toBeLessThanOrEqual(verdict.trials[3].ms);
  });

  const usage = {
    ...{ prompt_tokens: 1000, completion_tokens: 20, total_tokens: 1020, cost: 0.5 },
    prompt_tokens_details: { cached_tokens: 900 },
  };
  const half: Handler = ({ body }) =>
    body.tools
      ? say({ text: 'half', finish: 'length', usage })
      : say({ text: JSON.stringify(delegate('adder')), usage, pieceLength: 900 });

  it('counts what a failed answer used, and tokens of a cache', async () => {
    const verdict = JSON.parse((await tested(half, ['--json'])).out);
    expect(verdict.trials[2]).toMatchObject({ outcome: 'failed', code: 'model/truncated' });
    expect(verdict.usage).toMatchObject({ input: 3000, output: 60, cached: 2700 });
    expect(verdict.cost).toBeCloseTo((3000 + 2 * 60) / 1_000_000, 10);
    expect(verdict.trials[3].words).toBe('1 piece');
  });

  it('takes what the service says that an answer cost, before any price', async () => {
    const text = JSON.stringify(delegate('adder'));
    const server = await startFaultServer(() => say({ text, usage }));
    const effects = nodeEffects();
    const get = (name: string) =>
      name === 'OPENROUTER_API_KEY' ? 'sk-or-v1-hidden1234' : undefined;
    const fetch: typeof effects.network.fetch = (url, init) =>
      effects.network.fetch(url.replace('https://openrouter.ai/api/v1', server.url), init);
    const own = { ...effects, secrets: { get }, network: { ...effects.network, fetch } };
    const verdict = await testModel('openrouter/any/model', own, new AbortController().signal);
    await server.close();
    expect(server.requests).toHaveLength(3);
    expect(verdict).toMatchObject({ cost: 1.5, usage: { input: 3000 } });
  });

  it.each<[string, Handler, number, RegExp]>([
    [
      'a model that calls no tools, for the manager only',
      able({ tools: [] }),
      0,
      /✗ calls tools: did not call .*\n[\s\S]*used for the manager; workers need another/,
    ],
    [
      'a model that decides to be done at once',
      able({ manager: JSON.stringify(complete('Feb')) }),
      0,
      /decided to complete[\s\S]*It can be used\./,
    ],
    [
      'a model that does not answer with JSON',
      able({ manager: 'The peak is in February.' }),
      4,
      /✓ answers: [\s\S]*✗ answers with the JSON of a manager[\s\S]*It cannot be used\./,
    ],
    [
      'a service that refuses the key',
      () => apiError(401, 'wrong key'),
      4,
      /✗ answers: model\/auth: .*wrong key[\s\S]*try: [\s\S]*○ calls tools: not asked/,
    ],
    ['a service that has no such model', () => apiError(404, 'no such model'), 4, /model\/unknown/],
  ])('finds out about %s', async (_, handler, status, words) => {
    const { code, out } = await tested(handler);
    expect(out).toMatch(words);
    expect(out).not.toContain('hidden');
    expect(code).toBe(status);
  });

  it('asks a service that refuses nothing more', async () => {
    expect((await tested(() => apiError(401, 'wrong key'))).requests).toHaveLength(1);
  });

  it.each([
    [[], {}, 2, 'usage/missing-argument'],
    [['openai/gpt-5'], {}, 4, 'model/no-key'],
    [['no-such'], {}, 4, 'model/unknown'],
  ])('refuses %j', async (words, variables, status, code) => {
    const { code: exit, err } = await models(['test', ...words], variables);
    expect(exit).toBe(status);
    expect(err).toContain(code);
  });

  it('can be stopped', async () => {
    const server = await startFaultServer(() => say({ text: 'late', delayMs: 600_000 }));
    const get = (name: string) => (name === 'LLM_BASE_URL' ? server.url : undefined);
    const shell = fakeShell({ effects: { ...nodeEffects(), secrets: { get } } });
    const running = runCli(['models', 'test', 'some-model'], shell);
    while (server.requests.length === 0) await new Promise(setImmediate);
    shell.signal('SIGINT');
    expect(await running).toBe(7);
    expect(shell.listeners()).toBe(0);
    await server.close();
  });
});
