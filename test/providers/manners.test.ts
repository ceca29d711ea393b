import { afterEach, describe, expect, it, vi } from 'vitest';
import type { JsonObject } from '../../src/base/json.ts';
import { type FixedClock, fixedClock } from '../../src/effects/fake-clock.ts';
import { nodeNetwork } from '../../src/effects/network.ts';
import type { Message } from '../../src/events/event.ts';
import type { ModelRequest } from '../../src/ports/model-provider.ts';
import { optional } from '../../src/providers/optional.ts';
import { makeResolver } from '../../src/providers/resolve.ts';
import { collect, modelRequest } from '../contracts/provider-contract.ts';
import { openrouter } from './conformance/chat-completions.ts';
import { bedrock } from './conformance/converse.ts';
import { anthropic } from './conformance/messages.ts';
import { type Subject, subjectOf } from './conformance/subject.ts';
import { json, type Wire } from './conformance/wire.ts';
import { whileTimePasses } from './support/over-server.ts';

const subjects: Subject[] = [];
afterEach(async () => {
  vi.unstubAllEnvs();
  for (const subject of subjects.splice(0)) await subject.close();
});

/** Asks once and gives the end of the answer and what was asked with. */
async function ask(wire: Wire, request: Partial<ModelRequest>, usage: JsonObject = {}) {
  const answer = wire.answer({ text: ['yes'], usage: { input: 5, output: 1 } }, false);
  const body = JSON.parse(answer.body);
  const subject = await subjectOf(wire, json({ ...body, usage: { ...body.usage, ...usage } }));
  subjects.push(subject);
  const asked = { model: wire.model, maxOutputTokens: 400, ...request };
  const end = (await collect(subject.provider, modelRequest(asked))).at(-1);
  const [question] = subject.questions();
  if (!question) throw new Error('nothing was asked');
  return { end, question };
}

const TALK: Message[] = [
  { role: 'system', text: 'You work.' },
  { role: 'user', text: 'Go.' },
  { role: 'assistant', text: '', toolCalls: [{ id: 'a', name: 'file.read', args: {} }] },
  { role: 'tool', call: 'a', name: 'file.read', text: 'March' },
];

describe('Anthropic is told what to cache', () => {
  it.each<[string, Message[], number, true?]>([
    ['what comes first, when a question stands alone', TALK.slice(0, 2), 1],
    ['also the end of a conversation that goes on', TALK, 2],
    ['nothing of a lone question without instructions', TALK.slice(1, 2), 0],
    ['all of a first question that others will begin with', TALK.slice(0, 2), 2, true],
  ])('%s', async (_, messages, marks, goesOn) => {
    const { question } = await ask(anthropic, { messages, ...(goesOn && { goesOn }) });
    const found = JSON.stringify(question.body).match(/"cache_control":\{"type":"ephemeral"\}/g);
    expect(found ?? []).toHaveLength(marks);
  });
});

describe('thinking is part of what was set aside for the answer', () => {
  const model = 'claude-haiku-4-5';

  it.each<[ModelRequest['reasoning'], number, number | undefined]>([
    ['high', 4096, 2048],
    ['medium', 4096, 1024],
    ['low', 4096, 1024],
    [{ budgetTokens: 1500 }, 4096, 1500],
    [{ budgetTokens: 9000 }, 4096, 2048],
    ['high', 2000, undefined],
    [undefined, 4096, undefined],
  ])('%o of %i tokens: %s', async (reasoning, maxOutputTokens, budget) => {
    const request = { model, maxOutputTokens, ...(reasoning !== undefined && { reasoning }) };
    const { question } = await ask(anthropic, request);
    expect(question.body.max_tokens).toBe(maxOutputTokens);
    expect(question.body.thinking).toEqual(
      budget === undefined ? undefined : { type: 'enabled', budget_tokens: budget },
    );
  });

  it('and is left out between calls of tools, whose thoughts are not kept', async () => {
    const { question } = await ask(anthropic, {
      ...{ model, maxOutputTokens: 4096, messages: TALK, reasoning: 'high' },
    });
    expect(question.body.thinking).toBeUndefined();
  });
});

