import { AsyncLocalStorage } from 'node:async_hooks';
import type { Clock, Network } from '../ports/effects.ts';

/** Bytes of one answer that are kept. */
const KEPT_BYTES = 4 * 1024 * 1024;
/** Headers of an answer that tell something about it; no other is kept. */
const TELLING = /^(?:content-type|date|retry-after.*|(?:x-)?request-id|.*ratelimit.*|openai-.*)$/;

/** What was seen of one HTTP exchange. */
export interface WireNote {
  /** Without its query, which may hold a key. */
  url: string;
  /** Undefined when no answer came. */
  status: number | undefined;
  headers: Readonly<Record<string, string>>;
  /** Until the head of the answer came, in milliseconds. */
  ms: number;
  body: string;
  /** Whether the answer was longer than what is kept of it. */
  cut: boolean;
}

const taps = new AsyncLocalStorage<WireTap>();

/** Listens to the HTTP exchanges of one call of a model. */
export class WireTap {
  readonly notes: WireNote[] = [];
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Gives what `source` gives; what it sends and gets on the way is noted. */
  async *listen<T>(source: () => AsyncIterable<T>): AsyncGenerator<T> {
    const iterator = taps.run(this, () => source()[Symbol.asyncIterator]());
    try {
      for (;;) {
        const step = await taps.run(this, () => iterator.next());
        if (step.done) return;
        yield step.value;
      }
    } finally {
      await taps.run(this, async () => iterator.return?.());
    }
  }

  /** Sends a request and notes what comes back. */
  async fetch(send: () => Promise<Response>, url: string): Promise<Response> {
    const started = this.#clock.monotonic();
    const note: WireNote = {
      ...{ url: withoutQuery(url), status: undefined, headers: {} },
      ...{ ms: 0, body: '', cut: false },
    };
    this.notes.push(note);
    try {
      const response = await send();
      note.status = response.status;
      note.headers = Object.fromEntries(
        [...response.headers].filter(([name]) => TELLING.test(name)),
      );
      return response.body ? heard(response, response.body, note) : response;
    } finally {
      note.ms = Math.round(this.#clock.monotonic() - started);
    }
  }
}

/** The same network; answers to calls that are listened to are noted as they are read. */
export function tapped(network: Network): Network {
  return {
    fetch: (url, init) => {
      const tap = taps.getStore();
      const send = (): Promise<Response> => network.fetch(url, init);
      return tap ? tap.fetch(send, url) : send();
    },
    request: (request) => network.request(request),
    proxy: (options) => network.proxy(options),
  };
}

/** The same answer; what is read of its body is kept as well. */
function heard(response: Response, body: ReadableStream<Uint8Array>, note: WireNote): Response {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let bytes = 0;
  const stream = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { value, done } = await reader.read();
        if (done) {
          controller.close();
          return;
        }
        const room = Math.max(0, KEPT_BYTES - bytes);
        bytes += value.length;
        note.body += decoder.decode(value.subarray(0, room), { stream: true });
        note.cut ||= value.length > room;
        controller.enqueue(value);
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  );
  const { status, statusText, headers } = response;
  return new Response(stream, { status, statusText, headers });
}

function withoutQuery(url: string): string {
  if (!URL.canParse(url)) return '';
  const { origin, pathname } = new URL(url);
  return origin + pathname;
}
