import { describe, expect, it } from 'vitest';
import { fixedClock } from '../../src/effects/fake-clock.ts';
import { nodeNetwork } from '../../src/effects/network.ts';
import { tapped, WireTap } from '../../src/runtime/wire-tap.ts';
import { say, status } from '../fault-server/answers.ts';
import { type Handler, startFaultServer } from '../fault-server/server.ts';

const network = tapped(nodeNetwork());
const BODY = JSON.stringify({ model: 'm', messages: [] });

/** Something that asks over the network and gives the text that came. */
async function* asking(url: string): AsyncGenerator<string> {
  const init = { method: 'POST', body: BODY, headers: { authorization: 'Bearer hidden' } };
  const response = await network.fetch(url, init);
  yield await response.text();
}

async function withServer(handler: Handler, use: (url: string) => Promise<void>): Promise<void> {
  const server = await startFaultServer(handler);
  try {
    await use(`${server.url}/chat/completions`);
  } finally {
    await server.close();
  }
}

async function heard(tap: WireTap, url: string): Promise<string> {
  let text = '';
  for await (const part of tap.listen(() => asking(url))) text += part;
  return text;
}

describe('a tap on the wire', () => {
  it('notes what an exchange brought, without query and unknown headers', () =>
    withServer(
      () =>
        status(429, 'slow down', {
          'retry-after': '3',
          'set-cookie': 'a=b',
          'x-ratelimit-limit': '9',
        }),
      async (url) => {
        const tap = new WireTap(fixedClock());
        expect(await heard(tap, `${url}?key=hidden`)).toBe('slow down');
        expect(tap.notes).toEqual([
          {
            ...{ url, status: 429, ms: 0, body: 'slow down', cut: false },
            headers: expect.objectContaining({ 'retry-after': '3', 'x-ratelimit-limit': '9' }),
          },
        ]);
        expect(JSON.stringify(tap.notes)).not.toMatch(/hidden|cookie/);
      },
    ));

  it('hears each of two calls at once by itself, and nothing that nobody listens to', () =>
    withServer(
      ({ path, index }) => say(`answer ${index} ${path}`),
      async (url) => {
        const taps = [new WireTap(fixedClock()), new WireTap(fixedClock())];
        const texts = await Promise.all(taps.map((tap) => heard(tap, url)));
        for await (const text of asking(url)) expect(text).toContain('answer 2');
        expect(taps.map(({ notes }) => notes.map(({ body }) => body))).toEqual(
          texts.map((text) => [text]),
        );
      },
    ));

  it('notes an address where nobody answers', async () => {
    const tap = new WireTap(fixedClock());
    await expect(heard(tap, 'http://127.0.0.1:9/x')).rejects.toThrow();
    expect(tap.notes).toMatchObject([{ status: undefined, body: '' }]);
  });

  it('keeps the first 4 MB, and gives all of it', () =>
    withServer(
      () => status(200, 'ä'.repeat(3 * 1024 * 1024)),
      async (url) => {
        const tap = new WireTap(fixedClock());
        expect(await heard(tap, url)).toHaveLength(3 * 1024 * 1024);
        expect(tap.notes[0]).toMatchObject({ cut: true });
        expect(tap.notes[0]?.body).toHaveLength(2 * 1024 * 1024);
      },
    ));

  it('lets go of an answer that nobody reads on', () =>
    withServer(
      () => say({ text: 'x'.repeat(10_000), pauseMs: 5 }),
      async (url) => {
        const tap = new WireTap(fixedClock());
        const source = async function* (): AsyncGenerator<string> {
          const body = JSON.stringify({ model: 'm', stream: true, messages: [] });
          const response = await network.fetch(url, { method: 'POST', body });
          yield 'begun';
          await response.body?.cancel();
        };
        const parts: string[] = [];
        for await (const part of tap.listen(source)) parts.push(part);
        expect(parts).toEqual(['begun']);
      },
    ));
});
