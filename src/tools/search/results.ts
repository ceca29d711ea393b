import { isObject, type Json, type JsonObject } from '../../base/json.ts';
import { cutText } from '../file-text.ts';
import type { ResultFields } from './service.ts';

/** One result, with texts that are safe to show: no markup, no control characters, bounded. */
export interface SearchResult {
  title: string;
  url: string;
  snippet: string;
}

const MOST_TITLE = 300;
const MOST_URL = 2000;
const MOST_SNIPPET = 1000;
/** Characters that are looked at, so that markup is not searched for without end. */
const LOOKED_AT = 4000;
const ENTITIES: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  nbsp: ' ',
};

/** The usable results of an answer that nobody has checked; undefined when it has no list of them. */
export function resultsIn(answer: Json, fields: ResultFields): SearchResult[] | undefined {
  const list = valueAt(answer, fields.list);
  // A service without a single hit leaves the list out.
  if (list === undefined) return isObject(answer) ? [] : undefined;
  if (!Array.isArray(list)) return undefined;
  return list.filter(isObject).flatMap((one) => resultOf(one, fields.snippet));
}

function valueAt(answer: Json, keys: readonly string[]): Json | undefined {
  let value: Json | undefined = answer;
  for (const key of keys) {
    value = isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;
  }
  return value;
}

function resultOf(found: JsonObject, snippetKey: string): SearchResult[] {
  const url = webAddress(textAt(found, 'url'));
  if (url === undefined) return [];
  const title = plain(textAt(found, 'title'), MOST_TITLE);
  const snippet = plain(textAt(found, snippetKey), MOST_SNIPPET);
  return [{ title: title || url, url, snippet }];
}

function textAt(found: JsonObject, key: string): string {
  const value = Object.hasOwn(found, key) ? found[key] : undefined;
  return typeof value === 'string' ? value : '';
}

/** Only what can be asked for over the web: no `javascript:`, no files, no passwords. */
function webAddress(text: string): string | undefined {
  const url = text.length > MOST_URL ? null : URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol)) return undefined;
  if (url.username !== '' || url.password !== '') return undefined;
  return url.href.length > MOST_URL ? undefined : url.href;
}

function plain(text: string, most: number): string {
  const start = text.slice(0, LOOKED_AT).toWellFormed();
  const words = start
    .replace(/<[^<>]*>/g, '')
    .replace(/&(#\d{1,7}|#x[\da-f]{1,6}|[a-z]{2,4});/gi, entity)
    .replace(/[\p{Cc}\p{Cf}\p{Co}\s]+/gu, ' ')
    .trim();
  return cutText(words, most).text;
}

function entity(whole: string, name: string): string {
  if (!name.startsWith('#')) return ENTITIES[name.toLowerCase()] ?? whole;
  const isHex = /^#x/i.test(name);
  const code = Number.parseInt(name.slice(isHex ? 2 : 1), isHex ? 16 : 10);
  const isCharacter = code > 0 && code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff);
  return isCharacter ? String.fromCodePoint(code) : '';
}
