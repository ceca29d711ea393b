import type { Usage } from '../events/event.ts';
import type { Clock } from '../ports/effects.ts';
import { type ModelError, NO_USAGE } from '../ports/model-provider.ts';
import { answerFailure, laterFailure, type Service } from './failure.ts';
import { ComeBackLater, type Limiter, type Turn } from './limiter.ts';
import type { Quota } from './retry-after.ts';

/** How long a service may keep us waiting, and how much it may send (decision 24). */
export interface CallLimits {
  /** Until the connection has come about, in milliseconds. */
  connectMs: number;
  /** Until the first byte of the answer, in milliseconds. */
  firstByteMs: number;
  /** Between two pieces of the answer, in milliseconds. */
  idleMs: number;
  /** For the whole call, its wait for a turn included, in milliseconds; null is unlimited. */
  totalMs: number | null;
  /** Size of the whole answer, unpacked. */
  maxBytes: number;
}

/** What one call is measured against. */
export interface GuardOptions {
  service: Service;
  clock: Clock;
  limits: CallLimits;
  /** What is left for the call, in milliseconds; null is unlimited. The limits may say less. */
  totalMs: number | null;
  /** Who asks, so that all get their turn, and for which model. */
  asker: { run: string; agent: string; model: string };
  /** The caller's signal. */
  outer: AbortSignal;
  /** Whether the answer is to come in pieces. */
  streams: boolean;
}

/** How a call ended, as far as its limits are concerned. */
export interface CallEnd {
  /** What it used; undefined when nobody knows. */
  usage?: Usage | undefined;
  failure?: ModelError | undefined;
}

/** Failures that say that the service has too much to do, or that we ask too much. */
const TOO_MUCH = new Set(['model/rate-limited', 'model/overloaded']);

/**
 * Watches one call: its turn, total time, first byte, silence and size. When a limit is passed, `signal`
 * aborts and `failure` says why. Silence only counts while we wait, not while the reader of the
 * answer takes its time.
 */
export class CallGuard {
  readonly #options: GuardOptions;
  readonly #controller = new AbortController();
  readonly #passAbortOn: () => void;
  #failure: ModelError | undefined;
  #refusal: (() => ModelError) | undefined;
  #answering = false;
  #complete = false;
  #sent = false;
  #turn: Turn | undefined;
  #bytes = 0;
  #waitingSince: number | undefined;
  #cancelTotal: (() => void) | undefined;
  #cancelWait: (() => void) | undefined;

  constructor(options: GuardOptions) {
    this.#options = options;
    const { outer, clock } = options;
    this.#passAbortOn = () => this.#controller.abort(outer.reason);
    outer.addEventListener('abort', this.#passAbortOn, { once: true });
    if (outer.aborted) this.#passAbortOn();
    const { totalMs } = this;
    if (totalMs !== null) {
      this.#cancelTotal = clock.timer(Math.max(0, totalMs), () => this.#outOfTime(totalMs));
    }
  }

  /** For the whole call, in milliseconds; null is unlimited. */
  get totalMs(): number | null {
    const { totalMs, limits } = this.#options;
    if (totalMs === null || limits.totalMs === null) return totalMs ?? limits.totalMs;
    return Math.min(totalMs, limits.totalMs);
  }

  /** Until the connection has come about, in milliseconds. */
  get connectMs(): number {
    return this.#options.limits.connectMs;
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

  /**
   * Ends the call with an error about the service, `hint` in place of the usual one; the first one
   * counts. Returns what counts.
   */
  fail(code: `model/${string}`, problem: string, hint?: string): ModelError {
    const { service } = this.#options;
    return this.failWith(this.#refusal?.() ?? answerFailure(service, { code, problem, hint }));
  }

  /**
   * The service has refused: from here on this is the failure, whatever limit its words may pass.
   * They are waited for as for the rest of an answer.
   */
  refused(failure: () => ModelError): void {
    this.#refusal = failure;
    this.#answering = true;
    this.#disarm();
  }

  /** Ends the call with an error; the first one counts. Returns what counts. */
  failWith(failure: ModelError): ModelError {
    if (!this.#failure) {
      this.#failure = failure;
      this.#controller.abort(failure);
    }
    return this.#failure;
  }

  /**
   * Resolves when it is this call's turn, which may use so many tokens. A call that gets none uses
   * nothing. Rejects as the signal says, and with `model/rate-limited` when the service wants to be
   * left alone for longer than the call may take.
   */
  async enter(limiter: Limiter, tokens: number): Promise<void> {
    try {
      const wanted = { ...this.#options.asker, tokens, timeoutMs: this.totalMs };
      this.#turn = await limiter.acquire(wanted, this.signal);
    } catch (error) {
      if (!(error instanceof ComeBackLater)) throw error;
      throw this.failWith(laterFailure(this.#options.service, error.waitMs));
    }
  }

  /** The head of an answer is there, with what it says of the service's limits. */
  answered(quotas: readonly Quota[]): void {
    this.#turn?.answered(quotas);
  }

  /** From here on we wait for the service. */
  wait(): void {
    this.#sent = true;
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

  /** Stops all timers and whatever of the request is still going on, and gives the turn back. */
  close({ usage, failure }: CallEnd = {}): void {
    if (failure && TOO_MUCH.has(failure.code)) this.#turn?.refused(failure.retryAfterMs);
    const used = usage ?? failure?.usage;
    this.#turn?.end(used && used.input + used.output);
    this.#cancelTotal?.();
    this.#disarm();
    this.#options.outer.removeEventListener('abort', this.#passAbortOn);
    if (!this.#complete) this.#controller.abort();
  }

  #outOfTime(totalMs: number): void {
    const { limits, service } = this.#options;
    const what =
      limits.totalMs === totalMs ? 'AWP_MODEL_TIMEOUT' : 'the time of the run (--budget.time)';
    const hint = `use a faster model, or raise ${what}`;
    if (this.#sent) {
      this.fail('model/timeout', `did not finish within ${seconds(totalMs)}`, hint);
      return;
    }
    const problem = `had no room for this call within ${seconds(totalMs)}`;
    const failure = { code: 'model/timeout', problem, hint, usage: NO_USAGE } as const;
    this.failWith(answerFailure(service, failure));
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
    if (left > 0) {
      this.#arm(Math.ceil(left));
      return;
    }
    const limit = seconds(this.#patience);
    const [problem, variable] = this.#answering
      ? [`fell silent for ${limit} in mid-answer`, 'AWP_MODEL_IDLE_TIMEOUT']
      : [`did not begin to answer within ${limit}`, 'AWP_MODEL_FIRST_BYTE_TIMEOUT'];
    this.fail('model/timeout', problem, `use a faster model, or raise ${variable}`);
  }
}

function seconds(milliseconds: number): string {
  return `${Math.round(milliseconds) / 1000} s`;
}
