import type { JsonObject } from '../base/json.ts';
import { nearest } from '../base/nearest.ts';
import {
  type ModelChunk,
  ModelError,
  type ModelProvider,
  type ModelRequest,
  NO_USAGE,
  type ResolvedModel,
} from '../ports/model-provider.ts';
import { chunksOf } from './tape-answer.ts';
import { difference, linesOf, nearestOf } from './tape-diff.ts';
import { keyOf, type Tape, type TapeCall, type TapeHeader } from './tape-format.ts';
import { asRecordedNow, questionOf, type RunMarks } from './tape-request.ts';
import { type SettledCall, TapeShelf } from './tape-shelf.ts';

/** Recorded calls whose questions are compared with one that the tape does not have. */
const COMPARED_CALLS = 1000;

/** What a replay is made of. */
export interface PlayerOptions {
  tape: Tape;
  /** How the tape is called in messages. */
  file: string;
  marks: RunMarks;
  /** What the run that goes on has had already, in its order. */
  settled?: readonly SettledCall[];
}

/**
 * Answers from a tape and from nothing else. The question decides which answer is given, not the
 * order: the same work gives the same run, however its workers take turns.
 */
export class TapePlayer {
  readonly #options: PlayerOptions;
  readonly #calls: readonly TapeCall[];
  readonly #shelf: TapeShelf;
  /** The first question that the tape did not have; what follows from it is no better. */
  #miss: ModelError | undefined;

  constructor(options: PlayerOptions) {
    this.#options = options;
    this.#calls = options.tape.calls.map((call) => asRecordedNow(call, options.marks));
    this.#shelf = new TapeShelf(this.#calls);
    this.#shelf.takeSettled(options.settled ?? [], true);
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
    // Reading the tape has made sure that the facts are such; all of them hold for the replay, too.
    const {
      model: own = name,
      price,
      simulated = false,
      ...more
    } = facts as Partial<ResolvedModel>;
    const provider = this.provider(name, service);
    return { ...more, provider, model: own, price: price ?? undefined, simulated };
  }

  /** The recorded answers of one model string. */
  provider(name: string, service: string): ModelProvider {
    const answer = (request: ModelRequest): TapeCall => this.#take(name, request);
    return {
      name: service,
      async *ask(request, signal): AsyncGenerator<ModelChunk> {
        signal.throwIfAborted();
        yield* chunksOf(answer(request), request.stream);
      },
    };
  }

  #take(name: string, request: ModelRequest): TapeCall {
    if (this.#miss) throw this.#miss;
    const question = questionOf(name, request, this.#options.marks);
    const key = keyOf(question);
    const agent = request.headers['x-awp-agent'] ?? '';
    const call = this.#shelf.take(key, agent);
    if (call) return call;
    this.#miss = this.#shelf.has(key) ? this.#usedUp(key, agent) : this.#missing(question, agent);
    throw this.#miss;
  }

  #usedUp(key: string, agent: string): ModelError {
    const { file } = this.#options;
    const count = this.#calls.filter((call) => call.key === key).length;
    const times = count === 1 ? 'once' : `${count} times`;
    return new ModelError(
      'model/tape-miss',
      `${agent || 'the program'} asks a question once more than it was recorded: the tape ${file} has its answer ${times}`,
      { hint: HINT, usage: NO_USAGE },
    );
  }

  #missing(question: JsonObject, agent: string): ModelError {
    const { file } = this.#options;
    const lines = linesOf(question);
    const ofAgent = this.#calls.filter((call) => call.agent === agent);
    const candidates = (ofAgent.length > 0 ? ofAgent : this.#calls)
      .slice(0, COMPARED_CALLS)
      .map((call) => ({ call, lines: linesOf(call.request) }));
    const close = nearestOf(lines, candidates);
    const differs = close && difference(close.lines, lines).join('\n');
    const compared = differs
      ? `. The nearest one that was recorded differs (- tape, + now):\n${differs}`
      : ': it has none at all';
    const hint = differs && SAME_NAME.test(differs) ? `${SAME_NAME_HINT}; else ${HINT}` : HINT;
    return new ModelError(
      'model/tape-miss',
      `the tape ${file} has no answer to a question of ${agent || 'the program'}${compared}`,
      { hint, usage: NO_USAGE },
    );
  }
}

const HINT =
  'give the task, inputs, options and sandbox of the recording, or record it anew: --record FILE';
/** A changed line with the name that a file gets when another worker was first: `agent__name`. */
const SAME_NAME = /^[-+] .*\w__\w[^\s"']*\.\w/m;
const SAME_NAME_HINT =
  'workers of one turn that write files of the same name get names that depend on which was first: let each write a name of its own and record again';
