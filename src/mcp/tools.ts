import { toAwpError } from '../base/errors.ts';
import type { JsonObject } from '../base/json.ts';
import type { Tool, ToolContext, ToolResult } from '../ports/tool.ts';
import { schemaProblem, shownSchema, shownText } from './bounds.ts';
import { Connection } from './connection.ts';
import { callFailure, type FailureContext, failure } from './failures.ts';
import { LIMITS } from './limits.ts';
import { isNamed, slugOf, toolNames } from './names.ts';
import { type SchemaCheck, toToolResult } from './result.ts';
import type { ServerSession } from './session.ts';
import type { WireTool } from './wire-tool.ts';

const SCHEMA = { chars: LIMITS.schemaChars, depth: LIMITS.depth };

/** What tools of a server are made with. */
export interface ToolsContext extends FailureContext {
  session: ServerSession;
  check: SchemaCheck;
}

/**
 * Tools for the run out of those that a server lists. One that cannot be offered is left out with a
 * note. Throws `mcp/name-clash`.
 */
export function makeTools(
  context: ToolsContext,
  wire: readonly WireTool[],
): { tools: Tool[]; notes: string[] } {
  const { server } = context;
  const notes: string[] = [];
  const sound = wire.filter((tool) => {
    const problem = toolProblem(tool);
    if (problem !== undefined) {
      notes.push(`${shownText(tool.name, 100)} of the MCP server ${server.label} ${problem}`);
    }
    return problem === undefined;
  });
  const names = toolNames(
    server,
    sound.map(({ name }) => name),
  );
  const tools = sound.flatMap((tool) => {
    const name = names.get(tool.name);
    return name === undefined ? [] : [makeTool(context, name, tool)];
  });
  return { tools, notes };
}

/** Why a tool is left out, in words; undefined when it can be offered. */
function toolProblem(tool: WireTool): string | undefined {
  const { name, inputSchema, outputSchema, unfit } = tool;
  if (unfit !== undefined) return `is left out: ${unfit}`;
  if (name.length > 200) return 'is left out: its name is longer than 200 characters';
  if (slugOf(name) === undefined) return 'is left out: its name has no letters and digits';
  const input = schemaProblem(inputSchema, SCHEMA);
  if (input !== undefined) return `is left out: the schema of its arguments ${input}`;
  if ((inputSchema as JsonObject).type !== 'object') {
    return 'is left out: the schema of its arguments is not of the type object';
  }
  const output = outputSchema === undefined ? undefined : schemaProblem(outputSchema, SCHEMA);
  return output === undefined ? undefined : `is left out: the schema of its result ${output}`;
}

function makeTool(context: ToolsContext, name: string, wire: WireTool): Tool {
  const { server, session } = context;
  const said = shownText(wire.description, LIMITS.descriptionChars);
  const harmless = isNamed(server.readOnly, wire.name);
  return {
    name,
    description: `[from the MCP server ${server.label}] ${said}`.trimEnd(),
    parameters: shownSchema(wire.inputSchema as JsonObject, LIMITS.descriptionChars),
    ...(wire.outputSchema !== undefined && {
      returns: shownSchema(wire.outputSchema as JsonObject, LIMITS.descriptionChars),
    }),
    // What a server says of itself decides nothing: whoever configured it does.
    idempotent: harmless,
    sideEffects: !harmless,
    network: true,
    timeoutMs: LIMITS.callMs,
    origin: 'mcp',
    approval: async () => {
      const reason = await changeOf(session, wire.name);
      if (reason !== undefined) return reason;
      return server.approval
        ? `every call of the MCP server ${server.label} is asked for`
        : undefined;
    },
    run: (args, call) => run(context, wire.name, { args, call }),
  };
}

/** What a person must know before a call of a changed tool; undefined when nothing changed. */
async function changeOf(session: ServerSession, name: string): Promise<string | undefined> {
  try {
    await session.ready(new AbortController().signal);
  } catch {
    return undefined; // the call itself will say what is wrong
  }
  const state = session.stateOf(name);
  if (state.state !== 'changed') return undefined;
  session.asked(name, state.tool);
  return state.reason;
}

/** A good connection, or the result of a call that was not made for the want of one. */
async function readyOr(
  session: ServerSession,
  signal: AbortSignal,
): Promise<Connection | ToolResult> {
  try {
    return await session.ready(signal);
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    const { code, message } = toAwpError(error);
    return failure(503, `${code}: ${message}`);
  }
}

interface Call {
  args: JsonObject;
  call: Pick<ToolContext, 'signal' | 'timeoutMs' | 'progress' | 'denied'>;
}

async function run(context: ToolsContext, name: string, { args, call }: Call): Promise<ToolResult> {
  const { session, server, check } = context;
  const { signal, timeoutMs } = call;
  const connection = await readyOr(session, signal);
  if (!(connection instanceof Connection)) return connection;
  const state = session.stateOf(name);
  if (state.state === 'gone') {
    return failure(404, `tool/not-found: the MCP server ${server.label} has this tool no more`);
  }
  if (state.state === 'changed' && !session.allowedNow(name, state.tool)) {
    call.denied(state.reason, 'integrity.violation');
    return failure(403, `mcp/changed: ${state.reason}; call it again, so that somebody is asked`);
  }
  const progress = (text: string): void => call.progress(shownText(text, 200));
  try {
    const answer = await connection.call(state.tool, args, { signal, timeoutMs, progress });
    return await toToolResult(answer, { server, tool: state.tool, check });
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    const { result, lost } = callFailure(context, error);
    if (lost) connection.lose(lost);
    return result;
  }
}
