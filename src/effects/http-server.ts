import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AwpError } from '../base/errors.ts';

/** A server that others may connect to. */
export interface HttpServerOptions {
  /** Address or name to listen at. */
  host: string;
  /** 0 lets the system choose. */
  port: number;
  /** Answers one request; what it throws becomes a status 500 without words. */
  answer(request: IncomingMessage, response: ServerResponse): Promise<void>;
}

/** A server that listens. */
export interface HttpServer {
  /** The port that it has. */
  port: number;
  /** Takes no more requests and ends all connections. */
  close(): Promise<void>;
}

/** Most bytes of all headers of a request. */
const HEADER_BYTES = 16 * 1024;
/** Longest time for the headers, and for a whole request to come in, in milliseconds. */
const HEADERS_MS = 10_000;
const REQUEST_MS = 60_000;
/** Most connections at the same time. */
const CONNECTIONS = 256;

/**
 * Starts an HTTP server with limits on headers, times and connections; resolves when it listens.
 * Throws `network/cannot-listen`.
 */
export async function listenHttp({ host, port, answer }: HttpServerOptions): Promise<HttpServer> {
  const limits = {
    maxHeaderSize: HEADER_BYTES,
    headersTimeout: HEADERS_MS,
    requestTimeout: REQUEST_MS,
    connectionsCheckingInterval: 5000,
  };
  const server = createServer(limits, (request, response) => {
    answer(request, response).catch(() => failed(response));
  });
  server.maxConnections = CONNECTIONS;
  await listening(server, { host, port });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function failed(response: ServerResponse): void {
  if (!response.headersSent) response.writeHead(500);
  response.end();
}

async function listening(server: Server, { host, port }: { host: string; port: number }) {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const why = REASONS[cause.code ?? ''] ?? 'the system refuses it';
      reject(
        new AwpError('network/cannot-listen', `${host}:${port} cannot be listened at: ${why}`, {
          hint: 'choose another port with --port N, or --port 0 for one that is free',
          cause,
        }),
      );
    });
    server.listen({ host, port, exclusive: true }, resolve);
  });
  // What goes wrong later concerns one connection, which is closed by then.
  server.removeAllListeners('error');
  server.on('error', () => {});
}

const REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another program has that port',
  EADDRNOTAVAIL: 'this machine has no such address',
  EACCES: 'ports below 1024 need more rights',
  ENOTFOUND: 'there is no such name',
};
