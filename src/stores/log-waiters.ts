import { toStoreError } from './sqlite-errors.ts';

/** How often other processes' commits are looked for while somebody waits, in milliseconds. */
const POLL_MS = 20;

/** Where waiters look whether a log has grown. Both calls may throw when the database is busy. */
export interface LogProbe {
  /** Changes with every commit of another connection. */
  version(): number | undefined;
  lastSeq(run: string): number;
}

interface Waiter {
  run: string;
  after: number;
  wake: () => void;
}

/**
 * Those who wait for a log to grow. Commits of this process wake them directly, those of other
 * processes are found by asking for the database's version every 20 ms (experiments, spike 1: 12 ms
 * of delay for 1.6 % of a core), and only while somebody waits.
 */
export class LogWaiters {
  readonly #probe: LogProbe;
  readonly #waiters = new Set<Waiter>();
  #timer: NodeJS.Timeout | undefined;
  #seen: number | undefined;

  constructor(probe: LogProbe) {
    this.#probe = probe;
  }

  /** Resolves when the run's log is longer than `after`, the signal aborts, or by mistake. */
  wait(run: string, after: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const waiter: Waiter = {
        run,
        after,
        wake: () => {
          signal.removeEventListener('abort', waiter.wake);
          this.#waiters.delete(waiter);
          if (this.#waiters.size === 0) this.#stop();
          resolve();
        },
      };
      this.#waiters.add(waiter);
      signal.addEventListener('abort', waiter.wake, { once: true });
      // The version is noted before the log is looked at: what comes between changes it.
      if (!this.#timer) this.#start();
      this.#wakeGrown([waiter]);
    });
  }

  /** Wakes those who wait for event number `seq` of this run. */
  notify(run: string, seq: number): void {
    for (const waiter of this.#waiters) {
      if (waiter.run === run && waiter.after < seq) waiter.wake();
    }
  }

  /** Wakes all. */
  close(): void {
    for (const waiter of this.#waiters) waiter.wake();
  }

  #start(): void {
    this.#seen = undefined;
    this.#versionChanged();
    this.#timer = setInterval(() => {
      if (this.#versionChanged()) this.#wakeGrown(this.#waiters);
    }, POLL_MS);
  }

  #stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #versionChanged(): boolean {
    const before = this.#seen;
    return this.#look(() => {
      this.#seen = this.#probe.version();
      return this.#seen !== before;
    });
  }

  #wakeGrown(waiters: Iterable<Waiter>): void {
    for (const waiter of waiters) {
      if (this.#look(() => this.#probe.lastSeq(waiter.run) > waiter.after)) waiter.wake();
    }
  }

  /** What a look says; false when the database is busy, and true when it is bad: reading will tell. */
  #look(look: () => boolean): boolean {
    try {
      return look();
    } catch (error) {
      if (toStoreError(error, '').code !== 'store/busy') return true;
      this.#seen = undefined; // so that the next look goes all the way
      return false;
    }
  }
}
