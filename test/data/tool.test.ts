import { type } from 'arktype';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { AwpError } from '../../src/base/errors.ts';
import type { JsonObject } from '../../src/base/json.ts';
import { tool } from '../../src/data/tool.ts';
import { callTool, contextOf } from '../modules/make-tools.ts';

const plain = { name: 'shop.price', description: 'The price of something.' };

/** The same definition, as somebody writes it who has no types. */
const untyped = (definition: object) => (): unknown => tool(definition as never);

describe('tool()', () => {
  it('types the arguments and the secrets from what was declared', async () => {
    const price = tool({
      ...plain,
      input: z.object({ id: z.string(), unit: z.enum(['EUR', 'USD']).default('EUR') }),
      secrets: ['SHOP_KEY'],
      execute: ({ id, unit }, { secrets }) => {
        const all: { id: string; unit: 'EUR' | 'USD'; key: string } = {
          ...{ id, unit },
          key: secrets.SHOP_KEY,
        };
        // @ts-expect-error: nobody declared it
        const other: unknown = secrets.OTHER;
        return { ...all, other: other === undefined };
      },
    });
    const context = contextOf({ secrets: { SHOP_KEY: 'key-12345' } });
    expect(await callTool(price, { id: 'a' }, context)).toEqual({
      ok: true,
      status: 200,
      data: { id: 'a', unit: 'EUR', key: 'key-12345', other: true },
    });
  });

  it.each([
    ['zod', z.object({ id: z.string() })],
    ['arktype', type({ id: 'string' })],
    ['JSON Schema', { type: 'object', properties: { id: { type: 'string' } }, required: ['id'] }],
  ])('gives the model the JSON Schema of %s', (_, input) => {
    const { parameters } = tool({ ...plain, input: input as JsonObject, execute: () => 1 });
    expect(parameters).toMatchObject({
      type: 'object',
      properties: { id: { type: 'string' } },
      required: ['id'],
    });
    expect(parameters).not.toHaveProperty('$schema');
  });

  it('takes a schema that has no JSON Schema only beside one', async () => {
    const input = v.object({ id: v.pipe(v.string(), v.toUpperCase()) });
    const parameters = { type: 'object', properties: { id: { type: 'string' } } };
    const echo = tool({ ...plain, input, parameters, execute: ({ id }) => id.length + id });
    expect(await callTool(echo, { id: 'ab' })).toMatchObject({ data: '2AB' });
    expect(await callTool(echo, { id: 7 })).toMatch(/^tool\/bad-input: shop\.price: `id`: /);
    expect(untyped({ ...plain, input, execute: () => 1 })).toThrow(/has no JSON Schema/);
  });

  it('without a schema it takes no arguments', () => {
    expect(tool({ ...plain, execute: () => 1 }).parameters).toEqual({
      type: 'object',
      properties: {},
      additionalProperties: false,
    });
  });

  it('has the defaults of the standard', () => {
    const made = tool({ ...plain, execute: () => 1 });
    expect(made).toMatchObject({ idempotent: false, sideEffects: true, network: false });
    expect(made).toMatchObject({ origin: 'external' });
    expect(made).not.toHaveProperty('timeoutMs');
  });

  it.each([
    ['5s', 5000],
    ['250ms', 250],
    [1500, 1500],
  ])('a timeout of %s is %d milliseconds', (timeout, ms) => {
    expect(tool({ ...plain, timeout, execute: () => 1 }).timeoutMs).toBe(ms);
  });

  const execute = (): number => 1;
  const circular: { type: string; self?: unknown } = { type: 'object' };
  circular.self = circular;
  it.each<[string, object, RegExp]>([
    ['an unknown field', { ...plain, execute, excute: 1 }, /no option excute/],
    ['a name without a namespace', { ...plain, name: 'price', execute }, /namespace\.action/],
    ['a name with capitals', { ...plain, name: 'Shop.price', execute }, /namespace\.action/],
    ['no name', { description: 'x', execute }, /undefined is not the name/],
    ['a name of built-in tools', { ...plain, name: 'file.shred', execute }, /is kept for/],
    ['a name of our own namespaces', { ...plain, name: 'mcp.thing', execute }, /is kept for/],
    ['no description', { name: 'shop.price', execute }, /no description/],
    ['an empty description', { ...plain, description: ' ', execute }, /no description/],
    ['no function', plain, /needs a function/],
    ['two functions', { ...plain, execute, handler: execute }, /needs a function/],
    ['a schema that is none', { ...plain, input: 'string', execute }, /is no schema/],
    [
      'a schema of a text',
      { ...plain, input: { type: 'string' }, execute },
      /no schema of an object/,
    ],
    ['a schema in a circle', { ...plain, input: circular, execute }, /is no JSON/],
    [
      'a schema of 10 MB',
      { ...plain, input: { type: 'object', description: 'x'.repeat(10_000_000) }, execute },
      /larger than 256 Ki/,
    ],
    [
      'a schema that JSON has not',
      { ...plain, input: z.object({ at: z.date() }), execute },
      /JSON Schema/,
    ],
    ['secrets that are no list', { ...plain, secrets: 'KEY', execute }, /list of names/],
    ['a secret that is no name', { ...plain, secrets: ['a b'], execute }, /list of names/],
    ['a timeout that is no time', { ...plain, timeout: 'soon', execute }, /no time above zero/],
    ['a timeout of zero', { ...plain, timeout: 0, execute }, /no time above zero/],
    ['a rate that is none', { ...plain, rate: { perMinute: 0 }, execute }, /no whole number/],
    ['a rate of something else', { ...plain, rate: { perDay: 1 }, execute }, /rate\.perDay/],
    ['a switch that is none', { ...plain, idempotent: 'yes', execute }, /no boolean/],
  ])('refuses %s', (_, definition, message) => {
    let thrown: unknown;
    try {
      untyped(definition)();
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(AwpError);
    expect((thrown as AwpError).code).toMatch(/^usage\/(bad|unknown)-option$/);
    expect((thrown as AwpError).message).toMatch(message);
  });

  it('may stand for a built-in tool when it says so', () => {
    const own = tool({ ...plain, name: 'web.search', replaces: true, execute: () => [] });
    expect(own.name).toBe('web.search');
  });
});

describe('the result of a tool of one’s own', () => {
  const giving = (value: unknown) => callTool(tool({ ...plain, execute: () => value }));

  it.each<[string, unknown, unknown]>([
    ['a text', 'x', 'x'],
    ['a number', 4.5, 4.5],
    ['null', null, null],
    ['a list', [1, 'a', [true]], [1, 'a', [true]]],
    ['an object', { a: { b: 1 } }, { a: { b: 1 } }],
    ['a date', new Date(0), '1970-01-01T00:00:00.000Z'],
    ['fields without a value', { a: 1, b: undefined }, { a: 1 }],
    ['a promise', Promise.resolve({ a: 1 }), { a: 1 }],
    [
      'an object of a class',
      new (class Thing {
        x = 1;
      })(),
      { x: 1 },
    ],
    ['one object twice', ((one) => [one, one])({ a: 1 }), [{ a: 1 }, { a: 1 }]],
    ['an object with a field ok alone', { ok: true }, { ok: true }],
    ['an object with ok and fields of its own', { ok: true, id: 7 }, { ok: true, id: 7 }],
  ])('%s is data', async (_, value, data) => {
    expect(await giving(value)).toEqual({ ok: true, status: 200, data });
  });

  const circle: { self?: unknown } = {};
  circle.self = circle;
  const deep = JSON.parse(`${'['.repeat(70)}${']'.repeat(70)}`);
  it.each<[string, unknown, RegExp]>([
    ['nothing', undefined, /it is nothing/],
    ['a function', { a: { f: () => 1 } }, /`a\.f` is a function/],
    ['a symbol', [Symbol('x')], /`\[0\]` is a symbol/],
    ['a big integer', { n: 1n }, /`n` is a big integer/],
    ['no number', { n: Number.NaN }, /`n` is NaN/],
    ['a number without end', Number.POSITIVE_INFINITY, /it is Infinity/],
    ['a map', new Map([[1, 2]]), /it is a Map/],
    ['an error', { e: new Error('x') }, /`e` is a Error/],
    ['bytes', new Uint8Array(4), /it is bytes/],
    ['a promise inside', { a: Promise.resolve(1) }, /a promise that was not waited for/],
    ['a circle', circle, /`self` contains itself/],
    ['a hole', Array(2), /`\[0\]` is nothing/],
    ['too many levels', deep, /nested deeper than 64/],
    ['100 MB', 'x'.repeat(100_000_000), /larger than 8 Mi/],
    ['100 MB in pieces', Array(1_000_000).fill('x'.repeat(100)), /larger than 8 Mi/],
    ['a status that is none', { ok: true, status: 'fine' }, /has the status "fine"/],
  ])('%s is refused', async (_, value, message) => {
    const said = await giving(value);
    expect(said).toMatch(/^tool\/bad-result: /);
    expect(said).toMatch(message);
  });

  it.each<[string, object, object]>([
    [
      'a success',
      { ok: true, status: 201, data: { id: 1 }, log: 'made' },
      { ok: true, status: 201, data: { id: 1 }, log: 'made' },
    ],
    [
      'a failure',
      { ok: false, status: 404, error: 'no such id' },
      { ok: false, status: 404, data: {}, error: 'no such id' },
    ],
    [
      'a failure without a status',
      { ok: false, error: 'no' },
      { ok: false, status: 500, data: {}, error: 'no' },
    ],
    [
      'a failure that says 200',
      { ok: false, status: 200, error: 'no' },
      { ok: false, status: 500, data: {}, error: 'no' },
    ],
    [
      'a success that says 500',
      { ok: true, status: 500, data: 1 },
      { ok: false, status: 500, data: 1, error: 'tool/failed: the tool gave no reason' },
    ],
  ])('the envelope of %s is taken as it is', async (_, value, result) => {
    expect(await giving(value)).toEqual(result);
  });

  it('keeps what the tool says, bounded, and tells progress', async () => {
    const context = contextOf();
    const chatty = tool({
      ...plain,
      execute: (_, { log, progress, agent }) => {
        log(`for ${agent}`);
        progress('half');
        for (let i = 0; i < 2000; i++) log('again and again');
        return 1;
      },
    });
    const result = await callTool(chatty, {}, context);
    expect(result).toMatchObject({ log: expect.stringMatching(/^for writer\nagain/) });
    expect((result as { log: string }).log).toHaveLength(10_000);
    expect(context.notes).toEqual(['half']);
  });

  it('what it throws is told as its failure, and an error of ours as what it is', async () => {
    const throwing = (error: unknown) =>
      callTool(
        tool({
          ...plain,
          execute: () => {
            throw error;
          },
        }),
      );
    expect(await throwing(new Error('no stock'))).toBe('tool/failed: no stock');
    expect(await throwing('just a text')).toBe('tool/failed: just a text');
    expect(await throwing(new AwpError('tool/not-found', 'no id'))).toBe('tool/not-found: no id');
  });
});

describe('the secrets of a call', () => {
  it('are read by name and are in no copy, list or text', async () => {
    let seen: Record<string, unknown> = {};
    const spying = tool({
      ...plain,
      secrets: ['SHOP_KEY'],
      execute: (_, { secrets }) => {
        seen = {
          keys: Object.keys(secrets),
          copy: { ...secrets },
          json: JSON.stringify(secrets),
          text: String(secrets),
        };
        return secrets.SHOP_KEY;
      },
    });
    const context = contextOf({ secrets: { SHOP_KEY: 'key-12345', OTHER: 'other-12345' } });
    expect(await callTool(spying, {}, context)).toMatchObject({ data: 'key-12345' });
    expect(seen).toEqual({ keys: [], copy: {}, json: '{}', text: '[object Object]' });
  });

  it('one that need not be there is undefined when it is not', async () => {
    const wishing = tool({
      ...plain,
      secrets: ['SHOP_KEY?'],
      execute: (_, { secrets }) => {
        const key: string | undefined = secrets.SHOP_KEY;
        return key ?? 'none';
      },
    });
    expect(wishing.secrets).toEqual(['SHOP_KEY?']);
    expect(await callTool(wishing)).toMatchObject({ data: 'none' });
    const context = contextOf({ secrets: { SHOP_KEY: 'key-12345' } });
    expect(await callTool(wishing, {}, context)).toMatchObject({ data: 'key-12345' });
  });

  it('one that was not given is told when it is read', async () => {
    const wanting = tool({
      ...plain,
      secrets: ['SHOP_KEY'],
      execute: (_, { secrets }) => secrets.SHOP_KEY,
    });
    expect(await callTool(wanting)).toBe('tool/not-configured: shop.price has no secret SHOP_KEY');
  });
});

describe('the approval of a call', () => {
  const asking = (approval: NonNullable<Parameters<typeof tool>[0]['approval']>) =>
    tool({ ...plain, approval, execute: () => 1 }).approval?.({ id: 'a' });

  it.each<[string, NonNullable<Parameters<typeof tool>[0]['approval']>, string | undefined]>([
    ['always', true, 'shop.price asks before every such call'],
    ['never', false, undefined],
    ['a predicate that says yes', () => true, 'shop.price asks before every such call'],
    ['a predicate that says no', async () => false, undefined],
    ['a predicate that says why', async () => 'it costs 20 EUR', 'it costs 20 EUR'],
  ])('%s', async (_, approval, reason) => {
    expect(await asking(approval)).toBe(reason);
  });

  it('a predicate sees what the schema made of the arguments', async () => {
    const sell = tool({
      ...plain,
      input: z.object({ amount: z.number().default(5) }),
      approval: ({ amount }) => amount > 3 && `${amount} are many`,
      execute: () => 1,
    });
    expect(await sell.approval?.({})).toBe('5 are many');
    expect(await sell.approval?.({ amount: 1 })).toBeUndefined();
    // Such a call is refused for its arguments: nobody is asked.
    expect(await sell.approval?.({ amount: 'x' })).toBeUndefined();
  });

  it('a predicate that throws lets it through to whoever asks, for whom that is a yes', async () => {
    await expect(
      asking(() => {
        throw new Error('broken');
      }),
    ).rejects.toThrow('broken');
  });
});
