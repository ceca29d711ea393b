import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import {
  Agent as HttpAgent,
  type AgentOptions as HttpAgentOptions,
  request as httpRequest,
  type IncomingMessage,
  type RequestOptions,
} from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { Socket } from 'node:net';
import { Readable } from 'node:stream';
import { isLoopbackHost } from '../base/hosts.ts';
import type { FetchInit } from '../ports/effects.ts';
import { proxyProblem, withoutProxy } from './proxies.ts';
import type { Environment } from './secrets.ts';

/** Until a connection has come about, its TLS included, in milliseconds. */
const CONNECT_MS = 10_000;
/** How long a connection is kept that nobody uses, in milliseconds. */
const KEEP_MS = 60_000;
/** Connections to one host that are kept unused. */
const MOST_KEPT = 64;
/** Bytes of all headers of an answer. */
const HEADER_BYTES = 32 * 1024;
/** What is sent unless the caller says otherwise; the compressions that can be read. */
const USUAL_HEADERS = {
  accept: '*/*',
  'accept-encoding': 'gzip, deflate, br, zstd',
  'user-agent': 'awp-agents',
};
/** How a connection ends that the other side has closed while nobody used it. */
const CLOSED_UNDER_US = new Set(['ECONNRESET', 'EPIPE']);
/** It shows within a round trip; what fails later may have been read, in milliseconds. */
const AT_ONCE_MS = 150;
const WITHOUT_BODY = new Set([204, 205, 304]);

/** A fetch over connections that are kept and used again. */
export type KeptFetch = (url: string, init: FetchInit) => Promise<Response>;

/**
 * A fetch over Node's own HTTP client: half the processor time of the platform's, and it tells
 * whether a connection had been used before. A kept connection that was closed meanwhile is
 * replaced by a new one at once, for requests that may be repeated, if need be. There is no
 * limit on waiting but for the connection itself: the caller's signal ends the rest, and closes
 * the connection. `proxies` are HTTP_PROXY, HTTPS_PROXY and NO_PROXY; this machine itself is
 * never reached through one. A failure is a `TypeError` with Node's error as its cause.
 */
export function keptFetch(proxies?: Environment): KeptFetch {
  const problem = proxies && proxyProblem(proxies);
  const agents = new Map<string, HttpAgent>();
  const proxiesFor = ({ hostname }: URL) => (isLoopbackHost(hostname) ? undefined : proxies);
  const agentFor = (url: URL): HttpAgent => {
    const through = proxiesFor(url);
    const id = `${url.protocol} ${through !== undefined}`;
    const known = agents.get(id) ?? agentOf(url, through);
    agents.set(id, known);
    return known;
  };
  return async (address, init) => {
    if (problem) throw new TypeError('fetch failed', { cause: problem });
    if (!isPlain(init)) return fetch(address, platformInit(init));
    const call = callOf(address, init);
    try {
      const response = await send(call, agentFor(call.url)).catch((error: unknown) => {
        if (!(error instanceof ClosedUnderUs)) throw error;
        if (!mayRepeat(init)) throw error.cause;
        return send(call, agentOf(call.url, proxiesFor(call.url), false));
      });
      return await answerOf(call, response);
    } catch (error) {
      if (init.signal?.aborted) throw init.signal.reason;
      if (error instanceof TypeError) throw error;
      throw new TypeError('fetch failed', { cause: withoutProxy(error) });
    }
  };
}

function agentOf(url: URL, proxies: Environment | undefined, keep = true): HttpAgent {
  const options: HttpAgentOptions = {
    keepAlive: keep,
    maxFreeSockets: MOST_KEPT,
    timeout: KEEP_MS,
    ...(proxies && { proxyEnv: { ...proxies } }),
  };
  return url.protocol === 'https:' ? new HttpsAgent(options) : new HttpAgent(options);
}

interface Call {
  url: URL;
  init: FetchInit;
  options: RequestOptions;
  body: string | Uint8Array | undefined;
}

/** Whether Node's client can do it alone; what is left is rare, and the platform's to do. */
function isPlain({ body, redirect }: FetchInit): boolean {
  const simple = body === undefined || body === null || typeof body === 'string';
  return (simple || body instanceof Uint8Array) && redirect !== 'follow';
}

/** Nothing says that nobody has read the request, so only what may be done twice is sent again. */
function mayRepeat({ method = 'GET', repeatable = false }: FetchInit): boolean {
  return repeatable || /^(?:GET|HEAD)$/i.test(method);
}

function platformInit({ connectMs: _, repeatable: __, ...init }: FetchInit): RequestInit {
  return { redirect: 'manual', ...init };
}

function callOf(address: string, init: FetchInit): Call {
  const url = new URL(address);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new TypeError(`this address has another scheme than http and https: ${url.protocol}`);
  }
  const body = (init.body ?? undefined) as string | Uint8Array | undefined;
  const headers: Record<string, string | number> = { ...USUAL_HEADERS };
  for (const [name, value] of fieldsOf(init.headers)) headers[name.toLowerCase()] = value;
  if (body !== undefined) headers['content-length'] = Buffer.byteLength(body);
  const method = init.method?.toUpperCase() ?? 'GET';
  return { url, init, body, options: { method, headers, maxHeaderSize: HEADER_BYTES } };
}

/** Node checks names and values itself: an object needs no detour over the platform's headers. */
function fieldsOf(headers: FetchInit['headers']): Iterable<[string, string]> {
  if (headers === undefined || headers instanceof Headers || Array.isArray(headers)) {
    return new Headers(headers);
  }
  const set = Object.entries(headers as Record<string, string | undefined>);
  return set.filter((field): field is [string, string] => field[1] !== undefined);
}

