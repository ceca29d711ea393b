import {
  type Capabilities,
  IMAGE_TOKENS,
  type ModelChunk,
  ModelError,
  type ModelProvider,
  type ModelRequest,
} from '../ports/model-provider.ts';
import { noTools, surelyMoreThan, tooLong } from './limits-of-models.ts';

/** UTF-8 bytes of a prompt that count as one token, on the safe side. */
const BYTES_PER_TOKEN = 3;
/** An answer is not made shorter than this, in tokens, to fit behind a prompt. */
const LEAST_OUTPUT = 1024;

/** What is known of the models of a provider. */
export interface Care {
  /** How users call the service. */
  service: string;
  capabilities(model: string): Capabilities;
}

/**
 * A provider that is asked only for what its models can do: tools that a model cannot call and
 * prompts that cannot fit are refused before anything is sent, longer answers than it gives are not
 * asked for. What a service says of such things is told in the same words.
 */
export function careful(provider: ModelProvider, care: Care): ModelProvider {
  /** Models whose service took no schema for an answer. */
  const schemaless = new Set<string>();
  return {
    name: provider.name,
    async *ask(request, signal): AsyncGenerator<ModelChunk> {
      const { responseSchema, ...plain } = within(request, care);
      const held = responseSchema !== undefined && !schemaless.has(request.model);
      try {
        yield* provider.ask(held ? { ...plain, responseSchema } : plain, signal);
      } catch (error) {
        if (!(error instanceof ModelError)) throw error;
        const isRefused = held && isSchemaRefusal(error);
        if (isRefused) schemaless.add(request.model);
        throw isRefused
          ? withoutSchema(error, care, request.model)
          : explain(error, request.model, care);
      }
    },
  };
}

/** How services say that they do not take a schema, or not this one. */
const NO_SCHEMA = /schema|response_?format|output_(config|format)|text\.format|structured|grammar/i;

function isSchemaRefusal({ code, message }: ModelError): boolean {
  return code === 'model/bad-request' && NO_SCHEMA.test(message);
}

/** The caller asks again, by its own rules, and the next question goes without the schema. */
function withoutSchema(
  { message, usage }: ModelError,
  { service }: Care,
  model: string,
): ModelError {
  return new ModelError('model/bad-answer', message, {
    hint: `the schema of the answer is left out from now on; say so in advance with capabilities of ${service}/${model}: structuredOutput: false`,
    usage,
  });
}

function within(request: ModelRequest, { service, capabilities }: Care): ModelRequest {
  const { model, tools, reasoning, responseSchema, ...rest } = request;
  const can = capabilities(model);
  const named = { service, model };
  if (tools.length > 0 && can.tools === false) throw noTools(named);
  const window = can.contextTokens;
  const bytes = bytesOf(request);
  if (window !== null && surelyMoreThan(window, bytes)) throw tooLong(named, window);
  const room = window === null ? Number.POSITIVE_INFINITY : window - bytes / BYTES_PER_TOKEN;
  return {
    ...rest,
    ...{ model, tools },
    ...(reasoning !== undefined && can.reasoning !== false && { reasoning }),
    ...(responseSchema && can.structuredOutput === true && { responseSchema }),
    maxOutputTokens: Math.min(
      request.maxOutputTokens,
      can.maxOutputTokens ?? Number.POSITIVE_INFINITY,
      Math.max(LEAST_OUTPUT, Math.floor(room)),
    ),
  };
}

function bytesOf({ messages, tools, responseSchema }: ModelRequest): number {
  let bytes = tools.length === 0 ? 0 : Buffer.byteLength(JSON.stringify(tools));
  if (responseSchema) bytes += Buffer.byteLength(JSON.stringify(responseSchema));
  for (const message of messages) {
    bytes += Buffer.byteLength(message.text);
    if (message.role === 'user') {
      bytes += (message.images?.length ?? 0) * IMAGE_TOKENS * BYTES_PER_TOKEN;
    }
    if (message.role === 'assistant' && message.toolCalls.length > 0) {
      bytes += Buffer.byteLength(JSON.stringify(message.toolCalls));
    }
  }
  return bytes;
}

/** How services say that a prompt does not fit. */
const TOO_LONG =
  /context[ _](length|window|size)|maximum context|(prompt|input|request|messages?) (is |are )?too (long|large)|too many (input )?tokens|(input|prompt)( token)?( count| length)?[^.]{0,40}exceeds?|request_too_large|string_above_max_length|reduce the length/i;

/** How services say that a model cannot call tools. */
const NO_TOOLS =
  /support(s|ing)? (for )?(the use of )?(tool|function)|(tool|function)[ _-]?(use|call(ing|s)?|choice)?s?['"`]?( is| are)? not (supported|enabled|available)|unsupported[^.]{0,20}'?tools|enable-auto-tool-choice/i;

const REFUSALS = new Set(['model/bad-request', 'model/unknown']);

function explain(error: ModelError, model: string, { service, capabilities }: Care): ModelError {
  const named = { service, model };
  const said = error.message.replace(/^.*? status \d+: /s, '');
  if (REFUSALS.has(error.code) && NO_TOOLS.test(error.message)) return noTools(named, said);
  if (error.code === 'model/bad-request' && TOO_LONG.test(error.message)) {
    return tooLong(named, capabilities(model).contextTokens ?? undefined, said);
  }
  return service === 'ollama' ? explainOllama(error, model) : error;
}

/** The two things that most often lack are said with their commands. */
function explainOllama(error: ModelError, model: string): ModelError {
  const { code, message, usage } = error;
  if (code === 'model/unknown') {
    const pull = `ollama pull ${model}`;
    return new ModelError('model/unknown', `ollama has no model ${model} on this machine`, {
      hint: `get it with \`${pull}\`, or see with \`ollama list\` what is there`,
      usage,
    });
  }
  if (code !== 'model/unreachable') return error;
  return new ModelError('model/unreachable', message, {
    hint: 'start it with `ollama serve`, set OLLAMA_HOST if it listens elsewhere, or use `-m demo`',
    usage,
  });
}
