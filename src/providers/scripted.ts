import { orAborted } from '../base/concurrency.ts';
import { AwpError } from '../base/errors.ts';
import type { JsonObject } from '../base/json.ts';
import type { Usage } from '../events/event.ts';
import type { Clock } from '../ports/effects.ts';
import {
  type ModelAnswer,
  type ModelChunk,
  ModelError,
  type ModelProvider,
  type ModelRequest,
  NO_USAGE,
} from '../ports/model-provider.ts';

/** An answer in parts. */
export interface ScriptedParts {
  text?: string;
  toolCalls?: readonly { name: string; args: JsonObject; id?: string }[];
  /** Estimated from the texts when left out, at four characters a token; null for a silent service. */
  usage?: Usage | null;
  /** How long the answer takes, in milliseconds; needs the option `clock`. */
  delayMs?: number;
}

/**
 * One answer of a scripted model: a text; an object of the fields of `ScriptedParts` only; any
 * other object, which is answered as JSON; or an error, which is thrown.
 */
export type ScriptedAnswer = string | ScriptedParts | JsonObject | Error;

/** Answers one after the other, or a function that is given the request and its number from 0. */
export type Script =
  | readonly ScriptedAnswer[]
  | ((request: ModelRequest, call: number) => ScriptedAnswer | Promise<ScriptedAnswer>);

/** Settings of a scripted model. */
export interface ScriptedOptions {
  /** Name of the provider. Default `scripted`. */
  name?: string;
  /** For `delayMs`. */
  clock?: Clock;
}

/** A model that says what a test wants it to say. */
export interface ScriptedModel extends ModelProvider {
  /** How many questions it was asked. */
  readonly calls: number;
}

/**
 * A model that answers from a script. A script that has ended throws `model/script-ended`; an
 * error in it that is no `AwpError` comes as `model/server-error`.
 */
export function scriptedModel(script: Script, options: ScriptedOptions = {}): ScriptedModel {
  return new Scripted(script, options);
}

class Scripted implements ScriptedModel {
  readonly name: string;
  calls = 0;
  readonly #script: Script;
  readonly #clock: Clock | undefined;

  constructor(script: Script, { name = 'scripted', clock }: ScriptedOptions) {
    this.name = name;
    this.#script = script;
    this.#clock = clock;
  }

  async *ask(request: ModelRequest, signal: AbortSignal): AsyncGenerator<ModelChunk> {
    signal.throwIfAborted();
    const call = this.calls++;
    const answer = this.#next(request, call);
    const parts = partsOf(answer instanceof Promise ? await orAborted(answer, signal) : answer);
    if (parts.delayMs) await this.#delay(parts.delayMs, signal);
    if (request.stream && parts.text) yield { type: 'text', text: parts.text };
    yield toAnswer(parts, request, call);
  }

  #next(request: ModelRequest, call: number): ScriptedAnswer | Promise<ScriptedAnswer> {
    if (typeof this.#script === 'function') return this.#script(request, call);
    const answer = this.#script[call];
    if (answer !== undefined) return answer;
    throw new ModelError(
      'model/script-ended',
      `the script of ${this.name} has ${call} answers and was asked for one more`,
      { hint: 'add answers to the script, or give a function', usage: NO_USAGE },
    );
  }

  async #delay(ms: number, signal: AbortSignal): Promise<void> {
    const clock = this.#clock;
    if (!clock) {
      throw new AwpError('usage/no-clock', 'a scripted answer has delayMs, but there is no clock', {
        hint: 'give scriptedModel the option clock',
      });
    }
    let cancel = (): void => {};
    const over = new Promise<void>((resolve) => {
      cancel = clock.timer(ms, resolve);
    });
    try {
      await orAborted(over, signal);
    } finally {
      cancel();
    }
  }
}

const PART_NAMES = new Set(['text', 'toolCalls', 'usage', 'delayMs']);

function partsOf(answer: ScriptedAnswer): ScriptedParts {
  if (typeof answer === 'string') return { text: answer };
  if (answer instanceof AwpError) throw answer;
  if (answer instanceof Error) throw new ModelError('model/server-error', answer.message);
  const names = Object.keys(answer);
  const inParts = names.length > 0 && names.every((name) => PART_NAMES.has(name));
  return inParts ? answer : { text: JSON.stringify(answer) };
}

function toAnswer(parts: ScriptedParts, request: ModelRequest, call: number): ModelAnswer {
  const { text = '', toolCalls = [], usage } = parts;
  return {
    type: 'end',
    text,
    toolCalls: toolCalls.map(({ id, name, args }, index) => ({
      id: id ?? `call-${call}-${index}`,
      name,
      args,
    })),
    usage: usage === null ? undefined : (usage ?? estimate(parts, request)),
  };
}

const CHARS_PER_TOKEN = 4;

function estimate({ text = '', toolCalls = [] }: ScriptedParts, request: ModelRequest): Usage {
  let asked = 0;
  for (const message of request.messages) asked += message.text.length;
  let said = text.length;
  for (const { name, args } of toolCalls) said += name.length + JSON.stringify(args).length;
  return {
    input: Math.max(1, Math.ceil(asked / CHARS_PER_TOKEN)),
    output: Math.max(1, Math.ceil(said / CHARS_PER_TOKEN)),
  };
}