/** The connection was closed so soon that hardly anybody has read the request. */
class ClosedUnderUs extends Error {}

async function send(call: Call, agent: HttpAgent): Promise<IncomingMessage> {
  const { init, body } = call;
  init.signal?.throwIfAborted();
  const limit = init.connectMs ?? CONNECT_MS;
  const { request, sockets } = startOf(call, agent);
  const began = performance.now();
  return new Promise((resolve, reject) => {
    /** Before there is a connection, the end of a request is told to nobody. */
    const end = (reason: unknown): void => {
      reject(reason);
      request.destroy();
      for (const socket of sockets) socket.destroy();
    };
    const cancel = (): void => end(init.signal?.reason);
    const timer = setTimeout(() => end(new ConnectTimeout(limit)), limit);
    const stop = (): void => clearTimeout(timer);
    init.signal?.addEventListener('abort', cancel, { once: true });
    request.once('socket', (socket) => whenConnected(socket, request.reusedSocket, stop));
    request.once('close', () => {
      stop();
      init.signal?.removeEventListener('abort', cancel);
    });
    request.once('response', resolve);
    request.once('upgrade', (_, socket) => {
      socket.destroy();
      reject(new Error('the answer goes on in another protocol'));
    });
    // Stays to the end: what comes after the head is told by the body as well.
    request.on('error', (error: NodeJS.ErrnoException) => {
      const quick = request.reusedSocket && performance.now() - began < AT_ONCE_MS;
      const closed = quick && CLOSED_UNDER_US.has(error.code ?? '');
      reject(closed ? new ClosedUnderUs(error.message, { cause: error }) : error);
    });
    request.end(body);
  });
}

/**
 * A request that has begun, and the connections to a proxy that it has made: Node shows those to
 * nobody before their tunnel stands, so an end of the request would leave them open.
 */
function startOf({ url, options }: Call, agent: HttpAgent) {
  const sockets: Socket[] = [];
  const see = (message: unknown): void => {
    sockets.push((message as { socket: Socket }).socket);
  };
  const start = url.protocol === 'https:' ? httpsRequest : httpRequest;
  subscribe('net.client.socket', see);
  try {
    return { request: start(url, { ...options, agent }), sockets };
  } finally {
    unsubscribe('net.client.socket', see);
  }
}

/** What Node's sockets with TLS have besides what their types say. */
interface TlsState {
  secureConnecting: boolean;
}

/** Names, families of addresses, tunnels and TLS may each take long; the limit is on all of it. */
function whenConnected(socket: Socket, reused: boolean, done: () => void): void {
  const { secureConnecting } = socket as Socket & Partial<TlsState>;
  if (reused || !(secureConnecting ?? socket.connecting)) done();
  else socket.once(secureConnecting === undefined ? 'connect' : 'secureConnect', done);
}

class ConnectTimeout extends Error {
  readonly code = 'CONNECT_TIMEOUT';

  constructor(limit: number) {
    super(`no connection within ${limit} ms`);
  }
}

async function answerOf(call: Call, message: IncomingMessage): Promise<Response> {
  const { statusCode: status = 0, headers, rawHeaders } = message;
  const { redirect } = call.init;
  const end = (): void => void message.destroy();
  if (status < 200 || status > 599) {
    end();
    throw new TypeError(`the answer has status ${status}, which is none`);
  }
  if (redirect === 'error' && headers.location !== undefined && status >= 300 && status < 400) {
    end();
    throw new TypeError('unexpected redirect');
  }
  const fields = headersOf(rawHeaders);
  if (WITHOUT_BODY.has(status) || call.options.method === 'HEAD') {
    message.resume();
    return new Response(null, { status, headers: fields });
  }
  const plain = await plainBody(message);
  return new Response(streamOf(plain, end), { status, headers: fields });
}

function headersOf(raw: readonly string[]): Headers {
  const fields: [string, string][] = [];
  for (let index = 0; index + 1 < raw.length; index += 2) {
    fields.push([raw[index] ?? '', raw[index + 1] ?? '']);
  }
  return new Headers(fields);
}

async function plainBody(message: IncomingMessage): Promise<Readable> {
  const coding = message.headers['content-encoding'];
  if (coding === undefined || coding === '' || coding === 'identity') return message;
  const { decoded } = await import('./guarded/body.ts');
  try {
    return decoded(message, coding);
  } catch (error) {
    message.destroy();
    // What an error says is worth less than that it is one.
    if ((message.statusCode ?? 0) >= 400) return Readable.from([]);
    throw error;
  }
}

/**
 * A body as the web knows it. All that has come in is handed over at once: a reader that is slower
 * than the sender gets few large pieces in the place of many small ones.
 */
function streamOf(from: Readable, cancel: () => void): ReadableStream<Uint8Array> {
  let failure: unknown;
  let wake = (): void => {};
  const ring = (): void => {
    // An empty body would not end, and its connection not be free, before somebody reads.
    if (from.readableLength === 0 && !from.destroyed) from.read();
    wake();
  };
  from.on('readable', ring).on('end', ring).on('close', ring);
  from.on('error', (error) => {
    failure = error;
    ring();
  });
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        for (;;) {
          const piece: Uint8Array | null = from.read();
          if (piece !== null) return controller.enqueue(piece);
          if (from.readableEnded) return controller.close();
          if (from.destroyed) throw failure ?? new Error('the body was cut off');
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        }
      },
      cancel,
    },
    { highWaterMark: 0 },
  );
}
