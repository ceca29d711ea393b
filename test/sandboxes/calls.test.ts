import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isObject, type Json, type JsonObject } from '../../src/base/json.ts';
import type { BoxToolReply, BoxTools, SandboxJob } from '../../src/ports/sandbox.ts';
import { type AnswerMessage, CallChannel } from '../../src/sandboxes/calls.ts';
import { POLICY } from '../contracts/sandbox-contract.ts';

const MIB = 1024 * 1024;

interface World {
  call?: BoxTools['call'];
  /** Most calls of the program. */
  toolCalls?: number;
  tools?: false;
  answer?: AnswerMessage;
  /** Whether the program reads its replies; else nothing is ever taken. */
  reads?: boolean;
}

/** The channel of a box, with the box's end in our hands. */
function channelOf({ call, toolCalls = 1000, tools, answer, reads = true }: World = {}) {
  let hear = (_: Uint8Array): void => {};
  const stops: string[] = [];
  const written: Buffer[] = [];
  const channel = new CallChannel({
    pipe: {
      onData: (listener) => {
        hear = listener;
      },
      onEnd: () => {},
      destroy: () => {},
      end: () => {},
      write: (bytes) => {
        written.push(Buffer.from(bytes));
        return reads ? Promise.resolve() : new Promise(() => {});
      },
    },
    answer,
    stop: (why) => stops.push(why),
  });
  const echo: BoxTools['call'] = async (name, args) => ok({ name, args });
  const job: SandboxJob = {
    ...{ language: 'python', code: '', timeoutMs: 1000, output: [] },
    ...{ inputs: undefined, shared: undefined, policy: { ...POLICY, toolCalls } },
    ...(tools !== false && { tools: { names: ['a.b'], call: call ?? echo } }),
  };
  channel.begin(job);
  return {
    channel,
    job,
    say: (bytes: Uint8Array) => hear(bytes),
    stops,
    written,
    replies: async (): Promise<JsonObject[]> => {
      await settled();
      return messagesIn(Buffer.concat(written));
    },
  };
}

const ok = (data: Json): BoxToolReply => ({ ok: true, status: 200, data });

/** Resolves when all that does not wait for the outside is done. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function frame(text: string | Uint8Array): Buffer {
  const bytes = Buffer.from(text);
  const head = Buffer.alloc(4);
  head.writeUInt32BE(bytes.length);
  return Buffer.concat([head, bytes]);
}

const callOf = (id: Json, name: Json = 'a.b', args: Json = {}): Buffer =>
  frame(JSON.stringify({ id, name, args }));

/** As all JSON of strangers is read: without the names that reach a prototype. */
function withoutDangerous(name: string, value: unknown): unknown {
  return /^(?:__proto__|constructor|prototype)$/.test(name) ? undefined : value;
}

/** What the box reads; fails for bytes that are no whole messages. */
function messagesIn(bytes: Buffer): JsonObject[] {
  const messages: JsonObject[] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = at + 4 + bytes.readUInt32BE(at);
    const message: unknown = JSON.parse(bytes.toString('utf8', at + 4, end));
    if (!isObject(message)) throw new Error('no object');
    messages.push(message);
    at = end;
  }
  return messages;
}

