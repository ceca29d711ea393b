import type { JsonObject } from '../../../src/base/json.ts';
import { OPTIONAL_SERVICES, optional } from '../../../src/providers/optional.ts';
import { json, keyOf, type Refusal, type Script, type Wire, type WireAnswer } from './wire.ts';

const ENDS = { stop: 'end_turn', length: 'max_tokens', filter: 'content_filtered' } as const;

function whole(script: Script): WireAnswer {
  const { text = [], thoughts, calls = [], usage, end = 'stop' } = script;
  const { input = 0, output = 0, cached = 0, written = 0 } = usage ?? {};
  return json({
    output: {
      message: {
        role: 'assistant',
        content: [
          ...(thoughts
            ? [{ reasoningContent: { reasoningText: { text: thoughts, signature: 'sig' } } }]
            : []),
          ...(text.length > 0 ? [{ text: text.join('') }] : []),
          ...calls.map(({ id, name, args }) => ({ toolUse: { toolUseId: id, name, input: args } })),
        ],
      },
    },
    stopReason: end === 'stop' && calls.length > 0 ? 'tool_use' : ENDS[end],
    usage: {
      inputTokens: input - cached - written,
      outputTokens: output,
      totalTokens: input + output,
      cacheReadInputTokens: cached,
      cacheWriteInputTokens: written,
    },
    metrics: { latencyMs: 900 },
  });
}

function refusal(kind: Refusal, key: string): WireAnswer {
  const own = (status: number, type: string, message: string) =>
    json({ message }, status, { 'x-amzn-errortype': type });
  switch (kind) {
    case 'auth':
      return own(403, 'AccessDeniedException', `The security token is invalid: ${key}`);
    case 'unknown-model':
      return own(404, 'ResourceNotFoundException', 'Could not resolve the foundation model');
    case 'rate-limited':
      return own(429, 'ThrottlingException', 'Too many requests, please wait before trying again.');
    case 'overloaded':
      return own(503, 'ServiceUnavailableException', 'Bedrock is unable to process your request.');
    case 'too-long':
      return own(400, 'ValidationException', 'Input is too long for requested model.');
    case 'server-error':
      return own(500, 'InternalServerException', 'The system encountered an unexpected error.');
  }
}

interface Block {
  text?: string;
  toolResult?: { content: { text: string }[] };
}

type Body = JsonObject & {
  system?: { text?: string }[];
  messages: { role: string; content: Block[] }[];
  toolConfig?: { tools: { toolSpec: { name: string } }[] };
  inferenceConfig: { maxTokens: number; temperature?: number };
};

const service = OPTIONAL_SERVICES.get('bedrock');
if (!service) throw new Error('bedrock is not in the table');

/** Bedrock's Converse, with a bearer token. */
export const bedrock: Wire = {
  name: 'bedrock',
  adapter: (endpoint, options) => optional(service, endpoint, options),
  model: 'us.anthropic.claude-haiku-4-5-20251001-v1:0',
  path: '',
  variables: { AWS_REGION: 'us-east-1', AWS_BEARER_TOKEN_BEDROCK: 'set' },
  answer: (script) => whole(script),
  refusal,
  retryAfterMs: undefined,
  asked: (request) => {
    const body = request.body as unknown as Body;
    return {
      path: request.path,
      key: keyOf(request),
      system: (body.system ?? []).map(({ text = '' }) => text).join('\n'),
      roles: body.messages.map(({ role, content }) =>
        content.some(({ toolResult }) => toolResult) ? 'tool' : role,
      ),
      tools: (body.toolConfig?.tools ?? []).map(({ toolSpec }) => toolSpec.name),
      maxOutputTokens: body.inferenceConfig.maxTokens,
      temperature: body.inferenceConfig.temperature,
      results: body.messages
        .flatMap(({ content }) => content)
        .flatMap(({ toolResult }) =>
          toolResult ? [toolResult.content.map(({ text }) => text).join('')] : [],
        ),
      streams: false,
    };
  },
  held: (schema) => ({
    toolConfig: {
      tools: [{ toolSpec: { name: 'json', inputSchema: { json: schema } } }],
      toolChoice: { any: {} },
    },
  }),
  heldByCall: true,
  wish: { toolConfig: { toolChoice: { tool: { name: 'file__read' } } } },
  counts: ['cached', 'written'],
  filters: true,
  streams: false,
  ids: true,
  reasoning: {
    model: 'us.anthropic.claude-haiku-4-5-20251001-v1:0',
    body: {
      additionalModelRequestFields: { thinking: { type: 'enabled', budget_tokens: 2000 } },
      inferenceConfig: { maxTokens: 4000 },
    },
  },
};
