import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { nodeClock } from '../../src/effects/clock.ts';
import { nodeNetwork } from '../../src/effects/network.ts';
import { type ModelChunk, ModelError, type ModelProvider } from '../../src/ports/model-provider.ts';
import { openAiCompatible } from '../../src/providers/openai-compatible.ts';
import { collect, modelRequest } from '../contracts/provider-contract.ts';
import { type Answer, type FaultServer, startFaultServer } from '../fault-server/server.ts';
import {
  chunked,
  GOOD_JSON,
  GOOD_STREAM,
  head,
  JSON_TYPE,
  STREAM_TYPE,
  wire,
} from './faults/wire.ts';

let answer: Answer;
let server: FaultServer;
let provider: ModelProvider;
beforeAll(async () => {
  server = await startFaultServer(() => answer);
  const secrets = { get: () => undefined };
  provider = openAiCompatible(
    { name: 'acme', baseUrl: server.url, key: 'sk-0123456789', keyVariable: 'K' },
    { effects: { clock: nodeClock(), network: nodeNetwork(), secrets } },
  );
});
afterAll(() => server.close());

/** The end of a call, whatever it is; anything but an answer or an error of ours fails the test. */
async function endOf(stream: boolean): Promise<{ text?: string; error?: ModelError }> {
  server.requests.length = 0;
  try {
    const chunks: ModelChunk[] = await collect(provider, modelRequest({ stream }));
    const end = chunks.at(-1);
    expect(end?.type).toBe('end');
    const shown = chunks.map((chunk) => (chunk.type === 'text' ? chunk.text : '')).join('');
    const text = end?.type === 'end' ? end.text : '';
    if (stream) expect(shown).toBe(text);
    return { text };
  } catch (error) {
    expect(error).toBeInstanceOf(ModelError);
    return { error: error as ModelError };
  }
}

const ways = fc.boolean();
const WHOLE = { stream: GOOD_STREAM, json: GOOD_JSON };
const bodyFor = (stream: boolean) => (stream ? WHOLE.stream : WHOLE.json);
const typeFor = (stream: boolean) => (stream ? STREAM_TYPE : JSON_TYPE);
const RUNS = { numRuns: 150 };

describe('whatever comes over the wire', () => {
  it('a good answer that is cut anywhere is whole, or none', async () => {
    const framing = fc.constantFrom('length', 'chunked', 'close');
    await fc.assert(
      fc.asyncProperty(
        ways,
        framing,
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.boolean(),
        async (stream, how, share, reset) => {
          const body = bodyFor(stream);
          const kept = body.slice(0, Math.floor(share * (body.length + 1)));
          const cut = kept.length < body.length;
          const bytes = {
            length: `${head(typeFor(stream), `content-length: ${body.length}`, 'connection: close')}${kept}`,
            chunked: `${head(typeFor(stream), 'transfer-encoding: chunked', 'connection: close')}${chunked(kept, !cut)}`,
            close: `${head(typeFor(stream), 'connection: close')}${kept}`,
          }[how];
          answer = wire(bytes, reset && cut ? 'reset' : 'end');
          const { text, error } = await endOf(stream);
          if (text !== undefined) expect(text).toBe('whole');
          // In a body of known length, or in pieces, nothing is left to chance.
          if (how !== 'close') expect(error !== undefined).toBe(cut);
        },
      ),
      RUNS,
    );
  });

  it('a good answer in other pieces is the same answer', async () => {
    await fc.assert(
      fc.asyncProperty(ways, fc.array(fc.nat(400), { maxLength: 12 }), async (stream, cuts) => {
        const body = bodyFor(stream);
        const places = [...new Set([...cuts.filter((cut) => cut < body.length), body.length])].sort(
          (a, b) => a - b,
        );
        answer = async ({ response, sleep }) => {
          response.writeHead(200, { 'content-type': typeFor(stream).slice(14) });
          let from = 0;
          for (const to of places) {
            response.write(body.slice(from, to));
            from = to;
            await sleep(0);
          }
          response.end();
        };
        expect(await endOf(stream)).toEqual({ text: 'whole' });
      }),
      RUNS,
    );
  });

  it('a good answer with a byte changed is an answer or an error, never a crash', async () => {
    await fc.assert(
      fc.asyncProperty(ways, fc.nat(), fc.nat(255), async (stream, place, byte) => {
        const body = Buffer.from(bodyFor(stream));
        body[place % body.length] = byte;
        answer = wire(
          Buffer.concat([
            Buffer.from(
              head(typeFor(stream), `content-length: ${body.length}`, 'connection: close'),
            ),
            body,
          ]),
        );
        await endOf(stream);
      }),
      RUNS,
    );
  });

  it('lines of a stream in any order, left out or doubled, are an answer only with their end', async () => {
    const parts = GOOD_STREAM.split('\n\n').filter((part) => part !== '');
    await fc.assert(
      fc.asyncProperty(fc.array(fc.constantFrom(...parts), { maxLength: 8 }), async (lines) => {
        const body = lines.map((line) => `${line}\n\n`).join('');
        answer = wire(`${head(STREAM_TYPE, 'connection: close')}${body}`);
        const { text } = await endOf(true);
        if (text !== undefined) expect(body).toContain('"finish_reason":"stop"');
      }),
      RUNS,
    );
  });

  it('random bytes, with or without a head, are an error and nothing else', async () => {
    const bytes = fc.uint8Array({ maxLength: 300 });
    await fc.assert(
      fc.asyncProperty(ways, bytes, fc.boolean(), async (stream, noise, withHead) => {
        const start = withHead ? head(typeFor(stream), 'connection: close') : '';
        answer = wire(Buffer.concat([Buffer.from(start), noise]));
        const { error } = await endOf(stream);
        expect(error?.code).toMatch(/^model\/(bad-answer|truncated|unreachable)$/);
      }),
      RUNS,
    );
  });

  it('any JSON is an answer only if it says something', async () => {
    await fc.assert(
      fc.asyncProperty(ways, fc.jsonValue(), async (stream, value) => {
        const body = JSON.stringify(value);
        const content = stream ? `data: ${body}\n\n` : body;
        answer = wire(`${head(typeFor(stream), 'connection: close')}${content}`);
        const { error } = await endOf(stream);
        expect(error).toBeDefined();
      }),
      RUNS,
    );
  });
});
