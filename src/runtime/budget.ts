import type { JsonObject } from '../base/json.ts';
import type { AskPurpose, Fact, Message, Reservation, Usage } from '../events/event.ts';
import type { Dimension } from '../events/plan.ts';
import type { RunState } from '../events/state.ts';
import type { Price, ToolSpec } from '../ports/model-provider.ts';

/** UTF-8 bytes of a prompt that count as one token, on the safe side (decision 12). */
const BYTES_PER_TOKEN = 3;
/** A call is not worth sending with fewer tokens for its answer, unless it asked for fewer. */
const LEAST_OUTPUT = 256;
/** Output tokens kept back for the manager's last turn. */
const CLOSING_OUTPUT = 1024;
/** Largest share of a limit that is kept back for the last turn. */
const CLOSING_SHARE = 0.2;
/** Most time kept back for the last turn, and its largest share of the limit. */
const CLOSING_MS = 30_000;
const CLOSING_TIME_SHARE = 0.1;
/** Share of a limit at which it is warned about. */
const WARN_AT = 0.8;

/** A limit that would be passed, with the figures at that moment. */
export interface Refusal {
  dimension: Dimension;
  limit: number;
  used: number;
  reserved: number;
  wanted: number;
}

/** What came of asking for room: go on, wait for effects in flight, or never. */
export type Verdict =
  | { verdict: 'go'; reserved: Reservation; maxOutputTokens: number }
  | { verdict: 'wait' }
  | { verdict: 'refused'; refusal: Refusal };

/** A model call that wants to be sent. */
export interface Wanted {
  purpose: AskPurpose;
  /** Whether the same question was sent before: it is no further turn. */
  again: boolean;
  promptTokens: number;
  /** Most tokens of the answer. */
  maxOutputTokens: number;
  price: Price | undefined;
}

/** Tokens that a prompt is reserved with: a third of its UTF-8 bytes, tools included. */
export function promptTokens(messages: readonly Message[], tools: readonly ToolSpec[]): number {
  let bytes = 0;
  for (const message of messages) bytes += messageBytes(message);
  for (const tool of tools) bytes += specBytes(tool);
  return Math.ceil(bytes / BYTES_PER_TOKEN);
}

function messageBytes(message: Message): number {
  let bytes = Buffer.byteLength(message.text) + 12;
  if (message.role !== 'assistant') return bytes;
  for (const call of message.toolCalls) {
    bytes += Buffer.byteLength(JSON.stringify(call.args)) + call.name.length + 24;
  }
  return bytes;
}

const specSizes = new WeakMap<ToolSpec, number>();

function specBytes(tool: ToolSpec): number {
  let size = specSizes.get(tool);
  if (size === undefined) {
    size = Buffer.byteLength(JSON.stringify(tool));
    specSizes.set(tool, size);
  }
  return size;
}

/**
 * US dollars of a number of tokens, cached ones at their own price; null when the price is not
 * known. No tokens cost nothing, whatever the price.
 */
export function costOf(price: Price | undefined, usage: Usage): number | null {
  const { input, output, cached = 0, cacheWritten = 0 } = usage;
  if (input === 0 && output === 0) return 0;
  if (!price) return null;
  const rate = price.long && input > price.long.above ? price.long : price;
  const fresh = Math.max(0, input - cached - cacheWritten);
  const sum =
    fresh * rate.input +
    cached * (rate.cachedInput ?? rate.input) +
    cacheWritten * (rate.cacheWrite ?? rate.input) +
    output * rate.output;
  return sum / 1_000_000;
}

/** What a call can cost at most: nobody knows beforehand what a cache takes in. */
function highestPrice(price: Price | undefined, prompt: number): Price | undefined {
  if (!price) return undefined;
  const {
    input,
    output,
    cacheWrite = 0,
  } = price.long && prompt > price.long.above ? price.long : price;
  return { input: Math.max(input, cacheWrite), output };
}

/**
 * Decides what may start, before it starts (decision 12). It sees what the log has used and
 * reserved and what it admitted itself since the state last moved, so nothing in a batch can pass
 * a limit together. Made anew whenever the state has moved.
 */
export class Admission {
  readonly #state: RunState;
  #tokens = 0;
  #cost = 0;
  #calls = 0;
  #loops = 0;
  #workers = 0;
  #tools = 0;
  #approvals = 0;
  readonly #taken = new Set<string>();

  constructor(state: RunState) {
    this.#state = state;
  }

