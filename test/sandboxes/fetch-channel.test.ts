import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isObject, type JsonObject } from '../../src/base/json.ts';
import { nodeEffects } from '../../src/effects/index.ts';
import type { GuardedRequest } from '../../src/ports/effects.ts';
import type { BoxToolReply, SandboxJob } from '../../src/ports/sandbox.ts';
import { fetchChannel } from '../../src/sandboxes/fetch-channel.ts';
import { POLICY } from '../contracts/sandbox-contract.ts';

const KEY = 'k3y-of-nobody';
const NEVER = new AbortController().signal;

const jobFor = (hosts: readonly string[], more: Partial<SandboxJob> = {}): SandboxJob => ({
  ...{ language: 'javascript', code: '', timeoutMs: 5000, inputs: undefined, shared: undefined },
  ...{ output: [], policy: { ...POLICY, hosts } },
  ...more,
});
const secrets = {
  names: ['KEY'],
  valueFor: (name: string, host: string) =>
    name === 'KEY' && !host.startsWith('other.example:') ? KEY : undefined,
};
const textOf = ({ data }: BoxToolReply): string =>
  Buffer.from(isObject(data) ? String(data.body) : '', 'base64').toString();

describe('a request of a program', () => {
  let server: Server;
  let url: string;
  let host: string;
  beforeAll(async () => {
    server = createServer(async (request, response) => {
      let body = '';
      for await (const piece of request) body += piece;
      const { method, headers } = request;
      response.setHeader('x-echo', String(headers['x-key']));
      if (request.url === '/long') response.end(Buffer.alloc(2 * 1024 * 1024));
      else response.end(JSON.stringify({ method, key: headers['x-key'], body }));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    url = `http://${host}`;
  });
  afterAll(() => server.close());
  const ask = async (request: JsonObject, job: SandboxJob) => {
    const channel = fetchChannel(nodeEffects());
    const reply = await channel.answer({ id: 1, fetch: request }, job, NEVER);
    return { reply: reply as BoxToolReply, requests: await channel.requests() };
  };

  it('is made, told, and answered as data', async () => {
    const body = Buffer.from('sent').toString('base64');
    const request = { url: `${url}/a`, method: 'POST', headers: { 'x-key': 'mine' }, body };
    const { reply, requests } = await ask(request, jobFor([host]));
    expect(reply).toMatchObject({ ok: true, status: 200, data: { status: 200, url: `${url}/a` } });
    expect(JSON.parse(textOf(reply))).toEqual({ method: 'POST', key: 'mine', body: 'sent' });
    expect(requests).toMatchObject([{ method: 'POST', host, status: 200 }]);
  });

  it('carries the value of a secret, which does not come back', async () => {
    const request = { url: `${url}/a`, headers: { 'x-key': 'Key secret://KEY' } };
    const { reply } = await ask(request, jobFor([host], { secrets }));
    expect(JSON.parse(textOf(reply)).key).toBe('Key [secret]');
    expect(JSON.stringify(reply.data)).not.toContain(KEY);
    const basic = Buffer.from('me:secret://KEY').toString('base64');
    const other = { url: `${url}/a`, headers: { 'x-key': `Basic ${basic}` } };
    const coded = await ask(other, jobFor([host], { secrets }));
    expect(textOf(coded.reply)).not.toContain(Buffer.from(`me:${KEY}`).toString('base64'));
  });

  it('leaves tokens alone when there are no secrets', async () => {
    const request = { url: `${url}/a`, headers: { 'x-key': 'secret://KEY' } };
    const { reply } = await ask(request, jobFor([host]));
    expect(JSON.parse(textOf(reply)).key).toBe('secret://KEY');
  });

  const REFUSED: readonly [name: string, request: JsonObject | string, status: number][] = [
    ['to a host that is not listed', { url: 'http://10.1.2.3/' }, 403],
    ['by another scheme', { url: 'file:///etc/passwd' }, 403],
    ['without an address', { url: 'nonsense' }, 403],
    ['without anything', {}, 400],
    ['that is a text', 'http://127.0.0.1/', 400],
    ['with headers that are no texts', { url: 'http://a/', headers: { a: 1 } }, 400],
    ['with a body that is no text', { url: 'http://a/', body: [1] }, 400],
  ];
  it.for(REFUSED)('is refused %s', async ([, request, status]) => {
    const channel = fetchChannel(nodeEffects());
    const message = { id: 1, fetch: request };
    const reply = await channel.answer(message, jobFor([host]), NEVER);
    expect(reply).toMatchObject({ ok: false, status });
  });

  it('is told when it was refused, with the reason', async () => {
    const { requests } = await ask({ url: 'http://10.1.2.3/x' }, jobFor([host]));
    expect(requests).toMatchObject([{ host: '10.1.2.3:80', problem: expect.any(String) }]);
  });

  it('gets no answer that does not fit into a message', async () => {
    const { reply } = await ask({ url: `${url}/long` }, jobFor([host]));
    expect(reply).toMatchObject({ ok: false, status: 502 });
    expect(reply.error).toMatch(/bytes/);
  });

  it('is told at most two hundred times', async () => {
    const channel = fetchChannel(nodeEffects());
    for (let count = 0; count < 210; count++) {
      await channel.answer({ id: count, fetch: { url: 'nonsense' } }, jobFor([host]), NEVER);
    }
    expect((await channel.requests()).length).toBe(200);
    expect(await channel.requests()).toEqual([]);
  });

  it('is no call of a tool', () => {
    const channel = fetchChannel(nodeEffects());
    expect(channel.answer({ id: 1, name: 'a.b', args: {} }, jobFor([host]), NEVER)).toBeUndefined();
  });
});

describe('a request with a secret', () => {
  const asked: GuardedRequest[] = [];
  const effects = nodeEffects();
  const request = async (wanted: GuardedRequest) => {
    asked.push(wanted);
    return { url: wanted.url, status: 200, headers: {}, body: new Uint8Array() };
  };
  const channel = fetchChannel({ ...effects, network: { ...effects.network, request } });
  const send = async (url: string, headers: Record<string, string>) =>
    await channel.answer({ id: 1, fetch: { url, headers } }, jobFor(['*'], { secrets }), NEVER);

  const WAYS: readonly [from: string, to: string][] = [
    ['http://api.example/x', 'https://api.example/x'],
    ['http://api.example:8443/x', 'https://api.example:8443/x'],
    ['https://api.example/x', 'https://api.example/x'],
    ['http://127.0.0.1:81/x', 'http://127.0.0.1:81/x'],
    ['http://[::1]:81/x', 'http://[::1]:81/x'],
    ['http://8.8.8.8/x', 'https://8.8.8.8/x'],
  ];
  it.for(WAYS)('to %s goes to %s', async ([from, to]) => {
    expect(await send(from, { authorization: 'Bearer secret://KEY' })).toMatchObject({ ok: true });
    expect(asked.at(-1)).toMatchObject({ url: to, headers: { authorization: `Bearer ${KEY}` } });
  });

  it('that may not go to a host is not sent', async () => {
    const before = asked.length;
    const reply = await send('https://other.example/', { authorization: 'secret://KEY' });
    expect(reply).toMatchObject({ ok: false, status: 403, error: expect.stringContaining('KEY') });
    expect(asked.length).toBe(before);
  });

  it('goes as it was written when it bears none', async () => {
    await send('http://api.example/x', { accept: 'text/plain' });
    expect(asked.at(-1)?.url).toBe('http://api.example/x');
  });
});
