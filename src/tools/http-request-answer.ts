import type { JsonObject } from '../base/json.ts';
import { secretPattern } from '../base/secret-pattern.ts';
import type { GuardedResponse } from '../ports/effects.ts';
import { isBinary } from './binary.ts';
import { cutText, encodingOf } from './file-text.ts';

/** Characters of a body that a result has. */
const MOST_CHARS = 100_000;
/** Bytes that have so many characters in base64. */
const MOST_BYTES = (MOST_CHARS / 4) * 3;
/** Names that no object of a result may have: they reach its prototype. */
const NO_KEY = /^(?:__proto__|constructor|prototype)$/;
const MARK = '[secret]';
/** Shorter values would blot out ordinary words. */
const SHORTEST_SECRET = 4;

/**
 * What a model reads of an answer. Secrets that went out with the request are taken out before the
 * body is cut, so that no half of one is left.
 */
export function answerData(answer: GuardedResponse, secrets: readonly string[]): JsonObject {
  const pattern = secretPattern(secrets, SHORTEST_SECRET);
  const clean = (text: string): string => (pattern ? text.replace(pattern, MARK) : text);
  const headers = Object.entries(answer.headers)
    .filter(([name]) => !NO_KEY.test(name))
    .map(([name, value]) => [clean(name), clean(value)]);
  return {
    status_code: answer.status,
    url: clean(answer.url),
    headers: Object.fromEntries(headers) as JsonObject,
    ...bodyData(answer, clean),
  };
}

function bodyData({ body, headers }: GuardedResponse, clean: (text: string) => string): JsonObject {
  const size = body.length;
  const label = labelOf(headers['content-type']);
  // UTF-16 without a mark has zeros in it, as binary data does; here its label counts.
  if (isBinary('', body) && !/^utf-16/i.test(label ?? '')) {
    const bytes = Buffer.from(clean(Buffer.from(body).toString('latin1')), 'latin1');
    const encoded = bytes.subarray(0, MOST_BYTES).toString('base64');
    return { body: encoded, encoding: 'base64', size, truncated: bytes.length > MOST_BYTES };
  }
  const { text, cut } = cutText(clean(decoded(body, label)), MOST_CHARS);
  return { body: text, size, truncated: cut };
}

function labelOf(type: string | undefined): string | undefined {
  return /;\s*charset="?([\w-]{1,40})/i.exec(type ?? '')?.[1];
}

/** A body as text: by its label, if that is one we know, else by what is in it. */
function decoded(body: Uint8Array, label: string | undefined): string {
  try {
    return new TextDecoder(label ?? encodingOf(body)).decode(body);
  } catch {
    return new TextDecoder(encodingOf(body)).decode(body);
  }
}
