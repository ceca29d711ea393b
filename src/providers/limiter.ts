import type { Clock } from '../ports/effects.ts';
import { Hold } from './limiter-hold.ts';
import { FairQueue, type Waiting } from './limiter-queue.ts';
import type { Quota } from './retry-after.ts';
import { TokenBucket } from './token-bucket.ts';

/** What a service may be asked at most. */
export interface LimiterSettings {
  /** Calls at the same time. */
  atOnce: number;
  /** Null is unlimited. */
  requestsPerMinute: number | null;
  /** Of prompts and answers together; null is unlimited. */
  tokensPerMinute: number | null;
}

/** A call that asks for its turn. */
export interface Wanted extends Waiting {
  /** The service's own name of the model that is asked. */
  model: string;
  /** Tokens that it may use, prompt and answer together. */
  tokens: number;
  /** What is left of its time, in milliseconds; null is unlimited. */
  timeoutMs: number | null;
}

/** Leave to make one call. */
export interface Turn {
  /** The service answered, and said this about its limits. */
  answered(quotas: readonly Quota[]): void;
  /** The service had too much to do, or we asked too often; it may have named a wait, in milliseconds. */
  refused(retryAfterMs: number | undefined): void;
  /** Gives the turn back, with the tokens that were used if that is known. Once is enough. */
  end(tokens: number | undefined): void;
}

/** The wait that the service named passes the time of the call. */
export class ComeBackLater extends Error {
  /** In milliseconds. */
  readonly waitMs: number;

  constructor(waitMs: number) {
    super('the service asked to wait for longer than this call may take');
    this.waitMs = waitMs;
  }
}

interface Entry extends Wanted {
  /** When its time is over, in milliseconds of the clock; null is never. */
  deadline: number | null;
  go(turn: Turn): void;
  fail(error: ComeBackLater): void;
}

/**
 * Who may call a service now: so many calls at once, so many calls and tokens a minute, fair between
 * runs and agents. When the service says that it is too much, half as many go at once, and one more
 * with every round of good answers; the waits that it names and the room that it says is left hold
 * for all calls of the same model, as services count them. Times are those of a clock that never goes
 * back.
 */
export class Limiter {
  readonly #clock: Clock;
  readonly #queue = new FairQueue<Entry>();
  readonly #holds = new Map<string, Hold>();
  #settings: LimiterSettings;
  #requests: TokenBucket | undefined;
  #tokens: TokenBucket | undefined;
  #atOnce: number;
  #running = 0;
  #lastHalved = Number.NEGATIVE_INFINITY;
  #cancelTimer: (() => void) | undefined;

  constructor(clock: Clock, settings: LimiterSettings) {
    this.#clock = clock;
    this.#settings = settings;
    this.#atOnce = settings.atOnce;
    this.#refill();
  }

  /** Calls that may run at the same time now, at least 1. */
  get atOnce(): number {
    return Math.max(1, Math.floor(this.#atOnce));
  }

  /** Calls that wait for their turn. */
  get waiting(): number {
    return this.#queue.size;
  }

  /** Takes other settings from now on; the same ones change nothing. */
  configure(settings: LimiterSettings): void {
    const old = this.#settings;
    this.#settings = settings;
    if (old.atOnce !== settings.atOnce) this.#atOnce = settings.atOnce;
    const same =
      old.requestsPerMinute === settings.requestsPerMinute &&
      old.tokensPerMinute === settings.tokensPerMinute;
    if (!same) this.#refill();
    this.#pump();
  }

  /**
   * Resolves when it is this call's turn. Rejects with the signal's reason when that aborts, and with
   * `ComeBackLater` when the service named a wait that the call cannot sit out.
   */
  async acquire(wanted: Wanted, signal: AbortSignal): Promise<Turn> {
    signal.throwIfAborted();
    const now = this.#clock.monotonic();
    const { timeoutMs } = wanted;
    const deadline = timeoutMs === null ? null : now + timeoutMs;
    const late = this.#holdOf(wanted).tooLongFor(deadline, now);
    if (late !== undefined) throw new ComeBackLater(late);
    if (this.#queue.size === 0 && this.#waitFor(wanted, now) === 0) return this.#start(wanted, now);
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        this.#queue.remove(entry);
        this.#pump();
        reject(signal.reason);
      };
      const entry: Entry = {
        ...wanted,
        deadline,
        go: (turn) => {
          signal.removeEventListener('abort', leave);
          resolve(turn);
        },
        fail: (error) => {
          signal.removeEventListener('abort', leave);
          reject(error);
        },
      };
      signal.addEventListener('abort', leave, { once: true });
      this.#queue.add(entry);
      this.#pump();
    });
  }

