import { isObject, type Json } from '../base/json.ts';

/** Shorter values are no secrets: they would blank out ordinary words. */
const LEAST = 8;

/** Replaces secrets in facts; the same fact when there is none in it. */
export type Redact = <T>(fact: T) => T;

/**
 * Makes a function that blanks out secret values in every text of a fact: as they are, and as
 * base64, percent-coded, hexadecimal and JSON text (reliability-security T14). Longest first.
 */
export function makeRedact(secrets: readonly string[]): Redact {
  const spellings = [...new Set(secrets.filter(({ length }) => length >= LEAST).flatMap(spell))]
    .filter(({ length }) => length >= LEAST)
    .sort((a, b) => b.length - a.length);
  if (spellings.length === 0) return (fact) => fact;
  const pattern = new RegExp(spellings.map(escaped).join('|'), 'g');
  return (fact) => redactValue(fact as Json, pattern) as typeof fact;
}

function spell(secret: string): string[] {
  const bytes = Buffer.from(secret);
  return [
    secret,
    bytes.toString('base64').replace(/=+$/, ''),
    bytes.toString('base64url'),
    bytes.toString('hex'),
    encodeURIComponent(secret),
    JSON.stringify(secret).slice(1, -1),
  ];
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
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
