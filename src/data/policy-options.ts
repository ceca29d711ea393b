import { AwpError } from '../base/errors.ts';
import { isObject, type JsonObject } from '../base/json.ts';
import {
  DEFAULT_POLICY,
  GATES,
  type PlanContext,
  type PlanCritique,
  type PlanPolicy,
  type PlanSubmanagers,
} from '../events/plan-policy.ts';
import { unknownOption } from './unknown-option.ts';

type Part<T> = boolean | Partial<NonNullable<T>>;

/**
 * How a delegation loop goes about its work (runtime 3); what is left out has its default. A part that is
 * off by default is switched on by `true`, or by settings of it.
 */
export interface PolicyOptions {
  /** Workers of one turn; the rest is put off; null is unlimited. Default 6. */
  turnWorkers?: number | null;
  /** Endings in a row that gates may refuse; null is unlimited. Default 2. */
  rejectedCompletions?: number | null;
  /** Turns on one part of a plan before another way is taken. Default 3. */
  loopsPerSubtask?: number;
  /** Model calls of all workers in a minute; null is unlimited. Default null. */
  callsPerMinute?: number | null;
  /** At once 3, in all 6, a share of 0.3 or less of what is left; `promotion` is off. */
  submanagers?: Partial<Omit<PlanSubmanagers, 'promotion'>> & {
    promotion?: Part<PlanSubmanagers['promotion']>;
  };
  /** Default 64,000 characters, at least 4,000 for each, previews of 2,000; 150,000 tokens, from 0.8. */
  context?: Partial<PlanContext>;
  /** What is checked of results without a model. Default all. */
  checks?: PlanPolicy['checks'];
  /** A model judges results, too: below a confidence of 0.95, with at least 0.1 of the budget left. */
  validation?: Part<PlanPolicy['validation']>;
  critique?: Part<PlanCritique>;
  /** The manager may plan: at most 10 parts, binding (`strict`). */
  planning?: Part<PlanPolicy['planning']>;
  /** The manager may diagnose: at most 3 hypotheses, below a confidence of 0.3. */
  diagnosis?: Part<PlanPolicy['diagnosis']>;
  /** Phases of the budget; true: work 0.6, repair 0.2, synthesis 0.15, reserve 0.05. */
  phases?: boolean | NonNullable<PlanPolicy['phases']>;
  /** The manager sees its last decisions: 20. */
  journal?: Part<PlanPolicy['journal']>;
  /** Default 0.05, `warn_then_stop`; `strategies: true` tries all four first. */
  stall?: Partial<Omit<PlanPolicy['stall'], 'strategies'>> & {
    strategies?: boolean | NonNullable<PlanPolicy['stall']['strategies']>;
  };
  /** Checks on an ending, in their order. Default all. */
  gates?: PlanPolicy['gates'];
  /** Workers share a board; results are put on it. */
  board?: Part<PlanPolicy['board']>;
  /** Turns are digested; at most 1 level of sub-managers is named. */
  digest?: Part<PlanPolicy['digest']>;
}

const STRATEGIES = ['decompose_finer', 'simplify', 'reframe', 'escalate'] as const;
const CATEGORIES = [
  ...['missing_data', 'wrong_format', 'incomplete', 'hallucinated', 'stale', 'policy_violation'],
];
const CRITIQUE: PlanCritique = {
  ...{ mode: 'inline', model: null, repairs: 2, budgetShare: 0.15, patterns: true },
  ...{ minToComplete: 0.6, minToDelegate: 0, delegationBlocks: 2, categories: CATEGORIES },
  ...{ diagnoseAt: 3, endAt: 5, phaseAware: true },
};
const PHASES = [
  { name: 'core_work', share: 0.6 },
  { name: 'validation_repair', share: 0.2 },
  { name: 'synthesis', share: 0.15 },
  { name: 'reserve', share: 0.05 },
];

/** All shares together; sums of fractions are a little off. */
const MOST_SHARES = 1.000001;

