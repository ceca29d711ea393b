import { sha256 } from '../base/hash.ts';
import { canonicalJson, type Json } from '../base/json.ts';
import type { TapeCall } from './tape-format.ts';

/** A call that came to its end, as far as the log of a run knows it. */
export interface SettledCall {
  /** Who asked, in words. */
  agent: string;
  /** The model string. */
  model: string;
  /** The whole conversation, without what is the run's own. */
  messages: Json;
}

/** The calls of a tape that were not given yet, each to be given once. */
export class TapeShelf {
  /** By key, as they were recorded. */
  readonly #left = new Map<string, TapeCall[]>();

  constructor(calls: readonly TapeCall[]) {
    for (const call of calls) {
      const same = this.#left.get(call.key);
      if (same) same.push(call);
      else this.#left.set(call.key, [call]);
    }
  }

  /** Whether a question is on the tape at all, its answers given or not. */
  has(key: string): boolean {
    return this.#left.has(key);
  }

  /** The next answer to a question. Agents that ask the same thing each get what they got themselves. */
  take(key: string, agent: string): TapeCall | undefined {
    const left = this.#left.get(key) ?? [];
    const own = left.findIndex((call) => call.agent === agent);
    return left.splice(Math.max(0, own), 1)[0];
  }

  /** The next answer to a question of this very agent. */
  takeOwn(key: string, agent: string): TapeCall | undefined {
    const left = this.#left.get(key) ?? [];
    const own = left.findIndex((call) => call.agent === agent);
    return own < 0 ? undefined : left.splice(own, 1)[0];
  }

  /** Takes out what a run has had already. The log knows conversations, not whole questions. */
  takeSettled(settled: readonly SettledCall[], otherAgents: boolean): void {
    if (settled.length === 0) return;
    const keys = new Map<string, string[]>();
    for (const [key, [call]] of this.#left) {
      if (!call) continue;
      const id = conversation(call.request.model ?? null, call.request.messages ?? null);
      const same = keys.get(id);
      if (same) same.push(key);
      else keys.set(id, [key]);
    }
    for (const { agent, model, messages } of settled) {
      const same = keys.get(conversation(model, messages)) ?? [];
      const taken = same.some((key) => this.takeOwn(key, agent));
      if (!taken && otherAgents) same.some((key) => this.take(key, agent));
    }
  }
}

function conversation(model: Json, messages: Json): string {
  return sha256(canonicalJson({ model, messages }));
}
