import { orAborted } from '../../base/concurrency.ts';
import { AwpError, toAwpError } from '../../base/errors.ts';
import type { JsonObject } from '../../base/json.ts';
import type { EventData, Fact } from '../../events/event.ts';
import type { Frame } from '../../events/state.ts';
import type { Sandbox } from '../../ports/sandbox.ts';
import type { Tool, ToolContext, ToolResult } from '../../ports/tool.ts';
import { type CallDesk, callDesk } from '../board/call-desk.ts';
import { withOrders } from '../codemode/orders.ts';
import { type SessionDesk, sessionDesk } from '../codemode/session.ts';
import type { RunContext } from '../context.ts';
import { type CreationDesk, creationDesk } from '../creation/desk.ts';
import { noteShape } from '../creation/induction/note.ts';
import { CREATION_TOOLS } from '../creation/names.ts';
import type { WantedCall } from './admit-tool.ts';
import { argumentProblems } from './arguments.ts';
import type { Written } from './artifacts.ts';
import { boxPolicyOf } from './box-policy.ts';
import { boxSecrets } from './box-secrets.ts';
import { type Program, toolsInside } from './inner-calls.ts';
import { accessProblem, callTimeout } from './policy.ts';
import { checkedResult } from './result.ts';
import { taintOfCall } from './taint.ts';
import { secretFor, secretsOf } from './tool-secrets.ts';
import { CallWorkspace } from './workspace.ts';

/** Longest time of one tool call when nobody says more, in milliseconds. */
const TIMEOUT_MS = 30_000;

/** What came of a tool call; the files are named in the log by the driver. */
export interface ToolOutcome {
  returned: Omit<EventData['tool.returned'], 'files'>;
  files: readonly Written[];
  /** What the tool wanted and was refused, and what it took back. */
  noted: readonly Fact[];
}

/** Rule DT7. */
const MAKES_NOTHING = 'tool/not-granted: this agent may make no tools (DT7)';

