import { AwpError, type ErrorDetails } from '../base/errors.ts';
import type { JsonObject } from '../base/json.ts';
import type { Message, ToolCall, Usage } from '../events/event.ts';

/** A tool as a model is told about it. */
export interface ToolSpec {
  /** `namespace.action`; a provider maps the dot to `__` on the wire. */
  name: string;
  description: string;
  /** JSON Schema of the arguments. */
  parameters: JsonObject;
}

/** How much a model is to think before it answers: an effort, or at most so many tokens. */
export type Reasoning = 'low' | 'medium' | 'high' | { budgetTokens: number };

/** One question to a model. */
export interface ModelRequest {
  /** The provider's own name of the model, without its prefix. */
  model: string;
  messages: readonly Message[];
  tools: readonly ToolSpec[];
  /**
   * `none` forbids tool calls although the conversation has some, `required` wants one, an object
   * wants one of that tool. A service that knows no such wish is asked as with `auto`.
   */
  toolChoice: 'auto' | 'none' | 'required' | { tool: string };
  /**
   * JSON Schema that the service is to hold the answer's text to. Left out, or not known that the
   * model can: the words of the messages ask for it alone.
   */
  responseSchema?: JsonObject;
  /** False: one tool call in an answer at most, where the service can be told so. */
  parallelCalls?: boolean;
  /** Bytes of the images that messages name, by their SHA-256. */
  images?: ReadonlyMap<string, Uint8Array>;
  /** 0 to 2. */
  temperature: number;
  /**
   * Nucleus sampling, 0 to 1; left out: as the service does it. Where a service takes only one of
   * both, the temperature counts.
   */
  topP?: number;
  /** Left out: as the service does it. Each provider puts it into its own words. */
  reasoning?: Reasoning;
  /**
   * Whether more questions will begin with this one, so that a service that has to be told what to cache
   * is told to cache all of it. Left out: only when the conversation has an answer already.
   */
  goesOn?: true;
  /** Most tokens of the answer; the budget was reserved for it. */
  maxOutputTokens: number;
  /** `x-awp-run-id`, `x-awp-role`, `x-awp-agent`; sent as decision 21 says. */
  headers: Readonly<Record<string, string>>;
  /** Total time for the answer, in milliseconds: what is left of the wall time; null is unlimited. */
  timeoutMs: number | null;
  /** Whether somebody watches the pieces; without it a provider may answer in one piece. */
  stream: boolean;
  /**
   * Takes sensitive values out of the answer's text (R14). Whoever keeps answers, such as a tape, keeps
   * what it returns; providers have nothing to do with it. Left out: nothing in it is sensitive.
   */
  hide?: (text: string) => string;
}

/** Tokens that one image of a prompt counts at most: services scale larger ones down. */
export const IMAGE_TOKENS = 3000;

/** The whole answer, given only if it ended normally (decision 23). */
export interface ModelAnswer {
  type: 'end';
  text: string;
  toolCalls: readonly ToolCall[];
  /** Undefined when the service was silent about it. */
  usage: Usage | undefined;
  /** US dollars, when the service itself said what the call cost; it counts before any price. */
  cost?: number;
  /** The service's own name of the model, when it said one. */
  servedBy?: string;
}

/** A piece of the answer. The last one is always `end`; pieces are shown, never logged. */
export type ModelChunk = { type: 'text'; text: string } | ModelAnswer;

/** What a call used that was never sent, or refused before any work. */
export const NO_USAGE: Usage = { input: 0, output: 0 };

/** A failed call of a model. Providers throw nothing else, but for an aborted signal's reason. */
export class ModelError extends AwpError {
  /**
   * What the failed call used: zeros when the service surely did no work (a refused key, a rate
   * limit, no connection), its own figures when it named them, undefined when nobody knows, so
   * that the reservation has to be charged (decision 12).
   */
  readonly usage: Usage | undefined;

  constructor(
    code: `model/${string}`,
    message: string,
    details: ErrorDetails & { usage?: Usage | undefined } = {},
  ) {
    super(code, message, details);
    this.name = 'ModelError';
    this.usage = details.usage;
  }
}

/** A service that runs models. */
export interface ModelProvider {
  name: string;
  /**
   * Yields the answer as it comes. One call is one attempt: it never retries inside. Throws an
   * `AwpError` of family `model`; `retryAfterMs` is set if the service named a wait, and
   * `isRetryable(code)` tells whether trying again can help.
   */
  ask(request: ModelRequest, signal: AbortSignal): AsyncIterable<ModelChunk>;
}

/** US dollars for a million tokens. */
export interface Price {
  input: number;
  output: number;
  /** Of input that the service read from its cache; left out, it costs as much as other input. */
  cachedInput?: number;
  /** Of input that the service wrote into its cache; left out, it costs as much as other input. */
  cacheWrite?: number;
  /** What all tokens of a call cost when its input has more than `above` tokens. */
  long?: Omit<Price, 'long' | 'asOf'> & { above: number };
  /** The day on which somebody looked, `2026-11-29`; left out for prices that the user gave. */
  asOf?: string;
}

/** What a model can do. Null is not known, which is neither yes nor no. */
export interface Capabilities {
  /** Whether it can call tools. */
  tools: boolean | null;
  /** Whether it can ask for several tool calls in one answer. */
  parallelTools: boolean | null;
  /** Whether the service holds its answer to a JSON Schema. */
  structuredOutput: boolean | null;
  /** Whether it sees images. */
  vision: boolean | null;
  /** Whether it can be told how much to think. */
  reasoning: boolean | null;
  /** Whether the service wants to be told what to cache; false: it caches by itself, or not at all. */
  cacheMarkers: boolean | null;
  /** Tokens of prompt and answer together. */
  contextTokens: number | null;
  /** Most tokens of one answer. */
  maxOutputTokens: number | null;
  /** The day on which somebody looked, `2026-11-29`; left out for what the user said. */
  asOf?: string;
  /** Where the figures are from, for people. */
  source?: string;
}

/** Where a model string leads. */
export interface ResolvedModel {
  provider: ModelProvider;
  /** The provider's own name of the model. */
  model: string;
  price: Price | undefined;
  /** Left out: nothing is known of it. */
  capabilities?: Capabilities;
  /** True for rule-based and scripted models. */
  simulated: boolean;
}

/** Finds the provider of a model string. Throws `model/unknown`, `model/no-key` and the like. */
export type ResolveModel = (model: string) => ResolvedModel;

const RETRYABLE = new Set([
  'model/rate-limited',
  'model/overloaded',
  'model/timeout',
  'model/unreachable',
  'model/truncated',
  'model/refused',
  'model/bad-answer',
  'model/server-error',
]);

/** Whether asking again can help after an error with this code. */
export function isRetryable(code: string): boolean {
  return RETRYABLE.has(code);
}
