import { describe, expect, it } from 'vitest';
import { fixedClock } from '../../src/effects/fake-clock.ts';
import { nodeNetwork } from '../../src/effects/network.ts';
import type { Price, ResolvedModel } from '../../src/ports/model-provider.ts';
import { defaultModel, makeResolver, type ResolverOptions } from '../../src/providers/resolve.ts';
import { scriptedModel } from '../../src/providers/scripted.ts';
import { collect, modelRequest } from '../contracts/provider-contract.ts';
import { keyIn, yes } from './support/any-api.ts';

type Variables = Record<string, string>;

interface Sent {
  url: string;
  headers: Headers;
  body: Record<string, unknown>;
}

/** A resolver whose requests go nowhere: they are kept, and answered with one word. */
function resolver(variables: Variables, options: Partial<ResolverOptions> = {}) {
  const sent: Sent[] = [];
  const resolve = makeResolver({
    effects: {
      clock: fixedClock(),
      secrets: { get: (name) => variables[name] },
      network: {
        ...nodeNetwork(),
        async fetch(url, init) {
          const body = JSON.parse(String(init.body));
          if (!url.endsWith('/api/show')) {
            sent.push({ url, headers: new Headers(init.headers), body });
          }
          const stream = body.stream === true || url.includes('streamGenerateContent');
          const { status = 200, headers = {}, body: text } = yes(url, stream);
          return new Response(text, { status, headers });
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
  return `${url} ${body.model ?? 'its path'} ${keyIn(headers) ?? 'no key'}`;
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
    ['any/thing', { LLM_BASE_URL: LOCAL }, `${LOCAL}/chat/completions any/thing no key`],
    ['any', { LLM_BASE_URL: LOCAL, LLM_API_KEY: 'k1' }, `${LOCAL}/chat/completions any k1`],
    [
      'groq/m',
      { LLM_BASE_URL: LOCAL, GROQ_API_KEY: 'k-groq' },
      `${LOCAL}/chat/completions groq/m no key`,
    ],
    [
      'groq/m',
      { LLM_BASE_URL: 'https://api.groq.com/openai/v1', GROQ_API_KEY: 'k-groq' },
      'https://api.groq.com/openai/v1/chat/completions m k-groq',
    ],
    // The same host without TLS is another place.
    [
      'groq/m',
      { LLM_BASE_URL: 'http://api.groq.com/openai/v1', GROQ_API_KEY: 'k-groq' },
      'http://api.groq.com/openai/v1/chat/completions groq/m no key',
    ],
    [
      'openai/gpt-4o',
      { LLM_BASE_URL: OPENROUTER, LLM_API_KEY: 'k1', OPENAI_API_KEY: 'k-oa' },
      `${OPENROUTER}/chat/completions openai/gpt-4o k1`,
    ],
    [
      'openai/gpt-4o',
      { OPENAI_API_KEY: 'k-oa' },
      'https://api.openai.com/v1/responses gpt-4o k-oa',
    ],
    ['openai/gpt-4o', { LLM_API_KEY: 'k1' }, `${OPENROUTER}/chat/completions openai/gpt-4o k1`],
    ['gpt-4o', { OPENAI_API_KEY: 'k-oa' }, 'https://api.openai.com/v1/responses gpt-4o k-oa'],
    ['gpt-4o', { LLM_API_KEY: 'k1' }, `${OPENROUTER}/chat/completions openai/gpt-4o k1`],
    [
      'gpt-4o',
      { LLM_BASE_URL: 'https://api.openai.com/v1', OPENAI_API_KEY: 'k-oa' },
      'https://api.openai.com/v1/responses gpt-4o k-oa',
    ],
    [
      'claude-sonnet-4',
      { ANTHROPIC_API_KEY: 'k-an', LLM_API_KEY: 'k1' },
      'https://api.anthropic.com/v1/messages claude-sonnet-4 k-an',
    ],
    [
      'openrouter/anthropic/claude-sonnet-4',
      { OPENROUTER_API_KEY: 'k-or' },
      `${OPENROUTER}/chat/completions anthropic/claude-sonnet-4 k-or`,
    ],
    ['openrouter/a/b', { LLM_API_KEY: 'k1' }, `${OPENROUTER}/chat/completions a/b k1`],
    [
      'openrouter/a/b',
      { LLM_API_KEY: 'k1', OPENROUTER_API_KEY: 'k-or' },
      `${OPENROUTER}/chat/completions a/b k-or`,
    ],
    [
      'meta-llama/llama-4',
      { LLM_API_KEY: 'k1' },
      `${OPENROUTER}/chat/completions meta-llama/llama-4 k1`,
    ],
    // Whoever serves models of others may want the others' keys.
    [
      'm',
      { LLM_BASE_URL: LOCAL, LLM_API_KEY: 'sk-ant-api03-x' },
      `${LOCAL}/chat/completions m sk-ant-api03-x`,
    ],
    // Many services have OpenAI's API beside their own, under another path.
    [
      'gemini-3.8-flash',
      {
        LLM_BASE_URL: 'https://generativelanguage.googleapis.com/v1beta/openai/',
        GEMINI_API_KEY: 'k-go',
      },
      'https://generativelanguage.googleapis.com/v1beta/openai/chat/completions gemini-3.8-flash k-go',
    ],
    [
      'cohere/command-a',
      { LLM_BASE_URL: 'https://api.cohere.com/compatibility/v1', COHERE_API_KEY: 'k-co' },
      'https://api.cohere.com/compatibility/v1/chat/completions command-a k-co',
    ],
    [
      'grok-4',
      { LLM_BASE_URL: 'https://api.x.ai/v1', LLM_API_KEY: 'k1' },
      'https://api.x.ai/v1/chat/completions grok-4 k1',
    ],
    [
      'claude-sonnet-4',
      { LLM_BASE_URL: 'https://api.anthropic.com/v1/', LLM_API_KEY: 'k1' },
      'https://api.anthropic.com/v1/messages claude-sonnet-4 k1',
    ],
    [
      'gpt-4o',
      { LLM_BASE_URL: 'https://api.openai.com/v1?api-version=3', LLM_API_KEY: 'k1' },
      'https://api.openai.com/v1/responses?api-version=3 gpt-4o k1',
    ],
    [
      'azure/mine',
      {
        AZURE_API_KEY: 'k-az',
        AZURE_OPENAI_ENDPOINT: 'https://acme.openai.azure.com/openai?api-version=preview',
      },
      'https://acme.openai.azure.com/openai/v1/responses?api-version=preview mine k-az',
    ],
    ['ollama/llama3:8b', {}, 'http://localhost:11434/api/chat llama3:8b no key'],
    ['ollama/llama3', { LLM_API_KEY: 'k1' }, 'http://localhost:11434/api/chat llama3 no key'],
    ['ollama/m', { OLLAMA_HOST: '10.0.0.7' }, 'http://10.0.0.7:11434/api/chat m no key'],
    ['ollama/m', { OLLAMA_HOST: '0.0.0.0:9000' }, 'http://127.0.0.1:9000/api/chat m no key'],
    ['ollama/m', { OLLAMA_HOST: ':9000' }, 'http://localhost:9000/api/chat m no key'],
    [
      'ollama/m',
      { OLLAMA_HOST: 'https://models.test/', OLLAMA_API_KEY: 'k-ol' },
      'https://models.test/api/chat m k-ol',
    ],
    [
      'ollama/m',
      { LLM_BASE_URL: 'http://localhost:11434/v1' },
      'http://localhost:11434/api/chat m no key',
    ],
    [
      'ollama/m',
      { LLM_BASE_URL: 'http://127.0.0.1:11434/v1/' },
      'http://127.0.0.1:11434/api/chat m no key',
    ],
    [
      'm',
      { LLM_BASE_URL: 'http://[::1]:8000', OLLAMA_HOST: '0.0.0.0:8000' },
      'http://[::1]:8000/api/chat m no key',
    ],
    [
      'm',
      { LLM_BASE_URL: 'http://localhost:11434/behind/v1' },
      'http://localhost:11434/behind/v1/chat/completions m no key',
    ],
    [
      'groq/m',
      { GROQ_API_KEY: ' k-groq\n' },
      'https://api.groq.com/openai/v1/chat/completions m k-groq',
    ],
    [
      'together/a/b',
      { TOGETHER_API_KEY: 'k-to' },
      'https://api.together.xyz/v1/chat/completions a/b k-to',
    ],
    [
      'google/gemini-3.8-flash',
      { GEMINI_API_KEY: 'k-go' },
      'https://generativelanguage.googleapis.com/v1beta/models/gemini-3.8-flash:generateContent its path k-go',
    ],
    [
      'azure/mine',
      { AZURE_API_KEY: 'k-az', AZURE_RESOURCE_NAME: 'acme' },
      'https://acme.openai.azure.com/openai/v1/responses?api-version=v1 mine k-az',
    ],
    [
      'azure/mine',
      { AZURE_OPENAI_API_KEY: 'k-az', AZURE_OPENAI_ENDPOINT: 'https://acme.openai.azure.com/' },
      'https://acme.openai.azure.com/openai/v1/responses?api-version=v1 mine k-az',
    ],
    [
      'bedrock/amazon.nova-2',
      { AWS_REGION: 'eu-west-1', AWS_BEARER_TOKEN_BEDROCK: 'k-aws' },
      'https://bedrock-runtime.eu-west-1.amazonaws.com/model/amazon.nova-2/converse its path k-aws',
    ],
  ])('%s with %o: %s', async (...[model, variables, way]) => {
    expect(await wayOf(variables, model)).toBe(way);
  });

  it.each<[string, Variables, string, string]>([
    [
      'openai/gpt-4o',
      {},
      'model/no-key',
      'set OPENAI_API_KEY (or keep it: awp secrets set OPENAI_API_KEY)',
    ],
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
    ['gpt-4o', { OPENAI_API_KEY: 'sk-ant-api03-x' }, 'model/auth', 'put it into ANTHROPIC_API_KEY'],
    ['claude-opus-5', { ANTHROPIC_API_KEY: 'sk-or-v1-x' }, 'model/auth', 'OPENROUTER_API_KEY'],
    ['a/b', { LLM_API_KEY: 'gsk_x' }, 'model/auth', 'name a model groq/'],
    [
      'm',
      { LLM_BASE_URL: 'https://api.groq.com/openai/v1', LLM_API_KEY: 'AIzaSyX' },
      'model/auth',
      'put it into GOOGLE_GENERATIVE_AI_API_KEY',
    ],
    ['azure/mine', { AZURE_API_KEY: 'k' }, 'model/no-key', 'set AZURE_RESOURCE_NAME'],
    [
      'azure/mine',
      { AZURE_API_KEY: 'k', AZURE_RESOURCE_NAME: 'evil.test/' },
      'model/bad-url',
      'letters, digits and dashes',
    ],
    ['bedrock/m', { AWS_BEARER_TOKEN_BEDROCK: 'k' }, 'model/no-key', 'set AWS_REGION'],
    [
      'bedrock/m',
      { AWS_REGION: 'evil.test/', AWS_BEARER_TOKEN_BEDROCK: 'k' },
      'model/bad-url',
      'us-east-1',
    ],
    [
      'bedrock/m',
      { AWS_REGION: 'us-east-1', AWS_ACCESS_KEY_ID: 'k' },
      'model/no-key',
      'set AWS_SECRET_ACCESS_KEY',
    ],
    ['google/gemini', {}, 'model/no-key', 'GOOGLE_GENERATIVE_AI_API_KEY'],
    ...['16k', 'abc', '-5', '1.5', '0'].map((size): [string, Variables, string, string] => [
      'ollama/m',
      { OLLAMA_NUM_CTX: size },
      'usage/bad-limit',
      'for example OLLAMA_NUM_CTX=32768',
    ]),
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
    const foreign = failureOf({ OPENAI_API_KEY: 'sk-ant-api03-hidden' }, 'gpt-4o');
    expect(String(foreign) + foreign.hint).not.toContain('hidden');
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

  it('is the Responses API for OpenAI, and no temperature for models that reason', async () => {
    const variables = { OPENAI_API_KEY: 'k' };
    expect(await bodyFor('gpt-4o', variables)).toMatchObject({
      max_output_tokens: 500,
      temperature: 0.2,
      store: false,
    });
    expect(Object.keys(await bodyFor('o3-mini', variables))).not.toContain('temperature');
    expect(Object.keys(await bodyFor('openai/gpt-6.2-sol', variables))).not.toContain(
      'temperature',
    );
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
    ['openrouter/openai/gpt-4o', { OPENROUTER_API_KEY: 'k' }, { input: 1, output: 2 }],
    ['openrouter/openai/gpt-5-mini', { OPENROUTER_API_KEY: 'k' }, undefined],
    [
      'gpt-5-mini-2025-08-07',
      { OPENAI_API_KEY: 'k' },
      { input: 0.25, cachedInput: 0.025, output: 2, asOf: '2025-11-13' },
    ],
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
    for (const price of [
      { input: Number.NaN, output: 1 },
      { input: 1, output: 1, cachedInput: -1 },
      { input: 1, output: 1, long: { above: 5, input: 1, output: Number.POSITIVE_INFINITY } },
    ]) {
      const odd = new Map([['m', price]]);
      expect(() => resolver({ LLM_BASE_URL: LOCAL }, { prices: odd }).resolve('m')).toThrow(
        /the price of m/,
      );
    }
  });
});
