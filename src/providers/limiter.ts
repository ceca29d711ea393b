import type { Clock } from '../ports/effects.ts';
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

/** However long a service asks to wait: after this somebody looks whether it still does, in milliseconds. */
const LONGEST_HOLD_MS = 60_000;

interface Entry extends Wanted {
  go(turn: Turn): void;
}

/** Until when a service's own limit has this much left. */
interface Room {
  left: number;
  until: number;
}

/**
 * Who may call a service now: so many calls at once, so many calls and tokens a minute, fair between
 * runs and agents. When the service says that it is too much, half as many go at once, and one more
 * with every round of good answers; the waits that it names and the room that it says is left hold
 * for all calls to it. Times are those of a clock that never goes back.
 */
export class Limiter {
  readonly #clock: Clock;
  readonly #queue = new FairQueue<Entry>();
  readonly #rooms = new Map<Quota['of'], Room>();
  #settings: LimiterSettings;
  #requests: TokenBucket | undefined;
  #tokens: TokenBucket | undefined;
  #atOnce: number;
  #running = 0;
  #holdUntil = 0;
  #comeBackAt = 0;
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
    const { timeoutMs, tokens } = wanted;
    if (timeoutMs !== null && this.#holdUntil - now > timeoutMs) {
      throw new ComeBackLater(Math.ceil(this.#comeBackAt - now));
    }
    if (this.#queue.size === 0 && this.#waitFor(tokens, now) === 0) return this.#start(wanted, now);
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        this.#queue.remove(entry);
        this.#pump();
        reject(signal.reason);
      };
      const entry: Entry = {
        ...wanted,
        go: (turn) => {
          signal.removeEventListener('abort', leave);
          resolve(turn);
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
    for (let next = this.#queue.first(); next; next = this.#queue.first()) {
      const now = this.#clock.monotonic();
      const wait = this.#waitFor(next.tokens, now);
      if (wait === Number.POSITIVE_INFINITY) return;
      if (wait > 0) {
        this.#cancelTimer = this.#clock.timer(wait, () => this.#pump());
        return;
      }
      this.#queue.take(next);
      next.go(this.#start(next, now));
    }
  }

  /** In milliseconds; infinite while as many run as may: whoever ends looks again. */
  #waitFor(tokens: number, now: number): number {
    if (this.#running >= this.atOnce) return Number.POSITIVE_INFINITY;
    return Math.max(
      0,
      Math.ceil(this.#holdUntil - now),
      this.#requests?.waitFor(1, now) ?? 0,
      this.#tokens?.waitFor(tokens, now) ?? 0,
      this.#roomFor('requests', 1, now),
      this.#roomFor('tokens', tokens, now),
    );
  }

  #roomFor(of: Quota['of'], amount: number, now: number): number {
    const room = this.#rooms.get(of);
    if (!room || room.until <= now) return 0;
    return room.left >= amount ? 0 : Math.ceil(room.until - now);
  }

  #start({ tokens }: Wanted, now: number): Turn {
    this.#running += 1;
    this.#requests?.take(1, now);
    this.#tokens?.take(tokens, now);
    this.#useRoom('requests', 1);
    this.#useRoom('tokens', tokens);
    let over = false;
    let good = true;
    return {
      answered: (quotas) => this.#learn(quotas),
      refused: (retryAfterMs) => {
        good = false;
        this.#slowDown(now, retryAfterMs);
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

  #useRoom(of: Quota['of'], amount: number): void {
    const room = this.#rooms.get(of);
    if (room) room.left -= amount;
  }

  #learn(quotas: readonly Quota[]): void {
    const now = this.#clock.monotonic();
    for (const { of, left, resetMs } of quotas) {
      if (resetMs === undefined) continue;
      this.#rooms.set(of, { left, until: now + Math.min(resetMs, LONGEST_HOLD_MS) });
    }
  }

  /** Half as many at once. Calls that were out together are refused together: that counts once. */
  #slowDown(startedAt: number, retryAfterMs = 0): void {
    const now = this.#clock.monotonic();
    if (startedAt > this.#lastHalved) {
      this.#lastHalved = now;
      this.#atOnce = Math.max(1, Math.min(this.#atOnce, this.#running) / 2);
    }
    if (now + retryAfterMs <= this.#comeBackAt) return;
    this.#comeBackAt = now + retryAfterMs;
    this.#holdUntil = now + Math.min(retryAfterMs, LONGEST_HOLD_MS);
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