describe('the channel of calls', () => {
  it('answers a call with what its tool gives', async () => {
    const { say, replies, stops } = channelOf();
    say(callOf(7, 'a.b', { x: ['ü', null] }));
    expect(await replies()).toEqual([
      { id: 7, ok: true, status: 200, data: { name: 'a.b', args: { x: ['ü', null] } } },
    ]);
    expect(stops).toEqual([]);
  });

  it('understands the same calls, however their bytes arrive', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.dictionary(fc.string(), fc.jsonValue()), { maxLength: 6 }),
        fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 10 }),
        async (args, steps) => {
          const sent = JSON.parse(JSON.stringify(args), withoutDangerous) as JsonObject[];
          const { say, replies } = channelOf();
          const bytes = Buffer.concat(sent.map((one, id) => callOf(id, 'a.b', one)));
          for (let at = 0, turn = 0; at < bytes.length; turn++) {
            const step = steps[turn % steps.length] ?? 1;
            say(bytes.subarray(at, at + step));
            at += step;
          }
          const got = (await replies()).map(({ data }) => (data as JsonObject).args);
          expect(JSON.stringify(got)).toBe(JSON.stringify(sent));
        },
      ),
      { numRuns: 60 },
    );
  });

  it('joins a message of 1 MiB that comes byte by byte without copying it at each', async () => {
    const { say, replies } = channelOf({ call: async (_, { text }) => ok(String(text).length) });
    const bytes = callOf(1, 'a.b', { text: 'x'.repeat(MIB - 100) });
    for (let at = 0; at < bytes.length; at++) say(bytes.subarray(at, at + 1));
    expect(await replies()).toMatchObject([{ id: 1, data: MIB - 100 }]);
  });

  it('gives replies in the order in which calls end, each with its number', async () => {
    const ends = new Map<number, () => void>();
    const { say, replies } = channelOf({
      call: (_, { n }) => new Promise((resolve) => ends.set(Number(n), () => resolve(ok(n ?? 0)))),
    });
    for (const n of [1, 2, 3]) say(callOf(n, 'a.b', { n }));
    await settled();
    for (const n of [3, 1, 2]) {
      ends.get(n)?.();
      await settled();
    }
    expect((await replies()).map(({ id, data }) => [id, data])).toEqual([
      [3, 3],
      [1, 1],
      [2, 2],
    ]);
  });

  it.each([
    ['no JSON', 'tools.call'],
    ['nothing', ''],
    ['an array', '[1, "a.b", {}]'],
    ['a text', '"a.b"'],
    ['null', 'null'],
    ['no number', '{"name": "a.b", "args": {}}'],
    ['a number that is a text', '{"id": "1", "name": "a.b", "args": {}}'],
    ['a number from its prototype', '{"__proto__": {"id": 1}, "name": "a.b", "args": {}}'],
    ['bytes that are no text', Buffer.from([0xff, 0xfe, 0x00, 0xc3])],
    ['brackets without end', '['.repeat(MIB)],
  ])('passes over %s and goes on', async (_, text) => {
    const { say, replies, stops } = channelOf();
    say(frame(text));
    say(callOf(2));
    expect(await replies()).toMatchObject([{ id: 2, ok: true }]);
    expect(stops).toEqual([]);
  });

  it.each<[string, Json, Json]>([
    ['no name', null, {}],
    ['a name that is a number', 3, {}],
    ['arguments in an array', 'a.b', [1]],
    ['arguments that are a text', 'a.b', 'x'],
    ['no arguments', 'a.b', null],
  ])('answers a call with %s with 400', async (_, name, args) => {
    const { say, replies } = channelOf();
    say(callOf(1, name, args));
    expect(await replies()).toMatchObject([{ id: 1, ok: false, status: 400 }]);
  });

  it('answers 404 to a program without tools, and 500 for a tool that throws', async () => {
    const without = channelOf({ tools: false });
    without.say(callOf(1));
    expect(await without.replies()).toMatchObject([{ id: 1, ok: false, status: 404 }]);
    const throwing = channelOf({
      call: async () => {
        throw new Error('it is broken');
      },
    });
    throwing.say(callOf(1));
    expect(await throwing.replies()).toMatchObject([{ status: 500, error: 'it is broken' }]);
  });

  it('leaves out names that reach a prototype', async () => {
    let seen: JsonObject = {};
    const { say, replies } = channelOf({
      call: async (_, args) => {
        seen = args;
        return ok({});
      },
    });
    const args = '{"__proto__": {"polluted": 1}, "constructor": 2, "kept": {"prototype": 3}}';
    say(frame(`{"id": 1, "name": "a.b", "args": ${args}}`));
    expect(await replies()).toMatchObject([{ id: 1, ok: true }]);
    expect(JSON.stringify(seen)).toBe('{"kept":{}}');
    expect(Object.getPrototypeOf(seen)).toBe(Object.prototype);
    expect(({} as JsonObject).polluted).toBeUndefined();
  });

  it.each([
    ['nested 100,000 times', `{"a":${'['.repeat(100_000)}1${']'.repeat(100_000)}}}`],
    ['cut off', '{"a": 1'],
  ])('answers a call with arguments that are %s, so that nobody waits', async (_, args) => {
    const { say, replies } = channelOf();
    say(frame(`{"id": 1, "name": "a.b", "args": ${args}`));
    say(callOf(2));
    const got = await replies();
    expect(got.find(({ id }) => id === 1)).toMatchObject({ ok: false, status: 400 });
    expect(got.find(({ id }) => id === 2)).toMatchObject({ ok: true });
  });

  it('lets the box answer messages that are no calls of tools', async () => {
    const { say, replies } = channelOf({
      answer: ({ fetch }) => (fetch === undefined ? undefined : Promise.resolve(ok('fetched'))),
    });
    say(frame('{"id": 1, "fetch": "x"}'));
    say(callOf(2));
    expect(await replies()).toMatchObject([
      { id: 1, data: 'fetched' },
      { id: 2, data: { name: 'a.b' } },
    ]);
  });

  it('says what a result of more than 1 MiB is, instead of sending it', async () => {
    const { say, replies, written } = channelOf({ call: async () => ok('x'.repeat(MIB)) });
    say(callOf(1));
    const [reply] = await replies();
    expect(reply).toMatchObject({ id: 1, ok: false, status: 500 });
    expect(reply?.error).toMatch(/^the result has \d+ bytes, more than 1048576$/);
    expect(Buffer.concat(written).length).toBeLessThan(200);
  });
});

