import type { Fact, RunEvent, SecurityKind } from '../../events/event.ts';
import type { Plan, ToolPolicy } from '../../events/plan.ts';
import type { Frame } from '../../events/state.ts';
import type { RunContext } from '../context.ts';
import { failureKind } from '../engines/failure-kind.ts';
import type { AgentRoom, Moment } from '../engines/graph-look.ts';
import { Breakers } from '../tools/breakers.ts';
import { toolPolicy } from '../tools/policy.ts';

const MINUTE_MS = 60_000;

/** Failures that say nothing about an agent: it was not run, or was ended from outside. */
const NOT_RUN: ReadonlySet<string> = new Set(['node/breaker-open', 'node/rate-limited']);

/** Why an agent of a node does not run: not now, or not at all. */
export type NodeHeld =
  /** `until` in milliseconds since 1970. */
  | { verdict: 'later'; until: number }
  | { verdict: 'refused'; code: string; message: string; kind: SecurityKind };

/**
 * Breakers and rate limits of the agents of graphs (spec, runtime 2.6, capabilities 9): an agent that
 * keeps failing is held back, and none runs more often than `security` says. Agents count by their key
 * in the plan, in the whole run, however many nodes they work for. It learns from the log alone.
 */
export class NodeGuards {
  readonly #perMinute: number | null;
  readonly #onExceeded: ToolPolicy['rate']['onExceeded'];
  readonly #monitored: ReadonlySet<string>;
  readonly #breakers: Breakers;
  /** When each agent was run, oldest first, in milliseconds since 1970. */
  readonly #runs = new Map<string, number[]>();
  /** Agents that run, by their frame. */
  readonly #open = new Map<string, string>();
  /** Frames that were admitted and are not in the log yet; they are counted already. */
  readonly #counted = new Set<string>();
  /** Whether there is any rule. */
  readonly #isNeeded: boolean;

  constructor(plan: Pick<Plan, 'tools'>) {
    const { rate, breaker } = toolPolicy(plan);
    this.#perMinute = rate.perAgent;
    this.#onExceeded = rate.onExceeded;
    this.#monitored = new Set(breaker?.monitored);
    // What is said of single tools is not about agents.
    this.#breakers = new Breakers(breaker ? { breaker: { ...breaker, perTool: {} } } : {});
    this.#isNeeded = breaker !== undefined || rate.perAgent !== null;
  }

