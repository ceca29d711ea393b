import type { RunEvent, SecurityKind } from '../../events/event.ts';
import type { Plan, ToolPolicy } from '../../events/plan.ts';
import type { Frame } from '../../events/state.ts';
import type { Tool } from '../../ports/tool.ts';
import { Breakers, isFailure } from './breakers.ts';
import { limitsOfTool, ownCalls, toolPolicy } from './policy.ts';
import { Rates } from './rates.ts';

/** Programs of one run that are at work at the same time, and as many that they wait for; each is a box with memory of its own. */
const PROGRAMS_AT_ONCE = 16;

/**
 * Why a call is not made: refused for good, to be asked about again at a time, or when another call has
 * ended.
 */
export type Held =
  | { verdict: 'refused'; status: number; error: string; kind: SecurityKind }
  /** `until` in milliseconds since 1970. */
  | { verdict: 'later'; until: number }
  | { verdict: 'busy' };

/**
 * The rules of how often tools are called in one run (spec, capabilities 1.4): quotas, rate limits and
 * breakers. It learns from the log alone, so a resumed run knows what the earlier process did.
 */
export class Guards {
  readonly #plan: Plan;
  readonly #policy: ToolPolicy;
  readonly #tools: ReadonlyMap<string, Tool>;
  readonly #rates: Rates;
  readonly #breakers: Breakers;
  /** Calls of each tool so far, in the run and by each agent. */
  readonly #calls = new Map<string, number>();
  /** Calls that were admitted and are not in the log yet; they are counted already. */
  readonly #counted = new Set<string>();
  /** Calls that are out: what was refused says nothing about a tool. */
  readonly #out = new Map<string, { agent: string; tool: string }>();
  /** Calls that are out, or were admitted, and run a program. */
  readonly #programs = new Set<string>();
  /**
   * The same of those that programs can make. They have room of their own: programs that wait for them
   * hold theirs until these are over.
   */
  readonly #nested = new Set<string>();

  constructor(plan: Plan, tools: ReadonlyMap<string, Tool>) {
    this.#plan = plan;
    this.#policy = toolPolicy(plan);
    this.#tools = tools;
    this.#rates = new Rates(this.#policy, hasOwnRates(plan));
    this.#breakers = new Breakers(this.#policy);
  }

  /** What stands against one more call of a tool that the agent may call; undefined when nothing. */
  problem(frame: Frame, tool: Tool, now: number): Held | undefined {
    return (
      this.#quota(frame, tool) ??
      this.#breaker(frame, tool, now) ??
      this.#rate(frame, tool, now) ??
      this.#room(tool)
    );
  }

  /** Counts a call that was admitted; the log tells of it right after. */
  admit(frame: Frame, tool: Tool, { call, now }: { call: string; now: number }): void {
    this.#counted.add(call);
    if (tool.needsBox) this.#pool(tool).add(call);
    this.#count(frame.id, tool, now);
  }

