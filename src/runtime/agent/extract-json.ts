import { isObject, type Json, type JsonObject, parseJson } from '../../base/json.ts';
import { closingBrace, type Lenient, readLenient } from './lenient-json.ts';

/** Places in a text where an object may begin, and fences, that are tried. */
const MOST_TRIED = 24;
/** How often a whole text is looked through for the end of what cannot be read. */
const MOST_PASSES = 4;

/** An object found in a model's text. */
export interface Extracted {
  value: JsonObject;
  /** The text was not plain JSON. */
  repaired: boolean;
  /** A part of it is missing, because the text ended too early. */
  cut?: true;
}

/**
 * The JSON object in an answer that ended normally: the whole text, the inside of a code fence, or
 * the first object in it, mended where that is possible without guessing. A list of several objects
 * is no object, and no object is taken out of the middle of one that cannot be read. Undefined when
 * there is none, or a part of it is missing, unless `mayBeCut` allows that. Linear in the length of
 * the text (spec, runtime 4.2, steps 1 to 5).
 */
export function extractJson(text: string, mayBeCut = false): Extracted | undefined {
  const trimmed = text.trim();
  const whole = parseJson(trimmed);
  if (isObject(whole)) return { value: whole, repaired: false };
  if (whole !== undefined) return onlyOne(whole);
  for (const inside of fences(trimmed)) {
    const value = parseJson(inside);
    if (isObject(value)) return { value, repaired: true };
    if (Array.isArray(value)) return onlyOne(value);
    const first = inside.startsWith('{') ? firstObject(inside, mayBeCut) : undefined;
    if (first) return first;
  }
  return firstObject(trimmed, mayBeCut);
}

/** The object of a list that has nothing else in it. */
function onlyOne(value: Json): Extracted | undefined {
  const [first, ...others] = Array.isArray(value) ? value : [];
  return isObject(first) && others.length === 0 ? { value: first, repaired: true } : undefined;
}

const FENCE = '```';

/** What stands in the code fences of a text; the last one may be open. */
function* fences(text: string): Generator<string> {
  let from = text.indexOf(FENCE);
  for (let tried = 0; from >= 0 && tried < MOST_TRIED; tried++) {
    const start = text.indexOf('\n', from);
    const end = start < 0 ? -1 : text.indexOf(`\n${FENCE}`, start);
    if (start < 0) return;
    yield text.slice(start, end < 0 ? undefined : end).trim();
    from = end < 0 ? -1 : text.indexOf(FENCE, end + 1 + FENCE.length);
  }
}

function firstObject(text: string, mayBeCut: boolean): Extracted | undefined {
  let from = text.indexOf('{');
  // Braces that nothing closes are looked through to the end, each: only a few of them are.
  let left = MOST_PASSES * text.length;
  for (let tried = 0; from >= 0 && tried < MOST_TRIED && left > 0; tried++) {
    const found = readLenient(text, from);
    if (found && Object.keys(found.value).length > 0) {
      if ((found.cut && !mayBeCut) || isOneOfSeveral(text, from, found)) return undefined;
      return { value: found.value, repaired: true, ...(found.cut && { cut: true }) };
    }
    const end = closingBrace(text, from);
    left -= (end < 0 ? text.length : end) - from;
    from = nextStart(text, from, end);
  }
  return undefined;
}

/** Whether an object is the first one of a list. */
function isOneOfSeveral(text: string, start: number, { end }: Lenient): boolean {
  return text.slice(0, start).trimEnd().endsWith('[') && /^\s*,/.test(text.slice(end, end + 100));
}

/** Where the next object may begin: behind what cannot be read, never inside of it; -1 when nowhere. */
function nextStart(text: string, start: number, end: number): number {
  if (end >= 0) return text.indexOf('{', end + 1);
  // A brace in a sentence is no object that is broken.
  const isJson = /^\{\s{0,100}"[^"\n]{0,100}"\s{0,100}:/.test(text.slice(start, start + 500));
  return isJson ? -1 : text.indexOf('{', start + 1);
}
