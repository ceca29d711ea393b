import type { BreakerPolicy, ToolPolicy } from '../../events/plan.ts';

/** What a call came to, as far as breakers care. */
interface Returned {
  ok: boolean;
  status: number;
  error?: string;
}

interface Breaker {
  policy: BreakerPolicy;
  /** Failures in a row. */
  failures: number;
  /** When it opened, in milliseconds since 1970; undefined while it is closed. */
  openedAt: number | undefined;
  /** Calls on trial that are out, and those that worked, since it may be tried. */
  trials: number;
  successes: number;
}

/** Why a call is held back. */
export interface BreakerProblem {
  /** `web.search`, `1.1`, or the key of an agent. */
  who: string;
  failures: number;
  /** Milliseconds until a call is tried again; 0 when others are on trial. */
  waitMs: number;
}

/**
 * Holds back tools and agents that keep failing (spec, capabilities 9): closed counts failures in a
 * row, open refuses all, and after the reset time some calls are tried.
 */
export class Breakers {
  readonly #policy: NonNullable<ToolPolicy['breaker']> | undefined;
  readonly #known = new Map<string, Breaker>();

  constructor({ breaker }: Pick<ToolPolicy, 'breaker'>) {
    this.#policy = breaker;
  }

  /** The breaker of one of these that refuses a call at `now`, if one does. */
  problem(names: readonly string[], now: number): BreakerProblem | undefined {
    for (const who of names) {
      const breaker = this.#known.get(who);
      if (breaker?.openedAt === undefined) continue;
      const { failures, openedAt, trials, successes, policy } = breaker;
      const waitMs = openedAt + policy.resetMs - now;
      if (waitMs > 0) return { who, failures, waitMs };
      if (trials + successes >= policy.halfOpen) return { who, failures, waitMs: 0 };
    }
    return undefined;
  }

  /** Notes that a call goes out: while a breaker is open it is a trial. */
  called(names: readonly string[]): void {
    for (const who of names) {
      const breaker = this.#known.get(who);
      if (breaker?.openedAt !== undefined) breaker.trials += 1;
    }
  }

  /** Notes what a call came to; `at` in milliseconds since 1970. */
  returned(names: readonly string[], { failed, at }: { failed: boolean; at: number }): void {
    const policy = this.#policy;
    if (!policy) return;
    for (const who of names) {
      const breaker = this.#breaker(who, policy);
      if (failed) fail(breaker, at);
      else succeed(breaker);
    }
  }

  /** Notes that nobody will hear of a call: its process ended. */
  abandoned(names: readonly string[]): void {
    for (const who of names) {
      const breaker = this.#known.get(who);
      if (breaker && breaker.trials > 0) breaker.trials -= 1;
    }
  }

  #breaker(who: string, policy: NonNullable<ToolPolicy['breaker']>): Breaker {
    const known = this.#known.get(who);
    if (known) return known;
    const own = Object.hasOwn(policy.perTool, who) ? policy.perTool[who] : undefined;
    const blank = { failures: 0, openedAt: undefined, trials: 0, successes: 0 };
    const made: Breaker = { policy: own ?? policy, ...blank };
    this.#known.set(who, made);
    return made;
  }
}

function fail(breaker: Breaker, at: number): void {
  const wasOpen = breaker.openedAt !== undefined;
  breaker.failures += 1;
  if (!wasOpen && breaker.failures < breaker.policy.failures) return;
  // A failure on trial opens it anew; failures of calls that went out before change nothing.
  if (wasOpen && breaker.trials === 0) return;
  Object.assign(breaker, { openedAt: at, trials: 0, successes: 0 });
}

function succeed(breaker: Breaker): void {
  if (breaker.openedAt === undefined) {
    breaker.failures = 0;
    return;
  }
  if (breaker.trials === 0) return;
  breaker.trials -= 1;
  breaker.successes += 1;
  const enough = breaker.successes >= breaker.policy.halfOpen;
  if (enough) Object.assign(breaker, { failures: 0, openedAt: undefined, successes: 0 });
}

/** Whether a breaker counts what a call of a tool came to as a failure. */
export function isFailure({ breaker }: Pick<ToolPolicy, 'breaker'>, result: Returned): boolean {
  if (!breaker || result.ok) return false;
  const { status, error = '' } = result;
  const kinds = new Set(breaker.monitored);
  if (/^(network\/unreachable|mcp\/disconnected)\b/.test(error)) {
    return kinds.has('connection_error') || kinds.has('server_error');
  }
  if (status === 408) return kinds.has('timeout');
  if (status === 429) return kinds.has('rate_limit');
  return status >= 500 && kinds.has('server_error');
}
