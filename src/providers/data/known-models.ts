import type { Capabilities, Price } from '../../ports/model-provider.ts';

// Kept by hand, from stored copies: of the vendor's own pages and release notes where `source` says so,
// else of lists that others keep. The day is that of the copy, or of the reading when it has none. What a
// model can do is what its vendor's own client library lists. What could not be read is null; a model that
// is not here is unknown, never guessed. `prices` and `capabilities` of the user win.

/** A model that is known by its name. */
export interface KnownModel {
  /** The service that it belongs to, by its prefix. */
  service: string;
  /** Names of the model: the first one, and others that mean the same. A date may follow each. */
  names: readonly string[];
  /** Undefined: not known, or too old to be relied on. */
  price?: Price;
  capabilities: Capabilities;
}

interface Row {
  names: readonly string[];
  /** Tokens: window, longest answer. */
  window: number | null;
  answer: number | null;
  reasoning: boolean;
  price?: Omit<Price, 'asOf'> | undefined;
  tools?: false;
}

interface Source {
  service: string;
  source: string;
  asOf: string;
  cacheMarkers: boolean;
  structuredOutput: boolean;
}

function models(source: Source, rows: readonly Row[]): KnownModel[] {
  const { service, asOf, cacheMarkers, structuredOutput } = source;
  return rows.map(({ names, window, answer, reasoning, price, tools }) => ({
    service,
    names,
    ...(price && { price: { ...price, asOf } }),
    capabilities: {
      tools: tools ?? true,
      parallelTools: tools ?? true,
      structuredOutput: tools ?? structuredOutput,
      vision: true,
      reasoning,
      cacheMarkers,
      contextTokens: window,
      maxOutputTokens: answer,
      asOf,
      source: source.source,
    },
  }));
}

/** Above 272,000 tokens of input OpenAI takes twice the price of input and half as much again of output. */
function openAiPrice(input: number, cachedInput: number, output: number): Row['price'] {
  const cacheWrite = input * 1.25;
  return {
    ...{ input, cachedInput, cacheWrite, output },
    long: {
      above: 272_000,
      input: input * 2,
      cachedInput: cachedInput * 2,
      cacheWrite: cacheWrite * 2,
      output: output * 1.5,
    },
  };
}

/** What Anthropic takes: a cache that lasts five minutes costs a quarter more to write. */
function anthropicPrice(input: number, cachedInput: number, output: number): Row['price'] {
  return { input, cachedInput, cacheWrite: input * 1.25, output };
}

const million = { window: 1_000_000, answer: 128_000, reasoning: true };
const gpt6 = { window: 1_050_000, answer: 128_000, reasoning: true };
const gpt5 = { window: 400_000, answer: 128_000, reasoning: true };
const smallClaude = { window: 200_000, answer: 64_000, reasoning: true };

const OPENAI = models(
  {
    service: 'openai',
    source: 'pages and release notes of OpenAI',
    asOf: '2026-11-29',
    cacheMarkers: false,
    structuredOutput: true,
  },
  [
    { names: ['gpt-6.2-sol'], ...gpt6, price: openAiPrice(2, 0.1, 10) },
    { names: ['gpt-6.1-sol'], ...gpt6, price: openAiPrice(2, 0.1, 10) },
    { names: ['gpt-6-sol'], ...gpt6, price: openAiPrice(2, 0.2, 10) },
    { names: ['gpt-6-luna'], ...gpt6, price: openAiPrice(0.1, 0.01, 0.5) },
    // Its price was promised until 2026-11-21 only, so none is kept.
    { names: ['gpt-5.6-sol', 'gpt-5.6'], ...gpt6 },
    { names: ['gpt-5.6-terra'], ...gpt6, price: openAiPrice(2, 0.2, 12) },
    { names: ['gpt-5.6-luna'], ...gpt6, price: openAiPrice(0.2, 0.02, 1.2) },
  ],
);

