import { AwpError } from '../base/errors.ts';
import { nearest } from '../base/nearest.ts';
import { parseDuration } from '../base/time.ts';
import type { Dimension, Limits } from '../events/plan.ts';

/** The budget's dimensions as flags, with their defaults for the help (decision 10). */
export const BUDGET_FLAGS: readonly { name: Dimension; value: string; help: string }[] = [
  { name: 'loops', value: 'N', help: 'turns of the manager (15)' },
  { name: 'workers', value: 'N', help: 'workers in all (20)' },
  { name: 'tokens', value: 'N', help: 'tokens in and out, as 500000 or 500k (500k)' },
  { name: 'time', value: 'TIME', help: 'active time, as 90s or 5m (5m)' },
  { name: 'tools', value: 'N', help: 'tool calls (100)' },
  { name: 'depth', value: 'N', help: 'levels of sub-managers (3)' },
  { name: 'calls', value: 'N', help: 'model calls, failed ones included (null)' },
  { name: 'cost', value: 'USD', help: 'US dollars; needs known prices (null)' },
  { name: 'parallel', value: 'N', help: 'workers at the same time (8)' },
];

/**
 * One limit as the user wrote it: `500k`, `2m` (million), `90s`, `5m` (minutes), `0.50`, `null` for
 * unlimited; time in milliseconds. Throws `usage/bad-value`.
 */
export function parseLimit(dimension: Dimension, text: string): number | null {
  const word = text.trim().toLowerCase();
  if (word === 'null') {
    if (dimension !== 'parallel') return null;
    throw badLimit(dimension, text, 'a number of workers, such as 8');
  }
  switch (dimension) {
    case 'time':
      return parseDuration(word) ?? reject(dimension, text, 'a time, such as 90s or 5m');
    case 'cost':
      return money(word) ?? reject(dimension, text, 'US dollars, such as 0.50');
    case 'parallel':
      return count(word) || reject(dimension, text, 'a number of workers, such as 8');
    case 'loops':
    case 'workers':
    case 'tokens':
    case 'tools':
    case 'depth':
    case 'calls':
      return count(word) ?? reject(dimension, text, 'a whole number, such as 20, 500k or 2m');
  }
}

/** One `--raise`: a new limit, or how much is put on top of the present one. */
export interface Raise {
  dimension: Dimension;
  limit: number | null;
  /** `limit` is put on top. */
  isMore: boolean;
}

/** `tokens=800k` or `loops=+5` of `--raise`. Throws `usage/bad-value`. */
export function parseRaise(text: string): Raise {
  const at = text.indexOf('=');
  const name = at < 0 ? text : text.slice(0, at);
  const flag = BUDGET_FLAGS.find((known) => known.name === name);
  if (at < 0 || !flag) {
    const match = nearest(
      name,
      BUDGET_FLAGS.map((known) => known.name),
    );
    throw new AwpError('usage/bad-value', `--raise ${text} is not NAME=N`, {
      hint: `write --raise ${match ?? 'tokens'}=800k, or =+300k for that much more; names: ${BUDGET_FLAGS.map((known) => known.name).join(' ')}`,
    });
  }
  const value = text.slice(at + 1).trim();
  const isMore = value.startsWith('+');
  const limit = parseLimit(flag.name, isMore ? value.slice(1) : value);
  if (isMore && limit === null) throw badLimit(flag.name, value, 'a number behind the +');
  return { dimension: flag.name, limit, isMore };
}

/** The limits that a run goes on with, by those that it has. Throws `usage/bad-value`. */
export function raisedLimits(
  raises: readonly Raise[],
  present: Partial<Limits> = {},
): Partial<Limits> {
  const limits: Partial<Record<Dimension, number | null>> = {};
  for (const { dimension, limit, isMore } of raises) {
    const before = limits[dimension] ?? present[dimension] ?? null;
    if (isMore && before === null) {
      throw new AwpError('usage/bad-value', `the run has no limit on ${dimension} to raise`, {
        hint: `leave it out, or set one: --raise ${dimension}=N`,
      });
    }
    limits[dimension] = isMore ? (before ?? 0) + (limit ?? 0) : limit;
  }
  return limits as Partial<Limits>;
}

/** A value that must be one of a few words. Throws `usage/bad-value` with the nearest. */
export function parseChoice<T extends string>(
  name: string,
  text: string,
  choices: readonly T[],
): T {
  const choice = choices.find((known) => known === text);
  if (choice !== undefined) return choice;
  const match = nearest(text, choices);
  throw new AwpError('usage/bad-value', `--${name} ${text} is not one of ${choices.join(', ')}`, {
    hint: match === undefined ? `write --${name} ${choices[0]}` : `did you mean ${match}?`,
  });
}

/** A whole number of at least one. Throws `usage/bad-value`. */
export function parseCount(name: string, text: string): number {
  const value = count(text.trim().toLowerCase());
  if (value !== undefined && value > 0) return value;
  throw new AwpError('usage/bad-value', `--${name} ${text} is not a whole number above zero`, {
    hint: `write --${name} 20`,
  });
}

const FACTORS: Readonly<Record<string, number>> = { '': 1, k: 1000, m: 1_000_000 };

function count(word: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)([km]?)$/.exec(word.replaceAll(/(?<=\d)[_,](?=\d{3})/g, ''));
  if (!match) return undefined;
  const value = Number(match[1]) * (FACTORS[match[2] ?? ''] ?? 1);
  const whole = Math.round(value);
  return Math.abs(value - whole) < 1e-6 && Number.isSafeInteger(whole) ? whole : undefined;
}

function money(word: string): number | undefined {
  const match = /^\$?(\d+(?:\.\d+)?)$/.exec(word);
  return match ? Number(match[1]) : undefined;
}

function reject(dimension: Dimension, text: string, wanted: string): never {
  throw badLimit(dimension, text, wanted);
}

function badLimit(dimension: Dimension, text: string, wanted: string): AwpError {
  const unlimited = dimension === 'parallel' ? '' : ', or null for no limit';
  return new AwpError('usage/bad-value', `"${text}" is no limit for ${dimension}`, {
    hint: `write ${wanted}${unlimited}`,
  });
}
