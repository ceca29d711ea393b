import type { IncomingMessage, ServerResponse } from 'node:http';
import { isIP } from 'node:net';
import { pipeline } from 'node:stream/promises';
import type { Dispatcher } from 'undici';
import { orAborted } from '../../base/concurrency.ts';
import { hostAndPort } from '../../base/hosts.ts';
import { addressProblem } from './addresses.ts';
import { Cap, chained, decoded } from './body.ts';
import { checkHost } from './connect.ts';
import { networkFailure, tooLarge } from './failures.ts';
import { endToEnd, type HeaderList, headerOf, listed, pairs } from './headers.ts';
import { BadRequest, checkFraming, type Entry, GONE } from './messages.ts';
import { fillSecrets, Masker, masked, mentionsSecret, type SecretFor } from './secrets.ts';
import { readTarget, type Target } from './target.ts';

/** Most bytes of a body through a proxy, either way. */
const MAX_BODY = 64 * 1024 * 1024;

/** Node's word for a stream that was closed before its end. */
const CLOSED = 'ERR_STREAM_PREMATURE_CLOSE';

/** What a proxy passes requests on with. */
export interface Forwarding {
  hosts: readonly string[];
  agent: Dispatcher;
  /** Words such as `secret://NAME` stay as they are without it. */
  secret: SecretFor | undefined;
}

/** One request that is passed on. */
interface Passage {
  request: IncomingMessage;
  response: ServerResponse;
  entry: Entry;
}

interface Outgoing {
  target: Target;
  headers: HeaderList;
  secrets: readonly string[];
}

/**
 * Passes a request in absolute form on, and its answer back. Rejects with what it is refused for;
 * then nothing has been sent, or the answer has begun and must be cut off.
 */
export async function forward(forwarding: Forwarding, passage: Passage): Promise<void> {
  const { request, response, entry } = passage;
  const outgoing = prepare(forwarding, request, entry);
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  try {
    const sent = send(forwarding, { request, outgoing, signal: gone.signal });
    const answer = await orAborted(sent, gone.signal);
    entry.status = answer.statusCode;
    await giveBack(passage, answer, outgoing);
  } catch (error) {
    if (isGone(error, gone.signal)) throw new Error(GONE, { cause: error });
    throw networkFailure(outgoing.target.host, error);
  }
}

/** Whether the program has closed its connection, so that nobody waits for an answer. */
function isGone(error: unknown, signal: AbortSignal): boolean {
  if (!(error instanceof Error) || !signal.aborted) return false;
  return error.name === 'AbortError' || ('code' in error && error.code === CLOSED);
}

/** Everything that can be refused before anything is sent. */
function prepare(forwarding: Forwarding, request: IncomingMessage, entry: Entry): Outgoing {
  const asked = askedTarget(request);
  entry.host = `${asked.host}:${asked.port}`;
  checkFraming(request, {
    host: asked.host,
    port: asked.port,
    usualPort: asked.url.protocol === 'https:' ? 443 : 80,
  });
  const passed = endToEnd(pairs(request.rawHeaders));
  const secretFor = forwarding.secret;
  const hides = secretFor !== undefined && mentionsSecret(passed);
  const target = hides ? secured(asked) : asked;
  entry.host = `${target.host}:${target.port}`;
  checkHost(forwarding.hosts, target.host, target.port);
  checkBodyLength(request);
  if (!hides) return { target, headers: passed, secrets: [] };
  const { headers, secrets } = fillSecrets(passed, hostAndPort(target.url), secretFor);
  // Without it the answer comes back as text that a secret can be found in.
  const plain = headers.filter(([name]) => name.toLowerCase() !== 'accept-encoding');
  return { target, headers: [...plain, ['accept-encoding', 'identity']], secrets };
}

function askedTarget(request: IncomingMessage): Target {
  const text = request.url ?? '';
  if (!/^https?:\/\/[^/?#@\\]+(?:[/?]|$)/i.test(text)) {
    throw new BadRequest('this is a proxy: it takes whole addresses, http://host/path');
  }
  if (request.method === 'TRACE') throw new BadRequest('TRACE is not passed on');
  try {
    return readTarget(text);
  } catch {
    throw new BadRequest('the request has no address that can be read');
  }
}

function checkBodyLength(request: IncomingMessage): void {
  if (Number(request.headers['content-length'] ?? 0) > MAX_BODY) {
    throw tooLarge(`the request has more than ${MAX_BODY} bytes`);
  }
}

/**
 * Where a request with a secret goes (decision 32): by HTTPS, at port 443 when none was named. Only
 * an address that is listed although it is private is asked in plain: it has no certificate.
 */
function secured(asked: Target): Target {
  const isPrivate = isIP(asked.host) !== 0 && addressProblem(asked.host) !== undefined;
  if (isPrivate || asked.url.protocol === 'https:') return asked;
  const url = new URL(asked.url);
  url.protocol = 'https:';
  return { url, host: asked.host, port: Number(url.port) || 443 };
}

interface Sending {
  request: IncomingMessage;
  outgoing: Outgoing;
  signal: AbortSignal;
}

async function send(
  { agent }: Forwarding,
  { request, outgoing, signal }: Sending,
): Promise<Dispatcher.ResponseData> {
  const { url } = outgoing.target;
  const { 'content-length': length, 'transfer-encoding': coding } = request.headers;
  const hasBody = coding !== undefined || (length !== undefined && length !== '0');
  return agent.request({
    origin: url.origin,
    path: url.pathname + url.search,
    method: (request.method ?? 'GET') as Dispatcher.HttpMethod,
    headers: outgoing.headers.flat(),
    body: hasBody ? bodyOf(request) : null,
    signal,
  });
}

/** The body of a request; its failure leaves the connection open for an answer. */
function bodyOf(request: IncomingMessage): Cap {
  const body = new Cap(MAX_BODY, 'the request');
  request.once('close', () => {
    if (!request.complete) body.destroy();
  });
  return request.pipe(body);
}

async function giveBack(
  { request, response, entry }: Passage,
  answer: Dispatcher.ResponseData,
  { secrets }: Outgoing,
): Promise<void> {
  const headers = endToEnd(listed(answer.headers));
  if (Number(headerOf(headers, 'content-length') ?? 0) > MAX_BODY && request.method !== 'HEAD') {
    answer.body.on('error', () => {}).destroy();
    throw tooLarge(`the answer has more than ${MAX_BODY} bytes`);
  }
  const hides = secrets.length > 0;
  const empty = request.method === 'HEAD' || [204, 304].includes(answer.statusCode);
  const shown = hides ? maskedHeaders(headers, secrets, empty) : headers;
  response.sendDate = false;
  response.writeHead(answer.statusCode, shown.flat());
  const coding = hides && !empty ? headerOf(headers, 'content-encoding') : undefined;
  const cap = new Cap(MAX_BODY, 'the answer');
  const plain = chained(decoded(answer.body, coding), cap);
  try {
    if (hides) await pipeline(plain, new Masker(secrets), response);
    else await pipeline(plain, response);
  } finally {
    entry.bytes = cap.bytes;
  }
}

/** Without what does not hold any more when the body is read and changed. */
function maskedHeaders(
  headers: HeaderList,
  secrets: readonly string[],
  empty: boolean,
): HeaderList {
  return headers
    .filter(([name]) => empty || !/^content-(?:length|encoding|md5)$/i.test(name))
    .map(([name, value]) => [masked(name, secrets), masked(value, secrets)]);
}
