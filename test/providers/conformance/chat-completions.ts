import { openAiCompatible } from '../../../src/providers/openai-compatible.ts';
import { openRouter } from '../../../src/providers/openrouter.ts';
import {
  events,
  halves,
  json,
  keyOf,
  type Refusal,
  type Script,
  type Wire,
  type WireAnswer,
} from './wire.ts';

const ENDS = { stop: 'stop', length: 'length', filter: 'content_filter' } as const;

function endOf({ end = 'stop', calls = [] }: Script): string {
  return end === 'stop' && calls.length > 0 ? 'tool_calls' : ENDS[end];
}

function usageOf({ usage }: Script) {
  if (!usage) return null;
  return {
    prompt_tokens: usage.input,
    completion_tokens: usage.output,
    total_tokens: usage.input + usage.output,
    prompt_tokens_details: { cached_tokens: usage.cached ?? 0 },
    completion_tokens_details: { reasoning_tokens: usage.reasoning ?? 0 },
  };
}

function whole(script: Script): WireAnswer {
  const { text = [], thoughts, calls = [] } = script;
  return json({
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: 1_790_000_000,
    model: 'served-model',
    choices: [
      {
        index: 0,
        message: {
          role: 'assistant',
          content: text.length > 0 ? text.join('') : null,
          ...(thoughts && { reasoning_content: thoughts }),
          ...(calls.length > 0 && {
            tool_calls: calls.map(({ id, name, args }) => ({
              ...{ id, type: 'function' },
              function: { name, arguments: JSON.stringify(args) },
            })),
          }),
        },
        finish_reason: endOf(script),
      },
    ],
    usage: usageOf(script),
  });
}

function streamed(script: Script): WireAnswer {
  const { text = [], thoughts, calls = [] } = script;
  const chunk = (delta: object, more: object = {}) => ({
    ...{ id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1_790_000_000 },
    model: 'served-model',
    choices: [{ index: 0, delta, finish_reason: null, ...more }],
  });
  const list: object[] = [chunk({ role: 'assistant', content: '' })];
  if (thoughts) list.push(chunk({ reasoning_content: thoughts }));
  for (const piece of text) list.push(chunk({ content: piece }));
  for (const [index, { id, name, args }] of calls.entries()) {
    const [first, second] = halves(JSON.stringify(args));
    const start = { index, id, type: 'function', function: { name, arguments: first } };
    list.push(chunk({ tool_calls: [start] }));
    list.push(chunk({ tool_calls: [{ index, function: { arguments: second } }] }));
  }
  list.push(chunk({}, { finish_reason: endOf(script) }));
  if (script.usage) list.push({ ...chunk({}), choices: [], usage: usageOf(script) });
  return events(list, false, 'data: [DONE]\n\n');
}

function error(status: number, message: string, code: string, headers = {}): WireAnswer {
  return json({ error: { message, type: code, code, param: null } }, status, headers);
}

function refusal(kind: Refusal, key: string): WireAnswer {
  switch (kind) {
    case 'auth':
      return error(401, `Incorrect API key provided: ${key}.`, 'invalid_api_key');
    case 'unknown-model':
      return error(404, 'The model `none` does not exist', 'model_not_found');
    case 'rate-limited':
      return error(429, 'Rate limit reached', 'rate_limit_exceeded', { 'retry-after': '7' });
    case 'overloaded':
      return error(503, 'The engine is currently overloaded', 'server_error');
    case 'too-long':
      return error(
        400,
        "This model's maximum context length is 8192 tokens. However, your messages resulted in 9000 tokens.",
        'context_length_exceeded',
      );
    case 'server-error':
      return error(500, 'The server had an error', 'server_error');
  }
}

/** Any OpenAI-compatible service. */
export const compatible: Wire = {
  name: 'compatible',
  adapter: openAiCompatible,
  model: 'some-model',
  path: '/v1',
  answer: (script, stream) => (stream ? streamed(script) : whole(script)),
  refusal,
  retryAfterMs: 7000,
  brokenOff: {
    body: `data: ${JSON.stringify({ error: { message: 'gone', type: 'server_error', code: 503 } })}\n\n`,
    code: 'model/overloaded',
  },
  asked: (request) => {
    const { body } = request;
    const texts = (role: string) =>
      body.messages
        .filter((message) => message.role === role)
        .map(({ content }) => textOf(content));
    return {
      path: request.path,
      key: keyOf(request),
      system: texts('system').join('\n'),
      roles: body.messages.map(({ role }) => role).filter((role) => role !== 'system'),
      tools: (body.tools ?? []).map((tool) => tool.function.name),
      maxOutputTokens: body.max_tokens,
      temperature: body.temperature,
      results: texts('tool'),
      streams: body.stream === true,
    };
  },
  counts: ['cached', 'reasoning'],
  filters: true,
  streams: true,
  ids: true,
  reasoning: { model: 'some-model', body: { reasoning_effort: 'high' } },
  held: (schema) => ({
    response_format: {
      type: 'json_schema',
      json_schema: { name: 'answer', strict: false, schema },
    },
  }),
  wish: { tool_choice: { type: 'function', function: { name: 'file__read' } } },
  oneCall: { parallel_tool_calls: false },
};

function textOf(content: unknown): string {
  if (!Array.isArray(content)) return String(content);
  return content.map((block: { text?: string }) => block.text ?? '').join('');
}

/** OpenRouter: the same, with what it adds. */
export const openrouter: Wire = {
  ...compatible,
  name: 'openrouter',
  adapter: openRouter,
  model: 'anthropic/claude-sonnet-5.5',
  path: '/api/v1',
  reasoning: { model: 'anthropic/claude-sonnet-5.5', body: { reasoning: { effort: 'high' } } },
  refusal: (kind, key) => {
    const own = (code: number, message: string, headers = {}) =>
      json({ error: { code, message }, user_id: 'user_1' }, code, headers);
    switch (kind) {
      case 'auth':
        return own(401, `No auth credentials found: ${key}`);
      case 'unknown-model':
        return own(404, 'No endpoints found for none/none.');
      case 'rate-limited':
        return own(429, 'Rate limit exceeded: free-models-per-min.', { 'retry-after': '12' });
      case 'overloaded':
        return own(503, 'No instances available');
      case 'too-long':
        return own(
          400,
          "This endpoint's maximum context length is 200000 tokens. However, you requested about 300000 tokens.",
        );
      case 'server-error':
        return own(502, 'Provider returned error');
    }
  },
  retryAfterMs: 12_000,
  brokenOff: {
    body: `data: ${JSON.stringify({ id: 'gen-1', object: 'chat.completion.chunk', error: { code: 502, message: 'Provider disconnected' }, choices: [{ index: 0, delta: { content: '' }, finish_reason: 'error' }] })}\n\n`,
    code: 'model/server-error',
  },
};
