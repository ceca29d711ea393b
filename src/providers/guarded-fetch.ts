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
/** Letters of what is no JSON that are shown. */
const LONGEST_START = 200;
/** Who has sent the mark of the end may close the connection in this time, in milliseconds. */
const AFTER_END_MS = 1000;

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
      // Asked twice is paid twice at worst, and a failure that nobody made would cost an attempt.
      repeatable: true,
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

/** Its status says what is wrong, whatever becomes of its body: cut off, silent, or no text. */
async function refusal(exchange: Exchange, response: Response): Promise<Error> {
  const { guard, service, clock } = exchange;
  const { status, headers } = response;
  const chunks: Uint8Array[] = [];
  const failure = () => {
    const body = new TextDecoder().decode(joined(chunks));
    return httpFailure(service, { status, headers, body }, clock.now());
  };
  guard.refused(failure);
  const reader = response.body?.getReader();
  try {
    for (let bytes = 0; reader && bytes < LONGEST_ERROR_BODY; ) {
      const chunk = await read(exchange, reader);
      if (!chunk) break;
      chunks.push(chunk);
      bytes += chunk.length;
    }
  } catch {
    // What has come so far will do.
  }
  return guard.failWith(failure());
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
  if (!json) {
    // The key goes first: a cut one would slip through.
    const start = service.redact(text.slice(0, LONGEST_ERROR_BODY)).slice(0, LONGEST_START);
    throw guard.fail('model/bad-answer', `sent no JSON: ${start}`);
  }
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
  const all = joined(chunks);
  // A page's body may have been cut in the middle of a letter.
  if (bytes < maxBytes) checkText(exchange, all);
  return new TextDecoder().decode(all);
}

function joined(chunks: readonly Uint8Array[]): Uint8Array {
  const [first = new Uint8Array(0)] = chunks;
  return chunks.length > 1 ? Buffer.concat(chunks) : first;
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
        const ready = await nextLines(exchange, reader, lines);
        if (ready.length > 0) controller.enqueue(joinPieces(ready));
        else controller.close();
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  );
}

type Reader = ReadableStreamDefaultReader<Uint8Array>;

/** The next whole lines; none at the end of the stream. */
async function nextLines(
  exchange: Exchange,
  reader: Reader,
  lines: EventLines,
): Promise<Uint8Array> {
  if (lines.ended) {
    await close(exchange, reader);
    return new Uint8Array(0);
  }
  for (;;) {
    const chunk = await nextChunk(exchange, reader);
    const ready = chunk ? lines.push(chunk) : lines.rest();
    if (ready) return ready;
  }
}

/** The next piece of a body, or undefined at its end. */
async function nextChunk(exchange: Exchange, reader: Reader): Promise<Uint8Array | undefined> {
  const { guard, service } = exchange;
  try {
    return await read(exchange, reader);
  } catch (error) {
    if (guard.signal.aborted) throw guard.signal.reason;
    throw guard.failWith(cutFailure(service, error));
  }
}

async function read({ guard }: Exchange, reader: Reader): Promise<Uint8Array | undefined> {
  guard.wait();
  const { value } = await reader.read();
  if (value) guard.received(value.length);
  else guard.completed();
  return value;
}

/**
 * The whole answer is here. A body that ends as well leaves a connection that can be used again;
 * one that stays open, or breaks, has nothing more to say.
 */
async function close({ guard, clock }: Exchange, reader: Reader): Promise<void> {
  const leave = () => void reader.cancel().catch(() => {});
  const stop = clock.timer(AFTER_END_MS, leave);
  try {
    for (let done = false; !done; ) ({ done } = await reader.read());
    guard.completed();
  } catch {
    if (guard.signal.aborted) throw guard.signal.reason;
  } finally {
    stop();
  }
}
