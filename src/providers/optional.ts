import { AwpError } from '../base/errors.ts';
import type { Secrets } from '../ports/effects.ts';
import { ModelError, type ModelProvider, NO_USAGE } from '../ports/model-provider.ts';
import { adjusted, type Endpoint, overSdk, type ProviderOptions } from './endpoint.ts';
import type { Fetch } from './guarded-fetch.ts';
import { unstored } from './openai.ts';
import { splitThinking, thinkingTokens, wantsThinkingBudget, withOptions } from './thinking.ts';
import type { CallOptions, LanguageModel } from './wire.ts';

/** A service whose package is not among ours: who wants it installs it. */
export interface OptionalService {
  /** The package, and the version that was tested or read. */
  package: string;
  version: string;
  /** Names under which the package has its factory, newest first. */
  factories: readonly string[];
  /** Variables with the key; the first that is set counts. Empty: `settings` reads what it needs. */
  keyVariables: readonly string[];
  /** Where the API begins. Throws `model/no-key` when a variable lacks that says so. */
  baseUrl(secrets: Secrets): string;
  /** What the factory gets besides `baseURL`, `apiKey` and `fetch`. */
  settings?(secrets: Secrets): Record<string, unknown>;
  /** Names of settings that no error may show. */
  secretSettings?: readonly string[];
  /** Its streams are no lines of text. */
  onePiece?: true;
  /** At the same address it speaks OpenAI's chat completions, too. */
  compatible?: true;
  /** Changes what every question is asked with. */
  change?(model: string, options: CallOptions): CallOptions;
}

const fixed = (url: string) => () => url;

/** Services by prefix. Their own variables are read as their own programs read them. */
export const OPTIONAL_SERVICES: ReadonlyMap<string, OptionalService> = new Map<
  string,
  OptionalService
>([
  [
    'azure',
    {
      package: '@ai-sdk/azure',
      version: '4',
      factories: ['createAzure'],
      keyVariables: ['AZURE_API_KEY', 'AZURE_OPENAI_API_KEY'],
      baseUrl: azureUrl,
      change: unstored,
    },
  ],
  [
    'bedrock',
    {
      package: '@ai-sdk/amazon-bedrock',
      version: '5',
      factories: ['createAmazonBedrock'],
      keyVariables: ['AWS_BEARER_TOKEN_BEDROCK', 'AWS_ACCESS_KEY_ID'],
      baseUrl: (secrets) => `https://bedrock-runtime.${regionOf(secrets)}.amazonaws.com`,
      settings: bedrockSettings,
      secretSettings: ['secretAccessKey', 'sessionToken'],
      onePiece: true,
      change: bedrockThinking,
    },
  ],
  [
    'google',
    {
      package: '@ai-sdk/google',
      version: '4',
      factories: ['createGoogle', 'createGoogleGenerativeAI'],
      keyVariables: ['GOOGLE_GENERATIVE_AI_API_KEY', 'GEMINI_API_KEY', 'GOOGLE_API_KEY'],
      baseUrl: fixed('https://generativelanguage.googleapis.com/v1beta'),
      change: googleThinking,
    },
  ],
  [
    'vertex',
    {
      package: '@ai-sdk/google-vertex',
      version: '5',
      factories: ['createGoogleVertex', 'createVertex'],
      keyVariables: ['GOOGLE_VERTEX_API_KEY'],
      baseUrl: fixed('https://aiplatform.googleapis.com/v1/publishers/google'),
      change: googleThinking,
    },
  ],
  [
    'xai',
    {
      package: '@ai-sdk/xai',
      version: '5',
      factories: ['createXai'],
      keyVariables: ['XAI_API_KEY'],
      baseUrl: fixed('https://api.x.ai/v1'),
      compatible: true,
    },
  ],
  [
    'cohere',
    {
      package: '@ai-sdk/cohere',
      version: '4',
      factories: ['createCohere'],
      keyVariables: ['COHERE_API_KEY'],
      baseUrl: fixed('https://api.cohere.com/v2'),
    },
  ],
]);

/** The provider of an optional service; its package is loaded by the first question. */
export function optional(
  service: OptionalService,
  endpoint: Endpoint,
  options: ProviderOptions,
): ModelProvider {
  const settings = service.settings?.(options.effects.secrets) ?? {};
  const secrets = (service.secretSettings ?? []).flatMap((name) => {
    const value = settings[name];
    return typeof value === 'string' ? [value] : [];
  });
  return overSdk(endpoint, options, {
    secrets,
    ...(service.onePiece && { onePiece: true }),
    async load(model, fetch, baseUrl) {
      const { key } = endpoint;
      const made = await make(service, endpoint.name, {
        ...{ baseURL: baseUrl, fetch },
        ...(key && { apiKey: key }),
        ...settings,
      });
      const found = made.languageModel(model);
      const { change } = service;
      return change ? adjusted(found, (asked) => change(model, asked)) : found;
    },
  });
}

