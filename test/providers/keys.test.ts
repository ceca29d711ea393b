import { afterEach, describe, expect, it } from 'vitest';
import { fixedClock } from '../../src/effects/fake-clock.ts';
import { nodeNetwork } from '../../src/effects/network.ts';
import { makeResolver } from '../../src/providers/resolve.ts';
import { SERVICES } from '../../src/providers/services.ts';
import { collect, modelRequest } from '../contracts/provider-contract.ts';
import { type FaultServer, startFaultServer } from '../fault-server/server.ts';
import { yes } from './support/any-api.ts';

/** Every variable that can hold a key, each with a value of its own. */
const VARIABLES = [...SERVICES.values()].flatMap(({ keyVariables }) => keyVariables);
const KEYS: Record<string, string> = {
  ...Object.fromEntries(VARIABLES.map((name) => [name, `key-of-${name.toLowerCase()}`])),
  LLM_API_KEY: 'key-of-llm_api_key',
};
const SETTINGS = {
  AZURE_RESOURCE_NAME: 'acme',
  AWS_REGION: 'eu-west-1',
  AWS_SECRET_ACCESS_KEY: 'key-of-aws_secret_access_key',
};

const servers: FaultServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

async function listen(handler: Parameters<typeof startFaultServer>[0]): Promise<FaultServer> {
  const server = await startFaultServer(handler);
  servers.push(server);
  return server;
}

interface Row {
  model: string;
  host: string;
  /** The variable whose key belongs to that host; undefined: no key at all. */
  variable: string | undefined;
  more?: Record<string, string>;
  without?: readonly string[];
}

// Services whose packages are not here are left to the table in resolve.test.ts.
const ROWS: readonly Row[] = [
  { model: 'openai/gpt-4o', host: 'api.openai.com', variable: 'OPENAI_API_KEY' },
  { model: 'gpt-4o', host: 'api.openai.com', variable: 'OPENAI_API_KEY' },
  { model: 'anthropic/claude-opus-5', host: 'api.anthropic.com', variable: 'ANTHROPIC_API_KEY' },
  { model: 'claude-opus-5', host: 'api.anthropic.com', variable: 'ANTHROPIC_API_KEY' },
  { model: 'openrouter/openai/gpt-5', host: 'openrouter.ai', variable: 'OPENROUTER_API_KEY' },
  {
    model: 'openai/gpt-4o',
    host: 'openrouter.ai',
    variable: 'LLM_API_KEY',
    without: ['OPENAI_API_KEY', 'OPENROUTER_API_KEY'],
  },
  { model: 'meta-llama/llama-4', host: 'openrouter.ai', variable: 'OPENROUTER_API_KEY' },
  { model: 'groq/m', host: 'api.groq.com', variable: 'GROQ_API_KEY' },
  { model: 'together/m', host: 'api.together.xyz', variable: 'TOGETHER_API_KEY' },
  { model: 'fireworks/m', host: 'api.fireworks.ai', variable: 'FIREWORKS_API_KEY' },
  { model: 'mistral/m', host: 'api.mistral.ai', variable: 'MISTRAL_API_KEY' },
  { model: 'deepseek/m', host: 'api.deepseek.com', variable: 'DEEPSEEK_API_KEY' },
  { model: 'perplexity/m', host: 'api.perplexity.ai', variable: 'PERPLEXITY_API_KEY' },
  { model: 'ollama/m', host: 'localhost:11434', variable: 'OLLAMA_API_KEY' },
  {
    model: 'google/gemini-3.8-flash',
    host: 'generativelanguage.googleapis.com',
    variable: 'GOOGLE_GENERATIVE_AI_API_KEY',
  },
  { model: 'azure/mine', host: 'acme.openai.azure.com', variable: 'AZURE_API_KEY' },
  {
    model: 'bedrock/amazon.nova-2',
    host: 'bedrock-runtime.eu-west-1.amazonaws.com',
    variable: 'AWS_BEARER_TOKEN_BEDROCK',
  },
  {
    model: 'openai/gpt-4o',
    host: 'models.test',
    variable: 'LLM_API_KEY',
    more: { LLM_BASE_URL: 'https://models.test/v1' },
  },
  {
    model: 'openai/gpt-4o',
    host: 'models.test',
    variable: undefined,
    more: { LLM_BASE_URL: 'https://models.test/v1' },
    without: ['LLM_API_KEY'],
  },
  {
    model: 'groq/m',
    host: 'api.groq.com',
    variable: 'GROQ_API_KEY',
    more: { LLM_BASE_URL: 'https://api.groq.com/openai/v1' },
    without: ['LLM_API_KEY'],
  },
];

/** A network on which one host leads to one server, and every other host to another. */
function twoHosts(host: string, right: FaultServer, wrong: FaultServer) {
  return {
    ...nodeNetwork(),
    fetch(url: string, init: RequestInit) {
      const wanted = new URL(url);
      const { origin } = new URL(wanted.host === host ? right.url : wrong.url);
      return fetch(`${origin}${wanted.pathname}${wanted.search}`, init);
    },
  };
}

function resolverFor(
  { host, more = {}, without = [] }: Row,
  right: FaultServer,
  wrong: FaultServer,
) {
  const variables: Record<string, string> = { ...KEYS, ...SETTINGS, ...more };
  for (const name of without) delete variables[name];
  return makeResolver({
    effects: {
      clock: fixedClock(),
      secrets: { get: (name) => variables[name] },
      network: twoHosts(host, right, wrong),
    },
  });
}

/** Every key in what a server was sent. */
function keysIn(server: FaultServer): string[] {
  const seen = server.requests.map(({ headers, body, path }) =>
    JSON.stringify([headers, body, path]),
  );
  const all = [...new Set([...Object.values(KEYS), SETTINGS.AWS_SECRET_ACCESS_KEY])];
  return all.filter((key) => seen.some((text) => text.includes(key)));
}

describe.each(ROWS)('a question to $model with all keys but $without and $more', (row) => {
  const { model, host, variable } = row;

  it(`goes to ${host} with the key in ${variable} and no other`, async () => {
    const right = await listen(({ path, body }) => ({ response }) => {
      const stream = body.stream === true || path.includes('streamGenerateContent');
      const answer = yes(`https://${host}${path}`, stream);
      response.writeHead(answer.status ?? 200, answer.headers);
      response.end(answer.body);
    });
    const wrong = await listen(() => 'stolen');
    const { provider, model: name } = resolverFor(row, right, wrong)(model);
    const [end] = await collect(provider, modelRequest({ model: name }));
    expect(end).toMatchObject({ text: 'yes' });
    expect(keysIn(right)).toEqual(variable === undefined ? [] : [KEYS[variable]]);
    expect(wrong.requests).toEqual([]);
  });

  it('takes no key along to where a redirect leads', async () => {
    const wrong = await listen(() => 'stolen');
    const right = await listen(() => ({ response }) => {
      response.writeHead(302, { location: wrong.url });
      response.end();
    });
    const { provider, model: name } = resolverFor(row, right, wrong)(model);
    for (const stream of [false, true]) {
      const error = await collect(provider, modelRequest({ model: name, stream })).catch((e) => e);
      expect(error).toMatchObject({ code: 'model/redirected' });
    }
    expect(wrong.requests).toEqual([]);
  });
});
