import { AwpError } from '../base/errors.ts';
import { isObject, type Json, type JsonObject } from '../base/json.ts';
import { type BudgetOptions, limitsOf } from '../data/options.ts';
import type { Limits } from '../events/plan.ts';

/** The dimensions that a client may set, each with what it counts. */
const DIMENSIONS: Readonly<Record<keyof Limits, string>> = {
  loops: 'turns of the manager',
  workers: 'workers in all',
  tokens: 'tokens in and out',
  time: 'active time: milliseconds, or a text such as "5m"',
  tools: 'tool calls',
  depth: 'levels of sub-managers',
  calls: 'model calls',
  cost: 'US dollars',
  parallel: 'workers at the same time',
};

/** JSON Schema of limits. */
export const LIMITS_SCHEMA: JsonObject = {
  type: 'object',
  additionalProperties: false,
  properties: Object.fromEntries(
    Object.entries(DIMENSIONS).map(([name, description]) => [
      name,
      { type: name === 'time' ? ['number', 'string', 'null'] : ['number', 'null'], description },
    ]),
  ),
};

/**
 * The limits that a client asks for, as numbers. None may be above what the server was started with.
 * Throws `usage/bad-option`.
 */
export function askedLimits(asked: Json | undefined, most: BudgetOptions): Partial<Limits> {
  if (!isObject(asked)) return {};
  const wanted = pick(asked as BudgetOptions);
  const allowed = pick(most);
  for (const [name, limit] of entriesOf(allowed)) {
    if (limit === null || !Object.hasOwn(wanted, name)) continue;
    const value = wanted[name];
    if (value !== null && value !== undefined && value <= limit) continue;
    throw new AwpError('usage/bad-option', `budget.${name} may be at most ${limit} here`, {
      hint: 'whoever started the server has set this limit; ask for less',
    });
  }
  return wanted;
}

/** The limits of a workflow's own run, held below those that the server was started with. */
export function heldLimits(own: BudgetOptions, most: BudgetOptions): BudgetOptions {
  const whole = limitsOf({ task: 'x', budget: own });
  const held = entriesOf(pick(most)).map(([name, limit]) => {
    const value = Object.hasOwn(own, name) ? whole[name] : limit;
    if (limit === null || value === null || value === undefined) return [name, limit ?? value];
    return [name, Math.min(value, limit)];
  });
  return { ...own, ...Object.fromEntries(held) };
}

/** The limits that are set, as numbers; time in milliseconds. */
function pick(budget: BudgetOptions): Partial<Limits> {
  const whole = limitsOf({ task: 'x', budget });
  return Object.fromEntries(Object.keys(budget).map((name) => [name, whole[name as keyof Limits]]));
}

function entriesOf(limits: Partial<Limits>): [keyof Limits, number | null][] {
  return Object.entries(limits) as [keyof Limits, number | null][];
}
