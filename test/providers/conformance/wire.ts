import type { JsonObject } from '../../../src/base/json.ts';
import type { Adapter } from '../../../src/providers/endpoint.ts';
import type { RecordedRequest } from '../../fault-server/server.ts';

/** What a service is made to say, in no API's words. */
export interface Script {
  /** The answer in the pieces in which a stream sends it. */
  text?: readonly string[];
  /** Thoughts before it, where the API shows some. */
  thoughts?: string;
  /** Tool calls; names as they stand on the wire. */
  calls?: readonly { id: string; name: string; args: JsonObject }[];
  usage?: { input: number; output: number; cached?: number; written?: number; reasoning?: number };
  end?: 'stop' | 'length' | 'filter';
}

/** An answer on the wire. */
export interface WireAnswer {
  status?: number;
  headers?: Record<string, string>;
  body: string;
}

/** Refusals that every API has, each in its own words. */
export type Refusal =
  | 'auth'
  | 'unknown-model'
  | 'rate-limited'
  | 'overloaded'
  | 'too-long'
  | 'server-error';

/** What a request asked for, whatever the API calls it. */
export interface Asked {
  path: string;
  key: string | undefined;
  /** All system texts together. */
  system: string;
  /** Roles in order, system left out. */
  roles: readonly string[];
  tools: readonly string[];
  maxOutputTokens: number | undefined;
  temperature: number | undefined;
  /** Texts of tool results, in order. */
  results: readonly string[];
  streams: boolean;
}

/** One API: how its service answers, refuses, and is asked. */
export interface Wire {
  name: string;
  adapter: Adapter;
  /** The model that is asked for. */
  model: string;
  /** The end of the address, behind the host. */
  path: string;
  variables?: Record<string, string>;
  answer(script: Script, stream: boolean): WireAnswer;
  refusal(kind: Refusal, key: string): WireAnswer;
  /** Milliseconds that its `rate-limited` asks to wait. */
  retryAfterMs: number | undefined;
  /** A stream that ends in an error event behind some text; undefined where the API has none. */
  brokenOff?: { body: string; code: string };
  asked(request: RecordedRequest): Asked;
  /** Whether usage has the parts of cached, written and reasoning tokens. */
  counts: readonly ('cached' | 'written' | 'reasoning')[];
  /** False: the API has no end for a filter. */
  filters: boolean;
  /** False: streams are asked for in one piece. */
  streams: boolean;
  /** False: the API gives calls no ids of its own. */
  ids: boolean;
  /** What the service is asked with for a high effort, somewhere in its body. */
  reasoning: { model: string; body: JsonObject };
  /** What it is asked with when one tool, `file.read`, is to be called. */
  wish: JsonObject;
  /** What it is asked with when its answer is to fit this schema. */
  held(schema: JsonObject): JsonObject;
  /** True: an answer that is held to a schema comes as a call of the tool `json`. */
  heldByCall?: true;
  /** False: the API takes a temperature or a share of the likely words, and the first counts. */
  takesTopP?: false;
  /** What it is asked with for one tool call at a time; left out: it cannot be told so. */
  oneCall?: JsonObject;
  /** Paths that are not the question itself, such as facts about the model. */
  aside?(request: RecordedRequest): WireAnswer | undefined;
}

/** JSON as a service sends it. */
export function json(
  body: unknown,
  status = 200,
  headers: Record<string, string> = {},
): WireAnswer {
  return {
    status,
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  };
}

/** Server-sent events; with names where the API has them. */
export function events(list: readonly unknown[], named = false, last = ''): WireAnswer {
  const lines = list.map((event) => {
    const type = (event as { type?: string }).type;
    return `${named ? `event: ${type}\n` : ''}data: ${JSON.stringify(event)}\n\n`;
  });
  return { headers: { 'content-type': 'text/event-stream' }, body: lines.join('') + last };
}

/** Text cut in two, as streams send arguments. */
export function halves(text: string): [string, string] {
  const middle = Math.floor(text.length / 2);
  return [text.slice(0, middle), text.slice(middle)];
}

/** The key of a request: a bearer token, or the value of the API's own header. */
export function keyOf({ headers }: RecordedRequest, header = 'authorization'): string | undefined {
  const value = headers[header];
  return typeof value === 'string' ? value.replace('Bearer ', '') : undefined;
}
