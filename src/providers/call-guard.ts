import type { Clock } from '../ports/effects.ts';
import type { ModelError } from '../ports/model-provider.ts';
import { answerFailure, type Service } from './failure.ts';

/** How long a service may keep us waiting, and how much it may send (decision 24). */
export interface CallLimits {
  /** Until the first byte of the answer, in milliseconds. */
  firstByteMs: number;
  /** Between two pieces of the answer, in milliseconds. */
  idleMs: number;
  /** Size of the whole answer, unpacked. */
  maxBytes: number;
}

/** What one call is measured against. */
export interface GuardOptions {
  service: Service;
  clock: Clock;
  limits: CallLimits;
  /** For the whole call, in milliseconds; null is unlimited. */
  totalMs: number | null;
  /** The caller's signal. */
  outer: AbortSignal;
  /** Whether the answer is to come in pieces. */
  streams: boolean;
}

/**
 * Watches one call: total time, first byte, silence and size. When a limit is passed, `signal`
 * aborts and `failure` says why. Silence only counts while we wait, not while the reader of the
 * answer takes its time.
 */
export class CallGuard {
  readonly #options: GuardOptions;
  readonly #controller = new AbortController();
  readonly #passAbortOn: () => void;
  #failure: ModelError | undefined;
  #answering = false;
  #complete = false;
  #bytes = 0;
  #waitingSince: number | undefined;
  #cancelTotal: (() => void) | undefined;
  #cancelWait: (() => void) | undefined;

  constructor(options: GuardOptions) {
    this.#options = options;
    const { outer, totalMs, clock } = options;
    this.#passAbortOn = () => this.#controller.abort(outer.reason);
    outer.addEventListener('abort', this.#passAbortOn, { once: true });
    if (outer.aborted) this.#passAbortOn();
    if (totalMs !== null) {
      this.#cancelTotal = clock.timer(Math.max(0, totalMs), () => {
        this.fail('model/timeout', `did not finish within ${seconds(totalMs)}`);
      });
    }
  }

  /** For the request; aborts with the caller's reason or with `failure`. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Why we ended the call ourselves, if we did. */
  get failure(): ModelError | undefined {
    return this.#failure;
  }

  /** Whether the answer is to come in pieces. */
  get streams(): boolean {
    return this.#options.streams;
  }

  /** Ends the call with an error about the service; the first one counts. Returns what counts. */
  fail(code: `model/${string}`, problem: string): ModelError {
    return this.failWith(answerFailure(this.#options.service, { code, problem }));
  }

  /** Ends the call with an error; the first one counts. Returns what counts. */
  failWith(failure: ModelError): ModelError {
    if (!this.#failure) {
      this.#failure = failure;
      this.#controller.abort(failure);
    }
    return this.#failure;
  }

  /** From here on we wait for the service. */
  wait(): void {
    this.#waitingSince = this.#options.clock.monotonic();
    if (!this.#cancelWait) this.#arm(this.#patience);
  }

  /** Something came. Throws the failure if it is too much. */
  received(bytes: number): void {
    this.#waitingSince = undefined;
    this.#bytes += bytes;
    const { maxBytes } = this.#options.limits;
    if (this.#bytes > maxBytes) {
      throw this.fail('model/bad-answer', `sent more than ${maxBytes.toLocaleString('en')} bytes`);
    }
    if (this.#answering || bytes === 0) return;
    this.#answering = true;
    this.#disarm();
  }

  /** The whole body is here: there is nothing left to cancel. */
  completed(): void {
    this.#waitingSince = undefined;
    this.#complete = true;
  }

  /** Stops all timers and whatever of the request is still going on. */
  close(): void {
    this.#cancelTotal?.();
    this.#disarm();
    this.#options.outer.removeEventListener('abort', this.#passAbortOn);
    if (!this.#complete) this.#controller.abort();
  }

  get #patience(): number {
    return this.#answering ? this.#options.limits.idleMs : this.#options.limits.firstByteMs;
  }

  /** One timer is enough: when it fires too early for the latest wait, it is set again. */
  #arm(ms: number): void {
    this.#cancelWait = this.#options.clock.timer(ms, () => this.#check());
  }

  #disarm(): void {
    this.#cancelWait?.();
    this.#cancelWait = undefined;
  }

  #check(): void {
    const since = this.#waitingSince;
    this.#cancelWait = undefined;
    // Nobody waits now; the next `wait` sets the timer again.
    if (since === undefined) return;
    const left = since + this.#patience - this.#options.clock.monotonic();
    if (left > 0) this.#arm(Math.ceil(left));
    else if (this.#answering) {
      this.fail('model/timeout', `fell silent for ${seconds(this.#patience)} in mid-answer`);
    } else this.fail('model/timeout', `did not begin to answer within ${seconds(this.#patience)}`);
  }
}

function seconds(milliseconds: number): string {
  return `${Math.round(milliseconds) / 1000} s`;
}