/** What is wrong with a value, in words; undefined when nothing is. */
type Check = (value: unknown) => string | undefined;

const whole: Check = (value) =>
  Number.isInteger(value) && Number(value) >= 0 ? undefined : 'a whole number of at least 0';
const positive: Check = (value) =>
  Number.isInteger(value) && Number(value) >= 1 ? undefined : 'a whole number of at least 1';
const share: Check = (value) =>
  typeof value === 'number' && value >= 0 && value <= 1 ? undefined : 'a number from 0 to 1';
const flag: Check = (value) => (typeof value === 'boolean' ? undefined : 'true or false');
const orNull =
  (check: Check): Check =>
  (value) =>
    value === null ? undefined : withWords(check(value), ', or null');
const text: Check = (value) => (typeof value === 'string' ? undefined : 'a text');
const listOf =
  (words: readonly string[] | undefined): Check =>
  (value) =>
    Array.isArray(value) &&
    value.every((one) => typeof one === 'string' && (words?.includes(one) ?? true))
      ? undefined
      : `a list of ${words?.join(', ') ?? 'texts'}`;
const oneOf =
  (...words: string[]): Check =>
  (value) =>
    words.some((word) => word === value) ? undefined : words.join(' or ');
const phases: Check = (value) =>
  Array.isArray(value) &&
  value.every((one) => isObject(one) && typeof one.name === 'string' && !share(one.share)) &&
  value.reduce((sum: number, one) => sum + Number(one.share), 0) <= MOST_SHARES
    ? undefined
    : 'a list of { name, share } whose shares are 1 together at most';

function withWords(problem: string | undefined, words: string): string | undefined {
  return problem === undefined ? undefined : `${problem}${words}`;
}

/** A part of the policy: what its settings must be, and what they are when left out. */
interface Shape {
  checks: Readonly<Record<string, Check>>;
  usual: JsonObject;
  /** It is off unless it is named; true stands for its defaults. */
  optional?: true;
}

const shape = (
  checks: Shape['checks'],
  usual: object,
  more: Pick<Shape, 'optional'> = {},
): Shape => ({ checks, usual: usual as JsonObject, ...more });
const off = { optional: true } as const;
const { submanagers, context, stall } = DEFAULT_POLICY;

const promotion = shape(
  { threshold: share, maxDepth: whole, minBudget: share },
  { threshold: 0.65, maxDepth: 2, minBudget: 0.15 },
  off,
);

const PARTS: Readonly<Record<string, Shape>> = {
  submanagers: shape(
    {
      ...{ atOnce: whole, total: whole, share: orNull(share), refund: flag, strict: flag },
      forbiddenKeys: listOf(undefined),
    },
    submanagers,
  ),
  context: shape(
    {
      ...{ totalChars: whole, minPerEntry: whole, previewChars: whole },
      ...{ windowTokens: whole, compactAt: share },
    },
    context,
  ),
  stall: shape({ minDelta: share, action: oneOf('warn_then_stop', 'stop', 'warn') }, stall),
  validation: shape(
    { skipAbove: share, skipBelowBudget: share },
    { skipAbove: 0.95, skipBelowBudget: 0.1 },
    off,
  ),
  critique: shape(
    {
      ...{ mode: oneOf('inline', 'dedicated'), model: orNull(text), repairs: whole },
      ...{ budgetShare: share, patterns: flag, minToComplete: share, minToDelegate: share },
      ...{ delegationBlocks: whole, categories: listOf(undefined), diagnoseAt: whole },
      ...{ endAt: whole, phaseAware: flag },
    },
    CRITIQUE,
    off,
  ),
  planning: shape(
    { maxSubtasks: whole, commit: oneOf('strict', 'advisory') },
    { maxSubtasks: 10, commit: 'strict' },
    off,
  ),
  diagnosis: shape(
    { maxHypotheses: whole, threshold: share },
    { maxHypotheses: 3, threshold: 0.3 },
    off,
  ),
  journal: shape({ maxEntries: whole }, { maxEntries: 20 }, off),
  board: shape({ autoPost: flag }, { autoPost: true }, off),
  digest: shape({ maxDepth: whole }, { maxDepth: 1 }, off),
};

