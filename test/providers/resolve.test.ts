import { describe, expect, it } from 'vitest';
import { fixedClock } from '../../src/effects/fake-clock.ts';
import { nodeNetwork } from '../../src/effects/network.ts';
import type { Price, ResolvedModel } from '../../src/ports/model-provider.ts';
import { defaultModel, makeResolver, type ResolverOptions } from '../../src/providers/resolve.ts';
import { scriptedModel } from '../../src/providers/scripted.ts';
import { collect, modelRequest } from '../contracts/provider-contract.ts';

type Variables = Record<string, string>;

interface Sent {
  url: string;
  headers: Headers;
  body: Record<string, unknown>;
}

/** A resolver whose requests go nowhere: they are kept, and answered with one word. */
function resolver(variables: Variables, options: Partial<ResolverOptions> = {}) {
  const sent: Sent[] = [];
  const answer = { choices: [{ message: { content: 'yes' }, finish_reason: 'stop' }] };
  const event = { choices: [{ delta: { content: 'yes' }, finish_reason: 'stop' }] };
  const resolve = makeResolver({
    effects: {
      clock: fixedClock(),
      secrets: { get: (name) => variables[name] },
      network: {
        ...nodeNetwork(),
        async fetch(url, init) {
          const body = JSON.parse(String(init.body));
          sent.push({ url, headers: new Headers(init.headers), body });
          return body.stream
            ? new Response(`data: ${JSON.stringify(event)}\n\n`)
            : Response.json(answer);
        },
      },
    },
    ...options,
  });
  return { resolve, sent };
}

/** Where a question to a model would go: host, model and key. */
async function wayOf(variables: Variables, model: string): Promise<string> {
  const { resolve, sent } = resolver(variables);
  const found = resolve(model);
  await collect(found.provider, modelRequest({ model: found.model }));
  const [{ url, headers, body } = {} as Sent] = sent;
  const key = headers.get('authorization')?.replace('Bearer ', '') ?? 'no key';
  return `${url.replace('/chat/completions', '')} ${body.model} ${key}`;
}

function failureOf(variables: Variables, model: string): { code: string; hint: string } {
  try {
    resolver(variables).resolve(model);
  } catch (error) {
    return error as { code: string; hint: string };
  }
  throw new Error('it found a model');
}

const LOCAL = 'http://localhost:8000/v1';
const OPENROUTER = 'https://openrouter.ai/api/v1';

