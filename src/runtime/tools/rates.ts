import type { ToolLimits, ToolPolicy } from '../../events/plan.ts';
import type { Tool } from '../../ports/tool.ts';
import { limitsOfTool } from './policy.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;

/** One limit on how often: at most `most` calls that count under `key` in `windowMs`. */
interface Window {
  key: string;
  most: number;
  windowMs: number;
  /** For messages: `12 calls a minute of web.search`. */
  words: string;
}

/** A limit that is reached, and from when on there is room again. */
export interface RateProblem {
  words: string;
  /** Milliseconds since 1970. */
  until: number;
}

/** Counts tool calls in sliding windows of a minute and an hour, by agent and by tool. */
export class Rates {
  readonly #policy: ToolPolicy;
  /** Whether agents have limits of their own, for which each agent's calls of each tool count. */
  readonly #byAgent: boolean;
  /** Times of calls, oldest first, by key; only of keys that have a limit. */
  readonly #times = new Map<string, number[]>();

  constructor(policy: ToolPolicy, byAgent = false) {
    this.#policy = policy;
    this.#byAgent = byAgent;
  }

  /** The first limit that one more call at `now` would pass; `own` are the agent's for this tool. */
  problem(
    agent: string,
    tool: Pick<Tool, 'name' | 'rate'>,
    { now, own }: { now: number; own?: ToolLimits | undefined },
  ): RateProblem | undefined {
    for (const { key, most, windowMs, words } of this.#windows(agent, tool, own)) {
      const times = this.#times.get(key) ?? [];
      const inside = times.filter((at) => at > now - windowMs);
      if (inside.length < most) continue;
      const oldest = inside[inside.length - most] ?? now;
      return { words, until: oldest + windowMs };
    }
    return undefined;
  }

  /** Counts a call. */
  count(agent: string, tool: Pick<Tool, 'name' | 'rate'>, at: number): void {
    const longest = new Map<string, number>();
    for (const { key, windowMs } of this.#windows(agent, tool)) {
      longest.set(key, Math.max(longest.get(key) ?? 0, windowMs));
    }
    if (this.#byAgent) longest.set(`agent ${agent} ${tool.name}`, HOUR_MS);
    for (const [key, windowMs] of longest) {
      const kept = (this.#times.get(key) ?? []).filter((time) => time > at - windowMs);
      kept.push(at);
      this.#times.set(key, kept);
    }
  }

  #windows(
    agent: string,
    { name, rate }: Pick<Tool, 'name' | 'rate'>,
    own: ToolLimits = {},
  ): Window[] {
    const set = limitsOfTool(this.#policy, name);
    const perMinute = set.perMinute ?? rate?.perMinute ?? this.#policy.rate.perTool;
    const perHour = set.perHour ?? rate?.perHour;
    const { perAgent } = this.#policy.rate;
    const ofTool = { key: `tool ${name}`, of: name };
    const ofBoth = { key: `agent ${agent} ${name}`, of: `${name} by one agent` };
    const windows = [
      { ...ofBoth, most: own.perMinute, windowMs: MINUTE_MS },
      { ...ofBoth, most: own.perHour, windowMs: HOUR_MS },
      { ...ofTool, most: perMinute, windowMs: MINUTE_MS },
      { ...ofTool, most: perHour, windowMs: HOUR_MS },
      { key: `agent ${agent}`, of: 'one agent', most: perAgent, windowMs: MINUTE_MS },
    ];
    return windows.flatMap(({ most, of, ...window }): Window[] => {
      if (most === null || most === undefined) return [];
      const span = window.windowMs === HOUR_MS ? 'an hour' : 'a minute';
      return [{ ...window, most, words: `${most} calls ${span} of ${of}` }];
    });
  }
}
