import type { JsonObject } from '../../../src/base/json.ts';
import { OPTIONAL_SERVICES, optional } from '../../../src/providers/optional.ts';
import {
  events,
  json,
  keyOf,
  type Refusal,
  type Script,
  type Wire,
  type WireAnswer,
} from './wire.ts';

const ENDS = { stop: 'STOP', length: 'MAX_TOKENS', filter: 'SAFETY' } as const;

function answerOf(parts: readonly object[], script: Script, last: boolean): object {
  const { usage, end = 'stop' } = script;
  return {
    candidates: [
      {
        content: { role: 'model', parts },
        ...(last && { finishReason: ENDS[end] }),
        index: 0,
      },
    ],
    ...(last &&
      usage && {
        usageMetadata: {
          promptTokenCount: usage.input,
          // The service counts thoughts apart from what it says.
          candidatesTokenCount: usage.output - (usage.reasoning ?? 0),
          thoughtsTokenCount: usage.reasoning ?? 0,
          cachedContentTokenCount: usage.cached ?? 0,
          totalTokenCount: usage.input + usage.output,
        },
      }),
    modelVersion: 'served-model',
    responseId: 'r1',
  };
}

function partsOf({ calls = [] }: Script): object[] {
  return calls.map(({ name, args }) => ({ functionCall: { name, args } }));
}

function whole(script: Script): WireAnswer {
  const { text = [], thoughts } = script;
  const parts = [
    ...(thoughts ? [{ text: thoughts, thought: true }] : []),
    ...(text.length > 0 ? [{ text: text.join('') }] : []),
    ...partsOf(script),
  ];
  return json(answerOf(parts, script, true));
}

function streamed(script: Script): WireAnswer {
  const { text = [], thoughts } = script;
  return events([
    ...(thoughts ? [answerOf([{ text: thoughts, thought: true }], script, false)] : []),
    ...text.map((piece) => answerOf([{ text: piece }], script, false)),
    answerOf(partsOf(script), script, true),
  ]);
}

function refusal(kind: Refusal, key: string): WireAnswer {
  const own = (code: number, status: string, message: string, more: object = {}) =>
    json({ error: { code, message, status, ...more } }, code);
  switch (kind) {
    case 'auth':
      return own(401, 'UNAUTHENTICATED', `API key not valid: ${key}`);
    case 'unknown-model':
      return own(404, 'NOT_FOUND', 'models/none is not found for API version v1beta');
    case 'rate-limited':
      return own(
        429,
        'RESOURCE_EXHAUSTED',
        'You exceeded your current quota. Please retry in 9s.',
        {
          details: [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '9s' }],
        },
      );
    case 'overloaded':
      return own(503, 'UNAVAILABLE', 'The model is overloaded. Please try again later.');
    case 'too-long':
      return own(
        400,
        'INVALID_ARGUMENT',
        'The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).',
      );
    case 'server-error':
      return own(500, 'INTERNAL', 'An internal error has occurred.');
  }
}

interface Part {
  text?: string;
  functionCall?: object;
  functionResponse?: { response: { content: unknown } };
}

type Body = JsonObject & {
  systemInstruction?: { parts: { text: string }[] };
  contents: { role: string; parts: Part[] }[];
  tools?: { functionDeclarations: { name: string }[] }[];
  generationConfig: { maxOutputTokens: number; temperature?: number };
};

const service = OPTIONAL_SERVICES.get('google');
if (!service) throw new Error('google is not in the table');

/** Google's generateContent. */
export const google: Wire = {
  name: 'google',
  adapter: (endpoint, options) => optional(service, endpoint, options),
  model: 'gemini-2.5-flash',
  path: '/v1beta',
  answer: (script, stream) => (stream ? streamed(script) : whole(script)),
  refusal,
  retryAfterMs: 9000,
  asked: (request) => {
    const body = request.body as unknown as Body;
    const tools = Array.isArray(body.tools) ? body.tools : [];
    return {
      path: request.path,
      key: keyOf(request, 'x-goog-api-key'),
      system: (body.systemInstruction?.parts ?? []).map(({ text }) => text).join('\n'),
      roles: body.contents.map(({ role, parts }) =>
        parts.some(({ functionResponse }) => functionResponse) ? 'tool' : role,
      ),
      tools: tools.flatMap(({ functionDeclarations }) =>
        functionDeclarations.map(({ name }) => name),
      ),
      maxOutputTokens: body.generationConfig.maxOutputTokens,
      temperature: body.generationConfig.temperature,
      results: body.contents
        .flatMap(({ parts }) => parts)
        .flatMap(({ functionResponse }) =>
          functionResponse ? [String(functionResponse.response.content)] : [],
        ),
      streams: request.path.includes('streamGenerateContent'),
    };
  },
  held: (responseJsonSchema) => ({
    generationConfig: { responseMimeType: 'application/json', responseJsonSchema },
  }),
  wish: {
    toolConfig: { functionCallingConfig: { mode: 'ANY', allowedFunctionNames: ['file__read'] } },
  },
  counts: ['cached', 'reasoning'],
  filters: true,
  streams: true,
  ids: false,
  reasoning: {
    model: 'gemini-2.5-flash',
    body: { generationConfig: { maxOutputTokens: 4000, thinkingConfig: { thinkingBudget: 2000 } } },
  },
};
