import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import type { JsonObject } from '../../src/base/json.ts';
import { Secret } from '../../src/base/secret.ts';
import { mcpOpeners } from '../../src/data/mcp-options.ts';
import type { McpServerOptions } from '../../src/data/mcp-settings.ts';
import { nodeEffects } from '../../src/effects/index.ts';
import type { McpTools } from '../../src/mcp/opener.ts';
import type { PinnedTools, ToolPins } from '../../src/mcp/pins.ts';
import type { Effects } from '../../src/ports/effects.ts';
import type { Tool, ToolContext, ToolResult } from '../../src/ports/tool.ts';

const HOSTILE = fileURLToPath(new URL('servers/hostile.mjs', import.meta.url));

/** The path of a program of an installed package. */
export function packaged(path: string): string {
  return fileURLToPath(
    new URL(`../../node_modules/@modelcontextprotocol/${path}`, import.meta.url),
  );
}

/** Pins that live as long as the test. */
export function pinsInMemory(known: Record<string, PinnedTools> = {}): ToolPins {
  const all = new Map(Object.entries(known));
  return {
    read: async (identity) => all.get(identity),
    remember: async (identity, tools) => void all.set(identity, tools),
  };
}

export interface OpenOptions {
  pins?: ToolPins;
  trust?: boolean;
  secrets?: Record<string, string>;
  effects?: Effects;
  signal?: AbortSignal;
}

/** An opened server and what a test does with it. */
export interface Opened extends AsyncDisposable {
  tools: readonly Tool[];
  notes: readonly string[];
  tool(name: string): Tool;
  call(name: string, args?: JsonObject, context?: Partial<ToolContext>): Promise<ToolResult>;
}

/** Opens one server, named `s`. */
export async function openServer(
  server: McpServerOptions,
  options: OpenOptions = {},
): Promise<Opened> {
  const { pins = pinsInMemory(), trust = false, secrets = {}, effects = nodeEffects() } = options;
  const secret = (name: string) =>
    secrets[name] === undefined ? undefined : new Secret(name, secrets[name]);
  const [opener] = mcpOpeners({ s: server }, { effects, pins, trust, version: '1.2.3', secret });
  const opened = (await opener!.open(options.signal ?? new AbortController().signal)) as McpTools;
  const tool = (name: string): Tool => {
    const found = opened.tools.find((one) => one.name === `s.${name}`);
    if (!found) throw new Error(`no tool s.${name}`);
    return found;
  };
  return {
    tools: opened.tools,
    notes: opened.notes,
    tool,
    call: (name, args = {}, context = {}) => tool(name).run(args, callContext(context)),
    [Symbol.asyncDispose]: () => opened.close(),
  };
}

export function callContext(more: Partial<ToolContext>): ToolContext {
  return {
    signal: new AbortController().signal,
    timeoutMs: 20_000,
    progress: () => {},
    denied: () => {},
    ...more,
  } as ToolContext;
}

/** A program of ours that listens, and the port that it printed first. */
export interface Listening extends AsyncDisposable {
  url: string;
  child: ChildProcess;
  output(): string;
}

/** Starts a server over HTTP and waits until it has printed its port. */
export async function listening(
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<Listening> {
  const child = spawn(process.execPath, args, {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { PATH: process.env.PATH, ...env },
  });
  let output = '';
  child.stdout.on('data', (bytes) => {
    output += bytes;
  });
  child.stderr.on('data', (bytes) => {
    output += bytes;
  });
  const port = () => /^(\d+)\n|listening on port (\d+)/m.exec(output);
  while (!port()) {
    await Promise.race([once(child.stdout, 'data'), once(child.stderr, 'data'), ended(child)]);
  }
  const found = port();
  return {
    url: `http://127.0.0.1:${found?.[1] ?? found?.[2]}/mcp`,
    child,
    output: () => output,
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null && child.signalCode === null) {
        child.kill('SIGKILL');
        await once(child, 'exit');
      }
    },
  };
}

async function ended(child: ChildProcess): Promise<never> {
  await once(child, 'exit');
  throw new Error('the server ended at its start');
}

export type Over = 'stdio' | 'http';

/** The hostile server with one of its lists, over one of the transports. */
export async function openHostile(
  scenario: string,
  over: Over = 'stdio',
  {
    server = {},
    env = {},
    ...options
  }: OpenOptions & {
    server?: Partial<McpServerOptions>;
    env?: Record<string, string>;
  } = {},
): Promise<Opened> {
  if (over === 'stdio') {
    const settings = { command: process.execPath, args: [HOSTILE, scenario], env, ...server };
    return await openServer(settings as McpServerOptions, options);
  }
  const { url, ...running } = await listening([HOSTILE, scenario, 'http'], env);
  try {
    const opened = await openServer({ url, ...server } as McpServerOptions, options);
    const close = opened[Symbol.asyncDispose];
    return {
      ...opened,
      async [Symbol.asyncDispose]() {
        await close();
        await running[Symbol.asyncDispose]();
      },
    };
  } catch (error) {
    await running[Symbol.asyncDispose]();
    throw error;
  }
}

/** Whether a process runs; one that nobody has reaped yet counts as ended. */
export function runs(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return !stat.slice(stat.lastIndexOf(')') + 2).startsWith('Z');
  } catch {
    return false;
  }
}

/** The text of a result that worked. */
export function textOf(result: ToolResult): string {
  expect(result).toMatchObject({ ok: true, status: 200 });
  return (result.data as { text: string }).text;
}
