import type { Secrets } from '../ports/effects.ts';
import { anthropic } from './anthropic.ts';
import type { Adapter, Dialect } from './endpoint.ts';
import { ollama } from './ollama.ts';
import { ollamaUrl } from './ollama-facts.ts';
import { openAi } from './openai.ts';
import { openAiCompatible } from './openai-compatible.ts';
import { openRouter } from './openrouter.ts';
import { OPTIONAL_SERVICES, optional } from './optional.ts';

/** A service that is known by a prefix of model strings. */
export interface KnownService {
  /** Where its API begins. */
  baseUrl(secrets: Secrets): string;
  /** Other paths at its host under which it has the API that we speak. */
  alsoAt?: readonly string[];
  /** LLM_BASE_URL at its address means OpenAI's chat completions, which need no package. */
  compatible?: true;
  /** Variables with its key; the first that is set counts. */
  keyVariables: readonly string[];
  /** False for services on this machine. Default true. */
  needsKey?: false;
  /** Names of models that need no prefix. */
  bareNames?: RegExp;
  /** OpenRouter serves its models under the same prefix. */
  onOpenRouter?: true;
  /** Speaks its API. */
  adapter: Adapter;
  dialect?: Dialect;
  /** The package that it needs, when that is not among ours. */
  package?: string;
}

/** A service that speaks OpenAI's chat completions. */
function compatible(url: string, keyVariable: string, more: Partial<KnownService> = {}) {
  return {
    baseUrl: () => url,
    keyVariables: [keyVariable],
    adapter: openAiCompatible,
    ...more,
  } satisfies KnownService;
}

const OWN: readonly (readonly [string, KnownService])[] = [
  [
    'openai',
    {
      baseUrl: () => 'https://api.openai.com/v1',
      keyVariables: ['OPENAI_API_KEY'],
      bareNames: /^(gpt-|o\d)/,
      onOpenRouter: true,
      adapter: openAi,
    },
  ],
  [
    'openrouter',
    {
      baseUrl: () => 'https://openrouter.ai/api/v1',
      // A general key alone means OpenRouter (decision 22).
      keyVariables: ['OPENROUTER_API_KEY', 'LLM_API_KEY'],
      adapter: openRouter,
    },
  ],
  [
    'ollama',
    {
      baseUrl: (secrets) => ollamaUrl(secrets.get('OLLAMA_HOST')),
      // People know this one, of its copy of OpenAI's API; its own has more.
      alsoAt: ['/v1'],
      keyVariables: ['OLLAMA_API_KEY'],
      needsKey: false,
      adapter: ollama,
    },
  ],
  [
    'anthropic',
    {
      baseUrl: () => 'https://api.anthropic.com/v1',
      keyVariables: ['ANTHROPIC_API_KEY'],
      bareNames: /^claude-/,
      onOpenRouter: true,
      adapter: anthropic,
    },
  ],
  ['groq', compatible('https://api.groq.com/openai/v1', 'GROQ_API_KEY')],
  ['together', compatible('https://api.together.xyz/v1', 'TOGETHER_API_KEY')],
  ['fireworks', compatible('https://api.fireworks.ai/inference/v1', 'FIREWORKS_API_KEY')],
  [
    'mistral',
    compatible('https://api.mistral.ai/v1', 'MISTRAL_API_KEY', {
      dialect: { noStreamOptions: true },
    }),
  ],
  [
    'deepseek',
    compatible('https://api.deepseek.com/v1', 'DEEPSEEK_API_KEY', { onOpenRouter: true }),
  ],
  [
    'perplexity',
    compatible('https://api.perplexity.ai', 'PERPLEXITY_API_KEY', { onOpenRouter: true }),
  ],
];

const FOREIGN = [...OPTIONAL_SERVICES].map(([name, service]): [string, KnownService] => [
  name,
  {
    baseUrl: service.baseUrl,
    keyVariables: service.keyVariables,
    adapter: (endpoint, options) => optional(service, endpoint, options),
    package: service.package,
    ...(service.compatible && { compatible: true }),
  },
]);

/** Services by prefix (spec, surfaces 6.1; decision 22). */
export const SERVICES: ReadonlyMap<string, KnownService> = new Map([...OWN, ...FOREIGN]);