const PLAIN: Readonly<Record<string, Check>> = {
  turnWorkers: orNull(positive),
  rejectedCompletions: orNull(whole),
  loopsPerSubtask: whole,
  callsPerMinute: orNull(whole),
  checks: listOf(['schema', 'required_fields', 'confidence', 'budget']),
  gates: listOf(GATES),
};

/**
 * The policy that the option `policy` stands for: only what it says. Throws `usage/bad-option`,
 * `usage/unknown-option`.
 */
export function policyOption(option: PolicyOptions | undefined): Partial<PlanPolicy> {
  if (option === undefined) return {};
  if (!isObject(option)) throw bad('', option, 'an object with settings');
  const read: JsonObject = {};
  for (const [name, value] of Object.entries(option as JsonObject)) {
    if (value === undefined) continue;
    const found = readPart(name, value);
    if (found !== undefined) read[name] = found;
  }
  return read as Partial<PlanPolicy>;
}

function readPart(name: string, value: unknown): JsonObject[string] | undefined {
  const plain = PLAIN[name];
  if (plain) return checked(name, value, plain);
  if (name === 'phases') return readPhases(value);
  const part = PARTS[name];
  if (!part) throw unknownOption(`policy.${name}`, [...Object.keys(PLAIN), ...Object.keys(PARTS)]);
  if (name === 'stall') return readStall(value, part);
  if (name === 'submanagers') return readSubmanagers(value, part);
  return readShape(name, value, part);
}

function readPhases(value: unknown): JsonObject[string] | undefined {
  if (value === false) return undefined;
  return value === true ? PHASES : checked('phases', value, phases);
}

function readStall(value: unknown, part: Shape): JsonObject | undefined {
  if (!isObject(value)) return readShape('stall', value, part);
  const { strategies, ...rest } = value;
  const read = readShape('stall', rest, part);
  if (!read || strategies === undefined || strategies === false) return read;
  const all = strategies === true ? [...STRATEGIES] : strategies;
  return { ...read, strategies: checked('stall.strategies', all, listOf(STRATEGIES)) };
}

function readSubmanagers(value: unknown, part: Shape): JsonObject | undefined {
  if (!isObject(value)) return readShape('submanagers', value, part);
  const { promotion: promoted, ...rest } = value;
  const read = readShape('submanagers', rest, part);
  const found =
    promoted === undefined ? undefined : readShape('submanagers.promotion', promoted, promotion);
  return read && { ...read, ...(found && { promotion: found }) };
}

function readShape(name: string, value: unknown, part: Shape): JsonObject | undefined {
  if (part.optional && value === false) return undefined;
  if (part.optional && value === true) return part.usual;
  if (!isObject(value)) {
    throw bad(name, value, part.optional ? 'true, false, or settings' : 'an object with settings');
  }
  const read: JsonObject = { ...part.usual };
  for (const [key, setting] of Object.entries(value)) {
    if (setting === undefined) continue;
    const check = part.checks[key];
    if (!check) throw unknownOption(`policy.${name}.${key}`, Object.keys(part.checks));
    read[key] = checked(`${name}.${key}`, setting, check);
  }
  return read;
}

function checked(name: string, value: unknown, check: Check): JsonObject[string] {
  const wanted = check(value);
  if (wanted !== undefined) throw bad(name, value, wanted);
  return value as JsonObject[string];
}

function bad(name: string, value: unknown, wanted: string): AwpError {
  const place = name === '' ? 'policy' : `policy.${name}`;
  return new AwpError('usage/bad-option', `${place} cannot be ${shown(value)}`, {
    hint: `it is ${wanted}`,
  });
}

/** Numbers that JSON has no word for keep their name. */
function shown(value: unknown): string | undefined {
  return typeof value === 'number' ? String(value) : JSON.stringify(value);
}