describe('OpenRouter', () => {
  it('is told the name and the address of the program', async () => {
    const variables = { OPENROUTER_APP_TITLE: 'Größe', OPENROUTER_APP_URL: 'https://acme.test' };
    const { question } = await ask({ ...openrouter, variables }, {});
    expect(question.headers).toMatchObject({
      'x-title': 'Gr%C3%B6%C3%9Fe',
      'http-referer': 'https://acme.test',
    });
    const plain = await ask(openrouter, {});
    expect(plain.question.headers['x-title']).toBeUndefined();
  });

  it('says itself what a call cost', async () => {
    expect((await ask(openrouter, {}, { cost: 0.0123 })).end).toMatchObject({ cost: 0.0123 });
    for (const cost of [-1, 'much', null]) {
      expect((await ask(openrouter, {}, { cost })).end).not.toHaveProperty('cost');
    }
  });

  it.each([
    ['anthropic/claude-opus-5', true],
    ['openai/gpt-5', false],
  ])('is told what to cache for %s: %s', async (model, marked) => {
    const { question } = await ask(openrouter, { model, messages: TALK });
    expect(JSON.stringify(question.body.messages).includes('cache_control')).toBe(marked);
  });

  it.each<[string, Partial<ModelRequest>, (string | undefined)[]]>([
    ['a lone question', { messages: TALK.slice(0, 2) }, ['system']],
    [
      'one that others will begin with',
      { messages: TALK.slice(0, 2), goesOn: true },
      ['system', 'user'],
    ],
    ['one in a conversation', { messages: TALK }, ['system', 'user']],
  ])('marks what of %s stays', async (_, request, marked) => {
    const { question } = await ask(openrouter, { model: 'anthropic/claude-opus-5', ...request });
    const messages = question.body.messages as { role: string }[];
    const found = messages.filter((message) => JSON.stringify(message).includes('cache_control'));
    expect(found.map(({ role }) => role)).toEqual(marked);
    expect(JSON.stringify(question.body)).not.toContain('awp');
  });

  it('takes a number of tokens for thinking', async () => {
    const { question } = await ask(openrouter, { reasoning: { budgetTokens: 3000 } });
    expect(question.body.reasoning).toEqual({ max_tokens: 3000 });
  });
});

describe('Bedrock', () => {
  it('has the time that a slow model needs for the longest answer, since it streams nothing', async () => {
    const clock = fixedClock();
    const { provider, seen } = overBedrock(clock, { AWS_BEARER_TOKEN_BEDROCK: 'k' }, 90_000);
    const long = modelRequest({ maxOutputTokens: 8192, stream: true });
    await expect(whileTimePasses(clock, collect(provider, long))).resolves.toMatchObject([
      { text: 'yes' },
    ]);
    const short = modelRequest({ maxOutputTokens: 400 });
    await expect(whileTimePasses(clock, collect(provider, short))).rejects.toMatchObject({
      code: 'model/timeout',
      message: 'bedrock did not begin to answer within 60 s',
    });
    expect(seen).toHaveLength(2);
  });

  it('gets no key that the user did not give', async () => {
    vi.stubEnv('AWS_BEARER_TOKEN_BEDROCK', 'from-elsewhere');
    vi.stubEnv('AWS_SESSION_TOKEN', 'from-elsewhere');
    const keys = { AWS_ACCESS_KEY_ID: 'AKIAMINE', AWS_SECRET_ACCESS_KEY: 'mine-0123456789' };
    const clock = fixedClock();
    const { provider, seen } = overBedrock(clock, keys, 0);
    await whileTimePasses(clock, collect(provider, modelRequest()));
    expect(seen[0]?.get('authorization')).toMatch(/^AWS4-HMAC-SHA256 Credential=AKIAMINE/);
    expect(JSON.stringify([...(seen[0] ?? [])])).not.toContain('from-elsewhere');
  });
});

/** Bedrock behind a network that answers after so many milliseconds of the clock. */
function overBedrock(clock: FixedClock, keys: Record<string, string>, afterMs: number) {
  const seen: Headers[] = [];
  const variables: Record<string, string> = { AWS_REGION: 'eu-west-1', ...keys };
  const { body = '', headers } = bedrock.answer(
    { text: ['yes'], usage: { input: 5, output: 1 } },
    false,
  );
  const network = {
    ...nodeNetwork(),
    fetch: (_: string, init: RequestInit) =>
      new Promise<Response>((resolve, reject) => {
        seen.push(new Headers(init.headers));
        init.signal?.addEventListener('abort', () => reject(init.signal?.reason));
        clock.timer(afterMs, () => resolve(new Response(body, headers ? { headers } : {})));
      }),
  };
  const resolve = makeResolver({
    effects: { clock, network, secrets: { get: (name) => variables[name] } },
  });
  return { provider: resolve('bedrock/amazon.nova-2').provider, seen };
}

describe('a service whose package is not there', () => {
  const service = {
    package: '@acme/not-there',
    version: '3',
    factories: ['createNotThere'],
    keyVariables: ['NOT_THERE_API_KEY'],
    baseUrl: () => 'https://not-there.test',
  };
  const endpoint = {
    ...{ name: 'not-there', baseUrl: 'https://not-there.test', key: 'k', keyVariable: 'K' },
  };
  const effects = {
    ...{ clock: fixedClock(), network: nodeNetwork(), secrets: { get: () => undefined } },
  };

  it('names the package and the command', async () => {
    const call = collect(optional(service, endpoint, { effects }), modelRequest());
    await expect(call).rejects.toMatchObject({
      code: 'model/not-installed',
      message: 'not-there needs the package @acme/not-there',
      hint: expect.stringContaining('npm install @acme/not-there@3'),
      usage: { input: 0, output: 0 },
    });
  });

  it('names the version, when another one is there', async () => {
    const other = { ...service, package: '@ai-sdk/google' };
    const call = collect(optional(other, endpoint, { effects }), modelRequest());
    await expect(call).rejects.toMatchObject({
      code: 'model/unsupported',
      hint: expect.stringContaining('npm install @ai-sdk/google@3'),
    });
  });
});
