import { AwpError } from '../base/errors.ts';
import type { ModelSettings } from '../events/plan.ts';
import type { Capabilities, Reasoning } from '../ports/model-provider.ts';

/** The same for manager and workers, or for each of them. */
type ForRoles<T> = T | { manager?: T; worker?: T };

/** Options about which models are asked, and how. */
export interface ModelOptions {
  /** Models that are asked when the first one cannot, in this order, for both roles or for each. Default none. */
  fallbackModels?: ForRoles<readonly string[]>;
  /**
   * How much models think before they answer, for both roles or for each: `low`, `medium`, `high`,
   * or at most so many tokens. Default: as the service does it.
   */
  reasoning?: ForRoles<Reasoning>;
  /** Whether a model that cannot be told how much to think is an error. Default false. */
  mustReason?: boolean;
  /** What models can do, by model string, where it is not known or not right. */
  capabilities?: Readonly<Record<string, Partial<Capabilities>>> | undefined;
}

/** What the options say for one role. Throws `usage/bad-option`. */
export function modelOptions(
  options: ModelOptions,
  role: 'manager' | 'worker',
): Pick<ModelSettings, 'fallback' | 'reasoning' | 'mustReason'> {
  const fallback = fallbackOf(options.fallbackModels, role);
  const reasoning = reasoningOf(options.reasoning, role);
  return {
    ...(fallback.length > 0 && { fallback }),
    ...(reasoning !== undefined && { reasoning }),
    ...(reasoning !== undefined && options.mustReason === true && { mustReason: true as const }),
  };
}

function fallbackOf(
  models: ModelOptions['fallbackModels'] = [],
  role: 'manager' | 'worker',
): readonly string[] {
  const list = isObjectOfRoles(models) ? (models[role] ?? []) : models;
  if (isList(list) && list.every((name) => typeof name === 'string' && name.trim() !== '')) {
    return list;
  }
  throw new AwpError('usage/bad-option', `fallbackModels cannot be ${JSON.stringify(models)}`, {
    hint: "a list of model strings, such as ['ollama/qwen3'], or one each: { manager: [...], worker: [...] }",
  });
}

function isObjectOfRoles<T>(
  value: readonly string[] | { manager?: T; worker?: T },
): value is { manager?: T; worker?: T } {
  return typeof value === 'object' && !Array.isArray(value);
}

function isList(value: unknown): value is readonly string[] {
  return Array.isArray(value);
}

function reasoningOf(
  said: ModelOptions['reasoning'],
  role: 'manager' | 'worker',
): Reasoning | undefined {
  if (said === undefined) return undefined;
  const perRole = typeof said === 'object' && !('budgetTokens' in said);
  const reasoning = perRole ? said[role] : said;
  if (reasoning === undefined) return undefined;
  if (typeof reasoning === 'string' && ['low', 'medium', 'high'].includes(reasoning)) {
    return reasoning;
  }
  if (typeof reasoning === 'object' && isCount(reasoning.budgetTokens)) return reasoning;
  throw new AwpError('usage/bad-option', `reasoning cannot be ${JSON.stringify(said)}`, {
    hint: "'low', 'medium', 'high', { budgetTokens: 4000 }, or one each: { manager: 'high' }",
  });
}

function isCount(value: unknown): boolean {
  return Number.isInteger(value) && Number(value) > 0;
}

const FLAGS = ['tools', 'parallelTools', 'structuredOutput', 'vision', 'reasoning', 'cacheMarkers'];
const COUNTS = ['contextTokens', 'maxOutputTokens'];

/** The option `capabilities`, checked: a misspelt field would be ignored in silence. Throws `usage/bad-option`. */
export function capabilityList(
  said: ModelOptions['capabilities'] = {},
): ReadonlyMap<string, Partial<Capabilities>> {
  for (const [model, fields] of Object.entries(said)) {
    for (const [name, value] of Object.entries(fields)) {
      const fits =
        value === null ||
        (FLAGS.includes(name) && typeof value === 'boolean') ||
        (COUNTS.includes(name) && isCount(value));
      if (fits && [...FLAGS, ...COUNTS].includes(name)) continue;
      throw new AwpError(
        'usage/bad-option',
        `capabilities of ${model}: ${name} cannot be ${JSON.stringify(value)}`,
        {
          hint: `${FLAGS.join(', ')} are true or false, ${COUNTS.join(' and ')} numbers of tokens`,
        },
      );
    }
  }
  return new Map(Object.entries(said));
}
