import { isObject, parseJson } from '../base/json.ts';
import { IMAGE_TOKENS, ModelError, type ModelProvider } from '../ports/model-provider.ts';
import { type Endpoint, overSdk, type ProviderOptions, serviceOf } from './endpoint.ts';
import { answerFailure, eventFailure, type Service } from './failure.ts';
import type { Fetch } from './guarded-fetch.ts';
import { wholeNumber } from './limiter-settings.ts';
import { noTools, surelyMoreThan, tooLong } from './limits-of-models.ts';
import { askOllama, NO_FACTS, type OllamaFacts } from './ollama-facts.ts';
import { type OllamaPiece, promptBytes, readOllamaPiece, toOllamaBody } from './ollama-wire.ts';
import type { CallOptions, LanguageModel } from './wire.ts';

/** Smallest window that is asked for, in tokens: an agent's prompt does not fit a smaller one. */
const LEAST_WINDOW = 16_384;
/** UTF-8 bytes of a prompt that count as one token, on the safe side. */
const BYTES_PER_TOKEN = 3;

/**
 * Ollama by its own `/api/chat`: only there can a request say how large the window is, and that what
 * does not fit is to be refused, not cut off in silence. The window is OLLAMA_NUM_CTX, else the power
 * of two that the prompt and its answer need, at least 16,384 tokens, at most what the model has.
 * Throws `usage/bad-limit`.
 */
export function ollama(endpoint: Endpoint, options: ProviderOptions): ModelProvider {
  const wanted = wholeNumber(options.effects.secrets, 'OLLAMA_NUM_CTX', 2 * LEAST_WINDOW);
  const service = serviceOf(endpoint);
  return overSdk(endpoint, options, {
    load: async (name, fetch, address) => {
      const at = { ...endpoint, baseUrl: address.replace(/\/v1$/, '') };
      let known: OllamaFacts | undefined;
      const facts = async (signal: AbortSignal | undefined): Promise<OllamaFacts> => {
        if (known) return known;
        const about = { ...options.effects, ...(signal && { signal }) };
        const told = await askOllama(at, name, about);
        // The model may be there later, and the service awake.
        if (told !== NO_FACTS) known = told;
        return told;
      };
      return new OllamaModel(name, { fetch, service, endpoint: at, wanted, facts });
    },
  });
}

interface Around {
  fetch: Fetch;
  service: Service;
  endpoint: Endpoint;
  /** Tokens of the window, as the user wants it. */
  wanted: number | undefined;
  facts(signal: AbortSignal | undefined): Promise<OllamaFacts>;
}

type Answer = Awaited<ReturnType<LanguageModel['doGenerate']>>;
type Streamed = Awaited<ReturnType<LanguageModel['doStream']>>;
type Part = Streamed['stream'] extends ReadableStream<infer P> ? P : never;

/** One model of the service, in the form of the SDK's models. */
class OllamaModel implements LanguageModel {
  readonly specificationVersion = 'v4';
  readonly provider = 'ollama';
  readonly supportedUrls = {};
  readonly modelId: string;
  readonly #around: Around;

  constructor(name: string, around: Around) {
    this.modelId = name;
    this.#around = around;
  }

  async doGenerate(options: CallOptions): Promise<Answer> {
    const { response, window } = await this.#send(options, false);
    const piece = readOllamaPiece(await response.json());
    if (!piece?.end) throw this.#failure('model/bad-answer', 'sent JSON that is no answer');
    const full = this.#ifFull(piece.end, window);
    if (full) throw full;
    const { end, text, calls, model } = piece;
    return {
      content: [
        ...(text === '' ? [] : [{ type: 'text' as const, text }]),
        ...calls.map((call, index) => toolCall(call, index)),
      ],
      finishReason: finishOf(end, calls.length),
      usage: end.usage,
      ...(model !== undefined && { response: { modelId: model } }),
      warnings: [],
    };
  }

