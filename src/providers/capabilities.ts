import type { Capabilities, Price } from '../ports/model-provider.ts';
import { KNOWN_MODELS, type KnownModel } from './data/known-models.ts';

/** What the user says of models, by model string or by the service's own name of the model. */
export type CapabilityList = ReadonlyMap<string, Partial<Capabilities>>;

/** Nothing is known. */
export const UNKNOWN: Capabilities = {
  tools: null,
  parallelTools: null,
  structuredOutput: null,
  vision: null,
  reasoning: null,
  cacheMarkers: null,
  contextTokens: null,
  maxOutputTokens: null,
};

/** A date or `latest` behind a name means the same model. */
const VERSION = /^(-(\d{8}|\d{4}-\d{2}-\d{2}|latest|v\d+))?$/;

/** Prefixes of services that resell models of others under the others' own names. */
const RESELLERS = new Set(['openrouter']);

/**
 * What is kept about a model of a service; undefined when nothing is. Resellers name a model
 * `anthropic/claude-sonnet-5.5`: dots stand for dashes there.
 */
export function knownModel(service: string, model: string): KnownModel | undefined {
  if (!RESELLERS.has(service)) return find(service, model);
  const [owner = '', ...rest] = model.split('/');
  const name = rest.join('/').replace(/:\w+$/, '');
  return find(owner, name) ?? find(owner, name.replaceAll('.', '-'));
}

function find(service: string, model: string): KnownModel | undefined {
  return KNOWN_MODELS.find(
    (known) =>
      known.service === service &&
      known.names.some((name) => model.startsWith(name) && VERSION.test(model.slice(name.length))),
  );
}

/** The kept price of a model; what a reseller takes is its own, so that is unknown. */
export function knownPrice(service: string, model: string): Price | undefined {
  return RESELLERS.has(service) ? undefined : find(service, model)?.price;
}

/** The models that are kept of a service, with their prices; for lists. */
export function modelsOf(service: string): readonly KnownModel[] {
  return KNOWN_MODELS.filter((known) => known.service === service);
}

/**
 * What a model can do: what the user says under the first of the names that the list has, over what
 * is kept of it. All null when neither knows it.
 */
export function capabilitiesOf(
  { service, model }: { service: string; model: string },
  names: readonly string[],
  said: CapabilityList = new Map(),
): Capabilities {
  const kept = knownModel(service, model)?.capabilities ?? UNKNOWN;
  const name = names.find((candidate) => said.has(candidate));
  const own = name === undefined ? undefined : said.get(name);
  if (!own) return kept;
  return { ...kept, ...own, source: 'your own settings' };
}
