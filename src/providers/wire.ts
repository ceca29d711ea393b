import type { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { isObject, type JsonObject, parseJson } from '../base/json.ts';
import { sentName } from '../base/tool-names.ts';
import type { Message, MessageImage, ToolCall } from '../events/event.ts';
import { ModelError, type ModelRequest, NO_USAGE, type ToolSpec } from '../ports/model-provider.ts';
import { cacheOptions } from './cache-marks.ts';
import { heldAnswer } from './held-answer.ts';
import { oneCallOptions } from './one-call.ts';
import { reasoningOptions } from './reasoning.ts';

/** A model of the AI SDK, at the level below its agents: one question, one answer. */
export type LanguageModel = ReturnType<ReturnType<typeof createOpenAICompatible>['languageModel']>;

/** What such a model is asked with. */
export type CallOptions = Parameters<LanguageModel['doGenerate']>[0];

/** A tool call as the SDK reports it: `input` is the text that the model wrote. */
export interface WireCall {
  toolCallId: string;
  toolName: string;
  input: string;
}

/** A request in the SDK's words. */
export function toCallOptions(request: ModelRequest): CallOptions {
  return heldAnswer(request, {
    prompt: request.messages.map((message) => toWireMessage(message, request.images)),
    maxOutputTokens: request.maxOutputTokens,
    temperature: request.temperature,
    ...(request.topP !== undefined && { topP: request.topP }),
    ...ownOptions(request),
    ...(request.tools.length === 0
      ? {}
      : { tools: request.tools.map(toWireTool), toolChoice: toWireChoice(request.toolChoice) }),
  });
}

/** What the SDK takes beside the question: how much to think, and one tool call at a time. */
function ownOptions(request: ModelRequest): Pick<CallOptions, 'reasoning' | 'providerOptions'> {
  const { providerOptions = {}, ...thinking } = reasoningOptions(request.reasoning);
  const own = { ...providerOptions, ...oneCallOptions(request), ...cacheOptions(request) };
  return { ...thinking, ...(Object.keys(own).length > 0 && { providerOptions: own }) };
}

/**
 * Tool calls in our words: names as in `tools`, arguments as objects, ids that differ. Arguments
 * that are no JSON object are kept as `{ _unparsed: text }`.
 */
export function fromWireCalls(calls: readonly WireCall[], tools: readonly ToolSpec[]): ToolCall[] {
  const names = new Map(tools.map(({ name }) => [sentName(name), name]));
  const ids = new Set<string>();
  return calls.map(({ toolCallId, toolName, input }) => ({
    id: unused(toolCallId, ids),
    name: names.get(toolName) ?? toolName.replaceAll('__', '.'),
    args: toArgs(input),
  }));
}

function toArgs(text: string): JsonObject {
  if (text.trim() === '') return {};
  const args = parseJson(text);
  return isObject(args) ? args : { _unparsed: text };
}

/** Some services number the calls of one answer all alike; results could not be told apart. */
function unused(id: string, taken: Set<string>): string {
  let free = id;
  for (let count = 2; taken.has(free); count++) free = `${id}-${count}`;
  taken.add(free);
  return free;
}

type WireMessage = CallOptions['prompt'][number];

function toWireMessage(message: Message, images: ModelRequest['images']): WireMessage {
  switch (message.role) {
    case 'system':
      return { role: 'system', content: message.text };
    case 'user':
      return {
        role: 'user',
        content: [
          { type: 'text', text: message.text },
          ...(message.images ?? []).map((image) => toWireImage(image, images)),
        ],
      };
    case 'assistant':
      return {
        role: 'assistant',
        content: [
          { type: 'text', text: message.text },
          ...message.toolCalls.map(({ id, name, args }) => ({
            type: 'tool-call' as const,
            toolCallId: id,
            toolName: sentName(name),
            // An object, never its text: the SDK would encode a text a second time.
            input: args,
          })),
        ],
      };
    case 'tool':
      return {
        role: 'tool',
        content: [
          {
            type: 'tool-result',
            toolCallId: message.call,
            toolName: sentName(message.name),
            output: { type: 'text', value: message.text },
          },
        ],
      };
  }
}

/** The bytes are put in here, just before the call: no log and no tape has them. */
function toWireImage({ path, type, sha256 }: MessageImage, images: ModelRequest['images']) {
  const data = images?.get(sha256);
  if (data)
    return { type: 'file' as const, mediaType: type, data: { type: 'data' as const, data } };
  throw new ModelError('model/no-image', `the image ${path} was not handed to the model`, {
    usage: NO_USAGE,
  });
}

type WireChoice = NonNullable<CallOptions['toolChoice']>;

function toWireChoice(choice: ModelRequest['toolChoice']): WireChoice {
  if (typeof choice === 'string') return { type: choice };
  return { type: 'tool', toolName: sentName(choice.tool) };
}

type WireTool = NonNullable<CallOptions['tools']>[number];

function toWireTool({ name, description, parameters }: ToolSpec): WireTool {
  return { type: 'function', name: sentName(name), description, inputSchema: parameters };
}