  #refill(): void {
    const now = this.#clock.monotonic();
    const { requestsPerMinute, tokensPerMinute } = this.#settings;
    this.#requests =
      requestsPerMinute === null ? undefined : new TokenBucket(requestsPerMinute, now);
    this.#tokens = tokensPerMinute === null ? undefined : new TokenBucket(tokensPerMinute, now);
  }

  /** Starts all whose turn it is, and sets the timer for the next one. */
  #pump(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    // While as many run as may, whoever ends looks again.
    while (this.#running < this.atOnce) {
      const now = this.#clock.monotonic();
      const next = this.#next(now);
      if (!next) return;
      const { entry, wait } = next;
      if (wait > 0) {
        this.#cancelTimer = this.#clock.timer(wait, () => this.#pump());
        return;
      }
      this.#queue.take(entry);
      entry.go(this.#start(entry, now));
    }
  }

  /** Whose turn it is, and after how long. Calls of a model that is held let those of others by. */
  #next(now: number): { entry: Entry; wait: number } | undefined {
    const held = new Set<string>();
    let soonest: { entry: Entry; wait: number } | undefined;
    for (const entry of this.#queue.inTurn()) {
      if (held.has(entry.model)) continue;
      const wait = this.#holdOf(entry).waitFor(entry.tokens, now);
      if (wait === 0) return { entry, wait: this.#sharedWait(entry.tokens, now) };
      held.add(entry.model);
      if (!soonest || wait < soonest.wait) soonest = { entry, wait };
    }
    return soonest;
  }

  /** In milliseconds; infinite while as many run as may. */
  #waitFor(wanted: Wanted, now: number): number {
    if (this.#running >= this.atOnce) return Number.POSITIVE_INFINITY;
    const { tokens } = wanted;
    return Math.max(this.#holdOf(wanted).waitFor(tokens, now), this.#sharedWait(tokens, now));
  }

  #sharedWait(tokens: number, now: number): number {
    return Math.max(this.#requests?.waitFor(1, now) ?? 0, this.#tokens?.waitFor(tokens, now) ?? 0);
  }

  #holdOf({ model }: Wanted): Hold {
    const hold = this.#holds.get(model) ?? new Hold();
    this.#holds.set(model, hold);
    return hold;
  }

  #start(wanted: Wanted, now: number): Turn {
    const { tokens } = wanted;
    const hold = this.#holdOf(wanted);
    this.#running += 1;
    this.#requests?.take(1, now);
    this.#tokens?.take(tokens, now);
    hold.use(tokens);
    let over = false;
    let good = true;
    return {
      answered: (quotas) => hold.learn(quotas, this.#clock.monotonic()),
      refused: (retryAfterMs = 0) => {
        good = false;
        this.#slowDown(now);
        hold.refuse(retryAfterMs, this.#clock.monotonic());
        this.#turnAway(wanted);
      },
      end: (used) => {
        if (over) return;
        over = true;
        this.#running -= 1;
        if (used !== undefined) this.#tokens?.take(used - tokens, this.#clock.monotonic());
        if (good) this.#speedUp();
        this.#pump();
      },
    };
  }

  /** Who waits for the same model and has less time than that need not wait. */
  #turnAway(refused: Wanted): void {
    const now = this.#clock.monotonic();
    const hold = this.#holdOf(refused);
    for (const entry of [...this.#queue.inTurn()]) {
      const late = entry.model === refused.model ? hold.tooLongFor(entry.deadline, now) : undefined;
      if (late === undefined) continue;
      this.#queue.remove(entry);
      entry.fail(new ComeBackLater(late));
    }
  }

  /** Half as many at once. Calls that were out together are refused together: that counts once. */
  #slowDown(startedAt: number): void {
    if (startedAt <= this.#lastHalved) return;
    this.#lastHalved = this.#clock.monotonic();
    this.#atOnce = Math.max(1, Math.min(this.#atOnce, this.#running) / 2);
  }

  #speedUp(): void {
    this.#atOnce = Math.min(this.#settings.atOnce, this.#atOnce + 1 / this.#atOnce);
  }
}

/** The same for all that share a clock, which is the whole process. */
const limiters = new WeakMap<Clock, Map<string, Limiter>>();

/**
 * The limiter of one service, the same for all runs of a process; `id` tells its address and account
 * apart from others. The latest settings count.
 */
export function limiterOf(clock: Clock, id: string, settings: LimiterSettings): Limiter {
  const known = limiters.get(clock) ?? new Map<string, Limiter>();
  limiters.set(clock, known);
  const limiter = known.get(id) ?? new Limiter(clock, settings);
  known.set(id, limiter);
  limiter.configure(settings);
  return limiter;
}
