import { afterEach, describe, expect, it } from 'vitest';
import { collect, modelRequest } from '../contracts/provider-contract.ts';
import { anthropic } from './conformance/messages.ts';
import { openai } from './conformance/responses.ts';
import { type Subject, subjectOf } from './conformance/subject.ts';
import { events, type Wire } from './conformance/wire.ts';

const subjects: Subject[] = [];
afterEach(async () => {
  for (const subject of subjects.splice(0)) await subject.close();
});

async function streamOf(wire: Wire, list: readonly object[]) {
  const subject = await subjectOf(wire, events(list, true));
  subjects.push(subject);
  return collect(subject.provider, modelRequest({ model: wire.model, stream: true }));
}

const CREATED = {
  type: 'response.created',
  response: { id: 'r', created_at: 1, model: 'gpt-4.1' },
};
const LIMIT = { code: 'rate_limit_exceeded', message: 'Rate limit. Please try again in 20s.' };
const flat = { type: 'error', sequence_number: 1, ...LIMIT };
const nested = { type: 'error', sequence_number: 1, error: { type: 'tokens', ...LIMIT } };
const failed = { type: 'response.failed', sequence_number: 1, response: { error: LIMIT } };
const SAID = [
  { type: 'response.output_item.added', output_index: 0, item: { type: 'message', id: 'm' } },
  { type: 'response.output_text.delta', item_id: 'm', delta: 'hi' },
];

const ofAnthropic = (type: string, message: string) => ({
  type: 'error',
  error: { type, message },
});

describe('an error that a stream has before anything else keeps its kind', () => {
  it.each<[string, Wire, object[], string, number | undefined]>([
    ['an event of its own', openai, [CREATED, flat], 'model/rate-limited', 20_000],
    ['an event around it', openai, [CREATED, nested], 'model/rate-limited', 20_000],
    ['the end of the answer', openai, [CREATED, failed], 'model/rate-limited', 20_000],
    ['the same behind some text', openai, [CREATED, ...SAID, failed], 'model/rate-limited', 20_000],
    ['nothing known in it', openai, [CREATED, { type: 'odd' }], 'model/truncated', undefined],
    [
      'too much to do',
      anthropic,
      [ofAnthropic('overloaded_error', 'Overloaded')],
      'model/overloaded',
      undefined,
    ],
    [
      'a refused key',
      anthropic,
      [ofAnthropic('authentication_error', 'invalid x-api-key')],
      'model/auth',
      undefined,
    ],
    [
      'a time to wait',
      anthropic,
      [ofAnthropic('rate_limit_error', 'Please try again in 1.5s')],
      'model/rate-limited',
      1500,
    ],
  ])('%s', async (...[, wire, list, code, retryAfterMs]) => {
    const error = await streamOf(wire, list).catch((thrown) => thrown);
    expect(error).toMatchObject({ name: 'ModelError', code, usage: undefined });
    expect(error.retryAfterMs).toBe(retryAfterMs);
  });

  it('and events of another API are no answer', async () => {
    const chunk = { id: 'c', choices: [{ index: 0, delta: { content: 'hi' } }] };
    await expect(streamOf(openai, [chunk])).rejects.toMatchObject({ code: 'model/bad-answer' });
  });
});

describe('usage that is none', () => {
  const last = (usage: unknown) => ({ type: 'response.completed', response: { usage } });
  const done = {
    type: 'response.output_item.done',
    output_index: 0,
    item: { type: 'message', id: 'm' },
  };

  it.each([
    { input_tokens: '3', output_tokens: 2 },
    { input_tokens: -3, output_tokens: 2 },
    'lots',
  ])('%o inside of the last event loses no answer of OpenAI', async (usage) => {
    const chunks = await streamOf(openai, [CREATED, ...SAID, done, last(usage)]);
    expect(chunks.at(-1)).toMatchObject({ type: 'end', text: 'hi', usage: undefined });
  });

  it('and a first event of another shape is a bad answer', async () => {
    const broken = streamOf(anthropic, [{ type: 'message_start', message: 5 }]);
    await expect(broken).rejects.toMatchObject({ code: 'model/bad-answer' });
  });

  it('inside of the first event loses no answer of Anthropic', async () => {
    const message = { id: 'm', type: 'message', role: 'assistant', model: 'x', content: [] };
    const chunks = await streamOf(anthropic, [
      { type: 'message_start', message: { ...message, usage: { input_tokens: 'ten' } } },
      { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
      { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'hi' } },
      { type: 'content_block_stop', index: 0 },
      { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 2 } },
      { type: 'message_stop' },
    ]);
    expect(chunks.at(-1)).toMatchObject({ type: 'end', text: 'hi', usage: undefined });
  });
});
