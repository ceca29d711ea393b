import { isUtf8 } from 'node:buffer';
import { isObject } from '../base/json.ts';
import type { Clock, Network } from '../ports/effects.ts';
import type { CallGuard } from './call-guard.ts';
import {
  cutFailure,
  eventFailure,
  httpFailure,
  networkFailure,
  pageFailure,
  type Service,
} from './failure.ts';
import { quotasOf } from './retry-after.ts';
import { joinPieces } from './wire-join.ts';
import { EventLines, readWireJson } from './wire-json.ts';

/** Bytes of an error's body that are read. */
const LONGEST_ERROR_BODY = 65_536;

/** The platform's `fetch`, as the SDK calls it. */
export type Fetch = typeof fetch;

/** What the guarded fetch works with. */
export interface GuardedFetchOptions {
  service: Service;
  network: Network;
  clock: Clock;
  /** Finds the guard of a call by the signal that the SDK was given. */
  guardOf(signal: AbortSignal): CallGuard | undefined;
}

type Exchange = Omit<GuardedFetchOptions, 'guardOf'> & { guard: CallGuard };

/**
 * The fetch that the SDK gets. It follows no redirect, keeps the limits of the call's guard, and
 * turns every failure into our own error, which the guard keeps whatever the SDK makes of it.
 */
export function guardedFetch({ guardOf, ...options }: GuardedFetchOptions): Fetch {
  return async (input, init = {}) => {
    const guard = init.signal ? guardOf(init.signal) : undefined;
    if (!guard) throw new TypeError('a model was asked without a guard');
    const exchange = { ...options, guard };
    const response = await send(exchange, String(input), init);
    if (!response.ok) throw await refusal(exchange, response);
    const type = response.headers.get('content-type') ?? '';
    if (/\bhtml\b/i.test(type)) throw await page(exchange, response);
    if (guard.streams && !/\bjson\b/i.test(type) && response.body) {
      return new Response(eventStream(exchange, response.body));
    }
    return new Response(await soundAnswer(exchange, response));
  };
}

async function send(exchange: Exchange, url: string, init: RequestInit): Promise<Response> {
  const { guard, network, service, clock } = exchange;
  const { body, signal: _, ...rest } = init;
  guard.wait();
  const { signal, connectMs } = guard;
  try {
    const request = {
      ...rest,
      ...(body && { body }),
      signal,
      connectMs,
      redirect: 'error',
    } as const;
    const response = await network.fetch(url, request);
    guard.answered(quotasOf(response.headers, clock.now()));
    return response;
  } catch (error) {
    if (guard.signal.aborted) throw guard.signal.reason;
    throw guard.failWith(networkFailure(service, error));
  }
}

async function refusal(exchange: Exchange, response: Response): Promise<Error> {
  const { guard, service, clock } = exchange;
  const { status, headers } = response;
  const body = await readText(exchange, response, LONGEST_ERROR_BODY);
  return guard.failWith(httpFailure(service, { status, headers, body }, clock.now()));
}

/** A page for people where an answer should be: of a proxy, a portal, or a wrong address. */
async function page(exchange: Exchange, response: Response): Promise<Error> {
  const body = await readText(exchange, response, LONGEST_ERROR_BODY);
  return exchange.guard.failWith(pageFailure(exchange.service, body));
}

/** The text of an answer in one piece, fit for the SDK. */
async function soundAnswer(exchange: Exchange, response: Response): Promise<string> {
  const { guard, service } = exchange;
  const text = await readText(exchange, response, Number.POSITIVE_INFINITY);
  const json = readWireJson(text);
  if (!json) throw guard.fail('model/bad-answer', `sent no JSON: ${text.slice(0, 200)}`);
  const answer = isObject(json.value) ? json.value : {};
  if (answer.error !== undefined && answer.error !== null && !Array.isArray(answer.choices)) {
    throw guard.failWith(eventFailure(service, answer.error));
  }
  if (guard.streams) {
    throw guard.fail('model/bad-answer', 'answered in one piece when a stream was asked for');
  }
  return json.text;
}

async function readText(exchange: Exchange, response: Response, maxBytes: number): Promise<string> {
  const reader = response.body?.getReader();
  if (!reader) return '';
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  while (bytes < maxBytes) {
    const chunk = await nextChunk(exchange, reader);
    if (!chunk) break;
    chunks.push(chunk);
    bytes += chunk.length;
  }
  const [first = new Uint8Array(0)] = chunks;
  const all = chunks.length > 1 ? Buffer.concat(chunks) : first;
  // An error's body may have been cut in the middle of a letter.
  if (bytes < maxBytes) checkText(exchange, all);
  return new TextDecoder().decode(all);
}

/** Letters that nobody sent would stand in the place of broken ones. */
function checkText({ guard }: Exchange, bytes: Uint8Array): void {
  if (!isUtf8(bytes)) throw guard.fail('model/bad-answer', 'sent text that is not UTF-8');
}

function eventStream(exchange: Exchange, body: ReadableStream<Uint8Array>) {
  const reader = body.getReader();
  const lines = new EventLines((bytes) => checkText(exchange, bytes));
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        for (;;) {
          const chunk = await nextChunk(exchange, reader);
          const ready = chunk ? lines.push(chunk) : lines.rest();
          if (ready && ready.length > 0) controller.enqueue(joinPieces(ready));
          if (!chunk) controller.close();
          if (ready) return;
        }
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  );
}

type Reader = ReadableStreamDefaultReader<Uint8Array>;

/** The next piece of a body, or undefined at its end. */
async function nextChunk(exchange: Exchange, reader: Reader): Promise<Uint8Array | undefined> {
  const { guard, service } = exchange;
  guard.wait();
  try {
    const { value } = await reader.read();
    if (value) guard.received(value.length);
    else guard.completed();
    return value;
  } catch (error) {
    if (guard.signal.aborted) throw guard.signal.reason;
    throw guard.failWith(cutFailure(service, error));
  }
}
