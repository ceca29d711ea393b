import { chmod, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { AwpError } from '../../base/errors.ts';
import type { ProxyOptions, RunningProxy } from '../../ports/effects.ts';
import { guardedAgent, guardedConnector, type Resolve } from './connect.ts';
import { type Forwarding, forward } from './forward.ts';
import { BadRequest, problemOf, refuse, refuseSocket, startEntry } from './messages.ts';
import { tunnel } from './tunnel.ts';

const MAX_CONNECTIONS = 64;
const MAX_HEADER_BYTES = 32 * 1024;
/** Milliseconds without a byte, after which a connection ends. */
const IDLE_MS = 120_000;

const ONE_AT_A_TIME = 'a connection takes the next request when the last one is answered';

/**
 * Starts a proxy on a unix socket that every user of the machine may connect to: see `Network.proxy`.
 * Throws `network/no-proxy` when it cannot listen there.
 */
export async function startProxy(options: ProxyOptions, resolve: Resolve): Promise<RunningProxy> {
  const proxy = new GuardedProxy(options, resolve);
  await proxy.listen();
  return { hangUp: () => proxy.hangUp(), close: () => proxy.close() };
}

class GuardedProxy {
  readonly #options: ProxyOptions;
  readonly #forwarding: Forwarding;
  readonly #connect: ReturnType<typeof guardedConnector>;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** What is being answered, by its socket. */
  readonly #answers = new WeakMap<Duplex, ServerResponse>();
  readonly #going = new Set<Promise<void>>();

  constructor(options: ProxyOptions, resolve: Resolve) {
    const guard = { hosts: options.hosts, resolve };
    const secret = options.secret?.bind(options);
    this.#options = options;
    this.#connect = guardedConnector(guard);
    this.#forwarding = { hosts: options.hosts, agent: guardedAgent(guard, IDLE_MS), secret };
    this.#server = this.#makeServer();
  }

  #makeServer(): Server {
    const server = createServer({
      maxHeaderSize: MAX_HEADER_BYTES,
      headersTimeout: 30_000,
      keepAliveTimeout: 5000,
      insecureHTTPParser: false,
      // We look at the header ourselves, and say what is wrong with it.
      requireHostHeader: false,
    });
    server.maxConnections = MAX_CONNECTIONS;
    server.timeout = IDLE_MS;
    server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
    server.on('request', (request, response) => this.#track(this.#pass(request, response)));
    server.on('connect', (request, socket, head) => {
      const entry = startEntry('CONNECT', request.url ?? '', this.#record);
      const asked = { request, socket: socket as Socket, head, entry };
      this.#track(tunnel({ connect: this.#connect, idleMs: IDLE_MS }, asked));
    });
    server.on('clientError', (error, socket) => this.#malformed(error, socket));
    return server;
  }

  async listen(): Promise<void> {
    const { socket } = this.#options;
    try {
      await new Promise<void>((resolve, reject) => {
        this.#server.once('error', reject);
        this.#server.listen(socket, resolve);
      });
      await chmod(socket, 0o666);
    } catch (cause) {
      await this.#forwarding.agent.destroy();
      this.#server.close();
      throw new AwpError('network/no-proxy', `the proxy for programs cannot listen at ${socket}`, {
        hint: 'the path must be free, writable and shorter than 100 characters',
        cause,
      });
    }
  }

  async hangUp(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await Promise.allSettled(this.#going);
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    await this.hangUp();
    await this.#forwarding.agent.destroy();
    await closed;
    await rm(this.#options.socket, { force: true });
  }

  readonly #record: ProxyOptions['record'] = (entry) => this.#options.record(entry);

  #track(work: Promise<void>): void {
    const tracked = work.finally(() => this.#going.delete(tracked));
    this.#going.add(tracked);
  }

  async #pass(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const entry = startEntry(request.method ?? '', request.headers.host ?? '', this.#record);
    const { socket } = request;
    try {
      if (this.#answers.has(socket)) throw new BadRequest(ONE_AT_A_TIME);
      this.#answers.set(socket, response);
      await forward(this.#forwarding, { request, response, entry });
    } catch (error) {
      entry.problem = problemOf(error);
      refuse(response, error);
    } finally {
      if (this.#answers.get(socket) === response) this.#answers.delete(socket);
      entry.end();
    }
  }

  /** What is no HTTP at all, or has two meanings: the parser refuses it. */
  #malformed(error: Error, socket: Duplex): void {
    const malformed = new BadRequest('the request is malformed, or has two meanings');
    const response = this.#answers.get(socket);
    if (response) {
      refuse(response, malformed);
      return;
    }
    if (socket.destroyed || !socket.writable) {
      socket.destroy();
      return;
    }
    const code = 'code' in error ? String(error.code) : '';
    if (code === 'ECONNRESET') return;
    const entry = startEntry('-', '-', this.#record);
    entry.problem = malformed.message;
    refuseSocket(socket, malformed);
    entry.end();
  }
}