describe('a program that does not keep to the channel', () => {
  it.each([
    ['announces a message of 1 MiB + 1', [Buffer.from([0, 0x10, 0, 1])]],
    ['announces a message of 4 GiB', [Buffer.from([0xff, 0xff, 0xff, 0xff])]],
    ['does so after a good call, in one piece', [Buffer.concat([callOf(1), Buffer.alloc(4, 255)])]],
    ['announces it byte by byte', [0xff, 0, 0, 0].map((byte) => Buffer.from([byte]))],
    [
      'sends more than 256 MiB in messages that are allowed',
      Array.from({ length: 257 }, () => frame('x'.repeat(MIB))),
    ],
  ])('is stopped when it %s', async (_, pieces) => {
    const { say, stops, replies, written } = channelOf();
    for (const piece of pieces) say(piece);
    expect(stops).toEqual(['frames']);
    await replies();
    const before = written.length;
    for (let count = 0; count < 100; count++) say(callOf(count));
    await settled();
    // Nothing that it says afterwards is kept or done.
    expect({ stops, written: written.length }).toEqual({ stops: ['frames'], written: before });
  });

  it('may send a message of exactly 1 MiB', async () => {
    const { say, stops, replies } = channelOf();
    const text = JSON.stringify({ id: 1, name: 'a.b', args: {}, more: '' });
    say(frame(text.replace('"more":""', `"more":"${'x'.repeat(MIB - text.length)}"`)));
    expect(await replies()).toMatchObject([{ id: 1, ok: true }]);
    expect(stops).toEqual([]);
  });

  it.each<[string, () => Buffer]>([
    ['calls beyond its limit', () => callOf(1)],
    ['messages without a number', () => frame('{}')],
  ])('is stopped after 20,000 %s, not before, and once', async (_, make) => {
    const { say, stops, channel } = channelOf({ toolCalls: 0 });
    const message = make();
    for (let count = 0; count < 20_000; count++) say(message);
    expect(stops).toEqual([]);
    for (let count = 0; count < 5000; count++) say(message);
    expect(stops).toEqual(['tool-calls']);
    expect(channel.end()).toBe(message.length > 10);
  });

  it('is refused calls beyond its limit, which the end tells; the next program is not', async () => {
    const { say, channel, job, replies, written } = channelOf({ toolCalls: 2 });
    for (const id of [1, 2, 3]) say(callOf(id));
    const got = await replies();
    expect(got.filter((reply) => reply.ok).map(({ id }) => id)).toEqual([1, 2]);
    expect(got.find(({ id }) => id === 3)).toMatchObject({
      status: 429,
      error: 'this program may make 2 calls only',
    });
    expect(channel.end()).toBe(true);
    written.length = 0;
    channel.begin(job);
    say(callOf(4));
    expect(await replies()).toMatchObject([{ id: 4, ok: true }]);
    expect(channel.end()).toBe(false);
  });

  it('has at most 64 calls that wait, whoever is late: the tool, or itself with reading', async () => {
    const late = channelOf({ call: () => new Promise(() => {}) });
    for (let id = 0; id < 65; id++) late.say(callOf(id));
    expect(await late.replies()).toMatchObject([{ id: 64, status: 429 }]);
    // Its replies do not pile up on the host: what it does not read is not worked for.
    let done = 0;
    const idle = channelOf({
      reads: false,
      call: async () => {
        done += 1;
        return ok('x'.repeat(1000));
      },
    });
    for (let id = 0; id < 500; id++) {
      idle.say(callOf(id));
      await Promise.resolve();
    }
    await settled();
    expect(done).toBe(64);
  });

  it('ends its calls with itself, and the next program gets no reply that was not its own', async () => {
    const signals: AbortSignal[] = [];
    let end = (): void => {};
    const { say, channel, job, replies } = channelOf({
      call: (_, __, signal) => {
        signals.push(signal);
        return new Promise((resolve) => {
          end = () => resolve(ok('late'));
        });
      },
    });
    say(callOf(1));
    say(callOf(2).subarray(0, 9));
    await settled();
    channel.end();
    expect(signals.map(({ aborted }) => aborted)).toEqual([true]);
    say(callOf(3));
    channel.begin({ ...job, tools: { names: [], call: async () => ok('mine') } });
    end();
    say(callOf(4));
    expect(await replies()).toMatchObject([{ id: 4, data: 'mine' }]);
  });
});
