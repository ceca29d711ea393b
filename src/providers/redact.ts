import { secretPattern } from '../base/secret-pattern.ts';

const MARK = '[key removed]';
/** Shorter values are words of the language rather than keys. */
const SHORTEST = 4;

/** Makes a function that takes keys, in all their spellings, out of text that a service sent. */
export function redactor(keys: readonly string[]): (text: string) => string {
  const pattern = secretPattern(keys, SHORTEST);
  return pattern ? (text) => text.replace(pattern, MARK) : (text) => text;
}
