import { afterEach, describe, expect, it } from 'vitest';
import { sha256 } from '../../../src/base/hash.ts';
import type { Message } from '../../../src/events/event.ts';
import {
  isRetryable,
  type ModelAnswer,
  type ModelChunk,
  type ModelRequest,
} from '../../../src/ports/model-provider.ts';
import { collect, modelRequest } from '../../contracts/provider-contract.ts';
import { compatible, openrouter } from './chat-completions.ts';
import { bedrock } from './converse.ts';
import { google } from './generate-content.ts';
import { anthropic } from './messages.ts';
import { ollama } from './ollama-chat.ts';
import { azure, openai } from './responses.ts';
import { KEY, type Subject, subjectOf } from './subject.ts';
import type { Refusal, Script, Wire, WireAnswer } from './wire.ts';

const WIRES = [openai, anthropic, openrouter, ollama, compatible, google, azure, bedrock];

const subjects: Subject[] = [];
afterEach(async () => {
  for (const subject of subjects.splice(0)) await subject.close();
});

async function start(wire: Wire, ...answers: WireAnswer[]): Promise<Subject> {
  const subject = await subjectOf(wire, ...answers);
  subjects.push(subject);
  return subject;
}

const TOOLS = ['code.execute', 'file.read'].map((name) => ({
  name,
  description: `Does ${name}.`,
  parameters: { type: 'object', properties: { path: { type: 'string' } } },
}));

/** A schema of an object that may have more fields than it names, as results may. */
const SCHEMA = {
  type: 'object',
  properties: {
    month: { type: 'string' },
    details: { type: 'object', properties: {}, additionalProperties: true },
  },
  required: ['month'],
};

const CONVERSATION: Message[] = [
  { role: 'system', text: 'You work with tables.' },
  { role: 'user', text: 'What is the peak month?' },
  {
    role: 'assistant',
    text: 'I read both.',
    toolCalls: [
      { id: 'call_a', name: 'file.read', args: { path: 'a.csv' } },
      { id: 'call_b', name: 'file.read', args: { path: 'b.csv' } },
    ],
  },
  { role: 'tool', call: 'call_a', name: 'file.read', text: 'January' },
  { role: 'tool', call: 'call_b', name: 'file.read', text: 'March' },
];

/** A picture of one point. */
const PIXEL = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);
const IMAGE = { path: 'inputs/pixel.png', type: 'image/png', sha256: sha256(PIXEL) };