describe('where a model string leads (decision 22)', () => {
  it.each<[string, Variables, string]>([
    ['any/thing', { LLM_BASE_URL: LOCAL }, `${LOCAL} any/thing no key`],
    ['any', { LLM_BASE_URL: LOCAL, LLM_API_KEY: 'k1' }, `${LOCAL} any k1`],
    ['groq/m', { LLM_BASE_URL: LOCAL, GROQ_API_KEY: 'k-groq' }, `${LOCAL} groq/m no key`],
    [
      'groq/m',
      { LLM_BASE_URL: 'https://api.groq.com/openai/v1', GROQ_API_KEY: 'k-groq' },
      'https://api.groq.com/openai/v1 m k-groq',
    ],
    // The same host without TLS is another place.
    [
      'groq/m',
      { LLM_BASE_URL: 'http://api.groq.com/openai/v1', GROQ_API_KEY: 'k-groq' },
      'http://api.groq.com/openai/v1 groq/m no key',
    ],
    [
      'openai/gpt-4o',
      { LLM_BASE_URL: OPENROUTER, LLM_API_KEY: 'k1', OPENAI_API_KEY: 'k-oa' },
      `${OPENROUTER} openai/gpt-4o k1`,
    ],
    ['openai/gpt-4o', { OPENAI_API_KEY: 'k-oa' }, 'https://api.openai.com/v1 gpt-4o k-oa'],
    ['openai/gpt-4o', { LLM_API_KEY: 'k1' }, `${OPENROUTER} openai/gpt-4o k1`],
    ['gpt-4o', { OPENAI_API_KEY: 'k-oa' }, 'https://api.openai.com/v1 gpt-4o k-oa'],
    ['gpt-4o', { LLM_API_KEY: 'k1' }, `${OPENROUTER} openai/gpt-4o k1`],
    [
      'claude-sonnet-4',
      { ANTHROPIC_API_KEY: 'k-an', LLM_API_KEY: 'k1' },
      'https://api.anthropic.com/v1 claude-sonnet-4 k-an',
    ],
    [
      'openrouter/anthropic/claude-sonnet-4',
      { OPENROUTER_API_KEY: 'k-or' },
      `${OPENROUTER} anthropic/claude-sonnet-4 k-or`,
    ],
    ['openrouter/a/b', { LLM_API_KEY: 'k1' }, `${OPENROUTER} a/b k1`],
    ['openrouter/a/b', { LLM_API_KEY: 'k1', OPENROUTER_API_KEY: 'k-or' }, `${OPENROUTER} a/b k-or`],
    ['meta-llama/llama-4', { LLM_API_KEY: 'k1' }, `${OPENROUTER} meta-llama/llama-4 k1`],
    ['ollama/llama3:8b', {}, 'http://localhost:11434/v1 llama3:8b no key'],
    ['ollama/llama3', { LLM_API_KEY: 'k1' }, 'http://localhost:11434/v1 llama3 no key'],
    ['groq/m', { GROQ_API_KEY: ' k-groq\n' }, 'https://api.groq.com/openai/v1 m k-groq'],
    ['together/a/b', { TOGETHER_API_KEY: 'k-to' }, 'https://api.together.xyz/v1 a/b k-to'],
  ])('%s with %o: %s', async (...[model, variables, way]) => {
    expect(await wayOf(variables, model)).toBe(way);
  });

  it.each<[string, Variables, string, string]>([
    ['openai/gpt-4o', {}, 'model/no-key', 'set OPENAI_API_KEY, use a local model'],
    ['openai/gpt-4o', { GROQ_API_KEY: 'k' }, 'model/no-key', 'OPENAI_API_KEY'],
    ['openai/gpt-4o', { OPENROUTER_API_KEY: 'k' }, 'model/no-key', 'put openrouter/ before'],
    ['groq/m', { LLM_API_KEY: 'k' }, 'model/no-key', 'GROQ_API_KEY'],
    ['openrouter/a/b', {}, 'model/no-key', 'LLM_API_KEY'],
    ['m', { LLM_BASE_URL: OPENROUTER }, 'model/no-key', 'LLM_API_KEY'],
    ['opnai/gpt-4o', {}, 'model/unknown', 'did you mean openai/gpt-4o?'],
    ['dmo', {}, 'model/unknown', 'did you mean demo?'],
    ['llama3', { LLM_API_KEY: 'k' }, 'model/unknown', 'ollama/llama3'],
    ['meta-llama/llama-4', {}, 'model/unknown', 'openrouter/meta-llama/llama-4'],
    ['openai/', { OPENAI_API_KEY: 'k' }, 'model/unknown', 'SERVICE/MODEL'],
    ['openai', { OPENAI_API_KEY: 'k' }, 'model/unknown', 'SERVICE/MODEL'],
    ['constructor/x', {}, 'model/unknown', 'SERVICE/MODEL'],
    ['  ', { LLM_BASE_URL: LOCAL }, 'model/unknown', 'SERVICE/MODEL'],
    ['m', { LLM_BASE_URL: 'localhost:8000' }, 'model/bad-url', 'http://localhost:8000/v1'],
    ['m', { LLM_BASE_URL: 'http://me:pw@localhost/v1' }, 'model/bad-url', 'LLM_API_KEY'],
    ['groq/m', { GROQ_API_KEY: 'two words' }, 'model/auth', 'copy the key again'],
  ])('%s with %o is %s, and it says: %s', (...[model, variables, code, hint]) => {
    const options = { extra: new Map([['demo', scripted]]) };
    const error = (() => {
      try {
        return resolver(variables, options).resolve(model);
      } catch (thrown) {
        return thrown;
      }
    })();
    expect(error).toMatchObject({ code, hint: expect.stringContaining(hint) });
  });

  it('never shows a key or the address that holds a password', () => {
    const variables = { LLM_BASE_URL: 'http://me:hunter22@localhost/v1', LLM_API_KEY: 'k' };
    expect(JSON.stringify([failureOf(variables, 'm'), String(failureOf(variables, 'm'))]))
      .not //
      .toContain('hunter22');
    const odd = failureOf({ GROQ_API_KEY: 'my secret' }, 'groq/m');
    expect(String(odd) + odd.hint).not.toContain('my secret');
  });

  it('lets models that need no service win over LLM_BASE_URL', () => {
    const rests: string[] = [];
    const extra = new Map([
      [
        'demo',
        (rest: string) => {
          rests.push(rest);
          return scripted(rest);
        },
      ],
    ]);
    const { resolve } = resolver({ LLM_BASE_URL: LOCAL }, { extra });
    expect(resolve('demo').simulated).toBe(true);
    expect(resolve('demo/slow').model).toBe('slow');
    expect(resolve('demo-2').simulated).toBe(false);
    expect(rests).toEqual(['', 'slow']);
  });

  it('uses one provider for all models of a service', () => {
    const { resolve } = resolver({});
    expect(resolve('ollama/a').provider).toBe(resolve('ollama/b').provider);
  });

  it('takes LLM_MODEL when nobody names a model', () => {
    expect(defaultModel({ get: () => ' ollama/x ' })).toBe('ollama/x');
    expect(defaultModel({ get: () => undefined })).toBeUndefined();
  });
});

