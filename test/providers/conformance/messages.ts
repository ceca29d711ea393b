import type { JsonObject } from '../../../src/base/json.ts';
import { anthropic as adapter } from '../../../src/providers/anthropic.ts';
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

const ENDS = { stop: 'end_turn', length: 'max_tokens', filter: 'refusal' } as const;

function endOf({ end = 'stop', calls = [] }: Script): string {
  return end === 'stop' && calls.length > 0 ? 'tool_use' : ENDS[end];
}

/** The service counts what it read from and wrote into its cache apart from other input. */
function inputOf({ usage }: Script) {
  const { input = 0, cached = 0, written = 0 } = usage ?? {};
  return {
    input_tokens: input - cached - written,
    cache_creation_input_tokens: written,
    cache_read_input_tokens: cached,
  };
}

function whole(script: Script): WireAnswer {
  const { text = [], thoughts, calls = [] } = script;
  return json({
    ...{ id: 'msg_1', type: 'message', role: 'assistant', model: 'served-model' },
    content: [
      ...(thoughts ? [{ type: 'thinking', thinking: thoughts, signature: 'sig' }] : []),
      ...(text.length > 0 ? [{ type: 'text', text: text.join('') }] : []),
      ...calls.map(({ id, name, args }) => ({ type: 'tool_use', id, name, input: args })),
    ],
    stop_reason: endOf(script),
    stop_sequence: null,
    usage: { ...inputOf(script), output_tokens: script.usage?.output ?? 0 },
  });
}

function streamed(script: Script): WireAnswer {
  const { text = [], thoughts, calls = [], usage } = script;
  const list: object[] = [
    {
      type: 'message_start',
      message: {
        ...{ id: 'msg_1', type: 'message', role: 'assistant', model: 'served-model', content: [] },
        ...{ stop_reason: null, stop_sequence: null },
        usage: { ...inputOf(script), output_tokens: 1 },
      },
    },
    { type: 'ping' },
  ];
  let index = 0;
  const block = (start: object, deltas: readonly object[]) => {
    list.push({ type: 'content_block_start', index, content_block: start });
    for (const delta of deltas) list.push({ type: 'content_block_delta', index, delta });
    list.push({ type: 'content_block_stop', index });
    index += 1;
  };
  if (thoughts) {
    block({ type: 'thinking', thinking: '', signature: '' }, [
      { type: 'thinking_delta', thinking: thoughts },
      { type: 'signature_delta', signature: 'sig' },
    ]);
  }
  if (text.length > 0) {
    block(
      { type: 'text', text: '' },
      text.map((piece) => ({ type: 'text_delta', text: piece })),
    );
  }
  for (const { id, name, args } of calls) {
    block(
      { type: 'tool_use', id, name, input: {} },
      halves(JSON.stringify(args)).map((part) => ({
        type: 'input_json_delta',
        partial_json: part,
      })),
    );
  }
  list.push({
    type: 'message_delta',
    delta: { stop_reason: endOf(script), stop_sequence: null },
    usage: { output_tokens: usage?.output ?? 0 },
  });
  list.push({ type: 'message_stop' });
  return events(list, true);
}

function error(status: number, type: string, message: string, headers = {}): WireAnswer {
  return json({ type: 'error', error: { type, message }, request_id: 'req_1' }, status, headers);
}

function refusal(kind: Refusal, key: string): WireAnswer {
  switch (kind) {
    case 'auth':
      return error(401, 'authentication_error', `invalid x-api-key: ${key}`);
    case 'unknown-model':
      return error(404, 'not_found_error', 'model: none');
    case 'rate-limited':
      return error(429, 'rate_limit_error', 'This request would exceed your rate limit.', {
        'retry-after': '31',
        'anthropic-ratelimit-requests-remaining': '0',
        'anthropic-ratelimit-requests-reset': '2026-11-29T23:00:00Z',
      });
    case 'overloaded':
      return error(529, 'overloaded_error', 'Overloaded');
    case 'too-long':
      return error(
        400,
        'invalid_request_error',
        'prompt is too long: 210000 tokens > 200000 maximum',
      );
    case 'server-error':
      return error(500, 'api_error', 'Internal server error');
  }
}

interface Block {
  type: string;
  text?: string;
  content?: string | { text: string }[];
}

type Body = JsonObject & {
  system?: Block[];
  messages: { role: string; content: Block[] }[];
  tools?: { name: string }[];
};

/** Anthropic's Messages API. */
export const anthropic: Wire = {
  name: 'anthropic',
  adapter,
  model: 'claude-haiku-4-5',
  path: '/v1',
  answer: (script, stream) => (stream ? streamed(script) : whole(script)),
  refusal,
  retryAfterMs: 31_000,
  brokenOff: {
    body: `event: error\ndata: ${JSON.stringify({ type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } })}\n\n`,
    code: 'model/overloaded',
  },
  asked: (request) => {
    const body = request.body as unknown as Body;
    return {
      path: request.path,
      key: keyOf(request, 'x-api-key'),
      system: (body.system ?? []).map(({ text }) => text).join('\n'),
      roles: body.messages.map(({ role, content }) =>
        content.some(({ type }) => type === 'tool_result') ? 'tool' : role,
      ),
      tools: (body.tools ?? []).map(({ name }) => name),
      maxOutputTokens: Number(body.max_tokens),
      temperature: body.temperature === undefined ? undefined : Number(body.temperature),
      results: body.messages
        .flatMap(({ content }) => content)
        .flatMap(({ type, content }) => (type === 'tool_result' ? [textOf(content)] : [])),
      streams: body.stream === true,
    };
  },
  takesTopP: false,
  held: (input_schema) => ({
    tools: [{ name: 'json', input_schema }],
    tool_choice: { type: 'any', disable_parallel_tool_use: true },
  }),
  heldByCall: true,
  wish: { tool_choice: { type: 'tool', name: 'file__read' } },
  oneCall: { tool_choice: { type: 'auto', disable_parallel_tool_use: true } },
  counts: ['cached', 'written'],
  filters: true,
  streams: true,
  ids: true,
  reasoning: {
    model: 'claude-opus-5-5',
    body: {
      thinking: { type: 'adaptive', display: 'summarized' },
      output_config: { effort: 'high' },
    },
  },
};

function textOf(content: Block['content']): string {
  return typeof content === 'string' ? content : (content ?? []).map(({ text }) => text).join('');
}
