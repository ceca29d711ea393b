import type { JsonObject } from '../../base/json.ts';

/** Characters of one worker's findings in the history of older turns. */
const FINDING_CHARS = 150;

/** The first telling field of an output, short (spec, runtime 4.3: key findings). */
export function findings(output: JsonObject): string {
  for (const key of ['findings', 'result', 'summary', 'analysis', 'answer', 'output']) {
    const value = Object.hasOwn(output, key) ? output[key] : undefined;
    if (value === undefined || value === null) continue;
    if (Array.isArray(value)) return `${value.length} items`;
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    return text.slice(0, FINDING_CHARS).toWellFormed();
  }
  return '';
}
