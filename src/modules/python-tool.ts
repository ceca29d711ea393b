import { fileURLToPath } from 'node:url';
import { AwpError } from '../base/errors.ts';
import { isObject, type Json, type JsonObject, parseJson } from '../base/json.ts';
import type { Effects } from '../ports/effects.ts';
import type { Execution, Sandbox, SandboxJob } from '../ports/sandbox.ts';
import type { Tool, ToolContext, ToolResult } from '../ports/tool.ts';
import { envelopeOf } from './envelope.ts';
import type { SourceFileBytes } from './source-files.ts';

/** Bytes of all files that go into a box with a tool. */
const MOST_BYTES = 16 * 1024 * 1024;
/** Bytes of an answer. */
const MOST_ANSWER_BYTES = 8 * 1024 * 1024;
/** Characters of what a tool prints that are kept. */
const MOST_LOG_CHARS = 10_000;
/** What a box needs after its program to hand the files back, out of the time for the call. */
const TIME_TO_COLLECT_MS = 500;
const ANSWER_LIMITS = { maxLength: MOST_ANSWER_BYTES, maxDepth: 68 };

/** A tool as the text of a Python file declares it. */
export interface PythonDeclaration {
  name: string;
  description: string;
  parameters: JsonObject;
  secrets: readonly string[];
}

/** What the tools of all Python files of a workflow share. */
export interface PythonParts {
  effects: Effects;
  /** The box that they run in; opened at the first call. */
  sandbox(): Promise<Sandbox>;
  /** Hosts that its programs may reach. */
  hosts: readonly string[];
  /** Name of the folder with the files. */
  folder: string;
  files: readonly SourceFileBytes[];
  /** Modules that the decorators come from, which nobody has. */
  decorators: readonly string[];
}

/** A tool of a Python file: each call is a program of its own in a box, which has all files. */
export function pythonTool(
  parts: PythonParts,
  { name, description, parameters, secrets }: PythonDeclaration,
  path: string,
): Tool {
  return {
    ...{ name, description, parameters },
    idempotent: false,
    sideEffects: true,
    network: parts.hosts.length > 0,
    ...(secrets.length > 0 && { secrets }),
    timeoutMs: 60_000,
    origin: 'custom',
    run: (args, context) => run(parts, { name, path, args }, context),
  };
}

interface Call {
  name: string;
  /** Path of its file from the folder. */
  path: string;
  args: JsonObject;
}

async function run(parts: PythonParts, call: Call, context: ToolContext): Promise<ToolResult> {
  const sandbox = await pythonBox(parts);
  const answer = `awp-${Buffer.from(parts.effects.random.bytes(16)).toString('hex')}.json`;
  const job = await jobOf(parts, { ...call, answer }, context);
  const execution = await sandbox.run(job, context.signal);
  context.signal.throwIfAborted();
  for (const { method, host, problem } of execution.requests ?? []) {
    if (problem?.startsWith('network/denied')) {
      context.denied(`${method} ${host}: ${problem}`, 'network.denied');
    }
  }
  const reply = execution.files.find(({ path }) => path === answer);
  if (!reply) throw withoutAnswer(call, execution);
  const result = resultOf(reply.bytes);
  const others = execution.files.filter(({ path }) => path !== answer);
  for (const { path, bytes } of others) await context.workspace.write(path, bytes);
  const log = `${execution.stdout}${execution.stderr}`.trimEnd().slice(0, MOST_LOG_CHARS);
  return log === '' ? result : { ...result, log };
}

async function pythonBox({ sandbox }: PythonParts): Promise<Sandbox> {
  const box = await sandbox().catch((error: unknown) => {
    if (!(error instanceof AwpError) || error.family !== 'sandbox') throw error;
    const { hint } = error;
    throw new AwpError('tool/unavailable', `Python tools need a box: ${error.message}`, {
      cause: error,
      ...(hint !== undefined && { hint }),
    });
  });
  if (box.languages.some(({ language }) => language === 'python')) return box;
  throw new AwpError('tool/unavailable', `the box of this machine (${box.name}) has no Python`, {
    hint: 'install Python 3.9 or later; awp doctor says what is there',
  });
}

async function jobOf(
  { effects, folder, files, decorators }: PythonParts,
  { name, path, args, answer }: Call & { answer: string },
  { workspace, sandboxPolicy: policy, timeoutMs, secrets }: ToolContext,
): Promise<SandboxJob> {
  const call = {
    ...{ tool: name, args, answer, folder, decorators },
    module: `${folder}/${path.replace(/\.py$/, '')}`,
    files: Object.fromEntries(
      files.map((file) => [file.path, Buffer.from(file.bytes).toString('base64')]),
    ),
    secrets: Object.fromEntries([...secrets].map(([key, secret]) => [key, secret.reveal()])),
  };
  const shim = fileURLToPath(new URL('python-shim.py', import.meta.url));
  const time = Math.min(policy.timeoutMs, timeoutMs - TIME_TO_COLLECT_MS);
  return {
    language: 'python',
    code: await effects.files.readText(shim),
    timeoutMs: Math.max(1, Math.floor(time)),
    policy: { ...policy, session: 'fresh' },
    inputs: workspace.inputs,
    shared: workspace.shared,
    output: await workspace.output(),
    stdin: new TextEncoder().encode(JSON.stringify(call)),
  };
}

function resultOf(bytes: Uint8Array): ToolResult {
  if (bytes.length > MOST_ANSWER_BYTES) {
    throw new AwpError('tool/bad-result', 'the result is larger than 8 MiB', {
      hint: 'give less at once, or write a file below output/',
    });
  }
  const reply = parseJson(Buffer.from(bytes).toString(), ANSWER_LIMITS);
  if (!isObject(reply)) throw new AwpError('tool/bad-result', 'the result is no JSON');
  if (reply.error !== undefined) throw failed(reply.code, String(reply.error));
  return envelopeOf(reply.value ?? null);
}

function failed(code: Json | undefined, message: string): AwpError {
  const known = ['tool/bad-input', 'tool/bad-result', 'tool/not-found'] as const;
  const own = known.find((one) => one === code);
  return new AwpError(own ?? 'tool/failed', message.slice(0, 2000));
}

/** A program that was stopped, or that ended itself. */
function withoutAnswer({ name }: Call, { stopped, exitCode, stderr }: Execution): AwpError {
  if (stopped === 'timeout') return new AwpError('tool/timeout', `${name} took too long`);
  const last = stderr.trim().split('\n').at(-1) ?? '';
  const how = stopped === undefined ? `status ${exitCode ?? 'unknown'}` : `limit ${stopped}`;
  const said = last === '' ? '' : `: ${last.slice(0, 300)}`;
  return new AwpError('tool/crashed', `${name} ended without a result (${how})${said}`, {
    hint: 'a tool returns its result, and does not end the program',
  });
}

/** Whether the files of a folder are small enough to go into a box. */
export function fitsIntoBox(files: readonly SourceFileBytes[]): boolean {
  return files.reduce((sum, { bytes }) => sum + bytes.length, 0) <= MOST_BYTES;
}
