import { sha256 } from '../../base/hash.ts';
import { isObject, type Json } from '../../base/json.ts';
import type { ToolDraft } from '../../events/creation.ts';

/** What `str.splitlines` of Python takes for the end of a line. */
const LINE_END = '\\r\\n|[\\n-\\r\\x1c-\\x1e\\x85\\u2028\\u2029]';
const AT_LINE_END = new RegExp(LINE_END);
/** What `str.strip` of Python takes for space: not U+FEFF, which JavaScript trims, too. */
const SPACE =
  '\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000';
const ONE_SPACE = new RegExp(`[${SPACE}]`);

/**
 * SHA-256 of name, code and schema with NUL between them, as 64 hexadecimal digits (spec,
 * capabilities 4.9). Space around the code and at the ends of its lines does not count, nor does
 * the order of the schema's keys.
 */
export function draftHash({
  name,
  code,
  parameters,
}: Pick<ToolDraft, 'name' | 'code' | 'parameters'>): string {
  return sha256(`${name}\0${plainCode(code)}\0${pythonJson(parameters)}`);
}

function plainCode(code: string): string {
  return strip(code).split(AT_LINE_END).map(stripEnd).join('\n');
}

function strip(text: string): string {
  let from = 0;
  while (from < text.length && ONE_SPACE.test(text.charAt(from))) from += 1;
  return stripEnd(text.slice(from));
}

/** Not with a pattern: one that looks for space before an end is slow for long space in the middle. */
function stripEnd(text: string): string {
  let to = text.length;
  while (to > 0 && ONE_SPACE.test(text.charAt(to - 1))) to -= 1;
  return text.slice(0, to);
}

/** JSON as Python writes it with sorted keys: `", "` and `": "` between, everything beyond ASCII escaped. */
function pythonJson(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(pythonJson).join(', ')}]`;
  if (isObject(value)) {
    const keys = Object.keys(value).sort(byCodePoint);
    return `{${keys.map((key) => `${quoted(key)}: ${pythonJson(value[key] ?? null)}`).join(', ')}}`;
  }
  if (typeof value === 'string') return quoted(value);
  return typeof value === 'number' ? pythonNumber(value) : JSON.stringify(value);
}

function quoted(text: string): string {
  return JSON.stringify(text).replace(
    /[\x7f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** Python writes small fractions with an exponent of two digits from 1e-5 on, JavaScript from 1e-7 on. */
function pythonNumber(value: number): string {
  const size = Math.abs(value);
  const text = size !== 0 && size < 1e-4 ? value.toExponential() : JSON.stringify(value);
  return text.replace(/e([+-])(\d)$/, 'e$10$2');
}

/** Python compares characters, JavaScript halves of them. */
function byCodePoint(a: string, b: string): number {
  const [left, right] = [[...a], [...b]];
  for (let at = 0; at < Math.min(left.length, right.length); at += 1) {
    const difference = (left[at]?.codePointAt(0) ?? 0) - (right[at]?.codePointAt(0) ?? 0);
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}
