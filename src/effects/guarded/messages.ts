import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { AwpError } from '../../base/errors.ts';
import { bareHost } from '../../base/hosts.ts';
import type { ProxyRecord } from '../../ports/effects.ts';

/** A request that a proxy does not even try, because it is not one for a proxy, or two at once. */
export class BadRequest extends Error {}

/** Why a request of a program ends that has closed its connection. */
export const GONE = 'the program went away';

/** What is known of a request while it goes on. */
export interface Entry {
  readonly method: string;
  host: string;
  status?: number;
  bytes: number;
  problem?: string;
  /** Hands the entry over, once. */
  end(): void;
}

/** Starts the entry of one request. */
export function startEntry(
  method: string,
  host: string,
  record: (entry: ProxyRecord) => void,
): Entry {
  const start = performance.now();
  let over = false;
  return {
    method,
    host,
    bytes: 0,
    end() {
      if (over) return;
      over = true;
      const { status, bytes, problem } = this;
      record({
        method,
        host: this.host,
        ...(status === undefined ? {} : { status }),
        bytes,
        ms: performance.now() - start,
        ...(problem === undefined ? {} : { problem }),
      });
    },
  };
}

/** Characters of a sentence in a first line. */
const MAX_REASON = 300;

const STATUS: Readonly<Record<string, number>> = {
  'network/denied': 403,
  'network/too-large': 413,
  'network/timeout': 504,
  'network/unreachable': 502,
};

/** The status and the sentence that a program gets for what did not work. */
function refusal(error: unknown): { status: number; text: string } {
  if (error instanceof BadRequest) return { status: 400, text: error.message };
  const status = error instanceof AwpError ? STATUS[error.code] : undefined;
  return { status: status ?? 502, text: error instanceof Error ? error.message : String(error) };
}

/** Why a request was refused or failed, for the record: with the code that who reads it can act on. */
export function problemOf(error: unknown): string {
  const { text } = refusal(error);
  return error instanceof AwpError ? `${error.code}: ${text}` : text;
}

/** Answers a request that is not passed on, or ends an answer that has begun. */
export function refuse(response: ServerResponse, error: unknown): void {
  if (response.writableEnded) return;
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const { status, text } = refusal(error);
  const headers = { 'content-type': 'text/plain; charset=utf-8', connection: 'close' };
  response.writeHead(status, headers).end(`${text}\n`);
}

/**
 * Like `refuse`, where there is only a socket. The sentence also stands in the first line: it is all
 * that most libraries show of a tunnel that was refused.
 */
export function refuseSocket(socket: Duplex, error: unknown): void {
  if (socket.destroyed) return;
  const { status, text } = refusal(error);
  const body = `${text}\n`;
  const head = [
    `HTTP/1.1 ${status} ${text.replace(/[^ -~]/g, '?').slice(0, MAX_REASON)}`,
    'content-type: text/plain; charset=utf-8',
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy());
}

/** A host and a port as a request names them; a `Host` header may leave the port out. */
export interface NamedHost {
  host: string;
  port: number;
  /** The port that is meant when the header has none. */
  usualPort: number;
}

/**
 * Throws `BadRequest` unless a request names the same host once everywhere, and has one length: two
 * readers of it must not see two requests.
 */
export function checkFraming(request: IncomingMessage, expected: NamedHost): void {
  const hosts = request.rawHeaders.filter(
    (name, at) => at % 2 === 0 && name.toLowerCase() === 'host',
  );
  if (hosts.length > 1) throw new BadRequest('the request has more than one Host header');
  if (hosts.length === 0 && request.httpVersion !== '1.0') {
    throw new BadRequest('the request has no Host header');
  }
  const { host, 'transfer-encoding': coding, 'content-length': length } = request.headers;
  if (host !== undefined && !isNamed(host, expected)) {
    throw new BadRequest('the Host header names another host than the request');
  }
  if (coding !== undefined && coding.toLowerCase() !== 'chunked') {
    throw new BadRequest('the request has a transfer encoding that cannot be passed on');
  }
  if (coding !== undefined && length !== undefined) {
    throw new BadRequest('the request says twice, and differently, how long it is');
  }
}

function isNamed(header: string, { host, port, usualPort }: NamedHost): boolean {
  const [, name = '', digits] =
    /^(\[[\da-f:.]+\]|[^:/?#@\\\s[\]]+)(?::(\d+))?$/i.exec(header) ?? [];
  const url = URL.parse(`http://${name}/`);
  return url !== null && bareHost(url.hostname) === host && Number(digits ?? usualPort) === port;
}
