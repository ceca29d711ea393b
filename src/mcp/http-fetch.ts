import { AwpError } from '../base/errors.ts';
import type { Clock, Network } from '../ports/effects.ts';
import { LIMITS } from './limits.ts';
import { Rate } from './rate.ts';

/** What the fetch of one server works with. */
export interface ServerFetchOptions {
  /** As the user wrote it, for messages. */
  label: string;
  /** The configured address: nothing outside of its origin is asked. */
  url: URL;
  network: Network;
  clock: Clock;
  /** Told of a limit that was passed: a reader of a stream may keep it for itself. */
  failed(error: AwpError): void;
}

/** The fetch that the official client gets for one server. */
export type ServerFetch = (url: string | URL, init?: RequestInit) => Promise<Response>;

/**
 * Requests to one server: its own origin alone, no redirect, bounded answers. A stream is bounded
 * as a whole and event by event. Throws `mcp/unreachable`, `mcp/redirected`, `mcp/too-large`.
 */
export function serverFetch(options: ServerFetchOptions): ServerFetch {
  const { label, url } = options;
  return async (input, init = {}) => {
    const target = new URL(input);
    if (target.origin !== url.origin) {
      throw new AwpError('mcp/redirected', `the MCP server ${label} leads to ${target.origin}`);
    }
    const response = await ask(options, String(target), init);
    const { status, statusText, headers } = response;
    if (status >= 300 && status < 400) {
      await response.body?.cancel();
      throw redirected(label, headers.get('location'));
    }
    const body = response.body === null ? null : bounded(options, response.body);
    return new Response(body, { status, statusText, headers });
  };
}

async function ask(
  { label, network }: ServerFetchOptions,
  url: string,
  init: RequestInit,
): Promise<Response> {
  try {
    return await network.fetch(url, { ...init, redirect: 'manual' });
  } catch (cause) {
    if (init.signal?.aborted) throw cause;
    throw unreachable(label, cause);
  }
}

/** What the platform says when a connection broke after the request may have arrived. */
const BROKE_OFF = new Set(['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE']);

function unreachable(label: string, cause: unknown): AwpError {
  const inner = cause instanceof Error ? cause.cause : undefined;
  const code = inner instanceof Error && 'code' in inner ? String(inner.code) : undefined;
  if (code !== undefined && BROKE_OFF.has(code)) {
    return new AwpError('mcp/disconnected', `the MCP server ${label} broke off`, { cause });
  }
  const why = code === undefined ? '' : `: ${code}`;
  return new AwpError('mcp/unreachable', `the MCP server ${label} cannot be reached${why}`, {
    hint: 'is it running, and is its address right?',
    cause,
  });
}

function redirected(label: string, location: string | null): AwpError {
  const where = location === null ? null : URL.parse(location, 'http://same.invalid');
  const to = where === null || where.hostname === 'same.invalid' ? '' : ` to ${where.origin}`;
  return new AwpError('mcp/redirected', `the MCP server ${label} redirects${to}`, {
    hint: 'redirects are not followed; name the final address in the settings',
  });
}

/** A body that breaks off with an error once it passes a limit. */
function bounded(options: ServerFetchOptions, body: ReadableStream<Uint8Array>) {
  const watch = new EventWatch(options);
  return body.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        watch.see(chunk);
        controller.enqueue(chunk);
      },
    }),
  );
}

const LINE_FEED = 10;
const RETURN = 13;

/** Counts bytes of a whole answer and of each piece of it between two empty lines. */
class EventWatch {
  readonly #options: ServerFetchOptions;
  readonly #messages: Rate;
  #all = 0;
  #event = 0;
  /** Bytes of the line so far, without carriage returns at its end. */
  #line = 0;

  constructor(options: ServerFetchOptions) {
    this.#options = options;
    this.#messages = new Rate(options.clock, LIMITS.messages);
  }

  /** Throws `mcp/too-large` when a limit is passed. */
  see(chunk: Uint8Array): void {
    this.#all += chunk.length;
    if (this.#all > LIMITS.responseBytes) {
      this.#fail(`an answer of more than ${LIMITS.responseBytes} bytes`);
    }
    let from = 0;
    for (let end = chunk.indexOf(LINE_FEED); end >= 0; end = chunk.indexOf(LINE_FEED, from)) {
      this.#add(chunk.subarray(from, end));
      if (this.#line === 0) this.#endEvent();
      this.#line = 0;
      from = end + 1;
    }
    this.#add(chunk.subarray(from));
  }

  #add(bytes: Uint8Array): void {
    this.#event += bytes.length;
    const returns = bytes.at(-1) === RETURN ? 1 : 0;
    this.#line += bytes.length - returns;
    if (this.#event > LIMITS.messageBytes) {
      this.#fail(`a message of more than ${LIMITS.messageBytes} bytes`);
    }
  }

  #endEvent(): void {
    this.#event = 0;
    if (this.#messages.one()) return;
    this.#fail(`more than ${LIMITS.messages.limit} messages a minute`);
  }

  #fail(what: string): never {
    const { label, failed } = this.#options;
    const error = new AwpError('mcp/too-large', `the MCP server ${label} sent ${what}`);
    failed(error);
    throw error;
  }
}
