import { request } from 'node:http';
import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { type HttpServer, listenHttp } from '../../src/effects/http-server.ts';

const host = '127.0.0.1';

function get(port: number, headers: Record<string, string> = {}): Promise<number> {
  return new Promise((resolve, reject) => {
    request({ host, port, headers, agent: false }, (response) => {
      response.resume();
      response.on('end', () => resolve(response.statusCode ?? 0));
    })
      .on('error', reject)
      .end();
  });
}

function listen(answer: Parameters<typeof listenHttp>[0]['answer']): Promise<HttpServer> {
  return listenHttp({ host, port: 0, answer });
}

describe('a server', () => {
  it('answers requests, and none after it was closed', async () => {
    const server = await listen(async (_, response) => void response.writeHead(204).end());
    expect(await get(server.port)).toBe(204);
    await server.close();
    await expect(get(server.port)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  it('answers 500 without words when something breaks', async () => {
    const server = await listen(() => Promise.reject(new Error('a secret')));
    expect(await get(server.port)).toBe(500);
    await server.close();
  });

  it('refuses headers without end', async () => {
    const server = await listen(async (_, response) => void response.end());
    expect(await get(server.port, { long: 'x'.repeat(20_000) })).toBe(431);
    await server.close();
  });

  it('ends connections that wait when it is closed', async () => {
    const reached = Promise.withResolvers<void>();
    const server = await listen(async () => reached.resolve());
    const waiting = expect(get(server.port)).rejects.toMatchObject({ code: 'ECONNRESET' });
    await reached.promise;
    await server.close();
    await waiting;
  });

  it('survives a client that does not speak its language', async () => {
    const server = await listen(async (_, response) => void response.writeHead(200).end());
    await new Promise<void>((resolve) => {
      const socket = connect(server.port, host, () => socket.end('\0\0\0\0'));
      socket.on('error', () => {}).on('close', () => resolve());
      socket.resume();
    });
    expect(await get(server.port)).toBe(200);
    await server.close();
  });

  it.each([
    ['a port that is taken', host, /another program has that port/],
    ['an address of another machine', '192.0.2.1', /this machine has no such address/],
  ])('%s is told', async (_, address, words) => {
    const first = await listen(async () => {});
    const wanted = { host: address, port: first.port, answer: async () => {} };
    await expect(listenHttp(wanted)).rejects.toMatchObject({
      code: 'network/cannot-listen',
      message: expect.stringMatching(words),
    });
    await first.close();
  });
});
