import type { JsonObject } from '../base/json.ts';
import type { Effects } from '../ports/effects.ts';
import {
  IMAGE_TOKENS,
  type ModelChunk,
  ModelError,
  type ModelProvider,
  type ModelRequest,
  type ToolSpec,
} from '../ports/model-provider.ts';
import { AnswerDraft, sdkFailure, streamFailure } from './answer-draft.ts';
import { type CallEnd, CallGuard, type CallLimits } from './call-guard.ts';
import type { Service } from './failure.ts';
import { type Fetch, guardedFetch } from './guarded-fetch.ts';
import { type Limiter, limiterOf } from './limiter.ts';
import { limiterSettings, timeLimits, unusedProxy } from './limiter-settings.ts';
import { isLoopback } from './loopback.ts';
import { type CallOptions, type LanguageModel, toCallOptions } from './wire.ts';

/** The version of the SDK's interface that this adapter was tested with. */
const SPECIFICATION = 'v4';

/** Letters of a prompt that make about one token. */
const LETTERS_PER_TOKEN = 4;
/** A slow model writes about this many tokens in a second. */
const SLOW_TOKENS_PER_SECOND = 20;

/** What a provider of AI SDK models is made of. */
export interface LanguageModelOptions {
  service: Service;
  effects: Pick<Effects, 'clock' | 'network'> & Partial<Pick<Effects, 'secrets'>>;
  /** Tells accounts at the same address apart, for limits that are the account's; a key will do. */
  account?: string | undefined;
  /** Makes the SDK's model, on the first question to it. All its requests must use `fetch`. */
  load(model: string, fetch: Fetch): Promise<LanguageModel>;
  /**
   * Defaults: connection 10 s, first byte 60 s (300 s on loopback), idle 30 s, no total, 8 MB
   * (decision 24); the environment's variables come before them, this before both.
   */
  limits?: Partial<CallLimits>;
  /** Whether the request's headers go out (decision 21). */
  sendHeaders: boolean;
  /** Asks for answers in one piece only: for services whose streams are no lines of text. */
  onePiece?: true;
}

/**
 * A model of the AI SDK as a provider. It never retries. An answer counts only when it ended
 * normally; until then its text is only shown. Errors are our own, made of what was seen on the
 * wire: the SDK's hold the request. (Experiments, spike 2.)
 */
export function languageModel(options: LanguageModelOptions): ModelProvider {
  return new LanguageModelProvider(options);
}

class LanguageModelProvider implements ModelProvider {
  readonly #options: LanguageModelOptions;
  readonly #limits: CallLimits;
  readonly #guards = new WeakMap<AbortSignal, CallGuard>();
  readonly #models = new Map<string, Promise<LanguageModel>>();
  readonly #limiter: Limiter;
  readonly #fetch: Fetch;

