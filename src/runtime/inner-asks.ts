import type { ChangeSignal } from '../base/concurrency.ts';
import { AwpError } from '../base/errors.ts';
import type { EventData, Fact, RunEvent } from '../events/event.ts';
import type { Plan } from '../events/plan.ts';
import type { Frame } from '../events/state.ts';
import type { Clock } from '../ports/effects.ts';
import type { AskAnswer, AskRequest } from '../ports/step.ts';
import type { Cut } from './effect.ts';
import { nextModel } from './engines/next-model.ts';
import { agentOf } from './plan-parts.ts';

/** Questions of one run of code that are out at the same time; the others wait. */
const MOST_AT_ONCE = 16;

/** A question of code that has no answer yet. */
export interface InnerAsk {
  /** The frame of the code. */
  frame: Frame;
  request: AskRequest;
  /** Aborts when the code has ended. */
  signal: AbortSignal;
  /** The model that is asked next; the agent's own at first. */
  model: string | undefined;
  /** Id of the effect, once it was asked. */
  call: string | undefined;
  /** Attempts so far, and how many of them failed with this model. */
  attempts: number;
  failures: number;
  /** That another model takes over, to be said before it is asked. */
  switched: Fact | undefined;
  /** Not to be taken before: milliseconds since 1970. */
  until: number;
  reply(answer: AskAnswer): void;
  refuse(error: AwpError): void;
  /** The log knows what came of it, or it was never asked. */
  over(): void;
}

/**
 * The queue between the code of agents and the driver: code puts questions in, the driver admits them,
 * and the log's answer goes back. Failed attempts come back into it until they may be tried again.
 */
export class InnerAsks {
  readonly #wake: ChangeSignal;
  readonly #clock: Clock;
  readonly #plan: Plan;
  #waiting: InnerAsk[] = [];
  readonly #out = new Map<string, InnerAsk>();
  readonly #timers = new Set<() => void>();

  /** `wake` rings when there is something to take. */
  constructor({ wake, clock, plan }: { wake: ChangeSignal; clock: Clock; plan: Plan }) {
    this.#wake = wake;
    this.#clock = clock;
    this.#plan = plan;
  }

  /** Puts a question in; `over` resolves when the log knows all of it. */
  ask(
    frame: Frame,
    request: AskRequest,
    signal: AbortSignal,
  ): { answer: Promise<AskAnswer>; over: Promise<void> } {
    const answer = Promise.withResolvers<AskAnswer>();
    const over = Promise.withResolvers<void>();
    answer.promise.catch(() => {}); // the code may have gone
    this.#waiting.push({
      ...{ frame, request, signal, attempts: 0, failures: 0, until: 0 },
      ...{ model: undefined, call: undefined, switched: undefined },
      ...{ reply: answer.resolve, refuse: answer.reject, over: over.resolve },
    });
    const wake = (): void => this.#wake.notify();
    signal.addEventListener('abort', wake, { once: true });
    wake();
    return { answer: answer.promise, over: over.promise };
  }

  /** Those that may be admitted at `now`; those that nobody waits for any more are left out. */
  take(now: number): InnerAsk[] {
    const taken: InnerAsk[] = [];
    const out = new Map<string, number>();
    const count = ({ frame: { id } }: InnerAsk): Map<string, number> =>
      out.set(id, (out.get(id) ?? 0) + 1);
    this.#out.forEach(count);
    this.#waiting = this.#waiting.filter((ask) => {
      if (ask.signal.aborted || ask.frame.phase === 'closed') {
        endAsk(ask, CODE_ENDED);
        return false;
      }
      if (ask.until > now || (out.get(ask.frame.id) ?? 0) >= MOST_AT_ONCE) return true;
      taken.push(ask);
      count(ask);
      return false;
    });
    return taken;
  }

  /** Notes that a question goes out under this id. */
  sent(ask: InnerAsk, call: string): void {
    this.#out.set(call, ask);
  }

  /** Puts a question back until a time, in milliseconds since 1970. */
  defer(ask: InnerAsk, until: number): void {
    ask.until = until;
    this.#waiting.push(ask);
    const cancel = this.#clock.timer(Math.max(1, until - this.#clock.now()), () => {
      this.#timers.delete(cancel);
      // A timer may ring a little too early, and nothing else may ring after it.
      ask.until = 0;
      this.#wake.notify();
    });
    this.#timers.add(cancel);
  }

  /** Hands the answer that is in the log to the code that waits for it. */
  see(event: RunEvent): void {
    if (event.type === 'model.responded') {
      const { text, usage, cost } = event.data;
      const ask = this.#takeOut(event.data.call);
      ask?.reply({ text, usage: { input: usage.input, output: usage.output }, cost });
      ask?.over();
    } else if (event.type === 'model.failed') this.#failed(event.data);
  }

  /** Nothing is taken any more. */
  end(): void {
    for (const cancel of this.#timers) cancel();
  }

  #failed(data: EventData['model.failed']): void {
    const ask = this.#takeOut(data.call);
    if (!ask) return;
    const { code, message, hint, retryInMs } = data;
    ask.failures += 1;
    if (retryInMs !== undefined) {
      this.defer(ask, this.#clock.now() + retryInMs);
      return;
    }
    const failure = { code, message, ...(hint !== undefined && { hint }) };
    const frame = { ...asNode(ask, this.#plan), call: data.call, failure };
    const [next] = nextModel(this.#plan, frame) ?? [];
    const fact = next?.do === 'record' ? next.facts[0] : undefined;
    if (fact?.type === 'model.switched' && !ask.signal.aborted) {
      Object.assign(ask, { model: fact.data.to, switched: fact, failures: 0 });
      this.#waiting.push(ask);
      this.#wake.notify();
      return;
    }
    endAsk(ask, failure);
  }

  #takeOut(call: string): InnerAsk | undefined {
    const found = this.#out.get(call);
    this.#out.delete(call);
    return found;
  }
}

/** Why a question is ended whose code has ended. */
export const CODE_ENDED: Cut = {
  code: 'step/ended',
  message: 'the code ended before the answer came',
};

/** Tells the code that there is no answer, and why. */
export function endAsk(
  { refuse, over }: InnerAsk,
  { code, message, hint }: Cut & { hint?: string },
): void {
  // Limits are a family of their own in the log.
  const known = code as `model/${string}`;
  refuse(new AwpError(known, message, hint === undefined ? {} : { hint }));
  over();
}

/** The frame of the code as that of an agent that asks its model itself. */
export function asNode({ frame, model, failures }: InnerAsk, plan: Plan): Frame {
  const settings = agentOf(plan, frame);
  return { ...frame, role: 'node', purpose: 'work', failures, model: model ?? settings.model };
}
