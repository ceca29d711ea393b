import type { Message, Usage } from '../events/event.ts';
import { IMAGE_TOKENS, type Price, type ToolSpec } from '../ports/model-provider.ts';

/** UTF-8 bytes of a prompt that count as one token, on the safe side (decision 12). */
const BYTES_PER_TOKEN = 3;

/** Tokens that a prompt is reserved with: a third of its UTF-8 bytes, tools included. */
export function promptTokens(messages: readonly Message[], tools: readonly ToolSpec[]): number {
  let bytes = 0;
  for (const message of messages) bytes += messageBytes(message);
  for (const tool of tools) bytes += specBytes(tool);
  return tokensOfBytes(bytes);
}

/** Tokens that so many UTF-8 bytes are at most. */
export function tokensOfBytes(bytes: number): number {
  return Math.ceil(bytes / BYTES_PER_TOKEN);
}

const messageSizes = new WeakMap<Message, number>();

/** UTF-8 bytes of a message as it is sent, with what is put around it; each is measured once. */
export function messageBytes(message: Message): number {
  let size = messageSizes.get(message);
  if (size === undefined) {
    size = measured(message);
    messageSizes.set(message, size);
  }
  return size;
}

function measured(message: Message): number {
  let bytes = Buffer.byteLength(message.text) + 12;
  if (message.role === 'user') {
    bytes += (message.images?.length ?? 0) * IMAGE_TOKENS * BYTES_PER_TOKEN;
  }
  if (message.role !== 'assistant') return bytes;
  for (const call of message.toolCalls) {
    bytes += Buffer.byteLength(JSON.stringify(call.args)) + call.name.length + 24;
  }
  return bytes;
}

const specSizes = new WeakMap<ToolSpec, number>();

function specBytes(tool: ToolSpec): number {
  let size = specSizes.get(tool);
  if (size === undefined) {
    size = Buffer.byteLength(JSON.stringify(tool));
    specSizes.set(tool, size);
  }
  return size;
}

/**
 * US dollars of a number of tokens, cached ones at their own price; null when the price is not
 * known. No tokens cost nothing, whatever the price.
 */
export function costOf(price: Price | undefined, usage: Usage): number | null {
  const { input, output, cached = 0, cacheWritten = 0 } = usage;
  if (input === 0 && output === 0) return 0;
  if (!price) return null;
  const rate = price.long && input > price.long.above ? price.long : price;
  const fresh = Math.max(0, input - cached - cacheWritten);
  const sum =
    fresh * rate.input +
    cached * (rate.cachedInput ?? rate.input) +
    cacheWritten * (rate.cacheWrite ?? rate.input) +
    output * rate.output;
  return sum / 1_000_000;
}

/** What a call can cost at most: nobody knows beforehand what a cache takes in. */
export function highestPrice(price: Price | undefined, prompt: number): Price | undefined {
  if (!price) return undefined;
  const {
    input,
    output,
    cacheWrite = 0,
  } = price.long && prompt > price.long.above ? price.long : price;
  return { input: Math.max(input, cacheWrite), output };
}