/** Older models of OpenAI; prices as they were read then. */
const OPENAI_EARLIER = models(
  {
    service: 'openai',
    source: 'a public list of prices',
    asOf: '2025-11-13',
    cacheMarkers: false,
    structuredOutput: true,
  },
  [
    { names: ['gpt-5'], ...gpt5, price: { input: 1.25, cachedInput: 0.125, output: 10 } },
    { names: ['gpt-5-codex'], ...gpt5, price: { input: 1.25, cachedInput: 0.125, output: 10 } },
    { names: ['gpt-5-mini'], ...gpt5, price: { input: 0.25, cachedInput: 0.025, output: 2 } },
    { names: ['gpt-5-nano'], ...gpt5, price: { input: 0.05, cachedInput: 0.005, output: 0.4 } },
    { names: ['gpt-5.1'], ...gpt5, price: { input: 1.25, cachedInput: 0.125, output: 10 } },
    { names: ['gpt-5-chat-latest'], window: null, answer: null, reasoning: false, tools: false },
  ],
);

/** Still older ones. */
const OPENAI_FOURTH = models(
  {
    service: 'openai',
    source: 'a public list of prices',
    asOf: '2025-07-04',
    cacheMarkers: false,
    structuredOutput: true,
  },
  [
    {
      names: ['gpt-4.1'],
      ...{ window: 1_000_000, answer: null, reasoning: false },
      price: { input: 2, cachedInput: 0.5, output: 8 },
    },
    {
      names: ['gpt-4.1-mini'],
      ...{ window: 1_000_000, answer: null, reasoning: false },
      price: { input: 0.4, cachedInput: 0.1, output: 1.6 },
    },
    {
      names: ['gpt-4.1-nano'],
      ...{ window: 1_000_000, answer: null, reasoning: false },
      price: { input: 0.1, cachedInput: 0.025, output: 0.4 },
    },
    {
      names: ['gpt-4o'],
      ...{ window: 128_000, answer: null, reasoning: false },
      price: { input: 2.5, cachedInput: 1.25, output: 10 },
    },
    {
      names: ['gpt-4o-mini'],
      ...{ window: 128_000, answer: null, reasoning: false },
      price: { input: 0.15, cachedInput: 0.075, output: 0.6 },
    },
  ],
);

const ANTHROPIC = models(
  {
    service: 'anthropic',
    source: 'pages and release notes of Anthropic, and a public list of prices',
    asOf: '2026-10-24',
    cacheMarkers: true,
    structuredOutput: true,
  },
  [
    { names: ['claude-fable-5-1'], ...million, price: anthropicPrice(10, 0.25, 50) },
    { names: ['claude-fable-5'], ...million, price: anthropicPrice(10, 1, 50) },
    { names: ['claude-opus-5-5'], ...million, price: anthropicPrice(4, 0.2, 20) },
    { names: ['claude-opus-5'], ...million, price: anthropicPrice(5, 0.5, 25) },
    { names: ['claude-sonnet-5-5'], ...million, price: anthropicPrice(2, 0.1, 10) },
    { names: ['claude-sonnet-5'], ...million, price: anthropicPrice(2, 0.2, 10) },
    {
      names: ['claude-haiku-5-5'],
      ...million,
      price: {
        ...{ input: 0.1, cachedInput: 0.01, cacheWrite: 0.125, output: 0.5 },
        long: { above: 100_000, input: 0.5, cachedInput: 0.05, cacheWrite: 0.625, output: 2.5 },
      },
    },
    { names: ['claude-haiku-4-5'], ...smallClaude, price: anthropicPrice(1, 0.1, 5) },
    {
      names: ['claude-opus-4-8', 'claude-opus-4-7', 'claude-opus-4-6'],
      ...million,
      window: null,
      price: anthropicPrice(5, 0.5, 25),
    },
    { names: ['claude-opus-4-5'], ...smallClaude, price: anthropicPrice(5, 0.5, 25) },
    {
      names: ['claude-sonnet-4-6'],
      ...{ window: 1_000_000, answer: null, reasoning: true },
      price: anthropicPrice(3, 0.3, 15),
    },
    { names: ['claude-sonnet-4-5'], ...smallClaude, price: anthropicPrice(3, 0.3, 15) },
  ],
);

const GOOGLE = models(
  {
    service: 'google',
    source: 'pages of Google',
    asOf: '2026-11-29',
    cacheMarkers: false,
    structuredOutput: true,
  },
  // Its price is halved until 2026-12-31, so none is kept.
  [{ names: ['gemini-3.8-flash'], window: 1_048_576, answer: 65_536, reasoning: true }],
);

/** Models whose figures are kept, each with the day and the page. */
export const KNOWN_MODELS: readonly KnownModel[] = [
  ...OPENAI,
  ...OPENAI_EARLIER,
  ...OPENAI_FOURTH,
  ...ANTHROPIC,
  ...GOOGLE,
];
