import { AwpError, type ErrorFamily } from '../base/errors.ts';
import { isObject, type Json, type JsonObject } from '../base/json.ts';
import { nearest } from '../base/nearest.ts';
import type { ToolCall } from '../events/event.ts';
import {
  type ModelAnswer,
  type ModelChunk,
  ModelError,
  type ModelProvider,
  type ModelRequest,
  type Price,
  type ResolvedModel,
} from '../ports/model-provider.ts';
import { difference, linesOf, nearestOf } from './tape-diff.ts';
import {
  keyOf,
  readUsage,
  type Tape,
  type TapeCall,
  type TapeFailure,
  type TapeHeader,
} from './tape-format.ts';
import { questionOf, type RunMarks } from './tape-request.ts';

/** Recorded calls whose questions are compared with one that the tape does not have. */
const COMPARED_CALLS = 1000;

/** What a replay is made of. */
export interface PlayerOptions {
  tape: Tape;
  /** How the tape is called in messages. */
  file: string;
  marks: RunMarks;
}

/**
 * Answers from a tape and from nothing else. The question decides which answer is given, not the
 * order: the same work gives the same run, however its workers take turns.
 */
export class TapePlayer {
  readonly #options: PlayerOptions;
  /** Calls that were not given yet, by their key, as they were recorded. */
  readonly #left = new Map<string, TapeCall[]>();
  /** The first question that the tape did not have; what follows from it is no better. */
  #miss: ModelError | undefined;

  constructor(options: PlayerOptions) {
    this.#options = options;
    for (const call of options.tape.calls) {
      const same = this.#left.get(call.key) ?? [];
      this.#left.set(call.key, [...same, call]);
    }
  }

  /** What the tape says about itself. */
  get header(): TapeHeader {
    return this.#options.tape.header;
  }

  /** A model of the tape. Throws `model/tape-model` for one that was not recorded. */
  resolve(name: string): ResolvedModel {
    const { file } = this.#options;
    const { models } = this.header;
    const model = models.find((one) => one.name === name);
    if (!model) {
      const names = models.map((one) => one.name);
      const close = nearest(name, names) ?? names[0];
      throw new ModelError('model/tape-model', `the tape ${file} has no answers of ${name}`, {
        hint:
          `it was recorded with ${names.join(', ') || 'no model at all'}` +
          (close === undefined ? '' : `: leave the model out, or name it: -m ${close}`),
      });
    }
    const { facts, service } = model;
    const { model: own = name, price = null, simulated = false } = facts;
    return {
      // Whatever else was known of it when it was recorded holds for the replay as well.
      ...(facts as Partial<ResolvedModel>),
      provider: this.provider(name, service),
      model: String(own),
      price: priceIn(price),
      simulated: simulated === true,
    };
  }

  /** The recorded answers of one model string. */
  provider(name: string, service: string): ModelProvider {
    const answer = (request: ModelRequest): TapeCall => this.#take(name, request);
    return {
      name: service,
      async *ask(request, signal): AsyncGenerator<ModelChunk> {
        signal.throwIfAborted();
        const call = answer(request);
        if (!call.answer) throw failed(call.failure);
        const { text, ...rest } = answerIn(call.answer);
        if (request.stream) yield* piecesOf(text, call.pieces);
        yield { text, ...rest };
      },
    };
  }

  #take(name: string, request: ModelRequest): TapeCall {
    if (this.#miss) throw this.#miss;
    const question = questionOf(name, request, this.#options.marks);
    const key = keyOf(question);
    const agent = request.headers['x-awp-agent'] ?? '';
    const left = this.#left.get(key) ?? [];
    // Agents that ask the same thing at the same time each get what they got themselves.
    const own = left.findIndex((call) => call.agent === agent);
    const [call] = left.splice(Math.max(0, own), 1);
    if (call) return call;
    this.#miss = this.#left.has(key) ? this.#usedUp(key, agent) : this.#missing(question, agent);
    throw this.#miss;
  }

  #usedUp(key: string, agent: string): ModelError {
    const { tape, file } = this.#options;
    const count = tape.calls.filter((call) => call.key === key).length;
    const times = count === 1 ? 'once' : `${count} times`;
    return new ModelError(
      'model/tape-miss',
      `${agent || 'the program'} asks a question once more than it was recorded: the tape ${file} has its answer ${times}`,
      { hint: HINT, usage: NO_USAGE },
    );
  }

  #missing(question: JsonObject, agent: string): ModelError {
    const { tape, file } = this.#options;
    const lines = linesOf(question);
    const ofAgent = tape.calls.filter((call) => call.agent === agent);
    const candidates = (ofAgent.length > 0 ? ofAgent : tape.calls)
      .slice(0, COMPARED_CALLS)
      .map((call) => ({ call, lines: linesOf(call.request) }));
    const close = nearestOf(lines, candidates);
    const compared = close
      ? `. The nearest one that was recorded differs (- tape, + now):\n${difference(close.lines, lines).join('\n')}`
      : ': it has none at all';
    return new ModelError(
      'model/tape-miss',
      `the tape ${file} has no answer to a question of ${agent || 'the program'}${compared}`,
      { hint: HINT, usage: NO_USAGE },
    );
  }
}

const HINT =
  'give the task, inputs, options and sandbox of the recording, or record it anew: --record FILE';
const NO_USAGE = { input: 0, output: 0 } as const;

function* piecesOf(text: string, lengths: readonly number[] = []): Generator<ModelChunk> {
  const whole = lengths.reduce((sum, length) => sum + length, 0) === text.length;
  let from = 0;
  // A text that had a secret in it is not as long as its pieces were.
  for (const length of whole ? lengths : [text.length]) {
    if (length > 0) yield { type: 'text', text: text.slice(from, from + length) };
    from += length;
  }
}

function failed(failure: TapeFailure | undefined): AwpError {
  const { code, message, hint, retryAfterMs, usage } = failure ?? {
    ...{ code: 'model/truncated', message: 'the recording broke off here' },
  };
  const details = {
    ...(hint !== undefined && { hint }),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  };
  if (!code.startsWith('model/')) {
    return new AwpError(code as `${ErrorFamily}/${string}`, message, details);
  }
  return new ModelError(code as `model/${string}`, message, {
    ...details,
    usage: usage && readUsage(usage),
  });
}

function answerIn(answer: JsonObject): ModelAnswer {
  const { text, toolCalls, usage, servedBy, ...more } = answer;
  return {
    // What later versions of an answer have besides is given as it was recorded.
    ...more,
    type: 'end',
    text: typeof text === 'string' ? text : '',
    toolCalls: Array.isArray(toolCalls) ? toolCalls.flatMap(toolCallIn) : [],
    usage: isObject(usage) ? readUsage(usage) : undefined,
    ...(typeof servedBy === 'string' && { servedBy }),
  };
}

function toolCallIn(value: Json): ToolCall[] {
  if (!isObject(value)) return [];
  const { id, name, args } = value;
  if (typeof name !== 'string' || !isObject(args)) return [];
  return [{ id: typeof id === 'string' ? id : '', name, args }];
}

function priceIn(value: Json): Price | undefined {
  if (!isObject(value)) return undefined;
  const { input, output } = value;
  if (typeof input !== 'number' || typeof output !== 'number') return undefined;
  return { ...value, input, output };
}
