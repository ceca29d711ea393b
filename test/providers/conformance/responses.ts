import type { JsonObject } from '../../../src/base/json.ts';
import { openAi } from '../../../src/providers/openai.ts';
import { OPTIONAL_SERVICES, optional } from '../../../src/providers/optional.ts';
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

function itemsOf({ text = [], calls = [] }: Script): object[] {
  return [
    ...(text.length === 0
      ? []
      : [
          {
            ...{ type: 'message', id: 'msg_1', status: 'completed', role: 'assistant' },
            content: [{ type: 'output_text', text: text.join(''), annotations: [], logprobs: [] }],
          },
        ]),
    ...calls.map(({ id, name, args }, index) => ({
      ...{ type: 'function_call', id: `fc_${index}`, call_id: id, status: 'completed', name },
      arguments: JSON.stringify(args),
    })),
  ];
}

function responseOf(script: Script): object {
  const { usage, end = 'stop' } = script;
  const reason = { stop: null, length: 'max_output_tokens', filter: 'content_filter' }[end];
  return {
    ...{ id: 'resp_1', object: 'response', created_at: 1_790_000_000, model: 'served-model' },
    status: reason === null ? 'completed' : 'incomplete',
    error: null,
    incomplete_details: reason === null ? null : { reason },
    output: itemsOf(script),
    ...(usage && {
      usage: {
        input_tokens: usage.input,
        input_tokens_details: { cached_tokens: usage.cached ?? 0 },
        output_tokens: usage.output,
        output_tokens_details: { reasoning_tokens: usage.reasoning ?? 0 },
        total_tokens: usage.input + usage.output,
      },
    }),
  };
}

function streamed(script: Script): WireAnswer {
  const { text = [], calls = [], end = 'stop' } = script;
  const list: object[] = [
    {
      type: 'response.created',
      response: { ...responseOf({}), status: 'in_progress', output: [] },
    },
  ];
  const items = itemsOf(script);
  let place = 0;
  if (text.length > 0) {
    const where = { output_index: place, item_id: 'msg_1', content_index: 0 };
    list.push({
      ...{ type: 'response.output_item.added', output_index: place },
      item: { type: 'message', id: 'msg_1', status: 'in_progress', role: 'assistant', content: [] },
    });
    for (const delta of text) {
      list.push({ type: 'response.output_text.delta', ...where, delta, logprobs: [] });
    }
    list.push({ type: 'response.output_item.done', output_index: place, item: items[place] });
    place += 1;
  }
  for (const [index, { id, name, args }] of calls.entries()) {
    const where = { output_index: place, item_id: `fc_${index}` };
    const item = { type: 'function_call', id: `fc_${index}`, call_id: id, name, arguments: '' };
    list.push({ type: 'response.output_item.added', output_index: place, item });
    for (const delta of halves(JSON.stringify(args))) {
      list.push({ type: 'response.function_call_arguments.delta', ...where, delta });
    }
    list.push({ type: 'response.output_item.done', output_index: place, item: items[place] });
    place += 1;
  }
  const type = end === 'stop' ? 'response.completed' : 'response.incomplete';
  list.push({ type, response: responseOf(script) });
  return events(
    list.map((event, index) => ({ ...event, sequence_number: index })),
    true,
  );
}

function error(status: number, message: string, code: string, headers = {}): WireAnswer {
  return json({ error: { message, type: code, param: null, code } }, status, headers);
}

function refusal(kind: Refusal, key: string): WireAnswer {
  switch (kind) {
    case 'auth':
      return error(
        401,
        `Incorrect API key provided: ${key}. You can find yours.`,
        'invalid_api_key',
      );
    case 'unknown-model':
      return error(
        404,
        "The model 'none' does not exist or you do not have access to it.",
        'model_not_found',
      );
    case 'rate-limited':
      return error(
        429,
        'Rate limit reached for gpt on tokens per min (TPM)',
        'rate_limit_exceeded',
        {
          'retry-after-ms': '1250',
          'x-ratelimit-remaining-tokens': '0',
        },
      );
    case 'overloaded':
      return error(503, 'The engine is currently overloaded, please try again later', 'overloaded');
    case 'too-long':
      return error(
        400,
        'Your input exceeds the context window of this model. Please adjust your input and try again.',
        'context_length_exceeded',
      );
    case 'server-error':
      return error(500, 'The server had an error while processing your request.', 'server_error');
  }
}

interface Item {
  type?: string;
  role?: string;
  content?: string | { text: string }[];
  output?: string;
}

/** OpenAI's Responses API. */
export const openai: Wire = {
  name: 'openai',
  adapter: openAi,
  model: 'gpt-4.1',
  path: '/v1',
  answer: (script, stream) => (stream ? streamed(script) : json(responseOf(script))),
  refusal,
  retryAfterMs: 1250,
  brokenOff: {
    body: `event: error\ndata: ${JSON.stringify({ type: 'error', code: 'server_error', message: 'The server had an error', param: null, sequence_number: 3 })}\n\n`,
    code: 'model/server-error',
  },
  asked: (request) => {
    const body = request.body as unknown as JsonObject & {
      input: Item[];
      tools?: { name: string }[];
    };
    const systems = body.input.filter(({ role }) => role === 'system' || role === 'developer');
    return {
      path: request.path,
      key: keyOf(request) ?? keyOf(request, 'api-key'),
      system: systems.map(({ content }) => content).join('\n'),
      roles: body.input.flatMap(({ type, role }) => {
        if (type === 'function_call_output') return ['tool'];
        if (type === 'function_call') return ['call'];
        return role === 'system' || role === 'developer' ? [] : [role ?? ''];
      }),
      tools: (body.tools ?? []).map(({ name }) => name),
      maxOutputTokens: Number(body.max_output_tokens),
      temperature: body.temperature === undefined ? undefined : Number(body.temperature),
      results: body.input.flatMap(({ type, output }) =>
        type === 'function_call_output' ? [String(output)] : [],
      ),
      streams: body.stream === true,
    };
  },
  held: (schema) => ({
    text: { format: { type: 'json_schema', name: 'answer', strict: false, schema } },
  }),
  wish: { tool_choice: { type: 'function', name: 'file__read' } },
  oneCall: { parallel_tool_calls: false },
  counts: ['cached', 'reasoning'],
  filters: true,
  streams: true,
  ids: true,
  reasoning: { model: 'gpt-6.2-sol', body: { reasoning: { effort: 'high' } } },
};

const azureService = OPTIONAL_SERVICES.get('azure');
if (!azureService) throw new Error('azure is not in the table');

/** Azure: the same API with a header of its own for the key. */
export const azure: Wire = {
  ...openai,
  name: 'azure',
  adapter: (endpoint, options) => optional(azureService, endpoint, options),
  path: '/openai/v1',
};
