import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import {
  type ContractAnswer,
  collect,
  describeProvider,
  modelRequest,
} from '../contracts/provider-contract.ts';
import { apiError, say, silentHead, silentStream } from '../fault-server/answers.ts';
import { overServer } from './support/over-server.ts';

describeProvider('an OpenAI-compatible service', async (answers) => {
  const subject = await overServer(({ index }) => toWire(answers[index]));
  return { ...subject, asked: () => subject.server.requests.length };
});

function toWire(answer: ContractAnswer | undefined) {
  if (answer === undefined || answer === 'failure') return apiError(500, 'out of answers');
  if (answer === 'never') return silentHead();
  const { text, toolCalls, usage } = answer;
  return say({
    ...(text === undefined ? {} : { text }),
    ...(toolCalls
      ? {
          toolCalls: toolCalls.map(({ id, name, args }) => ({
            id,
            name: name.replace('.', '__'),
            arguments: args,
          })),
        }
      : {}),
    ...(usage ? { usage: { prompt_tokens: usage.input, completion_tokens: usage.output } } : {}),
    ...(usage === null ? { usage: null } : {}),
  });
}

describe('what goes over the wire', () => {
  it('is the conversation with tool calls as objects and names without dots', async () => {
    const { provider, server, close } = await overServer(() => 'done');
    await collect(
      provider,
      modelRequest({
        messages: [
          { role: 'system', text: 'You work.' },
          { role: 'user', text: 'Go.' },
          {
            role: 'assistant',
            text: 'I run it.',
            toolCalls: [
              { id: 'a', name: 'code.execute', args: { code: '1' } },
              { id: 'b', name: 'code.execute', args: { _unparsed: '{"code' } },
            ],
          },
          { role: 'tool', call: 'a', name: 'code.execute', text: '{"ok":true}' },
          { role: 'tool', call: 'b', name: 'code.execute', text: 'bad arguments' },
        ],
        tools: [
          { name: 'code.execute', description: 'Runs code.', parameters: { type: 'object' } },
        ],
        toolChoice: 'none',
        temperature: 0.7,
        maxOutputTokens: 99,
      }),
    );
    expect(server.requests[0]?.body).toEqual({
      model: 'some-model',
      max_tokens: 99,
      temperature: 0.7,
      messages: [
        { role: 'system', content: 'You work.' },
        { role: 'user', content: 'Go.' },
        {
          role: 'assistant',
          content: 'I run it.',
          tool_calls: [
            {
              id: 'a',
              type: 'function',
              function: { name: 'code__execute', arguments: '{"code":"1"}' },
            },
            {
              id: 'b',
              type: 'function',
              function: { name: 'code__execute', arguments: '{"_unparsed":"{\\"code"}' },
            },
          ],
        },
        { role: 'tool', tool_call_id: 'a', content: '{"ok":true}' },
        { role: 'tool', tool_call_id: 'b', content: 'bad arguments' },
      ],
      tools: [
        {
          type: 'function',
          function: {
            name: 'code__execute',
            description: 'Runs code.',
            parameters: { type: 'object' },
          },
        },
      ],
      tool_choice: 'none',
    });
    await close();
  });

  it('asks for usage in streams, and for a stream when the answer may take long', async () => {
    const { provider, server, close } = await overServer(() => 'done', {
      limits: { firstByteMs: 1000 },
    });
    const chunks = await collect(provider, modelRequest({ maxOutputTokens: 21 }));
    await collect(provider, modelRequest({ maxOutputTokens: 20 }));
    expect(server.requests.map(({ body }) => [body.stream, body.stream_options])).toEqual([
      [true, { include_usage: true }],
      [undefined, undefined],
    ]);
    // Nobody watches, so no pieces are shown.
    expect(chunks).toMatchObject([{ type: 'end', text: 'done' }]);
    await close();
  });

  it('carries the trace headers to this machine, in ASCII', async () => {
    const { provider, server, close } = await overServer(() => 'done');
    await collect(
      provider,
      modelRequest({ headers: { 'x-awp-role': 'manager', 'x-awp-agent': 'größe' } }),
    );
    expect(server.requests[0]?.headers).toMatchObject({
      'x-awp-role': 'manager',
      'x-awp-agent': 'gr%C3%B6%C3%9Fe',
      authorization: expect.stringContaining('Bearer sk-test'),
    });
    await close();
  });

  it.each([
    {
      what: 'a name of a tool that is not there',
      sent: { name: 'web__fetch', arguments: '{}' },
      call: { name: 'web.fetch', args: {} },
    },
    {
      what: 'broken arguments',
      sent: { name: 'file__read', arguments: '{"path": "a' },
      call: { name: 'file.read', args: { _unparsed: '{"path": "a' } },
    },
    {
      what: 'arguments that are no object',
      sent: { name: 'file__read', arguments: '[1]' },
      call: { name: 'file.read', args: { _unparsed: '[1]' } },
    },
    {
      what: 'no arguments at all',
      sent: { name: 'file__read', arguments: '' },
      call: { name: 'file.read', args: {} },
    },
    {
      what: 'a name with two underscores of its own',
      sent: { name: 'x__a__b', arguments: '{}' },
      call: { name: 'x.a__b', args: {} },
    },
  ])('brings back $what', async ({ sent, call }) => {
    const { provider, close } = await overServer(() => say({ toolCalls: [sent] }));
    const tools = ['file.read', 'x.a__b'].map((tool) => ({
      name: tool,
      description: '',
      parameters: {},
    }));
    for (const stream of [false, true]) {
      expect(await collect(provider, modelRequest({ tools, stream }))).toMatchObject([
        { toolCalls: [call] },
      ]);
    }
    await close();
  });

  it('tells calls apart that the service numbered alike', async () => {
    const call = { id: 'call_0', name: 'a', arguments: {} };
    const { provider, close } = await overServer(() => say({ toolCalls: [call, call, call] }));
    const [end] = await collect(provider, modelRequest());
    const ids = end?.type === 'end' ? end.toolCalls.map(({ id }) => id) : [];
    expect(ids).toEqual(['call_0', 'call_0-2', 'call_0-3']);
    await close();
  });

  it('names the model that served, cached and reasoning tokens', async () => {
    const usage = {
      prompt_tokens: 100,
      completion_tokens: 50,
      prompt_tokens_details: { cached_tokens: 80 },
      completion_tokens_details: { reasoning_tokens: 30 },
    };
    const { provider, close } = await overServer(() => say({ text: 'x', model: 'm-2', usage }));
    for (const stream of [false, true]) {
      const end = (await collect(provider, modelRequest({ stream }))).at(-1);
      expect(end).toMatchObject({
        servedBy: 'm-2',
        usage: { input: 100, output: 50, cached: 80, reasoning: 30 },
      });
    }
    await close();
  });

  it('cancels the request when the reader stops', async () => {
    const { provider, server, clock, close } = await overServer(() =>
      say({ text: 'abc'.repeat(1000), pauseMs: 60_000 }),
    );
    const { signal } = new AbortController();
    for await (const _ of provider.ask(modelRequest({ stream: true }), signal)) break;
    expect(await server.requests[0]?.over).toBe('cut');
    expect(clock.pending).toBe(0);
    await close();
  });

  it('leaves no timer and no listener behind after an answer', async () => {
    const { provider, clock, close } = await overServer(() => 'done');
    const { signal } = new AbortController();
    await collect(provider, modelRequest({ timeoutMs: 5000 }), signal);
    expect(clock.pending).toBe(0);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
    await close();
  });

  it.each([false, true])(
    'throws the reason as it is, also in mid-answer (stream: %s)',
    async (stream) => {
      const { provider, server, close } = await overServer(() => silentStream('half'));
      const controller = new AbortController();
      const reason = { name: 'TimeoutError' };
      const call = collect(provider, modelRequest({ stream }), controller.signal);
      call.catch(() => {});
      while (server.requests.length === 0) await new Promise(setImmediate);
      for (let turns = 0; turns < 50; turns++) await new Promise(setImmediate);
      controller.abort(reason);
      await expect(call).rejects.toBe(reason);
      expect(await server.requests[0]?.over).toBe('cut');
      await close();
    },
  );
});
