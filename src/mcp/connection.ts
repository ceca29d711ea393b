import type {
  CallToolResult,
  Client,
  JsonSchemaValidatorResult,
  Transport,
} from '@modelcontextprotocol/client';
import { orAborted } from '../base/concurrency.ts';
import { AwpError } from '../base/errors.ts';
import type { JsonObject } from '../base/json.ts';
import type { Effects } from '../ports/effects.ts';
import { connectFailure, refusedHandshake } from './failures.ts';
import { GatedTransport } from './gate.ts';
import { serverFetch } from './http-fetch.ts';
import { LIMITS } from './limits.ts';
import type { McpPackage } from './package.ts';
import type { ServerSpec } from './server.ts';
import { StdioTransport } from './stdio-transport.ts';
import { readPage, type WireTool } from './wire-tool.ts';

/** What a connection is made with. */
export interface ConnectOptions {
  pack: McpPackage;
  server: ServerSpec;
  effects: Effects;
  /** Our version, for the server. */
  version: string;
  /** Told when the server says that its list of tools is another one. */
  listChanged(): void;
}

/** A list of tools and how many of its entries were none. */
export interface ToolList {
  tools: WireTool[];
  odd: number;
}

/** What a call is made with. */
export interface CallOptions {
  signal: AbortSignal;
  timeoutMs: number;
  progress(text: string): void;
}

/** One session with a server. */
export class Connection {
  readonly #client: Client;
  readonly #transport: GatedTransport;
  readonly #options: ConnectOptions;
  /** Says goodbye to a session over HTTP. */
  readonly #farewell: () => Promise<void>;
  readonly #idle = Promise.withResolvers<void>();
  #calls = 0;
  #retired = false;

  constructor(options: ConnectOptions, parts: Parts) {
    this.#options = options;
    this.#client = parts.client;
    this.#transport = parts.transport;
    this.#farewell = parts.farewell;
  }

  /** Why it is no good any more; undefined while it is. */
  get lost(): AwpError | undefined {
    return this.#transport.failure;
  }

  /** Marks it as lost. */
  lose(failure: AwpError): void {
    this.#transport.lose(failure);
  }

  /** All pages of the list of tools. Throws `mcp/too-many-tools` and what the client throws. */
  async listTools(signal: AbortSignal): Promise<ToolList> {
    if (!this.#client.getServerCapabilities()?.tools) return { tools: [], odd: 0 };
    const list: ToolList = { tools: [], odd: 0 };
    const seen = new Set<string>();
    let chars = 0;
    let cursor: string | undefined;
    for (let page = 0; page < LIMITS.pages; page++) {
      const answer = await this.#page(cursor, signal);
      const { tools, odd, cursor: next } = readPage(answer);
      list.tools.push(...tools);
      list.odd += odd;
      chars += tools.reduce((sum, tool) => sum + sizeOf(tool), 0);
      if (list.tools.length > LIMITS.listed || chars > LIMITS.listChars) break;
      if (next === undefined) return list;
      if (seen.has(next)) break;
      seen.add(next);
      cursor = next;
    }
    throw this.#endlessList(list.tools.length);
  }

  async #page(cursor: string | undefined, signal: AbortSignal): Promise<unknown> {
    const params = cursor === undefined ? {} : { cursor };
    const request = { method: 'tools/list', params };
    const options = { signal, timeout: LIMITS.callMs };
    return await orAborted(this.#client.request(request, ANYTHING, options), signal);
  }

  #endlessList(count: number): AwpError {
    const { label } = this.#options.server;
    const most = `${LIMITS.pages} pages, ${LIMITS.listed} tools and ${LIMITS.listChars} characters`;
    const words = `the MCP server ${label} lists more tools than are read (${count} so far)`;
    return new AwpError('mcp/too-many-tools', words, { hint: `at most ${most}` });
  }

  /** Makes one call. Throws what the client throws, or the reason of the connection's end. */
  async call(tool: WireTool, args: JsonObject, options: CallOptions): Promise<CallToolResult> {
    const { signal, timeoutMs, progress } = options;
    const definition = {
      name: tool.name,
      inputSchema: tool.inputSchema as { type: 'object' },
      ...(tool.outputSchema !== undefined && { outputSchema: tool.outputSchema as JsonObject }),
    };
    this.#calls++;
    try {
      return await this.#client.callTool(
        { name: tool.name, arguments: args },
        {
          signal,
          // Ours ends first; this one is for a signal that nobody aborts.
          timeout: timeoutMs + LIMITS.handshakeMs,
          toolDefinition: definition,
          onprogress: ({ progress: done, total, message }) =>
            progress(message ?? `${done}${total === undefined ? '' : ` of ${total}`}`),
        },
      );
    } catch (error) {
      const over =
        error instanceof this.#options.pack.SdkError && error.code === 'CONNECTION_CLOSED';
      throw over ? (this.lost ?? error) : error;
    } finally {
      this.#calls--;
      if (this.#retired && this.#calls === 0) this.#idle.resolve();
    }
  }

