import { AwpError } from '../base/errors.ts';
import { isObject } from '../base/json.ts';
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
  /** Whether a model that cannot be told how much to think is an error; needs `reasoning`. Default false. */
  mustReason?: boolean;
  /** What models can do, by model string, where it is not known or not right. */
  capabilities?: Readonly<Record<string, Partial<Capabilities>>> | undefined;
}

type Role = 'manager' | 'worker';

/** What the options say for one role. Throws `usage/bad-option`. */
export function modelOptions(
  options: ModelOptions,
  role: Role,
): Pick<ModelSettings, 'fallback' | 'reasoning' | 'mustReason'> {
  const fallback = fallbackOf(options.fallbackModels, role);
  const reasoning = reasoningOf(options.reasoning, role);
  const must = mustOf(options);
  return {
    ...(fallback.length > 0 && { fallback }),
    ...(reasoning !== undefined && { reasoning }),
    ...(reasoning !== undefined && must && { mustReason: true as const }),
  };
}

function fallbackOf(models: unknown, role: Role): readonly string[] {
  if (models === undefined) return [];
  const said = isObject(models) && hasOnly(models, ['manager', 'worker']) ? models : undefined;
  const { manager = [], worker = [] } = said ?? { manager: models, worker: models };
  if (isNames(manager) && isNames(worker)) return role === 'manager' ? manager : worker;
  throw new AwpError('usage/bad-option', `fallbackModels cannot be ${JSON.stringify(models)}`, {
    hint: "a list of model strings, such as ['ollama/qwen3'], or one each: { manager: [...], worker: [...] }",
  });
}

function isNames(list: unknown): list is readonly string[] {
  return (
    Array.isArray(list) && list.every((name) => typeof name === 'string' && name.trim() !== '')
  );
}

function reasoningOf(said: unknown, role: Role): Reasoning | undefined {
  if (said === undefined) return undefined;
  if (isReasoning(said)) return said;
  if (isObject(said) && hasOnly(said, ['manager', 'worker']) && Object.keys(said).length > 0) {
    const { manager, worker } = said;
    if ([manager, worker].every((one) => one === undefined || isReasoning(one))) {
      const own = said[role];
      return isReasoning(own) ? own : undefined;
    }
  }
  throw new AwpError('usage/bad-option', `reasoning cannot be ${JSON.stringify(said)}`, {
    hint: "'low', 'medium', 'high', { budgetTokens: 4000 }, or one each: { manager: 'high' }",
  });
}

function isReasoning(said: unknown): said is Reasoning {
  if (typeof said === 'string') return ['low', 'medium', 'high'].includes(said);
  return isObject(said) && hasOnly(said, ['budgetTokens']) && isCount(said.budgetTokens);
}

function mustOf({ mustReason, reasoning }: ModelOptions): boolean {
  const said: unknown = mustReason;
  if (said === undefined || said === false) return false;
  if (said === true && reasoning !== undefined) return true;
  throw new AwpError(
    'usage/bad-option',
    said === true
      ? 'mustReason says nothing without the option reasoning'
      : `mustReason cannot be ${JSON.stringify(said)}`,
    { hint: "true or false, with the option reasoning: { reasoning: 'high', mustReason: true }" },
  );
}

function hasOnly(value: object, names: readonly string[]): boolean {
  return Object.keys(value).every((name) => names.includes(name));
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && Number(value) > 0;
}

const FLAGS = ['tools', 'parallelTools', 'structuredOutput', 'vision', 'reasoning', 'cacheMarkers'];
const COUNTS = ['contextTokens', 'maxOutputTokens'];
const TEXTS = ['asOf', 'source'];

/** The option `capabilities`, checked: a misspelt field would be ignored in silence. Throws `usage/bad-option`. */
export function capabilityList(
  said: ModelOptions['capabilities'] = {},
): ReadonlyMap<string, Partial<Capabilities>> {
  if (!isObject(said)) throw badCapabilities('capabilities', said);
  for (const [model, fields] of Object.entries(said)) {
    if (!isObject(fields)) throw badCapabilities(`capabilities of ${model}`, fields);
    for (const [name, value] of Object.entries(fields)) {
      if (!fits(name, value)) throw badCapabilities(`capabilities of ${model}: ${name}`, value);
    }
  }
  return new Map(Object.entries(said));
}

function fits(name: string, value: unknown): boolean {
  if (FLAGS.includes(name)) return value === null || typeof value === 'boolean';
  if (COUNTS.includes(name)) return value === null || isCount(value);
  return TEXTS.includes(name) && (value === undefined || typeof value === 'string');
}

function badCapabilities(what: string, value: unknown): AwpError {
  return new AwpError('usage/bad-option', `${what} cannot be ${JSON.stringify(value)}`, {
    hint:
      "by model string, such as { 'ollama/qwen3': { tools: true } }: " +
      `${FLAGS.join(', ')} are true or false, ${COUNTS.join(' and ')} numbers of tokens`,
  });
}