  /** What stands against one more run of an agent at `now`; undefined when nothing does. */
  problem(agent: string, now: number): NodeHeld | undefined {
    if (!this.#isNeeded) return undefined;
    return this.#breaker(agent, now) ?? this.#rate(agent, now);
  }

  /**
   * How often an agent may be run from `now` on, where runs that are too many wait; undefined where
   * nothing waits: there is no rate, or what stands against a run is said of it at once.
   */
  room(agent: string, now: number): AgentRoom | undefined {
    const most = this.#perMinute;
    if (most === null || this.#onExceeded !== 'queue' || this.#breaker(agent, now))
      return undefined;
    const inside = this.#inside(agent, now);
    const over = Math.max(0, inside.length - most);
    return {
      free: Math.max(0, most - inside.length),
      until: (inside[over] ?? now) + MINUTE_MS,
    };
  }

  /** Whether runs that are too many wait. */
  get queues(): boolean {
    return this.#perMinute !== null && this.#onExceeded === 'queue';
  }

  /** Counts a run that was admitted; the log tells of it right after. */
  admit(agent: string, frame: string, now: number): void {
    if (!this.#isNeeded) return;
    this.#counted.add(frame);
    this.#count(agent, frame, now);
  }

  /** Learns from an event of the log. */
  see({ type, agent: frame = '', data, ts }: RunEvent): void {
    if (!this.#isNeeded) return;
    if (type === 'agent.started') {
      const { role, agentKey } = data;
      const isNode = agentKey !== undefined && (role === 'node' || role === 'step');
      if (isNode && !this.#counted.delete(frame)) this.#count(agentKey, frame, Date.parse(ts));
    } else if (type === 'agent.finished') this.#ended(frame, undefined, Date.parse(ts));
    else if (type === 'agent.failed') this.#ended(frame, data.code, Date.parse(ts));
  }

  #count(agent: string, frame: string, at: number): void {
    this.#open.set(frame, agent);
    this.#breakers.called([agent]);
    if (this.#perMinute === null) return;
    const kept = (this.#runs.get(agent) ?? []).filter((time) => time > at - MINUTE_MS);
    kept.push(at);
    this.#runs.set(agent, kept);
  }

  #ended(frame: string, code: string | undefined, at: number): void {
    const agent = this.#open.get(frame);
    if (agent === undefined) return;
    this.#open.delete(frame);
    if (code === undefined) this.#breakers.returned([agent], { failed: false, at });
    else if (this.#monitored.has(failureKind(code))) {
      this.#breakers.returned([agent], { failed: true, at });
    } else {
      this.#breakers.abandoned([agent]);
      if (NOT_RUN.has(code)) this.#runs.get(agent)?.pop();
    }
  }

  #breaker(agent: string, now: number): NodeHeld | undefined {
    const problem = this.#breakers.problem([agent], now);
    if (!problem) return undefined;
    const { failures, waitMs } = problem;
    const when = waitMs > 0 ? `for ${Math.ceil(waitMs / 1000)} s more` : 'until a trial has worked';
    return {
      ...{ verdict: 'refused', code: 'node/breaker-open', kind: 'circuit_breaker.opened' },
      message: `the agent ${agent} failed ${failures} times in a row and is held back ${when}`,
    };
  }

  /** When it was run within the last minute, oldest first. */
  #inside(agent: string, now: number): number[] {
    return (this.#runs.get(agent) ?? []).filter((at) => at > now - MINUTE_MS);
  }

  #rate(agent: string, now: number): NodeHeld | undefined {
    const most = this.#perMinute;
    if (most === null) return undefined;
    const inside = this.#inside(agent, now);
    if (inside.length < most) return undefined;
    const until = (inside[inside.length - most] ?? now) + MINUTE_MS;
    if (this.#onExceeded === 'queue') return { verdict: 'later', until };
    const seconds = Math.ceil((until - now) / 1000);
    return tooOften(agent, `${most} runs a minute are allowed; there is room in ${seconds} s`);
  }
}

function tooOften(agent: string, words: string): NodeHeld {
  return {
    ...{ verdict: 'refused', code: 'node/rate-limited', kind: 'rate_limit.exceeded' },
    message: `the agent ${agent} ran too often: ${words}`,
  };
}

/**
 * What the rules say to one more run of an agent below a frame. One that would wait longer than the
 * run has time is refused.
 */
export function nodeHeld(
  { nodeGuards, remainingMs }: Pick<RunContext, 'nodeGuards' | 'remainingMs'>,
  { agent, parent, now }: { agent: string | undefined; parent: Frame; now: number },
): NodeHeld | undefined {
  if (agent === undefined) return undefined;
  const held = nodeGuards.problem(agent, now);
  if (held?.verdict !== 'later' || held.until - now < remainingMs('work', parent)) return held;
  const seconds = Math.ceil((held.until - now) / 1000);
  return tooOften(agent, `there is room again in ${seconds} s, and the run has less time`);
}

/**
 * What the rates let engines start at `now`, so that nodes of other agents need not stand behind what
 * has to wait. One that would wait longer than the run has time is not held back: it is refused.
 */
export function ratesOf(
  { nodeGuards, remainingMs }: Pick<RunContext, 'nodeGuards' | 'remainingMs'>,
  now: number,
): Pick<Moment, 'agentRoom'> {
  if (!nodeGuards.queues) return {};
  return {
    agentRoom(agent, frame) {
      const room = nodeGuards.room(agent, now);
      return room && room.until - now < remainingMs('work', frame) ? room : undefined;
    },
  };
}

/** The facts that an agent was not run, behind that it has started. */
export function heldFacts(
  frame: string,
  { code, message, kind }: Extract<NodeHeld, { verdict: 'refused' }>,
): Fact[] {
  return [
    { type: 'security.denied', agent: frame, data: { tool: 'node.start', reason: message, kind } },
    { type: 'agent.failed', agent: frame, data: { code, message } },
  ];
}
