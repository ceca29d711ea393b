import { type IncomingHttpHeaders, request } from 'node:http';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { describe, expect, it } from 'vitest';
import { serveOverHttp } from '../../src/mcp-server/serve-http.ts';
import { callTool, startTestServer, type TestServer, type TestServerOptions } from './support.ts';

const TOKEN = 'a-token-of-a-test';

interface Listening extends AsyncDisposable {
  server: TestServer;
  port: number;
  notes: readonly string[];
  connect(token?: string): Promise<Client>;
  close(): Promise<void>;
}

async function listen(options: TestServerOptions = {}): Promise<Listening> {
  const server = await startTestServer(options);
  const notes: string[] = [];
  const http = await serveOverHttp(server.factory, {
    ...{ host: '127.0.0.1', port: 0, token: TOKEN },
    note: (text) => notes.push(text),
  });
  const clients: Client[] = [];
  return {
    server,
    port: http.port,
    notes,
    async connect(token = TOKEN) {
      const client = new Client({ name: 'test', version: '1' });
      const url = new URL(`http://127.0.0.1:${http.port}/mcp`);
      const headers = { authorization: `Bearer ${token}` };
      await client.connect(new StreamableHTTPClientTransport(url, { requestInit: { headers } }));
      clients.push(client);
      return client;
    },
    close: http.close,
    async [Symbol.asyncDispose]() {
      for (const client of clients) await client.close();
      await http.close();
      await server[Symbol.asyncDispose]();
    },
  };
}

interface Raw {
  method?: string;
  path?: string;
  headers?: Record<string, string>;
  body?: string | Buffer;
}

/** A request as no client would send it. */
function raw(port: number, { method = 'POST', path = '/mcp', headers = {}, body = '' }: Raw) {
  return new Promise<{ status: number; text: string; headers: IncomingHttpHeaders }>(
    (resolve, reject) => {
      const own = {
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        authorization: `Bearer ${TOKEN}`,
        ...(headers['transfer-encoding'] === undefined && {
          'content-length': String(Buffer.byteLength(body)),
        }),
      };
      const sent = request(
        { host: '127.0.0.1', port, method, path, headers: { ...own, ...headers } },
        (response) => {
          let text = '';
          response.setEncoding('utf8').on('data', (piece: string) => {
            text += piece;
          });
          const done = (): void =>
            resolve({ status: response.statusCode ?? 0, text, headers: response.headers });
          response.on('end', done).on('error', done);
        },
      );
      // The server may answer and hang up before it has all of a body that it will not read.
      sent.on('error', (error: NodeJS.ErrnoException) => {
        if (error.code !== 'EPIPE' && error.code !== 'ECONNRESET') reject(error);
      });
      sent.end(body);
    },
  );
}

const LIST = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list', params: {} });

describe('serving over HTTP', () => {
  it('runs a task for the official client, with progress, and gives its files', async () => {
    await using listening = await listen();
    const client = await listening.connect();
    const told: string[] = [];
    const result = await client.callTool(
      { name: 'run_task', arguments: { task: 'Write a file' } },
      { onprogress: ({ message = '' }) => told.push(message) },
    );
    expect(result.structuredContent).toMatchObject({ status: 'complete' });
    expect(told).toContain('hello.txt was written');
    const { run } = result.structuredContent as { run: string };
    const uri = `awp://runs/${run}/artifacts/hello.txt`;
    expect((await client.readResource({ uri })).contents[0]).toMatchObject({ text: 'hello' });
  });

  it('serves two clients at once', async () => {
    await using listening = await listen();
    const clients = await Promise.all([listening.connect(), listening.connect()]);
    const results = await Promise.all(
      clients.map((client) => callTool(client, 'run_task', { task: 'Write a file' })),
    );
    expect(results.map(({ facts }) => facts.status)).toEqual(['complete', 'complete']);
    expect(results[0]?.facts.run).not.toBe(results[1]?.facts.run);
  });

  it('refuses a client without the right token', async () => {
    await using listening = await listen();
    await expect(listening.connect('wrong')).rejects.toThrow();
  });

  it('answers a client of the older protocol, request by request', async () => {
    await using listening = await listen();
    const { status, text } = await raw(listening.port, { body: LIST });
    expect(status).toBe(200);
    expect(text).toContain('"run_task"');
  });

  it.each<[string, number, Raw]>([
    ['a foreign Host', 403, { headers: { host: 'evil.example' }, body: LIST }],
    ['a Host with another port', 403, { headers: { host: '127.0.0.1:1' }, body: LIST }],
    ['a foreign page', 403, { headers: { origin: 'https://evil.example' }, body: LIST }],
    ['a page that asks what it may', 403, { method: 'OPTIONS', headers: { origin: 'http://x' } }],
    ['no token', 401, { headers: { authorization: '' }, body: LIST }],
    ['another path', 404, { path: '/', body: LIST }],
    ['another path of the same beginning', 404, { path: '/mcp/x', body: LIST }],
    ['another method', 405, { method: 'PUT', body: LIST }],
    ['a stream that nobody needs', 405, { method: 'GET' }],
    ['another type of content', 415, { headers: { 'content-type': 'text/plain' }, body: LIST }],
    ['no JSON', 400, { body: '{' }],
    ['a body of 20 MB', 413, { body: Buffer.alloc(20_000_000, ' ') }],
  ])('%s is answered with %i', async (_, status, how) => {
    await using listening = await listen();
    const answer = await raw(listening.port, how);
    expect(answer.status).toBe(status);
    expect(answer.text).not.toContain(TOKEN);
    expect(answer.text).not.toMatch(/\n {4}at /);
    const allowed = Object.keys(answer.headers).filter((name) => name.startsWith('access-control'));
    expect(allowed).toEqual([]);
    // The next one is served as ever.
    expect((await raw(listening.port, { body: LIST })).status).toBe(200);
  });

  it('a body of 20 MB that does not say its size is cut off', async () => {
    await using listening = await listen();
    const headers = { 'transfer-encoding': 'chunked' };
    const body = Buffer.alloc(20_000_000, ' ');
    const own = { method: 'POST', headers, body };
    const { status } = await raw(listening.port, { ...own, headers: { ...headers } });
    expect(status).toBe(413);
  });

  it('ends at once, whoever is waiting', async () => {
    const listening = await listen({ script: () => new Promise(() => {}) });
    const client = await listening.connect();
    const waiting = client.callTool({
      name: 'run_task',
      arguments: { task: 'Write', wait_seconds: 300 },
    });
    const over = expect(waiting).rejects.toThrow();
    const { facts } = await listening.server.call('list_runs');
    expect(facts).toBeDefined();
    await listening.close();
    await client.close();
    await over;
    await listening.server[Symbol.asyncDispose]();
  });

  it('a port that is taken is told with what to do', async () => {
    await using listening = await listen();
    const options = { host: '127.0.0.1', port: listening.port, token: TOKEN, note: () => {} };
    await expect(serveOverHttp(listening.server.factory, options)).rejects.toMatchObject({
      code: 'network/cannot-listen',
      message: expect.stringContaining('another program has that port'),
    });
  });
});
