import type { Dialect } from './openai-compatible.ts';

/** A service that is known by a prefix of model strings. */
export interface KnownService {
  /** Where its OpenAI-compatible API begins. */
  baseUrl: string;
  /** The variable with its key. */
  keyVariable: string;
  /** False for services on this machine. Default true. */
  needsKey?: false;
  /** Names of models that need no prefix. */
  bareNames?: RegExp;
  /** OpenRouter serves its models under the same prefix. */
  onOpenRouter?: true;
  dialect?: Dialect;
}

/** OpenAI's reasoning models take one temperature only. */
const FIXED_TEMPERATURE = /^(o\d|gpt-5)/;

/** OpenAI refuses `max_tokens` for its newer models; all take `max_completion_tokens`. */
function openAiBody({ max_tokens, temperature, ...body }: Record<string, unknown>) {
  const fixed = FIXED_TEMPERATURE.test(String(body.model));
  return { ...body, max_completion_tokens: max_tokens, ...(fixed ? {} : { temperature }) };
}

/** Services by prefix (spec, surfaces 6.1; decision 22). */
export const SERVICES: ReadonlyMap<string, KnownService> = new Map<string, KnownService>([
  [
    'openai',
    {
      baseUrl: 'https://api.openai.com/v1',
      keyVariable: 'OPENAI_API_KEY',
      bareNames: /^(gpt-|o\d)/,
      onOpenRouter: true,
      dialect: { body: openAiBody },
    },
  ],
  ['openrouter', { baseUrl: 'https://openrouter.ai/api/v1', keyVariable: 'OPENROUTER_API_KEY' }],
  [
    'ollama',
    { baseUrl: 'http://localhost:11434/v1', keyVariable: 'OLLAMA_API_KEY', needsKey: false },
  ],
  ['groq', { baseUrl: 'https://api.groq.com/openai/v1', keyVariable: 'GROQ_API_KEY' }],
  ['together', { baseUrl: 'https://api.together.xyz/v1', keyVariable: 'TOGETHER_API_KEY' }],
  [
    'fireworks',
    { baseUrl: 'https://api.fireworks.ai/inference/v1', keyVariable: 'FIREWORKS_API_KEY' },
  ],
  [
    'mistral',
    {
      baseUrl: 'https://api.mistral.ai/v1',
      keyVariable: 'MISTRAL_API_KEY',
      dialect: { noStreamOptions: true },
    },
  ],
  [
    'deepseek',
    {
      baseUrl: 'https://api.deepseek.com/v1',
      keyVariable: 'DEEPSEEK_API_KEY',
      onOpenRouter: true,
    },
  ],
  [
    'perplexity',
    { baseUrl: 'https://api.perplexity.ai', keyVariable: 'PERPLEXITY_API_KEY', onOpenRouter: true },
  ],
  [
    'anthropic',
    {
      baseUrl: 'https://api.anthropic.com/v1',
      keyVariable: 'ANTHROPIC_API_KEY',
      bareNames: /^claude-/,
      onOpenRouter: true,
    },
  ],
]);
