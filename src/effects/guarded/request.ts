import type { Dispatcher } from 'undici';
import { orAborted } from '../../base/concurrency.ts';
import type { GuardedRequest, GuardedResponse } from '../../ports/effects.ts';
import { ACCEPTED_CODINGS, decoded, readAll } from './body.ts';
import { guardedAgent, type Resolve } from './connect.ts';
import { denied, networkFailure, timedOut, unreachable } from './failures.ts';
import {
  checkedHeaders,
  type HeaderList,
  harmlessHeaders,
  headerOf,
  withoutBodyHeaders,
} from './headers.ts';
import { allowedTarget, type Target } from './target.ts';

const REDIRECTS = 5;
/** The longest wait that the platform's timers can hold. */
const LONGEST = 2_147_483_647;

/** One request of the way, which redirects make longer. */
interface Step {
  target: Target;
  method: string;
  headers: HeaderList;
  body: Uint8Array | undefined;
}

/** What all steps of one request share. */
interface Way {
  request: GuardedRequest;
  agent: Dispatcher;
  signal: AbortSignal;
}

/**
 * Makes one request, and follows where it leads: see `Network.request`. The connections are its own,
 * so that none is used that another list of hosts has allowed. An aborted `signal` rejects with its
 * reason.
 */
export async function guardedRequest(
  request: GuardedRequest,
  resolve: Resolve,
): Promise<GuardedResponse> {
  const step = firstStep(request);
  const deadline = startDeadline(request, step.target.host);
  const agent = guardedAgent({ hosts: request.hosts, resolve }, 0);
  try {
    const way = { request, agent, signal: deadline.signal };
    return await orAborted(follow(way, step), deadline.signal);
  } finally {
    deadline.stop();
    agent.destroy().catch(() => {});
  }
}

function firstStep(request: GuardedRequest): Step {
  const method = (request.method ?? 'GET').toUpperCase();
  if (!/^[A-Z]{1,20}$/.test(method) || method === 'CONNECT' || method === 'TRACE') {
    throw denied(`this method cannot be used: ${method.slice(0, 40)}`);
  }
  const target = allowedTarget(request.url, request.hosts);
  const headers = checkedHeaders(request.headers ?? {});
  return { target, method, headers, body: request.body };
}

async function follow(way: Way, first: Step): Promise<GuardedResponse> {
  const most = way.request.maxRedirects ?? REDIRECTS;
  let step = first;
  for (let followed = 0; ; followed++) {
    const answer = await send(way, step);
    const location = redirectOf(answer);
    if (location === undefined) return complete(way, step, answer);
    answer.body.on('error', () => {}).destroy();
    if (followed >= most) {
      throw unreachable(`${first.target.host} led on to another address more than ${most} times`);
    }
    step = nextStep(way, step, { status: answer.statusCode, location });
  }
}

async function send(way: Way, step: Step): Promise<Dispatcher.ResponseData> {
  const { url, host } = step.target;
  const headers: Record<string, string> = Object.fromEntries(step.headers);
  if (headerOf(step.headers, 'accept-encoding') === undefined) {
    headers['accept-encoding'] = ACCEPTED_CODINGS;
  }
  if (headerOf(step.headers, 'user-agent') === undefined) headers['user-agent'] = 'awp-agents';
  try {
    return await way.agent.request({
      origin: url.origin,
      path: url.pathname + url.search,
      method: step.method as Dispatcher.HttpMethod,
      headers,
      body: step.body ?? null,
      signal: way.signal,
    });
  } catch (error) {
    throw networkFailure(host, error);
  }
}

async function complete(
  way: Way,
  step: Step,
  answer: Dispatcher.ResponseData,
): Promise<GuardedResponse> {
  const { host, url } = step.target;
  const headers = Object.fromEntries(
    Object.entries(answer.headers).map(([name, value]) => [name, [value ?? ''].flat().join(', ')]),
  );
  const empty =
    step.method === 'HEAD' ||
    answer.statusCode === 204 ||
    answer.statusCode === 304 ||
    headers['content-length'] === '0';
  try {
    const plain = empty ? answer.body : decoded(answer.body, headers['content-encoding']);
    const body = await readAll(plain, way.request.maxBytes, `the answer of ${host}`);
    return { url: url.href, status: answer.statusCode, headers, body };
  } catch (error) {
    answer.body.on('error', () => {}).destroy();
    throw networkFailure(host, error);
  }
}

function redirectOf({ statusCode, headers }: Dispatcher.ResponseData): string | undefined {
  if (![301, 302, 303, 307, 308].includes(statusCode)) return undefined;
  return [headers.location].flat()[0];
}

interface Redirect {
  status: number;
  location: string;
}

function nextStep(way: Way, from: Step, { status, location }: Redirect): Step {
  const next = URL.parse(location, from.target.url.href);
  if (next === null) throw unreachable(`${from.target.host} leads to what is no address`);
  const target = allowedTarget(next.href, way.request.hosts);
  const old = from.target.url;
  if (old.protocol === 'https:' && target.url.protocol === 'http:') {
    throw denied(`${from.target.host} leads from https to http, where anybody could listen`);
  }
  const headers = old.origin === target.url.origin ? from.headers : harmlessHeaders(from.headers);
  if (losesBody(status, from.method)) {
    const method = from.method === 'HEAD' ? 'HEAD' : 'GET';
    return { target, method, headers: withoutBodyHeaders(headers), body: undefined };
  }
  if (from.body !== undefined && from.target.host !== target.host) {
    throw denied(`${from.target.host} leads a request with a body to another host, ${target.host}`);
  }
  return { target, method: from.method, headers, body: from.body };
}

/** As the web's `fetch` does: what was posted is then asked for. */
function losesBody(status: number, method: string): boolean {
  if (status === 303) return method !== 'GET' && method !== 'HEAD';
  return (status === 301 || status === 302) && method === 'POST';
}

function startDeadline(
  { timeoutMs, signal }: GuardedRequest,
  host: string,
): { signal: AbortSignal; stop(): void } {
  const controller = new AbortController();
  const cancel = (): void => controller.abort(signal?.reason);
  const timer = setTimeout(
    () => controller.abort(timedOut(`${host} did not answer within ${timeoutMs} ms`)),
    Math.min(Math.max(0, timeoutMs), LONGEST),
  );
  if (signal?.aborted) cancel();
  else signal?.addEventListener('abort', cancel, { once: true });
  return {
    signal: controller.signal,
    stop() {
      clearTimeout(timer);
      signal?.removeEventListener('abort', cancel);
    },
  };
}
