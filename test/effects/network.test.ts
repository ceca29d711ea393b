import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { nodeNetwork } from '../../src/effects/network.ts';
import { nodeRandom } from '../../src/effects/random.ts';

const server = createServer((request, response) => {
  if (request.url === '/moved') response.writeHead(302, { location: '/there' }).end();
  else response.end(request.method);
});
let base = '';

beforeAll(async () => {
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

describe('the network', () => {
  const { fetch } = nodeNetwork();

  it('makes requests', async () => {
    expect(await (await fetch(base, { method: 'POST' })).text()).toBe('POST');
  });

  it('gives back a redirect instead of following it', async () => {
    const answer = await fetch(`${base}/moved`, {});
    expect([answer.status, answer.headers.get('location')]).toEqual([302, '/there']);
  });

  it('follows a redirect when the caller says so', async () => {
    expect(await (await fetch(`${base}/moved`, { redirect: 'follow' })).text()).toBe('GET');
  });
});

describe('random bytes', () => {
  it('are as many as asked for, and others each time', () => {
    const random = nodeRandom();
    expect(random.bytes(16)).toHaveLength(16);
    expect(random.bytes(16)).not.toEqual(random.bytes(16));
    expect(random.bytes(0)).toHaveLength(0);
  });
});
