import { isObject, type Json, type JsonObject } from '../base/json.ts';
import { schemaOf } from './held-answer.ts';
import type { CallOptions, LanguageModel } from './wire.ts';

/** What the service is asked with, apart from the conversation. */
export interface OllamaSettings {
  model: string;
  /** Tokens of the window, prompt and answer together. */
  window: number;
  stream: boolean;
  /** How the model is told to think; left out when it cannot, or was not told to. */
  think?: boolean | string;
}

/** A request to `/api/chat`. */
export function toOllamaBody(options: CallOptions, settings: OllamaSettings): JsonObject {
  const { model, window, stream, think } = settings;
  const tools = toolsOf(options);
  const format = schemaOf(options);
  return {
    ...{ model, stream, messages: options.prompt.flatMap(toMessages) },
    ...(tools.length > 0 && { tools: tools.flatMap(toTool) }),
    ...(think !== undefined && { think }),
    ...(format && { format }),
    // What does not fit is refused. Otherwise the oldest messages would be left out in silence, and
    // an answer would go on over the start of the prompt.
    ...{ truncate: false, shift: false },
    options: {
      num_ctx: window,
      ...(options.maxOutputTokens !== undefined && { num_predict: options.maxOutputTokens }),
      ...(options.temperature !== undefined && { temperature: options.temperature }),
      ...(options.topP !== undefined && { top_p: options.topP }),
    },
  };
}

/** The service knows no wish for a tool: it is offered the one that is wanted. */
function toolsOf({ tools = [], toolChoice }: CallOptions): NonNullable<CallOptions['tools']> {
  if (toolChoice?.type === 'none') return [];
  if (toolChoice?.type !== 'tool') return tools;
  return tools.filter(({ name }) => name === toolChoice.toolName);
}

type UserParts = Extract<WireMessage, { role: 'user' }>['content'];

function userMessage(parts: UserParts): JsonObject {
  const images = parts.flatMap((part) => {
    if (part.type !== 'file' || part.data.type !== 'data') return [];
    const { data } = part.data;
    return [typeof data === 'string' ? data : Buffer.from(data).toString('base64')];
  });
  return { role: 'user', content: textOf(parts), ...(images.length > 0 && { images }) };
}

/** UTF-8 bytes of a request as the window counts them, with `imageBytes` for each image. */
export function promptBytes({ prompt, tools = [] }: CallOptions, imageBytes: number): number {
  let images = 0;
  const text = JSON.stringify([prompt, tools], (_, value: unknown) => {
    if (!isObject(value) || value.type !== 'file') return value;
    images += 1;
    return {};
  });
  return Buffer.byteLength(text) + images * imageBytes;
}

type WireMessage = CallOptions['prompt'][number];

function toMessages(message: WireMessage): JsonObject[] {
  switch (message.role) {
    case 'system':
      return [{ role: 'system', content: message.content }];
    case 'user':
      return [userMessage(message.content)];
    case 'assistant': {
      const calls = message.content.flatMap((part) => (part.type === 'tool-call' ? [part] : []));
      const tool_calls = calls.map(({ toolName, input }) => ({
        function: { name: toolName, arguments: isObject(input) ? input : {} },
      }));
      const content = textOf(message.content);
      return [{ role: 'assistant', content, ...(tool_calls.length > 0 && { tool_calls }) }];
    }
    case 'tool':
      return message.content.flatMap((part) => {
        if (part.type !== 'tool-result') return [];
        const { output, toolName } = part;
        const content = output.type === 'text' ? output.value : JSON.stringify(output);
        return [{ role: 'tool', tool_name: toolName, content }];
      });
  }
}

function textOf(parts: readonly { type: string; text?: string }[]): string {
  return parts.map(({ type, text = '' }) => (type === 'text' ? text : '')).join('');
}

type WireTool = NonNullable<CallOptions['tools']>[number];

function toTool(tool: WireTool): JsonObject[] {
  if (tool.type !== 'function') return [];
  const { name, description = '', inputSchema } = tool;
  // A JSON Schema is JSON, whatever its type says of numbers that are none.
  return [{ type: 'function', function: { name, description, parameters: inputSchema as Json } }];
}

type Answer = Awaited<ReturnType<LanguageModel['doGenerate']>>;
type Usage = Answer['usage'];

/** One object that the service sent: a whole answer, or a piece of a stream. */
export interface OllamaPiece {
  text: string;
  calls: { name: string; input: string }[];
  model: string | undefined;
  /** Set on the last piece. */
  end: { reason: string; usage: Usage; tokens: number } | undefined;
  /** What the service says went wrong in mid-answer. */
  error: string | undefined;
}

/** Reads what the service sent; undefined when it is not of this API. */
export function readOllamaPiece(value: unknown): OllamaPiece | undefined {
  if (!isObject(value)) return undefined;
  if (typeof value.error === 'string') return { ...NOTHING, error: value.error };
  const message = isObject(value.message) ? value.message : undefined;
  if (!message && value.done !== true) return undefined;
  return {
    text: typeof message?.content === 'string' ? message.content : '',
    calls: Array.isArray(message?.tool_calls) ? message.tool_calls.flatMap(readCall) : [],
    model: typeof value.model === 'string' ? value.model : undefined,
    end: value.done === true ? endOf(value) : undefined,
    error: undefined,
  };
}

const NOTHING: OllamaPiece = {
  ...{ text: '', calls: [], model: undefined, end: undefined, error: undefined },
};

function readCall(call: Json): { name: string; input: string }[] {
  const called = isObject(call) && isObject(call.function) ? call.function : undefined;
  if (typeof called?.name !== 'string') return [];
  const { name, arguments: args = {} } = called;
  return [{ name, input: typeof args === 'string' ? args : JSON.stringify(args) }];
}

function endOf(value: JsonObject): NonNullable<OllamaPiece['end']> {
  const input = countOf(value.prompt_eval_count);
  const output = countOf(value.eval_count);
  return {
    // Older versions name no reason.
    reason: typeof value.done_reason === 'string' ? value.done_reason : 'stop',
    usage: {
      inputTokens: { total: input, noCache: input, cacheRead: undefined, cacheWrite: undefined },
      outputTokens: { total: output, text: output, reasoning: undefined },
    },
    tokens: (input ?? 0) + (output ?? 0),
  };
}

function countOf(value: Json | undefined): number | undefined {
  return typeof value === 'number' ? value : undefined;
}