function scripted(rest: string): ResolvedModel {
  return { provider: scriptedModel([]), model: rest, price: undefined, simulated: true };
}

describe('what services want in their own way', () => {
  async function bodyFor(model: string, variables: Variables): Promise<Sent['body']> {
    const { resolve, sent } = resolver(variables);
    const found = resolve(model);
    await collect(found.provider, modelRequest({ model: found.model, stream: true }));
    return sent[0]?.body ?? {};
  }

  it('is max_completion_tokens for OpenAI, and no temperature for models that reason', async () => {
    const variables = { OPENAI_API_KEY: 'k' };
    expect(await bodyFor('gpt-4o', variables)).toMatchObject({
      max_completion_tokens: 500,
      temperature: 0.2,
    });
    expect(Object.keys(await bodyFor('o3-mini', variables))).not.toContain('temperature');
    expect(Object.keys(await bodyFor('openai/gpt-5', variables))).not.toContain('max_tokens');
  });

  it('is no stream_options for Mistral', async () => {
    const body = await bodyFor('mistral/m', { MISTRAL_API_KEY: 'k' });
    expect(body.stream).toBe(true);
    expect(Object.keys(body)).not.toContain('stream_options');
  });

  it('is a query that stays with every request', async () => {
    const { resolve, sent } = resolver({ LLM_BASE_URL: 'https://acme.test/v1/?api-version=3' });
    await collect(resolve('m').provider, modelRequest());
    expect(sent[0]?.url).toBe('https://acme.test/v1/chat/completions?api-version=3');
  });

  it.each<[Variables, string | null]>([
    [{ GROQ_API_KEY: 'k' }, null],
    [{ GROQ_API_KEY: 'k', AWP_TRACE_HEADERS: '1' }, 'worker'],
    [{ GROQ_API_KEY: 'k', AWP_TRACE_HEADERS: '0' }, null],
    [{ LLM_BASE_URL: 'http://[::1]:8000/v1' }, 'worker'],
    [{ LLM_BASE_URL: 'http://127.9.9.9/v1' }, 'worker'],
    [{ LLM_BASE_URL: 'http://127.0.0.1.evil.test/v1' }, null],
    [{ LLM_BASE_URL: 'http://localhost.evil.test/v1' }, null],
  ])('%o: the trace header is %s', async (variables, header) => {
    const { resolve, sent } = resolver(variables);
    const { provider } = resolve('groq/m');
    await collect(provider, modelRequest({ headers: { 'x-awp-role': 'worker' } }));
    expect(sent[0]?.headers.get('x-awp-role')).toBe(header);
  });
});

describe('prices', () => {
  const prices = new Map<string, Price>([
    ['openai/gpt-4o', { input: 1, output: 2 }],
    ['m', { input: 3, output: 4 }],
  ]);

  it.each<[string, Variables, Price | undefined]>([
    ['openai/gpt-4o', { OPENAI_API_KEY: 'k' }, { input: 1, output: 2 }],
    ['gpt-4o', { OPENAI_API_KEY: 'k' }, { input: 1, output: 2 }],
    ['groq/m', { GROQ_API_KEY: 'k' }, { input: 3, output: 4 }],
    ['groq/other', { GROQ_API_KEY: 'k' }, undefined],
    ['ollama/other', {}, { input: 0, output: 0 }],
    ['other', { LLM_BASE_URL: LOCAL }, undefined],
    [
      'other',
      { LLM_BASE_URL: LOCAL, LLM_PRICE_INPUT: '0.5', LLM_PRICE_OUTPUT: '1.5' },
      { input: 0.5, output: 1.5 },
    ],
    [
      'm',
      { LLM_BASE_URL: LOCAL, LLM_PRICE_INPUT: '0.5', LLM_PRICE_OUTPUT: '1.5' },
      { input: 3, output: 4 },
    ],
  ])('of %s with %o: %o', (...[model, variables, price]) => {
    expect(resolver(variables, { prices }).resolve(model).price).toEqual(price);
  });

  it.each<Variables>([
    { LLM_PRICE_INPUT: '0.5' },
    { LLM_PRICE_INPUT: 'cheap', LLM_PRICE_OUTPUT: '1' },
    { LLM_PRICE_INPUT: '-1', LLM_PRICE_OUTPUT: '1' },
    { LLM_PRICE_INPUT: ' ', LLM_PRICE_OUTPUT: '1' },
  ])('%o are none', (variables) => {
    const all = { LLM_BASE_URL: LOCAL, ...variables };
    expect(failureOf(all, 'm')).toMatchObject({ code: 'usage/bad-price' });
  });

  it('must be amounts', () => {
    const odd = new Map([['m', { input: Number.NaN, output: 1 }]]);
    expect(() => resolver({ LLM_BASE_URL: LOCAL }, { prices: odd }).resolve('m')).toThrow(
      /the price of m/,
    );
  });
});