  /** Room for one model call; the answer's cap is cut to what is left when nothing is in flight. */
  ask(asked: Wanted): Verdict {
    const wanted = { ...asked, price: highestPrice(asked.price, asked.promptTokens) };
    const refusal = this.#countsRefusal(wanted) ?? this.#overspent();
    if (refusal) return { verdict: 'refused', refusal };
    const room = this.#outputRoom(wanted);
    const least = Math.min(LEAST_OUTPUT, wanted.maxOutputTokens);
    if (room.tokens < wanted.maxOutputTokens && this.#inFlight()) return { verdict: 'wait' };
    if (room.tokens < least) return { verdict: 'refused', refusal: room.refusal };
    const maxOutputTokens = Math.min(wanted.maxOutputTokens, room.tokens);
    const tokens = wanted.promptTokens + maxOutputTokens;
    const cost = costOf(wanted.price, { input: wanted.promptTokens, output: maxOutputTokens });
    this.#tokens += tokens;
    this.#cost += cost ?? 0;
    this.#calls += 1;
    if (isNewTurn(wanted)) this.#loops += 1;
    return { verdict: 'go', reserved: { tokens, cost }, maxOutputTokens };
  }

  /** Room for one more worker: `wait` when the pool is full. */
  worker(): 'go' | 'wait' | Refusal {
    const { limits, ledger, openWorkers } = this.#state;
    const used = ledger.used.workers + this.#workers;
    if (limits.workers !== null && used + 1 > limits.workers) {
      return { dimension: 'workers', limit: limits.workers, used, reserved: 0, wanted: 1 };
    }
    if (openWorkers + this.#workers >= limits.parallel) return 'wait';
    this.#workers += 1;
    return 'go';
  }

  /** Room for one more tool call. */
  tool(): Refusal | undefined {
    const refusal = this.toolRefusal();
    if (!refusal) this.#tools += 1;
    return refusal;
  }

  /** What would be said to one more tool call, without taking room. */
  toolRefusal(): Refusal | undefined {
    const { limits, ledger } = this.#state;
    const used = ledger.used.tools + this.#tools;
    if (limits.tools === null || used + 1 <= limits.tools) return undefined;
    return { dimension: 'tools', limit: limits.tools, used, reserved: 0, wanted: 1 };
  }

  /** Uses up an approval; false when another call of this pass has it. */
  takeApproval(id: string): boolean {
    if (this.#taken.has(id)) return false;
    this.#taken.add(id);
    return true;
  }

  /** The id of one more approval, `a1`, `a2`, ... */
  approvalId(): string {
    this.#approvals += 1;
    return `a${this.#state.approvals.size + this.#approvals}`;
  }

  #inFlight(): boolean {
    return this.#state.ledger.reserved.tokens > 0 || this.#tokens > 0;
  }

  /** Limits that count things: calls (one is kept for the last turn) and turns. */
  #countsRefusal(wanted: Wanted): Refusal | undefined {
    const { limits, ledger } = this.#state;
    const { purpose } = wanted;
    const calls = ledger.used.calls + this.#calls;
    const kept = purpose === 'closing' || purpose === 'correction' ? 0 : 1;
    if (limits.calls !== null && calls + 1 > limits.calls - kept) {
      return { dimension: 'calls', limit: limits.calls, used: calls, reserved: kept, wanted: 1 };
    }
    const loops = ledger.used.loops + this.#loops;
    if (isNewTurn(wanted) && limits.loops !== null && loops + 1 > limits.loops) {
      return { dimension: 'loops', limit: limits.loops, used: loops, reserved: 0, wanted: 1 };
    }
    return undefined;
  }

  /** A call that used more than it reserved may have passed a limit: nothing more is sent. */
  #overspent(): Refusal | undefined {
    const { limits, ledger } = this.#state;
    for (const dimension of ['tokens', 'cost'] as const) {
      const limit = limits[dimension];
      const used = ledger.used[dimension];
      if (limit !== null && used >= limit) {
        return { dimension, limit, used, reserved: ledger.reserved[dimension], wanted: 1 };
      }
    }
    return undefined;
  }