interface Made {
  languageModel(model: string): LanguageModel;
}

async function make(
  service: OptionalService,
  name: string,
  settings: Record<string, unknown> & { fetch: Fetch },
): Promise<Made> {
  const loaded = await load(service, name);
  const factory = service.factories.map((one) => loaded[one]).find((one) => one !== undefined);
  if (typeof factory === 'function') return factory(settings);
  throw new ModelError(
    'model/unsupported',
    `the package ${service.package} that is installed has no ${service.factories[0]}`,
    { hint: `install the version that was tested: ${installation(service)}` },
  );
}

/** The name is computed: what is not installed is no fault of ours. */
async function load(service: OptionalService, name: string): Promise<Record<string, unknown>> {
  const specifier: string = service.package;
  try {
    return await import(specifier);
  } catch (error) {
    if (!isMissing(error, specifier)) throw error;
    throw new ModelError('model/not-installed', `${name} needs the package ${specifier}`, {
      hint: `install it beside awp-agents: ${installation(service)}`,
      usage: NO_USAGE,
    });
  }
}

function installation({ package: name, version }: OptionalService): string {
  return `npm install ${name}@${version}`;
}

function isMissing(error: unknown, specifier: string): boolean {
  return error instanceof Error && /not found|cannot find|failed to/i.test(error.message)
    ? error.message.includes(specifier)
    : false;
}

/** Models before the third generation take a number of tokens, which is part of their answer's. */
function googleThinking(model: string, options: CallOptions): CallOptions {
  const thinkingBudget = thinkingTokens(options);
  if (!/gemini-2/.test(model) || thinkingBudget === 0) return options;
  const { reasoning: _, ...rest } = options;
  const own = { thinkingConfig: { thinkingBudget } };
  return withOptions(rest, { google: own, vertex: own, googleVertex: own });
}

/** Models of Anthropic as on their own service. */
function bedrockThinking(model: string, options: CallOptions): CallOptions {
  if (!wantsThinkingBudget(model)) return options;
  const { options: rest, budgetTokens } = splitThinking(options);
  if (budgetTokens === 0) return rest;
  const own = { reasoningConfig: { type: 'enabled', budgetTokens } };
  return withOptions(rest, { bedrock: own, amazonBedrock: own });
}

function azureUrl(secrets: Secrets): string {
  const base =
    secrets.get('AZURE_BASE_URL')?.trim() ?? secrets.get('AZURE_OPENAI_ENDPOINT')?.trim();
  if (base) return /\/openai([/?]|$)/.test(base) ? base : `${base.replace(/\/+$/, '')}/openai`;
  const resource = need(secrets, 'azure', 'AZURE_RESOURCE_NAME');
  // Anything else could lead the key to another host.
  if (!/^[a-z\d]([a-z\d-]*[a-z\d])?$/i.test(resource)) {
    throw new AwpError('model/bad-url', 'AZURE_RESOURCE_NAME is no name of a resource', {
      hint: 'letters, digits and dashes, as in https://NAME.openai.azure.com',
    });
  }
  return `https://${resource}.openai.azure.com/openai`;
}

function regionOf(secrets: Secrets): string {
  const region = need(secrets, 'bedrock', 'AWS_REGION');
  if (/^[a-z\d-]+$/.test(region)) return region;
  throw new AwpError('model/bad-url', 'AWS_REGION is no name of a region', {
    hint: 'for example us-east-1',
  });
}

/** A bearer token, else a pair of keys; nothing is read from files or from the machine. */
function bedrockSettings(secrets: Secrets): Record<string, unknown> {
  const region = regionOf(secrets);
  if (secrets.get('AWS_BEARER_TOKEN_BEDROCK')?.trim()) return { region };
  return {
    region,
    // Left out, the package would look for a bearer token by itself, past what the user's secrets say.
    apiKey: '',
    accessKeyId: need(secrets, 'bedrock', 'AWS_ACCESS_KEY_ID'),
    secretAccessKey: need(secrets, 'bedrock', 'AWS_SECRET_ACCESS_KEY'),
    sessionToken: secrets.get('AWS_SESSION_TOKEN')?.trim(),
  };
}

function need(secrets: Secrets, service: string, variable: string): string {
  const value = secrets.get(variable)?.trim();
  if (value) return value;
  throw new ModelError('model/no-key', `${service} is not set up: ${variable} is not set`, {
    hint: `set ${variable}, or use another service`,
  });
}
