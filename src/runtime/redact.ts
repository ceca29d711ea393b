import { isObject, type Json } from '../base/json.ts';
import { secretPattern } from '../base/secret-pattern.ts';

/** Shorter values are no secrets: they would blank out ordinary words. */
const LEAST = 8;

/** Replaces secrets in facts; the same fact when there is none in it. */
export type Redact = <T>(fact: T) => T;

/** Makes a function that blanks out secret values, in all their spellings, in every text of a fact. */
export function makeRedact(secrets: readonly string[]): Redact {
  const pattern = secretPattern(secrets, LEAST);
  if (!pattern) return (fact) => fact;
  return (fact) => redactValue(fact as Json, pattern) as typeof fact;
}

function redactValue(value: Json, pattern: RegExp): Json {
  if (typeof value === 'string') return value.replace(pattern, '[secret]');
  if (Array.isArray(value)) return value.map((item) => redactValue(item, pattern));
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      key.replace(pattern, '[secret]'),
      redactValue(item, pattern),
    ]),
  );
}
