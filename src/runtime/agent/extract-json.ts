import { isObject, type JsonObject, parseJson } from '../../base/json.ts';

/** Places in a text where an object may begin that are tried. */
const STARTS = 24;

/** An object found in a model's text; `repaired` tells that the text was not plain JSON. */
export interface Extracted {
  value: JsonObject;
  repaired: boolean;
}

/**
 * The JSON object in an answer that ended normally: the whole text, the inside of a code fence, or
 * the first balanced object that parses; raw line breaks in strings and commas before a closing
 * bracket are mended. Undefined when there is none (spec, runtime 4.2, steps 1 to 3).
 */
export function extractJson(text: string): Extracted | undefined {
  const trimmed = text.trim();
  const whole = parseJson(trimmed);
  if (isObject(whole)) return { value: whole, repaired: false };
  for (const candidate of candidates(trimmed)) {
    const value = parseJson(candidate) ?? parseJson(mend(candidate));
    if (isObject(value)) return { value, repaired: true };
  }
  return undefined;
}

function* candidates(text: string): Generator<string> {
  for (const fence of text.matchAll(/```[a-z]*\s*\n([\s\S]*?)\n\s*```/gi)) {
    yield (fence[1] ?? '').trim();
  }
  yield text;
  let from = text.indexOf('{');
  for (let tried = 0; from >= 0 && tried < STARTS; tried++) {
    const end = closingBrace(text, from);
    if (end > 0) yield text.slice(from, end + 1);
    from = text.indexOf('{', from + 1);
  }
}

/** Index of the brace that closes the one at `from`, strings skipped; -1 when it stays open. */
function closingBrace(text: string, from: number): number {
  const token = /"(?:[^"\\]|\\[\s\S])*"|[{}]/g;
  token.lastIndex = from;
  let depth = 0;
  for (let match = token.exec(text); match; match = token.exec(text)) {
    if (match[0] === '{') depth += 1;
    else if (match[0] === '}') depth -= 1;
    if (depth === 0) return match.index;
  }
  return -1;
}

const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['\n', '\\n'],
  ['\r', '\\r'],
  ['\t', '\\t'],
]);

/** Escapes raw control characters inside of strings and drops commas before a closing bracket. */
function mend(text: string): string {
  return text.replace(/"(?:[^"\\]|\\[\s\S])*"|,(?=\s*[}\]])/g, (token) =>
    token === ',' ? '' : token.replace(/[\n\r\t]/g, (raw) => ESCAPES.get(raw) ?? ''),
  );
}