  async doStream(options: CallOptions): Promise<Streamed> {
    const { response, window } = await this.#send(options, true);
    return { stream: ReadableStream.from(this.#parts(response, window)) };
  }

  async *#parts(response: Response, window: number): AsyncGenerator<Part> {
    yield { type: 'stream-start', warnings: [] };
    let calls = 0;
    for await (const line of linesOf(response)) {
      const { model, text, calls: more, end } = this.#read(line);
      if (model !== undefined) yield { type: 'response-metadata', modelId: model };
      if (text) yield { type: 'text-delta', id: '0', delta: text };
      for (const call of more) yield toolCall(call, calls++);
      if (!end) continue;
      const full = this.#ifFull(end, window);
      if (full) throw full;
      yield { type: 'finish', usage: end.usage, finishReason: finishOf(end, calls) };
      return;
    }
  }

  #read(line: string): OllamaPiece {
    let value: unknown;
    try {
      value = JSON.parse(line);
    } catch {
      throw this.#failure('model/bad-answer', 'sent a broken piece of an answer');
    }
    const piece = readOllamaPiece(value);
    if (!piece) throw this.#failure('model/bad-answer', 'sent a piece of something else');
    if (piece.error === undefined) return piece;
    // The program behind it says it in JSON of its own.
    const inner = parseJson(piece.error);
    const said = isObject(inner) ? (inner.error ?? inner) : piece.error;
    throw eventFailure(this.#around.service, said);
  }

  async #send(
    options: CallOptions,
    stream: boolean,
  ): Promise<{ response: Response; window: number }> {
    const { fetch: send, endpoint, facts } = this.#around;
    const { window: own, tools, thinks } = await facts(options.abortSignal);
    options.abortSignal?.throwIfAborted();
    if (tools === false && (options.tools?.length ?? 0) > 0) {
      throw noTools({ service: 'ollama', model: this.modelId });
    }
    const bytes = promptBytes(options, IMAGE_TOKENS * BYTES_PER_TOKEN);
    const needed = Math.ceil(bytes / BYTES_PER_TOKEN) + (options.maxOutputTokens ?? 0);
    const window = this.#window(needed, own);
    if (surelyMoreThan(window, bytes)) {
      throw tooLong({ service: 'ollama', model: this.modelId }, window);
    }
    const body = toOllamaBody(options, {
      ...{ model: this.modelId, window, stream },
      ...(thinks && thinkOf(this.modelId, options)),
    });
    const response = await send(`${endpoint.baseUrl}/api/chat`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(endpoint.key && { authorization: `Bearer ${endpoint.key}` }),
        ...definedIn(options.headers ?? {}),
      },
      body: JSON.stringify(body),
      ...(options.abortSignal && { signal: options.abortSignal }),
    });
    return { response, window };
  }

  /** A larger window costs memory, and another one makes the service load the model again. */
  #window(needed: number, own: number | null): number {
    const { wanted } = this.#around;
    const fitting = Math.max(LEAST_WINDOW, 2 ** Math.ceil(Math.log2(needed)));
    return Math.min(wanted ?? fitting, own ?? Number.POSITIVE_INFINITY);
  }

  /** A full window means that something did not fit: the start of the prompt, or the answer's end. */
  #ifFull(end: NonNullable<OllamaPiece['end']>, window: number): ModelError | undefined {
    if (end.tokens < window) return undefined;
    const { inputTokens, outputTokens } = end.usage;
    const usage = { input: inputTokens.total ?? 0, output: outputTokens.total ?? 0 };
    return new ModelError(
      'model/truncated',
      `ollama cut something off: prompt and answer fill the window of ${window} tokens`,
      {
        hint: `set OLLAMA_NUM_CTX to more than ${window}, take a model with a larger window, or give it less to read`,
        usage,
      },
    );
  }

  #failure(code: `model/${string}`, problem: string): ModelError {
    return answerFailure(this.#around.service, { code, problem });
  }
}

/** Some models take an effort, all others only whether to think. */
function thinkOf(model: string, { reasoning }: CallOptions): { think?: boolean | string } {
  if (reasoning === undefined || reasoning === 'provider-default') return {};
  return { think: model.startsWith('gpt-oss') ? reasoning : true };
}

function toolCall({ name, input }: { name: string; input: string }, index: number) {
  return { type: 'tool-call' as const, toolCallId: `call_${index}`, toolName: name, input };
}

function finishOf(
  { reason }: NonNullable<OllamaPiece['end']>,
  calls: number,
): Answer['finishReason'] {
  if (reason === 'stop') return { unified: calls > 0 ? 'tool-calls' : 'stop', raw: reason };
  return { unified: reason === 'length' ? 'length' : 'other', raw: reason };
}

function definedIn(headers: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, value]],
    ),
  );
}

/** The lines of a body as they come; an empty one is none. */
async function* linesOf(response: Response): AsyncGenerator<string> {
  let held = '';
  const decoder = new TextDecoder();
  for await (const chunk of response.body ?? []) {
    const lines = (held + decoder.decode(chunk, { stream: true })).split('\n');
    held = lines.pop() ?? '';
    for (const line of lines) if (line.trim() !== '') yield line;
  }
  if (held.trim() !== '') yield held;
}