  /** Tokens that the answer may have within the limits on tokens and cost. */
  #outputRoom({ purpose, promptTokens: prompt, price }: Wanted): {
    tokens: number;
    refusal: Refusal;
  } {
    const { limits, ledger } = this.#state;
    const keep = purpose === 'closing' ? 0 : closingTokens(this.#state);
    const reserved = ledger.reserved.tokens + this.#tokens;
    const left = (limits.tokens ?? Number.POSITIVE_INFINITY) - ledger.used.tokens - reserved - keep;
    const byTokens = {
      tokens: Math.floor(left - prompt),
      refusal: {
        dimension: 'tokens' as const,
        limit: limits.tokens ?? 0,
        used: ledger.used.tokens,
        reserved: reserved + keep,
        wanted: prompt + LEAST_OUTPUT,
      },
    };
    if (limits.cost === null || !price) return byTokens;
    const money = ledger.reserved.cost + this.#cost;
    const keptMoney =
      keep === 0
        ? 0
        : Math.min(limits.cost * CLOSING_SHARE, (keep * Math.max(price.input, price.output)) / 1e6);
    const leftMoney =
      limits.cost - ledger.used.cost - money - keptMoney - (prompt * price.input) / 1e6;
    const tokens =
      price.output === 0 ? byTokens.tokens : Math.floor((leftMoney * 1e6) / price.output);
    if (leftMoney >= 0 && tokens >= byTokens.tokens) return byTokens;
    return {
      tokens: leftMoney < 0 ? -1 : tokens,
      refusal: {
        dimension: 'cost',
        limit: limits.cost,
        used: ledger.used.cost,
        reserved: money + keptMoney,
        wanted: costOf(price, { input: prompt, output: LEAST_OUTPUT }) ?? 0,
      },
    };
  }
}

/** Tokens kept back so that the manager can sum up once. */
function closingTokens(state: RunState): number {
  const { tokens } = state.limits;
  if (tokens === null || state.closingAsked) return 0;
  const root = state.frames.get('0');
  const prompt = Math.ceil(keptBytes(root?.transcript ?? []) / BYTES_PER_TOKEN);
  const reports = 500 * Math.min(12, root?.turns.at(-1)?.workers.length ?? 0);
  return Math.min(Math.floor(tokens * CLOSING_SHARE), prompt + reports + CLOSING_OUTPUT);
}

const keptSizes = new WeakMap<Message, number>();

/** Bytes of the manager's conversation: every call of a worker asks for them, so each is counted once. */
function keptBytes(messages: readonly Message[]): number {
  let bytes = 0;
  for (const message of messages) {
    let size = keptSizes.get(message);
    if (size === undefined) {
      size = messageBytes(message);
      keptSizes.set(message, size);
    }
    bytes += size;
  }
  return bytes;
}

/** Milliseconds of the wall time that are kept back for the manager's last turn. */
export function closingMs(limit: number): number {
  return Math.min(CLOSING_MS, limit * CLOSING_TIME_SHARE);
}

/** Whether a question counts as one more turn of the manager. */
function isNewTurn({ purpose, again }: Wanted): boolean {
  return !again && (purpose === 'turn' || purpose === 'closing');
}

/** The fact that a limit refused something. */
export function exhausted(agent: string, refusal: Refusal & { purpose?: AskPurpose }): Fact {
  return { type: 'budget.exhausted', agent, data: refusal };
}

/** A warning for each limit of which four fifths are used, once each. */
export function warnings(state: RunState): Fact[] {
  return spends(state).flatMap(({ dimension, used, limit }): Fact[] => {
    if (limit === null || used < limit * WARN_AT || state.warned.has(dimension)) return [];
    return [{ type: 'budget.warned', data: { dimension, used, limit } }];
  });
}

interface DimensionSpend {
  dimension: Dimension;
  used: number;
  limit: number | null;
}

function spends({ limits, ledger: { used }, activeMs }: RunState): DimensionSpend[] {
  return [
    { dimension: 'loops', used: used.loops, limit: limits.loops },
    { dimension: 'workers', used: used.workers, limit: limits.workers },
    { dimension: 'tokens', used: used.tokens, limit: limits.tokens },
    { dimension: 'tools', used: used.tools, limit: limits.tools },
    { dimension: 'calls', used: used.calls, limit: limits.calls },
    { dimension: 'cost', used: used.cost, limit: limits.cost },
    { dimension: 'time', used: activeMs, limit: limits.time },
  ];
}

/** The budget as prompts and reports show it (spec, runtime 5.1). */
export function budgetReport(state: RunState): JsonObject {
  const { limits, ledger, activeMs } = state;
  const seconds = (ms: number): number => Math.round(ms / 100) / 10;
  const shares = spends(state).flatMap(({ used, limit }) =>
    limit === null ? [] : [limit === 0 ? 0 : Math.max(0, 1 - used / limit)],
  );
  return {
    loops: { used: ledger.used.loops, max: limits.loops },
    workers: { spawned: ledger.used.workers, max: limits.workers },
    tokens: { consumed: ledger.used.tokens, max: limits.tokens },
    tool_calls: { used: ledger.used.tools, max: limits.tools },
    wall_time: {
      elapsed_s: seconds(activeMs),
      max_s: limits.time === null ? null : seconds(limits.time),
    },
    budget_remaining_pct: Math.round(Math.min(1, ...shares) * 100),
  };
}
