import type { Json, JsonObject } from '../../../src/base/json.ts';
import type { BoxToolReply, Execution, Sandbox, SandboxJob } from '../../../src/ports/sandbox.ts';
import { nothingKept } from '../../make.ts';

const SDK = new URL('../../../src/sandboxes/sdk.mjs', import.meta.url).href;
const surface = (await import(/* @vite-ignore */ SDK)) as {
  namesFor(tools: object, parts: object): { tools: object; sdk: object };
  shownNames(names: readonly string[]): string[];
};

const ASYNC = Object.getPrototypeOf(async () => {}).constructor as FunctionConstructor;
/** Names that programs find, in the order in which they are handed over. */
const NAMES = [
  'globalThis',
  'process',
  'console',
  'tools',
  'sdk',
  'ToolError',
  '_secrets',
  'files',
];

class ToolError extends Error {
  status: number;
  data: Json;
  constructor({ status, data, error }: Omit<BoxToolReply, 'ok'>) {
    super(`${error} (status ${status})`);
    this.name = 'ToolError';
    this.status = status;
    this.data = data;
  }
}

/**
 * A box for programs of tests in JavaScript that keeps nothing apart: they run in this very process, by
 * the same `sdk` and the same program around handlers as in every box, and in no time.
 */
export function nearBox(): Sandbox {
  return {
    ...nothingKept,
    ...{ name: 'bwrap', isolation: 'none, for tests' },
    languages: [{ language: 'javascript', description: 'programs of a test' }],
    run: async (job, signal) => {
      const cancelled = Promise.withResolvers<Execution>();
      const cancel = (): void => cancelled.resolve({ ...GONE, stopped: 'cancelled' });
      if (signal.aborted) cancel();
      signal.addEventListener('abort', cancel, { once: true });
      return await Promise.race([runNear(job, signal), cancelled.promise]);
    },
  };
}

const GONE: Execution = {
  ...{ exitCode: undefined, stdout: '', stderr: '', limits: [], files: [], notes: [], ms: 1 },
};

async function runNear(job: SandboxJob, signal: AbortSignal): Promise<Execution> {
  const lines: string[] = [];
  const exit = {};
  const process = {
    exit: () => {
      throw exit;
    },
  };
  const console = { log: (...words: unknown[]) => lines.push(words.map(String).join(' ')) };
  const given = toolsOf(job, signal);
  const secrets = (job.secrets?.names ?? []).map((name) => [name, `secret://${name}`]);
  const own = { process, console, _workspace_dir: '/work', ...given };
  // Assigning would reach the setters of the real one.
  const around = Object.create(
    globalThis,
    Object.getOwnPropertyDescriptors(own) as PropertyDescriptorMap,
  );
  const files = { readFileSync: () => Buffer.from(job.stdin ?? []) };
  const values = [around, process, console, given.tools, given.sdk, ToolError];
  const ended = { ...GONE, exitCode: 0 };
  try {
    await new ASYNC(...NAMES, sourceOf(job))(...values, Object.fromEntries(secrets), files);
  } catch (error) {
    if (error !== exit) return { ...ended, exitCode: 1, stdout: said(lines), stderr: `${error}\n` };
  }
  return { ...ended, stdout: said(lines) };
}

/** A module as the body of a function. */
function sourceOf({ code }: SandboxJob): string {
  return code
    .replaceAll(/^export (?=(?:async )?function)/gm, '')
    .replaceAll("await import('node:fs')", 'files');
}

function said(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join('');
}

function toolsOf({ tools: inner }: SandboxJob, signal: AbortSignal) {
  const all = inner?.names ?? [];
  const call = async (name: string, args: JsonObject = {}): Promise<Json> => {
    const reply = await inner?.call(name, JSON.parse(JSON.stringify(args)), signal);
    if (!reply?.ok) throw new ToolError(reply ?? { status: 404, data: {}, error: 'no tools' });
    return reply.data;
  };
  const tools = {
    list: () => surface.shownNames(all),
    call,
    // Only what needs no answer: the result of a handler.
    callSync: (name: string, args: JsonObject) => void inner?.call(name, args, signal),
  };
  const orders = Object.fromEntries(inner?.orders ?? []);
  return surface.namesFor(tools, { all, orders, ToolError });
}
