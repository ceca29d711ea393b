import type { Quota } from './retry-after.ts';

/** However long a service asks to wait: after this somebody looks whether it still does, in milliseconds. */
const LONGEST_HOLD_MS = 60_000;

/** Until when a service's own limit has this much left. */
interface Room {
  left: number;
  until: number;
}

/** What a service said of one model: when to come back, and how much room is left. Times are a clock's. */
export class Hold {
  readonly #rooms = new Map<Quota['of'], Room>();
  #until = 0;
  #comeBackAt = 0;

  /** In milliseconds, until a call may go that uses so many tokens. */
  waitFor(tokens: number, now: number): number {
    return Math.max(
      0,
      Math.ceil(this.#until - now),
      this.#roomFor('requests', 1, now),
      this.#roomFor('tokens', tokens, now),
    );
  }

  /**
   * The wait that the service named, in milliseconds, when a call has to end before it is over;
   * undefined when it need not, and when it is time to look again.
   */
  tooLongFor(deadline: number | null, now: number): number | undefined {
    if (deadline === null || this.#until <= now || this.#comeBackAt <= deadline) return undefined;
    return Math.ceil(this.#comeBackAt - now);
  }

  /** A call goes that may use so many tokens. */
  use(tokens: number): void {
    const uses = { requests: 1, tokens } as const;
    for (const [of, room] of this.#rooms) room.left -= uses[of];
  }

  /** The service named a wait, in milliseconds. The longest counts, until somebody looked again. */
  refuse(waitMs: number, now: number): void {
    if (this.#until > now && now + waitMs <= this.#comeBackAt) return;
    this.#comeBackAt = now + waitMs;
    this.#until = now + Math.min(waitMs, LONGEST_HOLD_MS);
  }

  /** An answer said this about the limits. */
  learn(quotas: readonly Quota[], now: number): void {
    for (const { of, left, resetMs } of quotas) {
      if (resetMs === undefined) continue;
      this.#rooms.set(of, { left, until: now + Math.min(resetMs, LONGEST_HOLD_MS) });
    }
  }

  #roomFor(of: Quota['of'], amount: number, now: number): number {
    const room = this.#rooms.get(of);
    if (!room || room.until <= now) return 0;
    return room.left >= amount ? 0 : Math.ceil(room.until - now);
  }
}
