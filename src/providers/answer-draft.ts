import { isObject, type JsonObject, parseJson } from '../base/json.ts';
import type { ModelAnswer, ModelError, ModelRequest } from '../ports/model-provider.ts';
import { answerFailure, eventFailure, type Service } from './failure.ts';
import { type ReportedUsage, statedCost, usageFrom } from './usage.ts';
import { fromWireCalls, type WireCall } from './wire.ts';

/** How the SDK says that an answer ended. */
export interface End {
  unified: string;
  raw: string | undefined;
}

/** Names that services give to a normal end and the SDK does not know. */
const NORMAL_ENDS = new Set(['eos', 'eos_token', 'end_turn', 'stop_sequence', 'end', 'stop']);
/** Names that services give to an answer that grew too long. */
const LENGTH_ENDS = new Set(['max_tokens', 'max_output_tokens', 'model_length', 'length']);

/** What Anthropic's package says when it cannot read the first event of a stream. */
const UNREADABLE = /^Expected a normalized .* stream error$/;

/** An answer on its way. It becomes one only if it ended normally (decision 23). */
export class AnswerDraft {
  text = '';
  servedBy: string | undefined;
  readonly calls: WireCall[] = [];
  readonly request: ModelRequest;
  readonly #service: Service;
  #usage: ReportedUsage | undefined;
  #end: End | undefined;

  constructor(service: Service, request: ModelRequest) {
    this.#service = service;
    this.request = request;
  }

  /** What came with the end mark. */
  finish(usage: ReportedUsage, end: End): void {
    this.#usage = usage;
    this.#end = end;
  }

  /** The answer; throws `model/truncated`, `model/refused` or `model/bad-answer` if it is none. */
  answer(): ModelAnswer {
    const problem = this.#problem();
    if (problem) throw problem;
    const usage = this.#usage && usageFrom(this.#usage, true);
    const cost = this.#usage && this.#service.statesCost ? statedCost(this.#usage) : undefined;
    return {
      type: 'end',
      text: this.text,
      toolCalls: fromWireCalls(this.calls, this.request.tools),
      usage,
      ...(cost === undefined ? {} : { cost }),
      ...(this.servedBy ? { servedBy: this.servedBy } : {}),
    };
  }

  #problem(): ModelError | undefined {
    const ended = endProblem(this.#end);
    if (ended) return this.#fail(...ended);
    if (this.text.trim() !== '' || this.calls.length > 0) return undefined;
    return this.#fail('model/bad-answer', 'gave an empty answer');
  }

  #fail(code: `model/${string}`, problem: string): ModelError {
    const usage = this.#usage && usageFrom(this.#usage, this.text !== '');
    const said = code === 'model/refused' && this.text ? `${problem}: ${this.text}` : problem;
    return answerFailure(this.#service, { code, problem: said, usage });
  }
}

function endProblem(end: End | undefined): [`model/${string}`, string] | undefined {
  const name = end?.unified === 'other' ? (end.raw ?? '').toLowerCase() : end?.unified;
  if (name === undefined || name === 'error' || name === '') {
    return ['model/truncated', 'ended the answer without an end mark'];
  }
  if (name === 'tool-calls' || NORMAL_ENDS.has(name)) return undefined;
  if (name === 'interrupted') return ['model/truncated', 'interrupted the answer'];
  if (name === 'content-filter') return ['model/refused', 'declined to answer'];
  if (LENGTH_ENDS.has(name)) {
    return ['model/truncated', 'cut the answer off at the limit of output tokens'];
  }
  return ['model/bad-answer', `ended the answer for an unknown reason: ${name}`];
}

/** The error of an `error` part in the SDK's stream, which may be a service's or the SDK's own. */
export function streamFailure(service: Service, error: unknown): ModelError {
  if (!(error instanceof Error)) return eventFailure(service, error);
  const event: unknown = 'value' in error ? error.value : undefined;
  if (isObject(event) && event.error) return eventFailure(service, event.error);
  return error.name === 'AI_InvalidResponseDataError'
    ? answerFailure(service, {
        code: 'model/truncated',
        problem: 'ended the answer without an end mark',
      })
    : answerFailure(service, {
        code: 'model/bad-answer',
        problem: 'sent a broken piece of an answer',
      });
}

/** The error for what the SDK threw about an answer; a fault of our own comes back as it is. */
export function sdkFailure(service: Service, error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  // A RangeError comes from nesting that is too deep for the SDK's checks.
  const aboutAnswer =
    error.name.startsWith('AI_') || error instanceof RangeError || UNREADABLE.test(error.message);
  if (!aboutAnswer) return error;
  const event = 'responseBody' in error ? errorIn(String(error.responseBody)) : undefined;
  if (event !== undefined) return eventFailure(service, event);
  return answerFailure(service, {
    code: 'model/bad-answer',
    problem: 'sent JSON that is no answer',
  });
}

/**
 * The error of a service in what the SDK kept of a stream that had nothing else in it: the event, or
 * the error alone. Undefined when it is something else, such as an answer of another shape.
 */
function errorIn(body: string): unknown {
  const event = parseJson(body);
  if (!isObject(event)) return undefined;
  const response: JsonObject = isObject(event.response) ? event.response : {};
  const inner = event.error ?? response.error;
  if (inner !== undefined && inner !== null) return inner;
  return typeof event.type === 'string' && typeof event.message === 'string' ? event : undefined;
}
