import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nearest } from '../../src/base/nearest.ts';
import { fixedClock } from '../../src/effects/fake-clock.ts';
import { nodeNetwork } from '../../src/effects/network.ts';
import { languageModel } from '../../src/providers/language-model.ts';
import { redactor } from '../../src/providers/redact.ts';
import { isSoundUsage, usageFrom } from '../../src/providers/usage.ts';
import { joinPieces } from '../../src/providers/wire-join.ts';
import { EventLines, readWireJson } from '../../src/providers/wire-json.ts';
import { collect, modelRequest } from '../contracts/provider-contract.ts';

const key = fc.string({ minLength: 8, maxLength: 60 }).filter((text) => text.trim().length >= 8);

describe('redaction', () => {
  it('takes a key out of any text, in every spelling', () => {
    fc.assert(
      fc.property(key, fc.string(), fc.string(), (secret, before, after) => {
        const redact = redactor([secret]);
        const bytes = Buffer.from(secret, 'utf8');
        const spellings = [
          secret,
          JSON.stringify(secret).slice(1, -1),
          encodeURIComponent(secret.toWellFormed()),
          bytes.toString('hex'),
          bytes.toString('hex').toUpperCase(),
        ];
        for (const spelling of spellings) {
          expect(redact(`${before}${spelling}${after}`)).not.toContain(spelling);
        }
        // Inside a longer base64 text, all that the key alone decides is gone.
        const whole = Buffer.concat([Buffer.from(before), bytes, Buffer.from(after)]);
        for (const alphabet of ['base64', 'base64url'] as const) {
          const kept = redact(whole.toString(alphabet));
          expect(kept).toContain('[key removed]');
        }
      }),
      { numRuns: 300 },
    );
  });

  it('leaves text alone when there is no key, or one that is a word', () => {
    expect(redactor([])('abc')).toBe('abc');
    expect(redactor(['abc'])('abc')).toBe('abc');
  });
});

describe('usage', () => {
  it('is undefined or made of whole, possible numbers, whatever was reported', () => {
    const figure = fc.oneof(
      fc.integer({ min: -10, max: 20_000_000 }),
      fc.double(),
      fc.constant(undefined),
    );
    fc.assert(
      fc.property(figure, figure, figure, figure, fc.boolean(), (...figures) => {
        const [total, cacheRead, out, reasoning, answered] = figures;
        const usage = usageFrom(
          { inputTokens: { total, cacheRead }, outputTokens: { total: out, reasoning } },
          answered,
        );
        if (!usage) return;
        expect(usage.input).toBeGreaterThan(0);
        for (const value of Object.values(usage)) {
          expect(Number.isInteger(value) && Number(value) <= 10_000_000).toBe(true);
        }
        expect(usage.cached ?? 0).toBeLessThanOrEqual(usage.input);
        expect(usage.reasoning ?? 0).toBeLessThanOrEqual(usage.output);
      }),
    );
  });

  it('on the wire is sound or not, whatever JSON it is', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const read = readWireJson(JSON.stringify({ choices: [], usage: value }));
        const usage = (read as { value: { usage: unknown } }).value.usage;
        expect(usage).toEqual(isSoundUsage(value) ? JSON.parse(JSON.stringify(value)) : null);
      }),
    );
  });
});

describe('lines of a stream', () => {
  it('are the same text, however the bytes are cut', () => {
    const line = fc.oneof(
      fc.string({ unit: 'grapheme' }).map((text) => `data: ${JSON.stringify({ text })}`),
      fc.constant('data: {"choices":[],"usage":{"prompt_tokens":3}}'),
      fc.constantFrom('', ': ping', 'data: [DONE]', 'data: {"usage"'),
    );
    fc.assert(
      fc.property(fc.array(line), fc.array(fc.nat(400)), fc.boolean(), (all, cuts, open) => {
        const text = all.join('\n') + (open ? '' : '\n');
        const bytes = Buffer.from(text);
        const lines = new EventLines();
        const out: Uint8Array[] = [];
        const places = [...cuts.filter((cut) => cut < bytes.length), bytes.length];
        places.sort((a, b) => a - b);
        let from = 0;
        for (const to of places) {
          const ready = lines.push(bytes.subarray(from, to));
          if (ready) out.push(ready);
          from = to;
        }
        out.push(lines.rest());
        expect(Buffer.concat(out).toString()).toBe(text);
      }),
    );
  });

  it('lose usage figures that are none', () => {
    const lines = new EventLines();
    const sent = 'data: {"choices":[],"usage":{"prompt_tokens":"x"}}\n';
    expect(lines.push(Buffer.from(sent.slice(0, 20)))).toBeUndefined();
    const ready = lines.push(Buffer.from(sent.slice(20)));
    expect(Buffer.from(ready ?? []).toString()).toBe('data: {"choices":[],"usage":null}\n');
  });

  it('lose them inside of an answer, too, as far as it is there', () => {
    for (const name of ['response', 'message']) {
      const sent = { type: 'x', [name]: { id: 'r', usage: { input_tokens: '3' } } };
      const none = { input_tokens: 0, output_tokens: 0 };
      expect(readWireJson(JSON.stringify(sent))?.value).toEqual({
        type: 'x',
        [name]: { id: 'r', usage: none },
      });
    }
  });

  it('end with a line of its own', () => {
    const ended = (text: string): boolean => {
      const lines = new EventLines();
      for (const byte of Buffer.from(text)) lines.push(Buffer.from([byte]));
      lines.rest();
      return lines.ended;
    };
    for (const text of ['data: [DONE]', 'data: {}\n\ndata:[DONE]\r\n\r\n']) {
      expect(ended(text)).toBe(true);
    }
    for (const text of ['data: {"a":"data: [DONE]"}\n', 'data: [DONE] not\n', '[DONE]\n', '']) {
      expect(ended(text)).toBe(false);
    }
  });

  it('are no JSON below 64 levels', () => {
    const deep = (levels: number) => `{"usage":5,"x":${'['.repeat(levels)}${']'.repeat(levels)}}`;
    expect(readWireJson(deep(63))?.value).toMatchObject({ usage: null });
    expect(readWireJson(deep(64))).toBeUndefined();
    expect(readWireJson(deep(200_000))).toBeUndefined();
  });
});

