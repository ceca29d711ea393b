import type { ToolCall, Usage } from '../../events/event.ts';
import {
  type ModelChunk,
  ModelError,
  type ModelProvider,
  type ModelRequest,
} from '../../ports/model-provider.ts';
import { decide } from './manager.ts';
import { outOfScope } from './out-of-scope.ts';
import { readPrompt } from './read-prompt.ts';
import { review } from './reviewer.ts';
import { work } from './worker.ts';

/**
 * The model `demo`: fixed rules for tables, not an AI. It gets the same prompts as any model and
 * knows nothing else; it answers at once. Tokens are estimates. Throws `model/out-of-scope` (not
 * retryable) for what it does not do, and `model/truncated` when the answer is longer than allowed.
 *
 * Source: experience 6.2 (how the demo stays honest).
 */
export function demoProvider(): ModelProvider {
  return {
    name: 'demo',
    async *ask(request: ModelRequest, signal: AbortSignal): AsyncGenerator<ModelChunk> {
      signal.throwIfAborted();
      const { text, toolCalls } = answer(request);
      const usage = usageOf(request, text, toolCalls);
      if (usage.output > request.maxOutputTokens) {
        throw new ModelError(
          'model/truncated',
          `the answer has about ${usage.output} tokens, allowed are ${request.maxOutputTokens}`,
          {
            hint: 'give the run more tokens (--budget.tokens)',
          },
        );
      }
      if (request.stream && text !== '') yield { type: 'text', text };
      yield { type: 'end', text, toolCalls, usage };
    },
  };
}

interface Answer {
  text: string;
  toolCalls: readonly ToolCall[];
}

function answer(request: ModelRequest): Answer {
  const prompt = readPrompt(request);
  if (!prompt)
    throw outOfScope(
      'the prompt is neither that of a manager nor that of a worker or a reviewer of a delegation loop',
    );
  if (prompt.role === 'manager') return { text: JSON.stringify(decide(prompt)), toolCalls: [] };
  if (prompt.role === 'reviewer') return { text: JSON.stringify(review(prompt)), toolCalls: [] };
  const { text, call } = work(prompt);
  return { text, toolCalls: call ? [{ id: `demo-${prompt.rounds + 1}`, ...call }] : [] };
}

/** An estimate, four bytes to a token, which is below what was reserved for it (decision 12). */
function usageOf(request: ModelRequest, text: string, toolCalls: readonly ToolCall[]): Usage {
  const tokens = (value: string): number => Math.ceil(new TextEncoder().encode(value).length / 4);
  const calls = toolCalls.length > 0 ? JSON.stringify(toolCalls) : '';
  return {
    input: tokens(JSON.stringify(request.messages)),
    output: tokens(text + calls),
    estimated: true,
  };
}