  /** Learns from an event of the log. */
  see({ type, agent = '', data, ts }: RunEvent): void {
    if (type === 'tool.called') {
      this.#out.set(data.call, { agent, tool: data.tool });
      if (this.#counted.delete(data.call)) return;
      const tool = this.#tools.get(data.tool);
      if (tool?.needsBox) this.#pool(tool).add(data.call);
      if (tool) this.#count(agent, tool, Date.parse(ts));
    } else if (type === 'run.resumed') {
      this.abandon(data.abandoned);
    } else if (type === 'tool.returned' && this.#out.delete(data.call)) {
      this.#release(data.call);
      const failed = isFailure(this.#policy, data);
      this.#breakers.returned([data.tool, agent], { failed, at: Date.parse(ts) });
    }
  }

  /** Calls of a process that ended: nothing is known of them. */
  abandon(calls: readonly string[]): void {
    for (const call of calls) {
      const out = this.#out.get(call);
      if (!out) continue;
      this.#out.delete(call);
      this.#release(call);
      this.#breakers.abandoned([out.tool, out.agent]);
    }
  }

  #count(agent: string, tool: Tool, at: number): void {
    for (const key of [tool.name, `${agent} ${tool.name}`]) {
      this.#calls.set(key, (this.#calls.get(key) ?? 0) + 1);
    }
    this.#rates.count(agent, tool, at);
    this.#breakers.called([tool.name, agent]);
  }

  #quota(frame: Frame, tool: Tool): Held | undefined {
    const own = ownCalls(this.#plan, frame);
    const most = least(this.#policy.callsPerAgent, own?.max);
    if (most !== undefined && frame.usage.tools + this.#waiting(frame) >= most) {
      return noCallLeft(`for this agent (${most} allowed)`);
    }
    const { calls: ofRun } = limitsOfTool(this.#policy, tool.name);
    if (this.#isUsedUp(tool.name, ofRun)) {
      return noCallLeft(`of ${tool.name} (${ofRun} allowed)`);
    }
    const ofAgent = own && limitsOfTool(own, tool.name).calls;
    if (!this.#isUsedUp(`${frame.id} ${tool.name}`, ofAgent)) return undefined;
    return noCallLeft(`of ${tool.name} for this agent (${ofAgent} allowed)`);
  }

  #isUsedUp(key: string, calls: number | undefined): boolean {
    return calls !== undefined && (this.#calls.get(key) ?? 0) >= calls;
  }

  /** Calls of an agent that were admitted and are not in the log yet. */
  #waiting({ id }: Frame): number {
    return [...this.#counted].filter((call) => call.startsWith(`${id}/`)).length;
  }

  #breaker(frame: Frame, tool: Tool, now: number): Held | undefined {
    const problem = this.#breakers.problem([tool.name, frame.id], now);
    if (!problem) return undefined;
    const { who: name, failures, waitMs } = problem;
    const who = name === tool.name ? name : 'this agent';
    const when = waitMs > 0 ? `for ${Math.ceil(waitMs / 1000)} s more` : 'until a trial has worked';
    const error = `tool/held-back: ${who} failed ${failures} times in a row and is held back ${when}`;
    return refused(503, 'circuit_breaker.opened', error);
  }

  #room(tool: Tool): Held | undefined {
    const isFull = tool.needsBox && this.#pool(tool).size >= PROGRAMS_AT_ONCE;
    return isFull ? { verdict: 'busy' } : undefined;
  }

  #pool({ nested }: Tool): Set<string> {
    return nested ? this.#nested : this.#programs;
  }

  #release(call: string): void {
    this.#programs.delete(call);
    this.#nested.delete(call);
  }

  #rate(frame: Frame, tool: Tool, now: number): Held | undefined {
    const calls = ownCalls(this.#plan, frame);
    const own = calls && limitsOfTool(calls, tool.name);
    const problem = this.#rates.problem(frame.id, tool, { now, own });
    if (!problem) return undefined;
    if (this.#policy.rate.onExceeded === 'queue') return { verdict: 'later', until: problem.until };
    const seconds = Math.ceil((problem.until - now) / 1000);
    const error = `tool/rate-limit: ${problem.words} are allowed; there is room in ${seconds} s`;
    return refused(429, 'rate_limit.exceeded', error);
  }
}

function hasOwnRates({ agents = {} }: Plan): boolean {
  return Object.values(agents).some(({ calls }) =>
    calls?.overrides.some(({ perMinute, perHour }) => (perMinute ?? perHour) !== undefined),
  );
}

/** The smaller of the limits that there are. */
function least(...limits: readonly (number | null | undefined)[]): number | undefined {
  const given = limits.filter((limit) => typeof limit === 'number');
  return given.length === 0 ? undefined : Math.min(...given);
}

function noCallLeft(words: string): Held {
  return refused(429, 'rate_limit.exceeded', `tool/quota: no call is left ${words}`);
}

function refused(status: number, kind: SecurityKind, error: string): Held {
  return { verdict: 'refused', status, error, kind };
}
