import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { nodeEffects } from '../../src/effects/index.ts';
import { loadPackage } from '../../src/mcp/package.ts';
import { listening, openHostile, openServer, runs, textOf } from './open-server.ts';

const HOSTILE = fileURLToPath(new URL('servers/hostile.mjs', import.meta.url));

/** Processes of a group, by their leader. */
function groupOf(leader: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
        return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[2]) === leader && runs(pid);
      } catch {
        return false;
      }
    });
}

describe('a server of a run', () => {
  it('has the environment that is listed, and where programs and home are', async () => {
    process.env.AWP_TEST_NOT_LISTED = 'secret of somebody else';
    const env = { KEY: `key $NAME costs 5$$, ${'$'}{NAME}_2 $lower`, OTHER: '$LOOKS' };
    const secrets = { NAME: 'a-secret-value', LOOKS: '$NAME' };
    await using server = await openHostile('tools', 'stdio', { server: { env }, secrets });
    delete process.env.AWP_TEST_NOT_LISTED;
    expect(JSON.parse(textOf(await server.call('env')))).toEqual({
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      KEY: 'key a-secret-value costs 5$, a-secret-value_2 $lower',
      OTHER: '$NAME',
    });
  });

  it.each(['tools', 'stubborn'])('leaves no process behind (%s)', async (scenario) => {
    const server = await openHostile(scenario);
    const leader = Number(textOf(await server.call('pid')));
    expect(groupOf(leader)).toContain(leader);
    await server[Symbol.asyncDispose]();
    expect(groupOf(leader)).toEqual([]);
  });

  it('says goodbye to its session over HTTP', async () => {
    await using running = await listening([HOSTILE, 'tools', 'http']);
    const server = await openServer({ url: running.url });
    await server[Symbol.asyncDispose]();
    await expect.poll(running.output).toContain('deleted');
  });

  it('closes twice without a word', async () => {
    const server = await openHostile('tools');
    await server[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
    expect(await server.call('ok')).toMatchObject({ ok: false, status: 503 });
  });

  it('that dies in a call is started afresh for the next one, and its words are told without keys', async () => {
    const secrets = { NAME: 'a-secret-value' };
    const server = await openHostile('tools', 'stdio', {
      server: { env: { KEY: '$NAME' } },
      secrets,
    });
    await using _ = server;
    const first = textOf(await server.call('pid'));
    expect(await server.call('die')).toMatchObject({
      ok: false,
      status: 500,
      error:
        'mcp/disconnected: the MCP server s ended with status 3; it said: the key [secret NAME] broke; whether the call was done is not known',
    });
    const second = textOf(await server.call('pid'));
    expect(second).not.toBe(first);
    expect(runs(Number(first))).toBe(false);
  });

  it('fails all calls under way when it dies, and starts once for all that follow', async () => {
    await using server = await openHostile('tools');
    const under = [server.call('hang'), server.call('hang'), server.call('die')];
    for (const result of await Promise.all(under)) expect(result).toMatchObject({ status: 500 });
    const pids = await Promise.all([1, 2, 3, 4].map(() => server.call('pid')));
    expect(new Set(pids.map(textOf)).size).toBe(1);
  });

  it('is given up when it was lost too often', async () => {
    await using server = await openHostile('tools');
    for (let time = 0; time < 4; time++) {
      expect(await server.call('die')).toMatchObject({ status: 500 });
    }
    expect(await server.call('ok')).toMatchObject({
      ok: false,
      status: 503,
      error: expect.stringMatching(/^mcp\/gave-up: .* was lost 4 times/),
    });
  });

  it('that forgot its session over HTTP gets a fresh one for the next call', async () => {
    await using server = await openHostile('tools', 'http');
    expect(textOf(await server.call('forget'))).toBe('forgotten');
    expect(await server.call('ok')).toMatchObject({
      ok: false,
      status: 500,
      error: expect.stringContaining('mcp/disconnected'),
    });
    expect(textOf(await server.call('ok'))).toBe('fine 1');
  });

  it('that is gone over HTTP is not there: 503, and the call was not made', async () => {
    const running = await listening([HOSTILE, 'tools', 'http']);
    await using server = await openServer({ url: running.url });
    await running[Symbol.asyncDispose]();
    expect(await server.call('ok')).toMatchObject({
      ok: false,
      status: 503,
      error: expect.stringMatching(/^mcp\/unreachable: .*ECONNREFUSED/),
    });
  });
});

describe('a server that does not start', () => {
  const command = process.execPath;
  it.each([
    [
      'is no program',
      { command: 'no-such-program-at-all' },
      'mcp/not-started',
      /there is no such program/,
    ],
    [
      'has no folder',
      { command, cwd: '/no/such/folder' },
      'mcp/not-started',
      /no folder \/no\/such\/folder/,
    ],
    [
      'is no server',
      { command, args: ['-e', 'console.log("hi")'] },
      'mcp/not-started',
      /ended with status 0/,
    ],
    [
      'never answers',
      { command, args: [HOSTILE, 'silent'], timeout: 400 },
      'mcp/timeout',
      /not ready within 400 ms/,
    ],
    ['refuses', { command, args: [HOSTILE, 'refuses'] }, 'mcp/no-server', /not today/],
    [
      'ends with words',
      { command, args: [HOSTILE, 'exits'], env: { KEY: '$NAME' } },
      'mcp/not-started',
      /ended with status 1; it said: cannot start without \[secret NAME\]$/,
    ],
  ])('because it %s is told as such', async (_, server, code, message) => {
    const opening = openServer(server, { secrets: { NAME: 'a-secret-value' } });
    await expect(opening).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
  });

  it.each([
    ['redirect', 'mcp/redirected', /redirects to http:\/\/127.0.0.1:9/],
    ['unauthorized', 'mcp/unauthorized', /refused: status 401/],
    ['page', 'mcp/no-server', /did not answer as/],
    ['broken', 'mcp/no-server', /answered with 503/],
    ['garbage', 'mcp/no-server', /did not answer as/],
  ])(
    'because its address does something else (%s) is told as such',
    async (scenario, code, message) => {
      const opening = openHostile(scenario, 'http');
      await expect(opening).rejects.toMatchObject({
        code,
        message: expect.stringMatching(message),
      });
    },
  );

  it('because nobody listens at its address is told as such', async () => {
    const opening = openServer({ url: 'http://127.0.0.1:9/mcp' });
    await expect(opening).rejects.toMatchObject({ code: 'mcp/unreachable' });
  });

  it('leaves no process behind when the run ends meanwhile', async () => {
    const effects = nodeEffects();
    let pid = 0;
    const processes = {
      ...effects.processes,
      spawn: (spec: Parameters<typeof effects.processes.spawn>[0]) => {
        const child = effects.processes.spawn(spec);
        pid = child.pid;
        queueMicrotask(() => stop.abort(new Error('the run ends')));
        return child;
      },
    };
    const stop = new AbortController();
    const settings = { command, args: [HOSTILE, 'silent'] };
    const opening = openServer(settings, {
      signal: stop.signal,
      effects: { ...effects, processes },
    });
    await expect(opening).rejects.toThrow('the run ends');
    expect(runs(pid)).toBe(false);
  });

  it('because the official client is not installed names the package', async () => {
    const missing = () => Promise.reject(new Error('Cannot find package'));
    await expect(loadPackage(missing)).rejects.toMatchObject({
      code: 'mcp/not-installed',
      message: expect.stringContaining('@modelcontextprotocol/client'),
      hint: expect.stringContaining('npm install'),
    });
  });
});