describe('pieces that come in together', () => {
  const event = (delta: object, more: object = {}) =>
    `data: ${JSON.stringify({ id: 'c', choices: [{ index: 0, delta, ...more }] })}\n\n`;
  const textOf = (stream: string) =>
    stream
      .split('\n\n')
      .flatMap((line) => (line.startsWith('data: {') ? [JSON.parse(line.slice(6))] : []))
      .map(({ choices }) => choices[0].delta.content ?? '')
      .join('');
  const join = (stream: string) => Buffer.from(joinPieces(Buffer.from(stream))).toString();

  it('become one, with the same text, whatever it is', () => {
    const piece = fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc.constantFrom('"', '\\\\', '"content":"', '\\n'),
    );
    fc.assert(
      fc.property(fc.array(piece, { minLength: 3 }), (pieces) => {
        const stream = pieces.map((content) => event({ content })).join('');
        const joined = join(stream);
        expect(textOf(joined)).toBe(pieces.join(''));
        expect(joined.match(/data: /g)).toHaveLength(1);
      }),
    );
  });

  it('stay apart when they differ in anything else', () => {
    for (const stream of [
      event({ content: 'a' }) + event({ content: 'b' }, { finish_reason: 'stop' }),
      event({ content: 'a' }) + event({ role: 'assistant', content: 'b' }),
      // The second thought would be lost.
      event({ content: 'a', reasoning: 'x' }) + event({ content: 'b', reasoning: 'x' }),
      event({ reasoning: 'x', content: 'a' }) + event({ reasoning: 'x', content: 'b' }),
      event({ tool_calls: [{ index: 0, function: { arguments: 'a' } }] }).repeat(2),
      'event: a\ndata: {"delta":{"content":"a"}}\n\n'.repeat(2),
      `${event({ content: 'a' }).trim()}\r\n\r\n`.repeat(2),
      'data: {"delta":{"content":"a\n\n'.repeat(3),
      'data: [DONE]\n\n'.repeat(3),
    ]) {
      expect(join(stream)).toBe(stream);
    }
  });

  it('leave what stands between them and after them where it is', () => {
    const [a, b] = [event({ content: 'a' }), event({ content: 'b' })];
    const both = event({ content: 'ab' });
    expect(join(`: hello\n\n${a}${b}data: [DONE]\n\n`)).toBe(`: hello\n\n${both}data: [DONE]\n\n`);
    expect(join(`${a}${b}: ping\n\n${a}${b}rest`)).toBe(`${both}: ping\n\n${both}rest`);
  });

  it('are any bytes: what is no such stream stays as it came', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(Buffer.from(joinPieces(bytes))).toEqual(Buffer.from(bytes));
      }),
    );
  });
});

describe('the nearest name', () => {
  it.each([
    ['opnai', 'openai'],
    ['OpenAI', 'openai'],
    ['olama', 'ollama'],
    ['grok', 'groq'],
    ['zzz', undefined],
    ['', undefined],
  ])('to %j is %s', (wanted, name) => {
    expect(nearest(wanted, ['openai', 'ollama', 'groq', 'openrouter'])).toBe(name);
  });
});

describe('a package of another version', () => {
  it('is refused before it is asked anything', async () => {
    const provider = languageModel({
      service: {
        name: 'acme',
        baseUrl: 'https://acme.test',
        keyVariable: 'K',
        redact: (text) => text,
      },
      effects: {
        clock: fixedClock(),
        network: { ...nodeNetwork(), fetch: () => Promise.reject(new Error('it was asked')) },
      },
      sendHeaders: false,
      load: async () => ({ specificationVersion: 'v3' }) as never,
    });
    await expect(collect(provider, modelRequest())).rejects.toMatchObject({
      code: 'model/unsupported',
      message: expect.stringContaining('v3'),
    });
  });
});