/** Why a call may not be made, as an HTTP-like status and a sentence; undefined when it may. */
export function callProblem(
  { plan, surroundings: { needsBox } }: RunContext,
  { frame, name, inside }: WantedCall,
): { status: number; error: string } | undefined {
  const access = accessProblem(plan, frame, name);
  if (access !== undefined) return { status: 403, error: `tool/not-granted: ${access}` };
  if (inside && needsBox.has(name)) {
    return { status: 403, error: `tool/not-granted: a program cannot call ${name}` };
  }
  if (!frame.tools.includes(name)) {
    if (CREATION_TOOLS.includes(name)) return { status: 403, error: MAKES_NOTHING };
    const has = (inside ? toolsInside(needsBox, frame) : frame.tools).join(', ') || 'no tools';
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
  const inputs = await runFiles.inputsOf(frame);
  const workspace = new CallWorkspace({ files, runFiles, state, frame, inputs, shared });
  const program = tool.needsBox ? context.innerCalls.open(frame, id) : undefined;
  const denied: Fact[] = [];
  const desk = callDesk(context, frame, id);
  const creation = creationDesk(context, frame, { call: id, tool: tool.name });
  const session = await sessionDesk(context, frame, { call: id, tool: tool.name });
  const result = await resultOf(
    context,
    {
      ...{ id, tool, workspace, args, frame, program, desk, creation, session },
      denied: (reason, kind) => {
        const data = { tool: tool.name, reason, ...(kind && { kind }) };
        denied.push({ type: 'security.denied', agent: frame.id, data });
      },
    },
    signal,
  );
  // The log tells what the program's own calls came to before it tells what the program came to.
  if (program && !signal.aborted) await orAborted(program.close(), signal);
  if (signal.aborted) throw signal.reason;
  const { ok, status, data, error, log } = result;
  const taint = taintOfCall(context, frame, tool);
  return {
    returned: {
      call: id,
      tool: tool.name,
      ...{ ok, status, data },
      ...(error !== undefined && { error }),
      ...(log !== undefined && { log }),
      ...(taint.length > 0 && { taint }),
      ms: Math.round(clock.monotonic() - started),
    },
    // Names of files are kept outside of the log as well.
    files: context.redact(workspace.written()),
    noted: [
      ...denied,
      ...(ok ? desk.posted() : []),
      ...creation.facts(result),
      ...(ok ? noteShape(context, { frame, call: id, tool: tool.name, args }) : []),
      ...(await session.kept()),
      ...workspace
        .removed()
        .map((path): Fact => ({ type: 'artifact.removed', agent: frame.id, data: { path } })),
    ],
  };
}

interface Call extends Pick<ToolContext, 'denied'> {
  id: string;
  tool: Tool;
  workspace: CallWorkspace;
  args: JsonObject;
  frame: Frame;
  /** The program that the call runs, if it runs one. */
  program: Program | undefined;
  desk: CallDesk;
  creation: CreationDesk;
  session: SessionDesk;
}

async function resultOf(context: RunContext, call: Call, signal: AbortSignal): Promise<ToolResult> {
  const { tool, args } = call;
  const problems = await argumentProblems(tool, args);
  if (problems.length > 0) {
    return failure(400, `tool/bad-input: ${problems.join('; ')}`);
  }
  try {
    return await checkedResult(tool, await limited(context, call, signal), context.redact);
  } catch (error) {
    return thrown(error);
  }
}

/** Most time of one call: what run and agent say of the tool, of all tools, else what the tool says. */
function timeoutOf({ plan, remainingMs }: RunContext, { tool, frame }: Call): number {
  const set = callTimeout(plan, frame, tool.name);
  return Math.min(set ?? tool.timeoutMs ?? TIMEOUT_MS, remainingMs('work', frame));
}

/** Runs the tool within its time; the tool's own signal aborts when the time is over. */
async function limited(context: RunContext, call: Call, signal: AbortSignal): Promise<ToolResult> {
  const { tool, frame } = call;
  const timeoutMs = timeoutOf(context, call);
  const overdue = new AbortController();
  const stop = context.host.effects.clock.timer(timeoutMs, () => {
    const seconds = Math.round(timeoutMs / 100) / 10;
    overdue.abort(new AwpError('tool/timeout', `${tool.name} took longer than ${seconds} s`));
  });
  const either = AbortSignal.any([signal, overdue.signal]);
  const { secrets } = context;
  const toolContext: ToolContext = {
    workspace: call.workspace,
    signal: either,
    timeoutMs,
    sandbox: () => openBox(context),
    sandboxPolicy: boxPolicyOf(context.plan, frame),
    agent: frame.id,
    ...call.desk.parts,
    ...call.session.part,
    boxTools: withOrders(call.program?.tools, context.tools),
    boxSecrets: boxSecrets(secrets),
    secrets: secretsOf(secrets, tool),
    secretFor: (name, host) => secretFor(secrets, name, host),
    effects: context.host.effects,
    progress: (text) => context.progress({ agent: frame.id, call: call.id, text }),
    denied: call.denied,
  };
  try {
    const equipped = { ...toolContext, ...call.creation.equip(toolContext) };
    return await orAborted(tool.run(call.args, equipped), either);
  } finally {
    stop();
  }
}

async function openBox({ sandbox }: RunContext): Promise<Sandbox> {
  if (sandbox) return sandbox;
  throw new AwpError('sandbox/unavailable', 'this run has no sandbox');
}

const STATUSES: ReadonlyMap<string, number> = new Map([
  ['tool/bad-input', 400],
  ['tool/denied', 403],
  ['network/denied', 403],
  ['tool/not-found', 404],
  ['tool/timeout', 408],
  ['network/timeout', 408],
  ['tool/duplicate', 409],
  ['tool/too-large', 413],
  ['network/too-large', 413],
  ['tool/not-configured', 503],
  ['tool/unavailable', 503],
]);

function thrown(error: unknown): ToolResult {
  const { code, family, message, hint } = toAwpError(error);
  if (family === 'store' || family === 'sandbox') throw error;
  const text = hint === undefined || family === 'internal' ? message : `${message} (${hint})`;
  return failure(STATUSES.get(code) ?? 500, `${code}: ${text}`);
}

function failure(status: number, error: string): ToolResult {
  return { ok: false, status, data: {}, error };
}
