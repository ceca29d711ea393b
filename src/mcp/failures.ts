import { AwpError } from '../base/errors.ts';
import type { ToolResult } from '../ports/tool.ts';
import { shownText } from './bounds.ts';
import { STREAM_BROKE_OFF } from './gate.ts';
import { LIMITS } from './limits.ts';
import type { McpPackage } from './package.ts';
import { type ServerSpec, withoutSecrets } from './server.ts';

/** Codes of JSON-RPC and their statuses; others are failures of the server. */
const STATUSES: ReadonlyMap<number, number> = new Map([
  [-32_601, 404],
  [-32_602, 400],
]);
/** Statuses of HTTP that say that the session is over. */
const SESSION_OVER = new Set([400, 404, 410]);

/** What the errors of the official client are read with. */
export interface FailureContext {
  pack: McpPackage;
  server: ServerSpec;
}

/** Why a server is not there, from whatever was thrown while it was being reached. */
export function connectFailure({ pack, server }: FailureContext, error: unknown): AwpError {
  if (error instanceof AwpError) return error;
  const { label } = server;
  if (error instanceof pack.SdkHttpError) {
    const status = error.status ?? 0;
    if (status === 401 || status === 403) {
      return new AwpError('mcp/unauthorized', `the MCP server ${label} refused: status ${status}`, {
        hint: 'a key in `headers`, such as Authorization: "Bearer $NAME"',
      });
    }
    const words = status === 0 ? 'did not answer as a server of MCP' : `answered with ${status}`;
    return new AwpError('mcp/no-server', `the MCP server ${label} ${words}`, {
      hint: 'is the address that of an MCP server with streamable HTTP?',
    });
  }
  const said = error instanceof Error ? words(error.message, server) : 'unknown reason';
  return new AwpError('mcp/no-server', `the MCP server ${label} did not answer as one: ${said}`, {
    cause: error,
  });
}

/** Whether a server answered the older handshake with a refusal, so that it may know the newer one. */
export function refusedHandshake({ pack }: FailureContext, error: unknown): boolean {
  if (error instanceof pack.ProtocolError) return error.code !== STREAM_BROKE_OFF;
  return error instanceof pack.SdkHttpError && error.status === 400;
}

/** What a failed call was, and whether the connection is lost with it. */
export function callFailure(
  context: FailureContext,
  error: unknown,
): { result: ToolResult; lost: AwpError | undefined } {
  const result = refusal(context, error);
  if (result) return { result, lost: undefined };
  const { server } = context;
  const said = error instanceof Error ? words(error.message, server) : 'unknown reason';
  const lost =
    error instanceof AwpError
      ? error
      : new AwpError('mcp/disconnected', `the MCP server ${server.label} broke off: ${said}`);
  return { result: disconnected(lost), lost };
}

/** What a server that is still there said instead of a result; undefined when it is lost. */
function refusal({ pack, server }: FailureContext, error: unknown): ToolResult | undefined {
  const { label } = server;
  if (error instanceof pack.ProtocolError && error.code !== STREAM_BROKE_OFF) {
    const said = words(error.message, server);
    if (/structured content|output schema/i.test(said)) return badResult(label, said);
    const text = `mcp/refused: the MCP server ${label} answered: ${said}`;
    return failure(STATUSES.get(error.code) ?? 500, text);
  }
  if (error instanceof pack.SdkHttpError && !SESSION_OVER.has(error.status ?? 0)) {
    const { code, message, hint } = connectFailure({ pack, server }, error);
    return failure(500, `${code}: ${hint === undefined ? message : `${message} (${hint})`}`);
  }
  if (!(error instanceof pack.SdkError)) return undefined;
  if (error.code === 'INVALID_RESULT') return badResult(label, 'it is no result of a tool');
  if (error.code !== 'UNSUPPORTED_RESULT_TYPE') return undefined;
  const text = `the MCP server ${label} wants to ask somebody, which is not offered`;
  return failure(500, `mcp/refused: ${text}`);
}

/** A call whose connection broke: whether it was done is not known, so it is not made again. */
function disconnected({ code, message }: AwpError): ToolResult {
  if (code === 'mcp/unreachable') return failure(503, `${code}: ${message}`);
  return failure(500, `${code}: ${message}; whether the call was done is not known`);
}

/** A result that is not what the server promised. */
export function badResult(label: string, why: string): ToolResult {
  return failure(
    500,
    `mcp/bad-result: the answer of the MCP server ${label} is not usable: ${why}`,
  );
}

/** A call that did not work; `status` as spec/capabilities.md 1.1 lists them. */
export function failure(status: number, error: string): ToolResult {
  return { ok: false, status, data: {}, error };
}

function words(text: string, server: ServerSpec): string {
  return shownText(withoutSecrets(text, server), LIMITS.errorChars);
}
