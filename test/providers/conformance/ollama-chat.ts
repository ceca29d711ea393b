import type { JsonObject } from '../../../src/base/json.ts';
import { ollama as adapter } from '../../../src/providers/ollama.ts';
import { json, keyOf, type Refusal, type Script, type Wire, type WireAnswer } from './wire.ts';

const ENDS = { stop: 'stop', length: 'length', filter: 'stop' } as const;

function endOf({ usage, end = 'stop' }: Script): object {
  return {
    ...{ done: true, done_reason: ENDS[end] },
    ...{ total_duration: 4_883_583_458, load_duration: 1_334_875 },
    ...(usage && { prompt_eval_count: usage.input, eval_count: usage.output }),
  };
}

const head = { model: 'served-model', created_at: '2026-11-29T23:00:00Z' };

function callsOf({ calls = [] }: Script): object {
  if (calls.length === 0) return {};
  return { tool_calls: calls.map(({ name, args }) => ({ function: { name, arguments: args } })) };
}

function whole(script: Script): WireAnswer {
  const { text = [], thoughts } = script;
  const message = {
    ...{ role: 'assistant', content: text.join('') },
    ...(thoughts && { thinking: thoughts }),
    ...callsOf(script),
  };
  return json({ ...head, message, ...endOf(script) });
}

function streamed(script: Script): WireAnswer {
  const { text = [], thoughts, calls = [] } = script;
  const piece = (message: object) => ({ ...head, message, done: false });
  const lines: object[] = [
    ...(thoughts ? [piece({ role: 'assistant', content: '', thinking: thoughts })] : []),
    ...text.map((content) => piece({ role: 'assistant', content })),
    ...(calls.length > 0 ? [piece({ role: 'assistant', content: '', ...callsOf(script) })] : []),
    { ...head, message: { role: 'assistant', content: '' }, ...endOf(script) },
  ];
  return {
    headers: { 'content-type': 'application/x-ndjson' },
    body: lines.map((line) => `${JSON.stringify(line)}\n`).join(''),
  };
}

function refusal(kind: Refusal, key: string): WireAnswer {
  const own = (status: number, error: string) => json({ error }, status);
  switch (kind) {
    case 'auth':
      return own(401, `unauthorized: ${key}`);
    case 'unknown-model':
      return own(404, "model 'none' not found");
    case 'rate-limited':
      return own(429, 'too many requests');
    case 'overloaded':
      return own(503, 'server busy, please try again. maximum pending requests exceeded');
    case 'too-long':
      return own(400, 'the input length exceeds the context length');
    case 'server-error':
      return own(500, 'llama runner process has terminated: signal: killed');
  }
}

type Body = JsonObject & {
  messages: { role: string; content: string }[];
  tools?: { function: { name: string } }[];
  options: { num_predict: number; temperature: number };
};

/** Ollama's own chat. */
export const ollama: Wire = {
  name: 'ollama',
  adapter,
  model: 'qwen3',
  path: '/',
  answer: (script, stream) => (stream ? streamed(script) : whole(script)),
  refusal,
  retryAfterMs: undefined,
  brokenOff: {
    body: `${JSON.stringify({ error: 'an error was encountered' })}\n`,
    code: 'model/truncated',
  },
  asked: (request) => {
    const body = request.body as unknown as Body;
    const texts = (role: string) =>
      body.messages.filter((message) => message.role === role).map(({ content }) => content);
    return {
      path: request.path,
      key: keyOf(request),
      system: texts('system').join('\n'),
      roles: body.messages.map(({ role }) => role).filter((role) => role !== 'system'),
      tools: (body.tools ?? []).map((tool) => tool.function.name),
      maxOutputTokens: body.options.num_predict,
      temperature: body.options.temperature,
      results: texts('tool'),
      streams: body.stream === true,
    };
  },
  held: (format) => ({ format }),
  wish: { tools: [{ function: { name: 'file__read' } }] },
  counts: [],
  filters: false,
  streams: true,
  ids: false,
  reasoning: { model: 'qwen3', body: { think: true } },
  aside: ({ path }) =>
    path === '/api/show'
      ? json({
          model_info: { 'general.architecture': 'qwen3', 'qwen3.context_length': 40_960 },
          capabilities: ['completion', 'tools', 'thinking'],
        })
      : undefined,
};