  /** Closes it as soon as no call is under way; resolves when it is closed. Never rejects. */
  async retire(): Promise<void> {
    this.#retired = true;
    if (this.#calls > 0) await this.#idle.promise;
    await this.close();
  }

  /** Ends the session and, if there is one, the process. Never rejects. */
  async close(): Promise<void> {
    await this.#farewell();
    await this.#client.close().catch(() => {});
    await this.#transport.close().catch(() => {});
  }
}

interface Parts {
  client: Client;
  transport: GatedTransport;
  farewell: () => Promise<void>;
}

/**
 * Reaches a server and shakes hands. The handshake of 2025 is tried first, since all servers know
 * it so far; a server that refuses it is asked for the newer one. Throws `mcp/...`, or the reason
 * of the signal.
 */
export async function connect(options: ConnectOptions, signal: AbortSignal): Promise<Connection> {
  try {
    return await attempt(options, 'legacy', signal);
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    if (!refusedHandshake(options, error)) throw connectFailure(options, error);
    return await attempt(options, 'auto', signal).catch(() => {
      throw signal.aborted ? signal.reason : connectFailure(options, error);
    });
  }
}

async function attempt(
  options: ConnectOptions,
  mode: 'legacy' | 'auto',
  signal: AbortSignal,
): Promise<Connection> {
  const { pack, effects, version, listChanged } = options;
  const client = new pack.Client(
    { name: 'awp-agents', version },
    {
      capabilities: {},
      // Results are checked by the validator of all tools, which bounds patterns.
      jsonSchemaValidator: { getValidator: () => accepted },
      inputRequired: { autoFulfill: false },
      versionNegotiation: { mode },
      listChanged: { tools: { autoRefresh: false, debounceMs: 0, onChanged: listChanged } },
    },
  );
  client.onerror = () => {}; // what matters comes back as the end of a call
  const { inner, farewell } = reach(options, (error) => transport.fail(error));
  const transport = new GatedTransport(inner, effects.clock);
  try {
    const connected = client.connect(transport, { signal, timeout: LIMITS.callMs });
    await orAborted(connected, signal);
    return new Connection(options, { client, transport, farewell });
  } catch (error) {
    const { failure } = transport; // closing would be told as one as well
    await transport.close().catch(() => {});
    throw failure ?? error;
  }
}

const accepted = <T>(data: unknown): JsonSchemaValidatorResult<T> => ({
  valid: true,
  data: data as T,
  errorMessage: undefined,
});

/** A schema of the official client's kind that takes anything: lists are checked tool by tool. */
const ANYTHING = {
  '~standard': {
    version: 1,
    vendor: 'awp-agents',
    validate: (value: unknown) => ({ value }),
  },
} as const;

function sizeOf({ description, inputSchema, outputSchema }: WireTool): number {
  return description.length + JSON.stringify([inputSchema, outputSchema ?? null]).length;
}

interface Reached {
  inner: Transport & { failure?: AwpError | undefined };
  farewell: () => Promise<void>;
}

function reach(options: ConnectOptions, failed: (error: AwpError) => void): Reached {
  const { pack, server, effects } = options;
  if (server.reach.kind === 'command') {
    const inner = new StdioTransport(server, server.reach, effects);
    return { inner, farewell: async () => {} };
  }
  const { url, headers } = server.reach;
  const { clock, network } = effects;
  const { label } = server;
  const http = new pack.StreamableHTTPClientTransport(url, {
    fetch: serverFetch({ label, url, network, clock, failed }),
    requestInit: { headers: { ...headers } },
    reconnectionOptions: {
      initialReconnectionDelay: LIMITS.reopenMs,
      maxReconnectionDelay: 30_000,
      reconnectionDelayGrowFactor: 2,
      maxRetries: 3,
    },
    // The server may ask for less than a second; then it would be asked without end.
    reconnectionScheduler: (again, ms) => clock.timer(Math.max(ms, LIMITS.reopenMs), again),
  });
  const farewell = async (): Promise<void> => {
    const waited = Promise.withResolvers<void>();
    const stop = clock.timer(LIMITS.farewellMs, () => waited.resolve());
    await Promise.race([http.terminateSession().catch(() => {}), waited.promise]);
    stop();
  };
  return { inner: http as Transport, farewell };
}
