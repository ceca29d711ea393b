import type { JsonObject } from '../../base/json.ts';
import { clipText } from '../evaluation/clip-text.ts';

/** Characters of a key fact. */
const FACT_CHARS = 240;
/** Fields that may tell what came out, the most telling first (spec, capabilities 7.6). */
const TELLING = ['summary', 'result', 'findings', 'analysis', 'answer', 'output'];

/** The words of the most telling field of an output; undefined when there is none. */
export function keyText(output: JsonObject): string | undefined {
  for (const key of TELLING) {
    const value = Object.hasOwn(output, key) ? output[key] : undefined;
    if (value === undefined || value === null || value === '') continue;
    return typeof value === 'string' ? value : JSON.stringify(value);
  }
  return undefined;
}

/** What a worker's output says in short, on one line of at most 240 characters; undefined when nothing does. */
export function keyFact(output: JsonObject): string | undefined {
  const text = clipText(keyText(output) ?? '', FACT_CHARS);
  return text === '' ? undefined : text.toWellFormed();
}
