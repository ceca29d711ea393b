import type { RunEvent, SecurityKind } from '../../events/event.ts';
import type { Plan, ToolPolicy } from '../../events/plan.ts';
import type { Frame } from '../../events/state.ts';
import type { Tool } from '../../ports/tool.ts';
import { Breakers } from './breakers.ts';
import { limitsOfTool, toolPolicy } from './policy.ts';
import { Rates } from './rates.ts';

/** Why a call is not made: refused for good, or to be asked about again at a time. */
export type Held =
  | { verdict: 'refused'; status: number; error: string; kind: SecurityKind }
  /** `until` in milliseconds since 1970. */
  | { verdict: 'later'; until: number };

/**
 * The rules of how often tools are called in one run (spec, capabilities 1.4): quotas, rate limits and
 * breakers. It learns from the log alone, so a resumed run knows what the earlier process did.
 */
export class Guards {
  readonly #policy: ToolPolicy;
  readonly #tools: ReadonlyMap<string, Tool>;
  readonly #rates: Rates;
  readonly #breakers: Breakers;
  /** Calls of each tool so far. */
  readonly #calls = new Map<string, number>();
  /** Calls that were admitted and are not in the log yet; they are counted already. */
  readonly #counted = new Set<string>();
  /** Calls that are out: what was refused says nothing about a tool. */
  readonly #out = new Map<string, { agent: string; tool: string }>();

  constructor(plan: Plan, tools: ReadonlyMap<string, Tool>) {
    this.#policy = toolPolicy(plan);
    this.#tools = tools;
    this.#rates = new Rates(this.#policy);
    this.#breakers = new Breakers(this.#policy);
  }

  /** What stands against one more call of a tool that the agent may call; undefined when nothing. */
  problem(frame: Frame, tool: Tool, now: number): Held | undefined {
    return (
      this.#quota(frame, tool) ?? this.#breaker(frame, tool, now) ?? this.#rate(frame, tool, now)
    );
  }

  /** Counts a call that was admitted; the log tells of it right after. */
  admit(frame: Frame, tool: Tool, { call, now }: { call: string; now: number }): void {
    this.#counted.add(call);
    this.#count(frame.id, tool, now);
  }

  /** Learns from an event of the log. */
  see({ type, agent = '', data, ts }: RunEvent): void {
    if (type === 'tool.called') {
      this.#out.set(data.call, { agent, tool: data.tool });
      if (this.#counted.delete(data.call)) return;
      const tool = this.#tools.get(data.tool);
      if (tool) this.#count(agent, tool, Date.parse(ts));
    } else if (type === 'run.resumed') {
      this.abandon(data.abandoned);
    } else if (type === 'tool.returned' && this.#out.delete(data.call)) {
      this.#breakers.returned(agent, data.tool, { result: data, at: Date.parse(ts) });
    }
  }

  /** Calls of a process that ended: nothing is known of them. */
  abandon(calls: readonly string[]): void {
    for (const call of calls) {
      const out = this.#out.get(call);
      if (!out) continue;
      this.#out.delete(call);
      this.#breakers.abandoned(out.agent, out.tool);
    }
  }

  #count(agent: string, tool: Tool, at: number): void {
    this.#calls.set(tool.name, (this.#calls.get(tool.name) ?? 0) + 1);
    this.#rates.count(agent, tool, at);
    this.#breakers.called(agent, tool.name);
  }

  #quota(frame: Frame, tool: Tool): Held | undefined {
    const { callsPerAgent } = this.#policy;
    if (callsPerAgent !== null && frame.usage.tools + this.#waiting(frame) >= callsPerAgent) {
      const words = `no call is left for this agent (${callsPerAgent} allowed)`;
      return refused(429, 'rate_limit.exceeded', `tool/quota: ${words}`);
    }
    const { calls } = limitsOfTool(this.#policy, tool.name);
    if (calls === undefined || (this.#calls.get(tool.name) ?? 0) < calls) return undefined;
    const words = `no call of ${tool.name} is left (${calls} allowed)`;
    return refused(429, 'rate_limit.exceeded', `tool/quota: ${words}`);
  }

  /** Calls of an agent that were admitted and are not in the log yet. */
  #waiting({ id }: Frame): number {
    return [...this.#counted].filter((call) => call.startsWith(`${id}/`)).length;
  }

  #breaker(frame: Frame, tool: Tool, now: number): Held | undefined {
    const problem = this.#breakers.problem(frame.id, tool.name, now);
    if (!problem) return undefined;
    const { who: name, failures, waitMs } = problem;
    const who = name === tool.name ? name : 'this agent';
    const when = waitMs > 0 ? `for ${Math.ceil(waitMs / 1000)} s more` : 'until a trial has worked';
    const error = `tool/held-back: ${who} failed ${failures} times in a row and is held back ${when}`;
    return refused(503, 'circuit_breaker.opened', error);
  }

  #rate(frame: Frame, tool: Tool, now: number): Held | undefined {
    const problem = this.#rates.problem(frame.id, tool, now);
    if (!problem) return undefined;
    if (this.#policy.rate.onExceeded === 'queue') return { verdict: 'later', until: problem.until };
    const seconds = Math.ceil((problem.until - now) / 1000);
    const error = `tool/rate-limit: ${problem.words} are allowed; there is room in ${seconds} s`;
    return refused(429, 'rate_limit.exceeded', error);
  }
}

function refused(status: number, kind: SecurityKind, error: string): Held {
  return { verdict: 'refused', status, error, kind };
}
