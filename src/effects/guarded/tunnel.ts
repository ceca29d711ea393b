import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { buildConnector } from 'undici';
import { bareHost } from '../../base/hosts.ts';
import { networkFailure } from './failures.ts';
import { BadRequest, checkFraming, type Entry, GONE, problemOf, refuseSocket } from './messages.ts';

/** A program that asks for a tunnel. */
export interface TunnelRequest {
  request: IncomingMessage;
  socket: Socket;
  /** What it has sent already. */
  head: Uint8Array;
  entry: Entry;
}

/** How tunnels are made. */
export interface Tunnelling {
  connect: buildConnector.connector;
  /** Milliseconds without a byte either way, after which a tunnel ends. */
  idleMs: number;
}

const AUTHORITY = /^(\[[\da-f:.]+\]|[^:/?#@\\\s[\]]+):([1-9]\d{0,4})$/i;

/**
 * Connects a program with a host, byte by byte; resolves when both have ended. Nothing is looked
 * into and nothing is put in: a tunnel never carries a secret. Never rejects.
 */
export async function tunnel(tunnelling: Tunnelling, asked: TunnelRequest): Promise<void> {
  const { socket, entry } = asked;
  socket.on('error', () => socket.destroy());
  try {
    const { host, port } = readAuthority(asked);
    const upstream = await open(tunnelling.connect, socket, { host, port });
    await joinSockets({ socket, upstream, idleMs: tunnelling.idleMs }, asked.head);
    entry.bytes = upstream.bytesRead;
  } catch (error) {
    entry.problem = problemOf(error);
    refuseSocket(socket, error);
  } finally {
    entry.end();
  }
}

function readAuthority({ request, entry }: TunnelRequest): { host: string; port: number } {
  const [, written = '', digits = ''] = AUTHORITY.exec(request.url ?? '') ?? [];
  const url = URL.parse(`http://${written}/`);
  const port = Number(digits);
  if (written === '' || url === null || port > 65_535) {
    throw new BadRequest('CONNECT needs host:port and nothing else');
  }
  const host = bareHost(url.hostname);
  entry.host = `${host}:${port}`;
  checkFraming(request, { host, port, usualPort: port });
  return { host, port };
}

/** Connects; gives up as soon as the program is gone. */
function open(
  connect: buildConnector.connector,
  program: Socket,
  { host, port }: { host: string; port: number },
): Promise<Socket> {
  return new Promise((resolve, reject) => {
    program.once('close', () => reject(new Error(GONE)));
    const target = { hostname: host, host, protocol: 'http:', port: String(port) };
    connect(target, (error, upstream) => {
      if (error) reject(networkFailure(host, error));
      else if (program.destroyed) upstream.destroy();
      else resolve(upstream);
    });
  });
}

interface Ends {
  socket: Socket;
  upstream: Socket;
  idleMs: number;
}

function joinSockets({ socket, upstream, idleMs }: Ends, head: Uint8Array): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  upstream.on('error', () => upstream.destroy());
  upstream.once('close', () => {
    // What has arrived is still written; then there is nobody to write to.
    socket.destroySoon();
    if (socket.destroyed) resolve();
  });
  socket.once('close', () => {
    upstream.destroy();
    resolve();
  });
  for (const end of [socket, upstream]) end.setTimeout(idleMs, () => end.destroy());
  socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
  if (head.length > 0) upstream.write(head);
  socket.pipe(upstream);
  upstream.pipe(socket);
  return promise;
}
