import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/base/json.ts';
import { Secret } from '../../src/base/secret.ts';
import type { EventOf, RunEvent } from '../../src/events/event.ts';
import type { Script } from '../../src/providers/scripted.ts';
import { builtinTools } from '../../src/tools/index.ts';
import { type Listening, serve, sink } from '../effects/guarded/support.ts';
import {
  complete,
  delegate,
  logOf,
  only,
  startTestRun,
  temporaryFolder,
  testHost,
  testPlan,
} from '../make.ts';

const SECRET = 'tk-8f3k2m5q9w';
const WORKER = { status: 'complete', summary: 'done', result: {} };
let server: Listening;
let hole: Listening;

beforeAll(async () => {
  server = await serve((request, response) => {
    response.end(`${request.url} ${request.headers.authorization ?? ''}`);
  });
  hole = await sink();
});
afterAll(async () => {
  for (const one of [server, hole]) await one[Symbol.asyncDispose]();
});

interface Outcome {
  log: readonly RunEvent[];
  returned: EventOf<'tool.returned'>['data'] | undefined;
  denied: EventOf<'security.denied'>['data'][];
}

/** One worker makes one call of a tool of the real program, with the real network. */
async function callOf(
  name: string,
  args: JsonObject,
  patterns: readonly string[] = ['*.*', 'http.*', 'web.*', 'repo.*'],
): Promise<Outcome> {
  using folder = temporaryFolder();
  const ported = JSON.parse(JSON.stringify(args).replace(':HOLE', `:${hole.port}`)) as JsonObject;
  const script: Script = ({ headers, messages }) => {
    if (headers['x-awp-role'] === 'manager') {
      return JSON.stringify(messages).includes('Results of turn') ? complete() : delegate('a');
    }
    if (messages.at(-1)?.role === 'tool') return WORKER;
    return { toolCalls: [{ name, args: ported }] };
  };
  const secret = new Secret('KEY', SECRET);
  const host = testHost(folder.path, {
    script,
    tools: builtinTools.filter(({ needsBox }) => !needsBox),
    effects: { secrets: { get: () => undefined } },
    granted: new Map([['KEY', { secret, hosts: [`127.0.0.1:${server.port}`], tools: undefined }]]),
    secrets: [SECRET],
  });
  const hosts = [`127.0.0.1:${server.port}`];
  const plan = testPlan({ tools: [...patterns], sandbox: { hosts } });
  const run = await startTestRun(host, plan);
  await run.done;
  const log = await logOf(host.store);
  return {
    log,
    returned: only(log, 'tool.returned')[0]?.data,
    denied: only(log, 'security.denied').map(({ data }) => data),
  };
}

describe('a tool of the network in a run', () => {
  it('reaches a host of the list, with a secret that the log never has', async () => {
    const { returned, denied, log } = await callOf('http.request', {
      url: `http://127.0.0.1:${server.port}/a`,
      headers: { authorization: 'Bearer secret://KEY' },
    });
    expect(returned).toMatchObject({ ok: true, status: 200 });
    expect(returned?.data).toMatchObject({ status_code: 200, body: '/a Bearer [secret]' });
    expect(denied).toEqual([]);
    expect(JSON.stringify(log)).not.toContain(SECRET);
  });

  it.each([
    ['http.request', { url: 'http://127.0.0.1:HOLE/' }, 403, 'network.denied'],
    ['http.request', { url: 'file:///etc/passwd' }, 403, 'network.denied'],
    ['http.request', { url: 'http://x/', headers: { host: 'y' } }, 400, 'input.refused'],
    ['http.request', { url: 'http://x/secret://KEY' }, 403, 'secret.leak_prevented'],
    ['file.read', { path: '../log.txt' }, 403, 'acl.tool.denied'],
    ['file.write', { path: 'inputs/x', content: '' }, 403, 'acl.tool.denied'],
    ['file.delete', { path: '/etc/passwd' }, 403, 'acl.tool.denied'],
    ['file.list', { path: '..' }, 403, 'acl.tool.denied'],
  ])('%s is refused with %j, and the log has one note of it', async (name, args, status, kind) => {
    const { returned, denied } = await callOf(name, args as unknown as JsonObject);
    expect(returned).toMatchObject({ ok: false, status });
    expect(denied).toEqual([{ tool: name, reason: expect.any(String), kind }]);
    expect(hole.connections).toBe(0);
  });

  it('finds out that no search is configured, and which variables there are', async () => {
    const { returned } = await callOf('web.search', { query: 'x' });
    expect(returned).toMatchObject({ ok: false, status: 503 });
    for (const name of ['BRAVE_API_KEY', 'TAVILY_API_KEY', 'SEARXNG_URL']) {
      expect(returned?.error).toContain(name);
    }
  });

  it.each(['http.request', 'web.search', 'repo.fact'])(
    '%s is there only for a run that names it',
    async (name) => {
      const args = name === 'http.request' ? { url: 'http://127.0.0.1:1/' } : { query: 'x' };
      const { returned } = await callOf(name, args, ['*.*']);
      expect(returned?.ok).toBe(false);
      expect([403, 404]).toContain(returned?.status);
      expect(returned?.error).toMatch(/^tool\//);
    },
  );
});
