import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { awp, MAIN, startAwp } from '../cli/process.ts';
import { say } from '../fault-server/answers.ts';
import { type FaultServer, startFaultServer } from '../fault-server/server.ts';
import { temporaryFolder } from '../make.ts';
import { callTool } from './support.ts';

const folder = temporaryFolder();
/** A model that never answers, so that a run stands in the middle. */
let silent: FaultServer;

beforeAll(async () => {
  writeFileSync(join(folder.path, 'sales.csv'), 'month,revenue\nJan,100\nFeb,200\nMar,150\n');
  silent = await startFaultServer(() => say({ delayMs: 600_000 }));
});
afterAll(async () => {
  await silent.close();
  folder[Symbol.dispose]();
});

const env = (): Record<string, string> => ({
  PATH: process.env.PATH ?? '',
  LLM_BASE_URL: silent.url,
});

/** `awp mcp` as a coding agent starts it. */
function stdioServer(...args: string[]): StdioClientTransport {
  return new StdioClientTransport({
    ...{ command: process.execPath, args: [MAIN, 'mcp', ...args] },
    ...{ cwd: folder.path, env: env(), stderr: 'pipe' },
  });
}

const newClient = (): Client => new Client({ name: 'test', version: '1' });

// Each starts several processes, on machines that may be busy.
const timeout = 90_000;

describe('awp mcp over standard input and output', { timeout }, () => {
  it('runs a task of the demo model to the end, also for two clients at once', async () => {
    const servers = [stdioServer('-m', 'demo'), stdioServer('-m', 'demo')];
    const results = await Promise.all(
      servers.map(async (transport) => {
        const client = newClient();
        await client.connect(transport);
        const asked = { task: 'Find the peak month', inputs: { sales: 'sales.csv' } };
        const { facts } = await callTool(client, 'run_task', { ...asked, wait_seconds: 60 });
        const list = await callTool(client, 'list_runs');
        await client.close();
        return { facts, list };
      }),
    );
    for (const { facts, list } of results) {
      expect(facts).toMatchObject({ status: 'complete', simulated: true });
      expect(list.text).toContain(String(facts.run));
    }
  });

  it('ends with its client; the run was stopped and can be resumed', async () => {
    const transport = stdioServer('-m', 'some-model');
    const client = newClient();
    await client.connect(transport);
    const asked = { task: 'Never to be answered', wait_seconds: 0 };
    const { facts } = await callTool(client, 'run_task', asked);
    const run = String(facts.run);
    expect(facts.status).toBe('running');
    await client.close();
    const { out } = await awp(['runs', 'show', run], { cwd: folder.path, env: env() });
    expect(out).toContain(`Resume: awp run --resume ${run}`);
    const { out: log } = await awp(['runs', 'export', run, '--ndjson'], { cwd: folder.path });
    expect(JSON.parse(log.trim().split('\n').at(-1) ?? '')).toMatchObject({ type: 'run.stopped' });
  });

  it('writes nothing but the protocol to standard output, whatever comes in', async () => {
    const { code, out, err } = await awpWithInput(
      ['mcp', '-m', 'demo'],
      [
        'this is no message\n',
        '{"jsonrpc":"2.0"}\n',
        '[1,2,3]\n',
        `${JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'ping' })}\n`,
      ].join(''),
    );
    expect(code).toBe(0);
    const lines = out.split('\n').filter((line) => line !== '');
    expect(lines.map((line) => JSON.parse(line))).toContainEqual({
      jsonrpc: '2.0',
      id: 1,
      result: {},
    });
    expect(err).toContain('awp mcp: serving 0 workflows and any task');
    expect(err).not.toMatch(/\n {4}at /);
  });

  it('ends when a message has no end', async () => {
    const { code, err } = await awpWithInput(['mcp', '-m', 'demo'], 'x'.repeat(11_000_000));
    expect(code).toBe(0);
    expect(err).toContain('awp mcp: client:');
  });
});

describe('awp mcp over HTTP', { timeout }, () => {
  it('prints address and token, serves who has it, and ends at Ctrl-C', async () => {
    const server = startAwp(['mcp', '--http', '--port', '0', '-m', 'some-model'], {
      cwd: folder.path,
      env: env(),
    });
    await server.said('token: ');
    const [, address = ''] =
      /listening at (http:\/\/127\.0\.0\.1:\d+\/mcp)/.exec(server.err()) ?? [];
    const [, token = ''] = /token: (\S+)/.exec(server.err()) ?? [];
    expect(token.length).toBeGreaterThanOrEqual(43);
    expect(server.out()).toBe('');
    const client = newClient();
    const headers = { authorization: `Bearer ${token}` };
    await client.connect(
      new StreamableHTTPClientTransport(new URL(address), { requestInit: { headers } }),
    );
    const { facts } = await callTool(client, 'run_task', { task: 'Never', wait_seconds: 0 });
    expect(facts.status).toBe('running');
    server.child.kill('SIGINT');
    expect(await server.ended).toBe(0);
    await client.close();
    const { out } = await awp(['runs', 'show', String(facts.run)], { cwd: folder.path });
    expect(out).toContain('Resume:');
  });

  it('takes the token of the environment and does not print it', async () => {
    const token = 'a-token-of-the-environment';
    const server = startAwp(['mcp', '--http', '--port', '0'], {
      cwd: folder.path,
      env: { ...env(), AWP_MCP_TOKEN: token },
    });
    await server.said('token: the one in AWP_MCP_TOKEN');
    server.child.kill('SIGTERM');
    expect(await server.ended).toBe(143);
    expect(server.err()).not.toContain(token);
  });
});

/** Runs `awp` with a text as its standard input. */
async function awpWithInput(args: readonly string[], input: string) {
  const { spawn } = await import('node:child_process');
  const child = spawn(process.execPath, [MAIN, ...args], { cwd: folder.path, env: env() });
  let [out, err] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    err += text;
  });
  // It may hang up before it has read all.
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  const code = await new Promise((resolve) => child.on('close', resolve));
  return { code, out, err };
}
