import { describe, expect, it } from 'vitest';
import {
  type Capabilities,
  isRetryable,
  ModelError,
  type ModelProvider,
  type ModelRequest,
} from '../../src/ports/model-provider.ts';
import { UNKNOWN } from '../../src/providers/capabilities.ts';
import { careful } from '../../src/providers/careful.ts';
import { collect, modelRequest } from '../contracts/provider-contract.ts';

/** A provider that keeps what it is asked, or fails. */
function provider(failure?: ModelError): ModelProvider & { asked: ModelRequest[] } {
  const asked: ModelRequest[] = [];
  return {
    name: 'acme',
    asked,
    async *ask(request) {
      asked.push(request);
      if (failure) throw failure;
      yield { type: 'end', text: 'yes', toolCalls: [], usage: undefined };
    },
  };
}

function over(inner: ModelProvider, can: Partial<Capabilities> = {}, service = 'acme') {
  return careful(inner, { service, capabilities: () => ({ ...UNKNOWN, ...can }) });
}

const TOOL = { name: 'file.read', description: '', parameters: {} };

describe('what a model cannot do is not asked of it', () => {
  it('such as calling tools', async () => {
    const inner = provider();
    const call = collect(over(inner, { tools: false }), modelRequest({ tools: [TOOL] }));
    await expect(call).rejects.toMatchObject({
      code: 'model/no-tools',
      message: 'the model some-model of acme cannot call tools',
      usage: { input: 0, output: 0 },
    });
    expect(inner.asked).toEqual([]);
  });

  it('but a model that may, and one without tools, are asked', async () => {
    const inner = provider();
    await collect(over(inner), modelRequest({ tools: [TOOL] }));
    await collect(over(inner, { tools: false }), modelRequest());
    expect(inner.asked).toHaveLength(2);
  });

  it('names a model of the same service that can', async () => {
    const call = collect(
      over(provider(), { tools: false }, 'anthropic'),
      modelRequest({ tools: [TOOL] }),
    );
    await expect(call).rejects.toMatchObject({
      hint: expect.stringContaining('anthropic/claude-'),
    });
  });

  it('names no model of a service of which none is known', async () => {
    const call = collect(
      over(provider(), { tools: false }, '127.0.0.1:8000'),
      modelRequest({ tools: [TOOL] }),
    );
    await expect(call).rejects.toMatchObject({ hint: expect.stringContaining('that can, or let') });
  });

  it.each<[string, ModelRequest['messages']]>([
    ['a text', [{ role: 'user', text: 'x'.repeat(8001) }]],
    [
      'arguments of tools',
      [
        {
          role: 'assistant',
          text: '',
          toolCalls: [{ id: 'a', name: 'f', args: { text: 'ö'.repeat(4001) } }],
        },
      ],
    ],
  ])('such as reading more than its window: %s', async (_, messages) => {
    const inner = provider();
    const call = collect(over(inner, { contextTokens: 1000 }), modelRequest({ messages }));
    await expect(call).rejects.toMatchObject({
      code: 'model/too-long',
      message: expect.stringContaining('its window of 1,000 tokens'),
    });
    expect(inner.asked).toEqual([]);
  });

  it.each<[Partial<Capabilities>, number, number]>([
    [{}, 5000, 5000],
    [{ maxOutputTokens: 4000 }, 5000, 4000],
    [{ maxOutputTokens: 4000 }, 300, 300],
    [{ contextTokens: 3000 }, 5000, 2000],
    [{ contextTokens: 1100 }, 5000, 1024],
  ])('such as a longer answer than it gives: %o, %i', async (can, wanted, asked) => {
    const inner = provider();
    const messages = [{ role: 'user', text: 'x'.repeat(3000) }] as const;
    await collect(over(inner, can), modelRequest({ messages, maxOutputTokens: wanted }));
    expect(inner.asked[0]?.maxOutputTokens).toBe(asked);
  });

  it('such as thinking', async () => {
    const inner = provider();
    await collect(over(inner, { reasoning: false }), modelRequest({ reasoning: 'high' }));
    await collect(over(inner), modelRequest({ reasoning: 'high' }));
    expect(inner.asked.map(({ reasoning }) => reasoning)).toEqual([undefined, 'high']);
  });
});

describe('what services say of it is told in the same words', () => {
  it.each<[`model/${string}`, string, string]>([
    [
      'model/bad-request',
      'registry.ollama.ai/library/gemma3 does not support tools',
      'model/no-tools',
    ],
    ['model/unknown', 'No endpoints found that support tool use.', 'model/no-tools'],
    [
      'model/bad-request',
      '"auto" tool choice requires --enable-auto-tool-choice',
      'model/no-tools',
    ],
    ['model/bad-request', 'Function calling is not enabled for models/gemma', 'model/no-tools'],
    ['model/bad-request', '`tool calling` is not supported with this model', 'model/no-tools'],
    ['model/bad-request', 'Please reduce the length of the messages', 'model/too-long'],
    ['model/bad-request', 'prompt is too long: 9 tokens > 8 maximum', 'model/too-long'],
    ['model/bad-request', 'request_too_large', 'model/too-long'],
    ['model/bad-request', 'the temperature must be 1', 'model/bad-request'],
    ['model/rate-limited', 'too many tokens per minute', 'model/rate-limited'],
    ['model/unknown', 'The model `none` does not exist', 'model/unknown'],
  ])('%s "%s" is %s', async (code, said, told) => {
    const failure = new ModelError(code, `acme answered with status 400: ${said}`);
    const error = await collect(over(provider(failure)), modelRequest()).catch((thrown) => thrown);
    expect(error.code).toBe(told);
    expect(error.message).toContain(said);
  });

  it('an error that is none of a model passes as it is', async () => {
    const reason = new Error('stopped');
    const ask = () => ({
      [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(reason) }),
    });
    const call = collect(over({ name: 'acme', ask }), modelRequest());
    await expect(call).rejects.toBe(reason);
  });
});

describe('an answer is held to a schema', () => {
  const responseSchema = { type: 'object' };

  it.each([
    [true, true],
    [false, false],
    [null, false],
  ])('where the model can (%s): %s', async (structuredOutput, sent) => {
    const inner = provider();
    await collect(over(inner, { structuredOutput }), modelRequest({ responseSchema }));
    expect(inner.asked[0]?.responseSchema).toEqual(sent ? responseSchema : undefined);
  });

  it('until the service refuses the schema: the next question of the model goes without', async () => {
    const refusal = 'acme refused the request, status 400: Invalid schema for response_format';
    const usage = { input: 0, output: 0 };
    const inner = provider(new ModelError('model/bad-request', refusal, { usage }));
    const outer = over(inner, { structuredOutput: true });
    const failure = await collect(outer, modelRequest({ responseSchema })).catch((error) => error);
    expect(failure).toMatchObject({ code: 'model/bad-answer', message: refusal, usage });
    expect(isRetryable(failure.code)).toBe(true);
    await collect(outer, modelRequest({ responseSchema })).catch(() => {});
    await collect(outer, modelRequest({ model: 'other', responseSchema })).catch(() => {});
    const sent = inner.asked.map((request) => request.responseSchema !== undefined);
    expect(sent).toEqual([true, false, true]);
  });

  it('and what else is refused stays what it is', async () => {
    const inner = provider(new ModelError('model/bad-request', 'status 400: bad temperature'));
    const outer = over(inner, { structuredOutput: true });
    const call = collect(outer, modelRequest({ responseSchema }));
    await expect(call).rejects.toMatchObject({ code: 'model/bad-request' });
  });
});
