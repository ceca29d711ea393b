import type { JSONRPCMessage, Transport, TransportSendOptions } from '@modelcontextprotocol/client';
import { AwpError } from '../base/errors.ts';
import type { Clock } from '../ports/effects.ts';
import { LIMITS } from './limits.ts';
import { Rate } from './rate.ts';

/** Code of the answer that we give in the name of a server whose stream broke off. */
export const STREAM_BROKE_OFF = -32_099;

/** Notifications that mean something to us; the others are dropped before anybody works on them. */
const WANTED = new Set([
  'notifications/progress',
  'notifications/cancelled',
  'notifications/tools/list_changed',
  'notifications/subscriptions/acknowledged',
]);

/**
 * Stands between the official client and a transport: lets through what we want, answers requests
 * of which the stream broke off, so that nobody waits for them, and ends a stream whose request
 * was cancelled.
 */
export class GatedTransport implements Transport {
  onclose?: () => void;
  onerror?: (error: Error) => void;
  onmessage?: Transport['onmessage'];
  readonly #inner: Transport & { failure?: AwpError | undefined };
  readonly #requests: Rate;
  /** Requests under way, by their id. */
  readonly #open = new Map<unknown, AbortController>();
  #failure: AwpError | undefined;

  constructor(inner: Transport & { failure?: AwpError | undefined }, clock: Clock) {
    this.#inner = inner;
    this.#requests = new Rate(clock, LIMITS.requests);
    if (inner.setProtocolVersion) {
      this.setProtocolVersion = (version) => inner.setProtocolVersion?.(version);
    }
  }

  setProtocolVersion?: (version: string) => void;

  get sessionId(): string | undefined {
    return this.#inner.sessionId;
  }

  get hasPerRequestStream(): boolean {
    return this.#inner.hasPerRequestStream ?? false;
  }

  /** Why the connection is no good any more. */
  get failure(): AwpError | undefined {
    return this.#failure ?? this.#inner.failure;
  }

  /** Marks the connection as lost; the first reason counts. Calls under way may go on. */
  lose(failure: AwpError): void {
    this.#failure ??= failure;
  }

  /** Ends the connection and all that is under way. */
  fail(failure: AwpError): void {
    this.lose(failure);
    this.#inner.close().catch(() => {}); // what failed is told already
  }

  async start(): Promise<void> {
    this.#inner.onclose = () => this.onclose?.();
    this.#inner.onerror = (error) => {
      if (error instanceof AwpError) this.lose(error);
      this.onerror?.(error);
    };
    this.#inner.onmessage = (message) => this.#incoming(message);
    await this.#inner.start();
  }

  async send(message: JSONRPCMessage, options: TransportSendOptions = {}): Promise<void> {
    if (!('method' in message)) return await this.#inner.send(message, options);
    if ('id' in message) return await this.#request(message.id, message, options);
    try {
      await this.#inner.send(message, options);
    } finally {
      if (message.method === 'notifications/cancelled') {
        const id = message.params?.requestId;
        this.#open.get(id)?.abort();
        this.#open.delete(id);
      }
    }
  }

  async close(): Promise<void> {
    await this.#inner.close();
  }

  async #request(
    id: unknown,
    message: JSONRPCMessage,
    options: TransportSendOptions,
  ): Promise<void> {
    const stop = new AbortController();
    this.#open.set(id, stop);
    const { requestSignal, onRequestStreamEnd } = options;
    try {
      await this.#inner.send(message, {
        ...options,
        requestSignal: requestSignal ? AbortSignal.any([requestSignal, stop.signal]) : stop.signal,
        onRequestStreamEnd: () => {
          onRequestStreamEnd?.();
          this.#streamEnded(id);
        },
      });
    } catch (error) {
      this.#open.delete(id);
      throw error;
    }
  }

  /** A stream may end when all was said; a request that is still open then never gets its answer. */
  #streamEnded(id: unknown): void {
    if (!this.#open.delete(id)) return;
    const error = { code: STREAM_BROKE_OFF, message: 'the stream ended without an answer' };
    const answer = { jsonrpc: '2.0', id, error } as unknown as JSONRPCMessage;
    this.onmessage?.(answer);
  }

  #incoming(message: JSONRPCMessage): void {
    if (!('method' in message)) {
      if ('id' in message) this.#open.delete(message.id);
      this.onmessage?.(message);
    } else if ('id' in message ? this.#requests.one() : WANTED.has(message.method)) {
      this.onmessage?.(message);
    }
  }
}
