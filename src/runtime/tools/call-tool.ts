import { orAborted } from '../../base/concurrency.ts';
import { AwpError, toAwpError } from '../../base/errors.ts';
import type { Json, JsonObject } from '../../base/json.ts';
import { matchesTool } from '../../base/paths.ts';
import type { EventData, Fact } from '../../events/event.ts';
import type { Plan } from '../../events/plan.ts';
import type { Frame } from '../../events/state.ts';
import type { Sandbox } from '../../ports/sandbox.ts';
import type { Tool, ToolContext, ToolResult } from '../../ports/tool.ts';
import type { RunContext } from '../context.ts';
import { schemaProblems } from '../schema.ts';
import type { WantedCall } from './admit-tool.ts';
import type { Written } from './artifacts.ts';
import { NEEDS_BOX, type Program, toolsInside } from './inner-calls.ts';
import { CallWorkspace } from './workspace.ts';

/** Longest time of one tool call when the tool says nothing, in milliseconds. */
const TIMEOUT_MS = 30_000;
/** Characters of a result's data that are kept in the log. */
const DATA_CHARS = 1_000_000;

/** What came of a tool call; the files are named in the log by the driver. */
export interface ToolOutcome {
  returned: Omit<EventData['tool.returned'], 'files'>;
  files: readonly Written[];
  /** What the tool wanted and was refused. */
  denied: readonly Fact[];
}

/** Why a call may not be made, as an HTTP-like status and a sentence; undefined when it may. */
export function callProblem(
  plan: Plan,
  { frame, name, inside }: WantedCall,
): { status: number; error: string } | undefined {
  if (plan.worker.denied.some((pattern) => matchesTool(pattern, name))) {
    return { status: 403, error: `tool/not-granted: ${name} is forbidden in this run` };
  }
  if (inside && NEEDS_BOX.has(name)) {
    return { status: 403, error: `tool/not-granted: a program cannot call ${name}` };
  }
  if (!frame.tools.includes(name)) {
    const has = (inside ? toolsInside(frame) : frame.tools).join(', ') || 'no tools';
    return {
      status: 404,
      error: `tool/unknown: there is no tool ${name} for this agent; it has ${has}`,
    };
  }
  return undefined;
}

/** Makes one tool call that was admitted and written ahead. Rejects when `signal` aborts. */
export async function callTool(
  context: RunContext,
  { wanted, tool }: { wanted: WantedCall; tool: Tool },
  signal: AbortSignal,
): Promise<ToolOutcome> {
  const { frame, id, args } = wanted;
  const { clock, files } = context.host.effects;
  const started = clock.monotonic();
  const { runFiles, state } = context;
  const shared = await runFiles.shared(state, frame);
  const workspace = new CallWorkspace({ files, runFiles, state, frame, shared });
  const program = NEEDS_BOX.has(tool.name) ? context.innerCalls.open(frame, id) : undefined;
  const denied: Fact[] = [];
  const result = await resultOf(
    context,
    {
      ...{ tool, workspace, args, frame, program },
      denied: (reason) => {
        const data = { tool: tool.name, reason };
        denied.push({ type: 'security.denied', agent: frame.id, data });
      },
    },
    signal,
  );
  // The log tells what the program's own calls came to before it tells what the program came to.
  if (program && !signal.aborted) await orAborted(program.close(), signal);
  if (signal.aborted) throw signal.reason;
  const { ok, status, error, log } = result;
  return {
    returned: {
      call: id,
      tool: tool.name,
      ...{ ok, status, data: bounded(result.data) },
      ...(error !== undefined && { error }),
      ...(log !== undefined && { log }),
      ms: Math.round(clock.monotonic() - started),
    },
    files: workspace.written(),
    denied,
  };
}

interface Call extends Pick<ToolContext, 'denied'> {
  tool: Tool;
  workspace: CallWorkspace;
  args: JsonObject;
  frame: Frame;
  /** The program that the call runs, if it runs one. */
  program: Program | undefined;
}

async function resultOf(context: RunContext, call: Call, signal: AbortSignal): Promise<ToolResult> {
  const { tool, args } = call;
  const problems = Object.hasOwn(args, '_unparsed')
    ? ['the arguments were not a JSON object']
    : await schemaProblems(tool.parameters, args);
  if (problems.length > 0) {
    return failure(400, `tool/bad-input: ${problems.join('; ')}`);
  }
  try {
    return await limited(context, call, signal);
  } catch (error) {
    return thrown(error);
  }
}

/** Runs the tool within its time; the tool's own signal aborts when the time is over. */
async function limited(context: RunContext, call: Call, signal: AbortSignal): Promise<ToolResult> {
  const timeoutMs = Math.min(call.tool.timeoutMs ?? TIMEOUT_MS, context.remainingMs('work'));
  const overdue = new AbortController();
  const stop = context.host.effects.clock.timer(timeoutMs, () => {
    const seconds = Math.round(timeoutMs / 100) / 10;
    overdue.abort(new AwpError('tool/timeout', `${call.tool.name} took longer than ${seconds} s`));
  });
  const either = AbortSignal.any([signal, overdue.signal]);
  try {
    const running = call.tool.run(call.args, {
      workspace: call.workspace,
      signal: either,
      timeoutMs,
      sandbox: () => openBox(context),
      sandboxPolicy: context.plan.sandbox,
      agent: call.frame.id,
      boxTools: call.program?.tools,
      denied: call.denied,
    });
    return await orAborted(running, either);
  } finally {
    stop();
  }
}

async function openBox({ sandbox }: RunContext): Promise<Sandbox> {
  if (sandbox) return sandbox;
  throw new AwpError('sandbox/unavailable', 'this run has no sandbox');
}

function thrown(error: unknown): ToolResult {
  const { code, family, message, hint } = toAwpError(error);
  if (family === 'store' || family === 'sandbox') throw error;
  const text = hint === undefined ? message : `${message} (${hint})`;
  const status = new Map([
    ['tool/bad-input', 400],
    ['tool/denied', 403],
    ['tool/not-found', 404],
    ['tool/timeout', 408],
  ]).get(code);
  return failure(status ?? 500, `${code}: ${text}`);
}

function failure(status: number, error: string): ToolResult {
  return { ok: false, status, data: {}, error };
}

function bounded(data: Json): Json {
  const text = JSON.stringify(data);
  return text.length <= DATA_CHARS ? data : { cut: text.slice(0, DATA_CHARS) };
}
