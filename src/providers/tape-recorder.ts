import { toAwpError } from '../base/errors.ts';
import type { JsonObject } from '../base/json.ts';
import type { Usage } from '../events/event.ts';
import type { Clock, Files } from '../ports/effects.ts';
import {
  type ModelAnswer,
  type ModelChunk,
  ModelError,
  type ModelProvider,
  type ModelRequest,
  NO_USAGE,
  type ResolvedModel,
} from '../ports/model-provider.ts';
import { chunksOf } from './tape-answer.ts';
import {
  callLine,
  headerLine,
  keyOf,
  MAX_TAPE_BYTES,
  modelLine,
  type Tape,
  type TapeCall,
  type TapeFailure,
  type TapeHeader,
  type TapeModel,
} from './tape-format.ts';
import { asRecordedNow, questionOf, type RunMarks } from './tape-request.ts';
import { type SettledCall, TapeShelf } from './tape-shelf.ts';
import { isAmount, isSoundUsage } from './tape-values.ts';

/** What a recording is made of. */
export interface RecorderOptions {
  /** Absolute path of the tape. */
  file: string;
  files: Files;
  clock: Clock;
  marks: RunMarks;
  header: Omit<TapeHeader, 'models' | 'recorded' | 'began'>;
  /** A broken-off recording of the same run, which goes on. */
  before?: Tape;
  /** What the log of that run has of it. */
  settled?: readonly SettledCall[];
}

/** What a call brought, before it is a line. */
type Brought = Pick<TapeCall, 'answer' | 'failure' | 'pieces'>;

/**
 * Writes down what models are asked and answer. The file is made before the first question, so that
 * no answer is paid for that has no place. An answer is on the tape before the run has it: a crash
 * leaves a tape of all that was answered, and a run that goes on is given first what its log lacks.
 */
export class TapeRecorder {
  readonly #options: RecorderOptions;
  readonly #models = new Map<string, TapeModel>();
  /** Answers so far, by key and agent. */
  readonly #attempts = new Map<string, number>();
  /** Models that the tape names already; undefined before there is a file. */
  #named: Set<string> | undefined;
  /** What was answered before, but never came into the log. */
  readonly #owed: TapeShelf;
  #bytes = 0;
  #last: Promise<void> = Promise.resolve();

  constructor(options: RecorderOptions) {
    this.#options = options;
    const { before, settled = [] } = options;
    const calls = (before?.calls ?? []).map((call) => asRecordedNow(call, options.marks));
    this.#owed = new TapeShelf(calls);
    if (!before) return;
    this.#owed.takeSettled(settled, false);
    this.#named = new Set(before.header.models.map(({ name }) => name));
    this.#bytes = Buffer.byteLength(before.sound);
    for (const { key, agent } of calls) this.#attempt(key, agent);
  }

  /** The same model, whose answers go onto the tape. */
  record(name: string, resolved: ResolvedModel): ResolvedModel {
    const { provider, ...facts } = resolved;
    const kept: JsonObject = JSON.parse(JSON.stringify(facts));
    this.#models.set(name, { name, service: provider.name, facts: kept });
    const ask = (request: ModelRequest, signal: AbortSignal): AsyncGenerator<ModelChunk> =>
      this.#ask({ name, provider, request }, signal);
    return { ...resolved, provider: { name: provider.name, ask } };
  }

