import type { IncomingMessage, ServerResponse } from 'node:http';
import type { NodeIncomingMessageLike } from '@modelcontextprotocol/node';
import { type HttpServer, listenHttp } from '../effects/http-server.ts';
import { refusalOf } from './guard.ts';
import { loadHttpPackage, loadServerPackage } from './packages.ts';
import type { ServerFactory } from './server.ts';

/** Where and how a server listens. */
export interface HttpOptions {
  /** Address or name. */
  host: string;
  /** 0 lets the system choose. */
  port: number;
  /** What every request must carry. */
  token: string;
  /** Told of what went wrong, one line. */
  note(text: string): void;
}

/** The path of the protocol. */
export const MCP_PATH = '/mcp';
/** Most bytes of a request. */
const BODY_BYTES = 10 * 1024 * 1024;
/** Most requests that are answered at the same time; waiting for a run counts. */
const REQUESTS = 100;

/**
 * Serves any number of clients over streamable HTTP; resolves when it listens. There are no
 * sessions: every request stands for itself, so none is left behind by a client that vanishes.
 * Throws `mcp/not-installed`, `network/cannot-listen`.
 */
export async function serveOverHttp(
  factory: ServerFactory,
  { host, port, token, note }: HttpOptions,
): Promise<HttpServer> {
  const [{ createMcpHandler }, { toNodeHandler }] = await Promise.all([
    loadServerPackage(),
    loadHttpPackage(),
  ]);
  const onerror = (error: Error): void => note(`client: ${error.message}`);
  const handler = createMcpHandler(factory, { onerror, maxRequestBodySize: BODY_BYTES });
  const answer = toNodeHandler(handler, { onerror, maxRequestBodySize: BODY_BYTES });
  let open = 0;
  const server = await listenHttp({
    host,
    port,
    async answer(request, response) {
      const guard = { host, token, port: request.socket.localPort ?? port };
      const refusal = refusalOf(request.headers, guard) ?? wrongPlace(request);
      if (refusal) return refuse(response, refusal);
      if (open >= REQUESTS) return refuse(response, BUSY);
      open += 1;
      try {
        await answer(request as NodeIncomingMessageLike, response);
      } finally {
        open -= 1;
      }
    },
  });
  return {
    port: server.port,
    async close() {
      await handler.close();
      await server.close();
    },
  };
}

interface Refused {
  status: number;
  message: string;
}

const BUSY: Refused = { status: 503, message: `more than ${REQUESTS} requests are open` };

function wrongPlace({ url = '', method = '' }: IncomingMessage): Refused | undefined {
  if (url.split('?')[0] !== MCP_PATH) {
    return { status: 404, message: `the protocol is at ${MCP_PATH}` };
  }
  if (['POST', 'GET', 'DELETE'].includes(method)) return undefined;
  return { status: 405, message: 'only POST is answered' };
}

/** Answers in the form of the protocol, and takes no more of the request. */
function refuse(response: ServerResponse, { status, message }: Refused): void {
  response.writeHead(status, {
    'content-type': 'application/json',
    connection: 'close',
    ...(status === 401 && { 'www-authenticate': 'Bearer' }),
    ...(status === 405 && { allow: 'POST' }),
    ...(status === 503 && { 'retry-after': '5' }),
  });
  response.end(JSON.stringify({ jsonrpc: '2.0', error: { code: -32000, message }, id: null }));
}