  constructor(options: LanguageModelOptions) {
    this.#options = options;
    const { service, effects, account = '' } = options;
    const { clock, network, secrets } = effects;
    this.#limits = {
      connectMs: 10_000,
      firstByteMs: isLoopback(service.baseUrl) ? 300_000 : 60_000,
      idleMs: 30_000,
      totalMs: null,
      maxBytes: 8 * 1024 * 1024,
      ...timeLimits(secrets),
      ...options.limits,
    };
    const guardOf = (signal: AbortSignal) => this.#guards.get(signal);
    const id = `${service.name} ${service.baseUrl} ${account}`;
    this.#limiter = limiterOf(clock, id, limiterSettings(secrets, service));
    const asked = { ...service, unusedProxy: unusedProxy(secrets, service.baseUrl) };
    this.#fetch = guardedFetch({ service: asked, network, clock, guardOf });
  }

  get name(): string {
    return this.#options.service.name;
  }

  async *ask(request: ModelRequest, signal: AbortSignal): AsyncGenerator<ModelChunk> {
    signal.throwIfAborted();
    const guard = new CallGuard({
      service: this.#options.service,
      clock: this.#options.effects.clock,
      limits: this.#limitsFor(request),
      totalMs: request.timeoutMs,
      asker: {
        run: request.headers['x-awp-run-id'] ?? '',
        agent: request.headers['x-awp-agent'] ?? '',
        model: request.model,
      },
      outer: signal,
      streams: !this.#options.onePiece && (request.stream || !this.#fitsOnePiece(request)),
    });
    this.#guards.set(guard.signal, guard);
    const end: CallEnd = {};
    try {
      // Before any work for the request: a thousand that wait cost nothing but their place.
      await guard.enter(this.#limiter, tokensOf(request));
      const draft = new AnswerDraft(this.#options.service, request);
      const model = await this.#model(request.model);
      if (guard.streams) yield* this.#inPieces(model, draft, guard);
      else await this.#inOnePiece(model, draft, guard);
      const answer = draft.answer();
      end.usage = answer.usage;
      // Who reads the answer may take its time: the turn is another's by then.
      guard.close(end);
      yield answer;
    } catch (error) {
      const failure = this.#failure(error, guard, signal);
      if (failure instanceof ModelError) end.failure = failure;
      throw failure;
    } finally {
      guard.close(end);
    }
  }

  /** Where streams cannot be read, nothing is heard before the whole answer is written. */
  #limitsFor({ maxOutputTokens }: ModelRequest): CallLimits {
    if (!this.#options.onePiece) return this.#limits;
    const writingMs = Math.ceil((maxOutputTokens / SLOW_TOKENS_PER_SECOND) * 1000);
    return { ...this.#limits, firstByteMs: Math.max(this.#limits.firstByteMs, writingMs) };
  }

  /**
   * An answer in one piece costs less, but nothing is heard until it is whole: it is only asked
   * for when nobody watches and a slow model would write it within the wait for the first byte.
   */
  #fitsOnePiece({ maxOutputTokens }: ModelRequest): boolean {
    return maxOutputTokens <= (this.#limits.firstByteMs / 1000) * SLOW_TOKENS_PER_SECOND;
  }

  #model(name: string): Promise<LanguageModel> {
    const known = this.#models.get(name);
    if (known) return known;
    const loading = this.#options.load(name, this.#fetch).then((model) => {
      // Versions of the SDK differ in the interface, and npm may pick another than we tested.
      const version: string = model.specificationVersion;
      if (version === SPECIFICATION) return model;
      throw new ModelError(
        'model/unsupported',
        `the provider package of ${this.name} speaks interface ${version}, not ${SPECIFICATION}`,
        { hint: 'install the versions that awp-agents names in its package.json' },
      );
    });
    this.#models.set(name, loading);
    return loading;
  }

  async #inOnePiece(model: LanguageModel, draft: AnswerDraft, guard: CallGuard): Promise<void> {
    const result = await model.doGenerate(this.#callOptions(draft.request, guard));
    for (const part of result.content) {
      if (part.type === 'text') draft.text += part.text;
      else if (part.type === 'tool-call') draft.calls.push(part);
    }
    draft.servedBy = result.response?.modelId;
    const { unified, raw } = result.finishReason;
    // The JSON was whole, so an end without a reason is an end all the same.
    const silent = unified === 'other' && !raw;
    draft.finish(result.usage, { unified: silent ? 'stop' : unified, raw });
  }

  async *#inPieces(
    model: LanguageModel,
    draft: AnswerDraft,
    guard: CallGuard,
  ): AsyncGenerator<ModelChunk> {
    const { stream } = await model.doStream(this.#callOptions(draft.request, guard));
    const reader = stream.getReader();
    for (;;) {
      const { value: part } = await reader.read();
      if (!part) return;
      switch (part.type) {
        case 'text-delta':
          draft.text += part.delta;
          if (draft.request.stream && part.delta) yield { type: 'text', text: part.delta };
          break;
        case 'tool-call':
          draft.calls.push(part);
          break;
        case 'response-metadata':
          draft.servedBy = part.modelId;
          break;
        case 'finish':
          draft.finish(part.usage, part.finishReason);
          break;
        case 'error':
          // What follows would look like success: a broken line is skipped, and `finish` is `stop`.
          throw streamFailure(this.#options.service, part.error);
      }
    }
  }

  #callOptions(request: ModelRequest, guard: CallGuard): CallOptions {
    return {
      ...toCallOptions(request),
      abortSignal: guard.signal,
      headers: this.#options.sendHeaders ? headersOf(request) : {},
    };
  }

  /** The caller's own reason first, then what the guard saw, then what the SDK says. */
  #failure(error: unknown, guard: CallGuard, signal: AbortSignal): unknown {
    if (signal.aborted) return signal.reason;
    if (guard.failure) return guard.failure;
    if (error instanceof ModelError) return error;
    return sdkFailure(this.#options.service, error);
  }
}

/** About what a call uses at most: its prompt and the longest answer. */
function tokensOf({ messages, tools, responseSchema, maxOutputTokens }: ModelRequest): number {
  let letters = responseSchema ? lettersOf(responseSchema) : 0;
  for (const message of messages) {
    letters += message.text.length;
    if (message.role === 'user') letters += imageLetters(message.images);
    if (message.role !== 'assistant') continue;
    for (const { args } of message.toolCalls) letters += JSON.stringify(args).length;
  }
  for (const tool of tools) letters += lettersOf(tool);
  return Math.ceil(letters / LETTERS_PER_TOKEN) + maxOutputTokens;
}

function imageLetters(images: readonly unknown[] = []): number {
  return images.length * IMAGE_TOKENS * LETTERS_PER_TOKEN;
}

/** The same tools and schemas are sent with each question of an agent. */
const knownTools = new WeakMap<ToolSpec | JsonObject, number>();

function lettersOf(tool: ToolSpec | JsonObject): number {
  const letters = knownTools.get(tool) ?? JSON.stringify(tool).length;
  knownTools.set(tool, letters);
  return letters;
}

/** Headers may only hold ASCII; an agent's name may be in any script. */
function headersOf({ headers }: ModelRequest): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name,
      /^[\x20-\x7e]*$/.test(value) ? value : encodeURIComponent(value.toWellFormed()),
    ]),
  );
}