  async *#ask(asked: Asked, signal: AbortSignal): AsyncGenerator<ModelChunk> {
    const { clock } = this.#options;
    const { key, agent } = this.#known(asked);
    const owed = this.#owed.takeOwn(key, agent);
    if (owed) {
      signal.throwIfAborted();
      yield* chunksOf(owed, asked.request.stream);
      return;
    }
    await this.#inTurn(() => this.#begin());
    const started = clock.monotonic();
    const brought = (more: Brought): Promise<void> =>
      this.#add(asked, { ...more, ms: Math.round(clock.monotonic() - started) });
    const pieces: string[] = [];
    let answer: ModelAnswer | undefined;
    try {
      for await (const chunk of asked.provider.ask(asked.request, signal)) {
        if (chunk.type === 'end') {
          answer = chunk;
          break;
        }
        pieces.push(chunk.text);
        yield chunk;
      }
      if (!answer) {
        throw new ModelError('model/truncated', 'the answer ended without an end mark');
      }
    } catch (error) {
      // A call that the run itself ended has no outcome that a replay could give.
      if (!signal.aborted) await brought({ failure: failureOf(error) });
      throw error;
    }
    await brought(answered(answer, pieces, asked.request.hide));
    yield answer;
  }

  #known({ name, request }: Asked): Pick<TapeCall, 'key' | 'agent' | 'request'> {
    const question = questionOf(name, request, this.#options.marks);
    const agent = request.headers['x-awp-agent'] ?? '';
    return { key: keyOf(question), agent, request: question };
  }

  #add(asked: Asked, brought: Brought & { ms: number }): Promise<void> {
    return this.#inTurn(() => this.#writeCall(asked, brought));
  }

  /** One write after the other, however many calls end at once. */
  #inTurn(write: () => Promise<void>): Promise<void> {
    const written = this.#last.then(write);
    this.#last = written.catch(() => {}); // who asked is told
    return written;
  }

  /** Makes the file. Nothing was asked yet, so nothing was used. */
  async #begin(): Promise<void> {
    if (this.#named === undefined) await this.#write(this.#head(), NO_USAGE);
  }

  async #writeCall(asked: Asked, { ms, ...brought }: Brought & { ms: number }): Promise<void> {
    const { key, agent, request } = this.#known(asked);
    const known = { key, attempt: this.#attempt(key, agent), agent, request, ms };
    const line = callLine({ ...known, ...this.#options.marks.redact(brought) });
    await this.#write(this.#head() + line, usageIn(brought));
  }

  /** Writes whole lines; `usage` is what is lost when they cannot be written. */
  async #write(lines: string, usage: Usage | undefined): Promise<void> {
    const { file, files } = this.#options;
    this.#bytes += Buffer.byteLength(lines);
    if (this.#bytes > MAX_TAPE_BYTES) throw tooLarge(file, usage);
    try {
      if (this.#named === undefined) await files.writePrivate(file, lines);
      else await files.extend(file, lines);
      this.#named = new Set(this.#models.keys());
    } catch (error) {
      throw unwritable(file, error, usage);
    }
  }

  #attempt(key: string, agent: string): number {
    const id = `${key} ${agent}`;
    const attempt = (this.#attempts.get(id) ?? 0) + 1;
    this.#attempts.set(id, attempt);
    return attempt;
  }

  /** What must stand before the next call: the head of the tape, or models that came since. */
  #head(): string {
    const { header, clock, marks } = this.#options;
    const models = [...this.#models.values()];
    if (this.#named === undefined) {
      const recorded = new Date(clock.now()).toISOString();
      const began = new Date(marks.since).toISOString();
      return headerLine({ ...header, recorded, began, models });
    }
    const named = this.#named;
    return models
      .filter(({ name }) => !named.has(name))
      .map(modelLine)
      .join('');
  }
}

interface Asked {
  /** The model string. */
  name: string;
  provider: ModelProvider;
  request: ModelRequest;
}

/**
 * An answer as it is kept: without sensitive values, as the log has it. Pieces are kept as lengths:
 * their text is that of the answer. Figures that none can be are left out, as if the service had been
 * silent.
 */
function answered(
  { type: _, ...given }: ModelAnswer,
  pieces: readonly string[],
  hide: ModelRequest['hide'],
): Brought {
  const answer = { ...given, text: hide ? hide(given.text) : given.text };
  const kept: JsonObject = JSON.parse(JSON.stringify(answer));
  if (!isSoundUsage(kept.usage)) delete kept.usage;
  if (!isAmount(kept.cost)) delete kept.cost;
  const inPieces = pieces.length > 1 && pieces.join('') === answer.text;
  return { answer: kept, ...(inPieces && { pieces: pieces.map(({ length }) => length) }) };
}

function failureOf(thrown: unknown): TapeFailure {
  const error = toAwpError(thrown);
  const { code, message, hint, retryAfterMs } = error;
  const usage = error instanceof ModelError ? error.usage : undefined;
  return {
    ...{ code, message },
    ...(hint !== undefined && { hint }),
    ...(isAmount(retryAfterMs) && { retryAfterMs }),
    ...(usage && isSoundUsage({ ...usage }) && { usage }),
  };
}

/** What the service was paid for counts, also when its answer cannot be written down. */
function usageIn({ answer, failure }: Brought): Usage | undefined {
  const usage = answer?.usage;
  return isSoundUsage(usage) ? usage : failure?.usage;
}

function tooLarge(file: string, usage: Usage | undefined): ModelError {
  return new ModelError('model/tape-full', `the tape ${file} has reached 256 MB`, {
    hint: 'record a shorter run, or go on without --record: awp run --resume',
    usage,
  });
}

function unwritable(file: string, error: unknown, usage: Usage | undefined): ModelError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
  const why = code === 'EEXIST' ? 'there is something at that path already' : `error ${code}`;
  return new ModelError('model/tape-unwritable', `the tape ${file} cannot be written: ${why}`, {
    hint:
      code === 'EEXIST'
        ? 'name a new file, or take the old one away first'
        : 'look at the place and the room there, or go on without --record: awp run --resume',
    usage,
  });
}