describe.each(WIRES)('the adapter of $name', (wire) => {
  const ways = wire.streams ? [false, true] : [false];

  async function ask(
    script: Script,
    request: Partial<ModelRequest> = {},
  ): Promise<{ chunks: ModelChunk[]; end: ModelAnswer; subject: Subject }> {
    const stream = request.stream ?? false;
    const subject = await start(wire, wire.answer(script, stream));
    const chunks = await collect(
      subject.provider,
      modelRequest({ model: wire.model, maxOutputTokens: 400, ...request }),
    );
    const end = chunks.at(-1);
    if (end?.type !== 'end') throw new Error('there is no end');
    return { chunks, end, subject };
  }

  async function failure(answer: WireAnswer, request: Partial<ModelRequest> = {}) {
    const { provider } = await start(wire, answer);
    const asked = modelRequest({ model: wire.model, maxOutputTokens: 400, ...request });
    const error = await collect(provider, asked).catch((thrown) => thrown);
    if (Array.isArray(error)) throw new Error(`it answered: ${JSON.stringify(error)}`);
    return error;
  }

  it.each(ways)('brings text, usage and the name that served (stream: %s)', async (stream) => {
    const script = { text: ['The peak ', 'is ', 'März.'], usage: { input: 40, output: 9 } };
    const { chunks, end } = await ask(script, { stream });
    expect(end).toMatchObject({
      text: 'The peak is März.',
      toolCalls: [],
      usage: { input: 40, output: 9 },
    });
    const shown = chunks.flatMap((chunk) => (chunk.type === 'text' ? [chunk.text] : []));
    // Pieces that came together may be shown together.
    expect(shown.join('')).toBe(stream ? 'The peak is März.' : '');
  });

  it.each(ways)('leaves thoughts out of the answer (stream: %s)', async (stream) => {
    const script = { thoughts: 'Let me see.', text: ['March'], usage: { input: 5, output: 8 } };
    expect((await ask(script, { stream })).end.text).toBe('March');
  });

  it.each(ways)('brings one call of a tool (stream: %s)', async (stream) => {
    const calls = [{ id: 'call_1', name: 'code__execute', args: { code: 'print("ä")', n: [1] } }];
    const { end } = await ask({ calls, usage: { input: 9, output: 3 } }, { stream, tools: TOOLS });
    expect(end.text).toBe('');
    expect(end.toolCalls).toEqual([
      {
        id: wire.ids ? 'call_1' : expect.any(String),
        name: 'code.execute',
        args: { code: 'print("ä")', n: [1] },
      },
    ]);
  });

  it.each(ways)('brings text with several calls at once (stream: %s)', async (stream) => {
    const calls = [
      { id: 'call_1', name: 'file__read', args: { path: 'a.csv' } },
      { id: 'call_2', name: 'file__read', args: { path: 'b.csv' } },
      { id: 'call_3', name: 'code__execute', args: {} },
    ];
    const script = { text: ['Both ', 'at once.'], calls, usage: { input: 9, output: 30 } };
    const { end } = await ask(script, { stream, tools: TOOLS });
    expect(end.text).toBe('Both at once.');
    expect(end.toolCalls.map(({ name, args }) => [name, args])).toEqual([
      ['file.read', { path: 'a.csv' }],
      ['file.read', { path: 'b.csv' }],
      ['code.execute', {}],
    ]);
    const ids = end.toolCalls.map(({ id }) => id);
    expect(new Set(ids).size).toBe(3);
    if (wire.ids) expect(ids).toEqual(['call_1', 'call_2', 'call_3']);
  });

  it.each(ways)('counts cached, written and reasoning tokens (stream: %s)', async (stream) => {
    const all = { cached: 60, written: 20, reasoning: 15 };
    const named = Object.fromEntries(wire.counts.map((name) => [name, all[name]]));
    const script = { text: ['x'], usage: { input: 100, output: 50, ...named } };
    const { written, ...rest } = named;
    expect((await ask(script, { stream })).end.usage).toEqual({
      ...{ input: 100, output: 50 },
      ...rest,
      ...(written !== undefined && { cacheWritten: written }),
    });
  });

  it.each(ways)('takes no half answer (stream: %s)', async (stream) => {
    const script: Script = { text: ['half'], usage: { input: 9, output: 400 }, end: 'length' };
    const error = await failure(wire.answer(script, stream), { stream });
    expect(error).toMatchObject({ code: 'model/truncated', usage: { input: 9, output: 400 } });
  });

  it.each(wire.filters ? ways : [])('says that a filter refused (stream: %s)', async (stream) => {
    const script: Script = { text: ['I'], usage: { input: 9, output: 1 }, end: 'filter' };
    expect(await failure(wire.answer(script, stream), { stream })).toMatchObject({
      code: 'model/refused',
    });
  });

  it.each(wire.streams ? [true] : [])(
    'takes no stream that lacks its end (stream: %s)',
    async (stream) => {
      const { body, ...rest } = wire.answer({ text: ['half', ' and half'] }, true);
      const cut = body.slice(0, body.indexOf(' and half') + 20);
      const error = await failure({ ...rest, body: cut }, { stream });
      expect(['model/truncated', 'model/bad-answer']).toContain(error.code);
    },
  );

  it.each(wire.brokenOff ? [wire.brokenOff] : [])(
    'reads the error that ends a stream',
    async (last) => {
      const { body, headers } = wire.answer({ text: ['half'] }, true);
      const start = body.indexOf('half');
      const end = body.indexOf('\n', start) + (body.startsWith('{') ? 1 : 2);
      const broken = `${body.slice(0, end)}${last.body}`;
      const error = await failure({ ...(headers && { headers }), body: broken }, { stream: true });
      expect(error).toMatchObject({ code: last.code });
    },
  );

  it.each(wire.brokenOff ? [wire.brokenOff] : [])(
    'reads the error that is all of a stream',
    async ({ body, code }) => {
      const { headers } = wire.answer({ text: ['half'] }, true);
      const error = await failure({ ...(headers && { headers }), body }, { stream: true });
      expect(error).toMatchObject({ code });
    },
  );

  it.each<[Refusal, string, boolean]>([
    ['auth', 'model/auth', false],
    ['unknown-model', 'model/unknown', false],
    ['rate-limited', 'model/rate-limited', true],
    ['overloaded', 'model/overloaded', true],
    ['too-long', 'model/too-long', false],
    ['server-error', 'model/server-error', true],
  ])('reads its refusal %s as %s', async (kind, code, retry) => {
    for (const stream of ways) {
      const error = await failure(wire.refusal(kind, KEY), { stream });
      expect(error).toMatchObject({ code, name: 'ModelError' });
      expect(isRetryable(error.code)).toBe(retry);
      expect(`${error.message} ${error.hint} ${error.stack}`).not.toContain(KEY);
      expect(error.hint).toBeTruthy();
    }
  });

  it('hands on the wait that its rate limit asks for', async () => {
    const error = await failure(wire.refusal('rate-limited', KEY));
    expect(error.retryAfterMs).toBe(wire.retryAfterMs);
  });

  it.each(ways)(
    'asks with the whole conversation and all settings (stream: %s)',
    async (stream) => {
      const { subject } = await ask(
        { text: ['March'], usage: { input: 5, output: 1 } },
        { messages: CONVERSATION, tools: TOOLS, temperature: 0.7, stream },
      );
      const [request] = subject.questions();
      if (!request) throw new Error('nothing was asked');
      const asked = wire.asked(request);
      expect(asked).toMatchObject({
        key: KEY,
        system: 'You work with tables.',
        tools: ['code__execute', 'file__read'],
        maxOutputTokens: 400,
        temperature: 0.7,
        results: ['January', 'March'],
        streams: stream && wire.streams,
      });
      expect(asked.roles[0]).toBe('user');
      expect(asked.roles.at(-1)).toBe('tool');
      expect(JSON.stringify(request.headers)).toContain(KEY);
    },
  );

  it('asks for no tools when none may be called', async () => {
    const { subject } = await ask(
      { text: ['March'], usage: { input: 5, output: 1 } },
      { messages: CONVERSATION, tools: TOOLS, toolChoice: 'none' },
    );
    const [request] = subject.questions();
    const body = JSON.stringify(request?.body);
    const forbidden = /"tool_?[cC]hoice":\s*(\{"type":)?"none"|"mode":\s*"NONE"/.test(body);
    expect(forbidden || !body.includes('"Does code.execute."')).toBe(true);
  });

  it('shows it the images of a message', async () => {
    const { subject } = await ask(
      { text: ['A square.'], usage: { input: 5, output: 1 } },
      {
        messages: [{ role: 'user', text: 'What is it?', images: [IMAGE] }],
        images: new Map([[IMAGE.sha256, PIXEL]]),
      },
    );
    const body = JSON.stringify(subject.questions()[0]?.body);
    expect(body).toContain(PIXEL.toString('base64'));
    expect(body).toContain('What is it?');
    if (wire.name !== 'ollama') expect(body).toMatch(/image\/png|"png"/);
  });

  it('says so when an image is missing', async () => {
    const messages: Message[] = [{ role: 'user', text: 'What is it?', images: [IMAGE] }];
    const error = await failure(wire.answer({ text: ['x'] }, false), { messages });
    expect(error).toMatchObject({ code: 'model/no-image' });
  });

  it('asks for one tool, one call and a share of the likely words', async () => {
    const asked = async (request: Partial<ModelRequest>) => {
      const script = { text: ['x'], usage: { input: 5, output: 1 } };
      return (await ask(script, { tools: TOOLS, ...request })).subject.questions()[0]?.body;
    };
    expect(await asked({ toolChoice: { tool: 'file.read' } })).toMatchObject(wire.wish);
    expect(await asked({ parallelCalls: false })).toMatchObject(wire.oneCall ?? {});
    const likely = JSON.stringify(await asked({ topP: 0.37 }));
    expect(/"top_?p":0.37/i.test(likely)).toBe(wire.takesTopP !== false);
  });

  it.each(ways)('holds its answer to a schema (stream: %s)', async (stream) => {
    const usage = { input: 5, output: 9 };
    const script = wire.heldByCall
      ? { calls: [{ id: 'call_1', name: 'json', args: { month: 'März' } }], usage }
      : { text: ['{"month":', '"März"}'], usage };
    const { end, subject } = await ask(script, { responseSchema: SCHEMA, stream });
    expect(subject.questions()[0]?.body).toMatchObject(wire.held(SCHEMA));
    expect(JSON.parse(end.text)).toEqual({ month: 'März' });
    expect(end.toolCalls).toEqual([]);
  });

  it('takes an answer in words where a schema was asked for', async () => {
    const script = { text: ['March, I think.'], usage: { input: 5, output: 9 } };
    const { end } = await ask(script, { responseSchema: SCHEMA });
    expect(end).toMatchObject({ text: 'March, I think.', toolCalls: [] });
  });

  it('says how much to think', async () => {
    const { model, body } = wire.reasoning;
    const { subject } = await ask(
      { text: ['March'], usage: { input: 5, output: 1 } },
      { model, reasoning: 'high', maxOutputTokens: 4000 },
    );
    expect(subject.questions()[0]?.body).toMatchObject(body);
  });

  it('sends nothing to the address that a redirect names', async () => {
    const other = await start(wire, wire.answer({ text: ['stolen'] }, false));
    const location = `${new URL(other.server.url).origin}/elsewhere`;
    const error = await failure({ status: 307, headers: { location }, body: '' });
    expect(error.code).toBe('model/redirected');
    expect(other.server.requests).toEqual([]);
  });
});
