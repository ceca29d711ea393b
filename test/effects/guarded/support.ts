import { createServer, request as httpRequest, type RequestListener } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import {
  type AddressInfo,
  connect,
  createServer as createSocketServer,
  type Server,
} from 'node:net';
import { text } from 'node:stream/consumers';
import type { Resolve } from '../../../src/effects/guarded/connect.ts';
import type { TestCertificate } from './certificate.ts';

/** A server on loopback that counts the connections to it. */
export interface Listening extends AsyncDisposable {
  port: number;
  connections: number;
}

/** Serves over HTTP, or over HTTPS with a certificate. */
export function serve(handler: RequestListener, certificate?: TestCertificate): Promise<Listening> {
  const server = certificate ? createSecureServer(certificate, handler) : createServer(handler);
  return listening(server);
}

/** Answers every connection with the same bytes, as soon as something was asked. */
export function serveBytes(bytes: string): Promise<Listening> {
  return listening(
    createSocketServer((socket) => {
      socket.on('error', () => {});
      socket.once('data', () => socket.end(bytes, 'latin1'));
    }),
  );
}

/** A place that nothing may ever connect to. */
export function sink(): Promise<Listening> {
  return serveBytes('HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nsecret');
}

async function listening(server: Server): Promise<Listening> {
  const sockets = new Set<{ destroy(): void }>();
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const result = {
    port: (server.address() as AddressInfo).port,
    connections: 0,
    [Symbol.asyncDispose]: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
  server.on('connection', (socket) => {
    result.connections++;
    sockets.add(socket);
  });
  return result;
}

/** A name server that knows these names alone, and remembers what it was asked. */
export function names(table: Readonly<Record<string, readonly string[]>>): Resolve & {
  asked: string[];
} {
  const asked: string[] = [];
  const resolve: Resolve = async (name) => {
    asked.push(name);
    const found = table[name];
    if (!found) throw Object.assign(new Error(`no ${name}`), { code: 'ENOTFOUND' });
    return found;
  };
  return Object.assign(resolve, { asked });
}

/** What a program gets through a proxy. */
export interface Reply {
  status: number;
  headers: Readonly<Record<string, string | string[] | undefined>>;
  body: string;
}

export interface Ask {
  method?: string;
  headers?: Record<string, string>;
  body?: string | Uint8Array;
}

/** Asks for an address through a proxy, as HTTP libraries do. */
export function through(socketPath: string, url: string, ask: Ask = {}): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const { method = 'GET', headers = {}, body } = ask;
    const host = /^\w+:\/\/([^/?]*)/.exec(url)?.[1] ?? '';
    const sent = httpRequest({ socketPath, path: url, method, headers: { host, ...headers } });
    sent.on('error', reject);
    sent.on('response', (answer) => {
      const { statusCode: status = 0, headers } = answer;
      text(answer).then((body) => resolve({ status, headers, body }), reject);
    });
    sent.end(body);
  });
}

/** Sends bytes as they are and gives everything that comes back until the end. */
export function rawly(socketPath: string, bytes: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(socketPath, () => socket.write(bytes, 'latin1'));
    let all = '';
    socket.setEncoding('latin1');
    socket.on('data', (piece) => {
      all += piece;
    });
    socket.on('error', () => {});
    socket.on('close', () => resolve(all));
  });
}
