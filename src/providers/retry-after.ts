import { isObject, parseJson } from '../base/json.ts';

/** What a service says of the room that is left in one of its limits. */
export interface Quota {
  of: 'requests' | 'tokens';
  left: number;
  /** Until the limit is whole again, in milliseconds; undefined when it was not said. */
  resetMs: number | undefined;
}

/** An answer that asks to wait. */
export interface Refused {
  headers: Headers;
  body: string;
}

/** Names of what is left and of when it is whole again: of OpenAI and most others, of Anthropic, of drafts. */
const QUOTAS: readonly (readonly [Quota['of'], string, string])[] = [
  ['requests', 'x-ratelimit-remaining-requests', 'x-ratelimit-reset-requests'],
  ['tokens', 'x-ratelimit-remaining-tokens', 'x-ratelimit-reset-tokens'],
  ['requests', 'anthropic-ratelimit-requests-remaining', 'anthropic-ratelimit-requests-reset'],
  ['tokens', 'anthropic-ratelimit-tokens-remaining', 'anthropic-ratelimit-tokens-reset'],
  ['requests', 'x-ratelimit-remaining', 'x-ratelimit-reset'],
  ['requests', 'ratelimit-remaining', 'ratelimit-reset'],
];

const NUMBER = /^\d+(?:\.\d+)?$/;
const UNITS: ReadonlyMap<string, number> = new Map([
  ['ms', 1],
  ['s', 1000],
  ['m', 60_000],
  ['h', 3_600_000],
  ['d', 86_400_000],
]);
/** A time as services write it in words and headers: `1.2s`, `20ms`, `6m0s`, `7m12.5s`, `1h`. */
const SPAN = String.raw`(?:\d+(?:\.\d+)?(?:ms|[dhms]))+`;
const IN_WORDS = new RegExp(
  String.raw`(?:again|retry|wait)\s+(?:in|after|for)?\s*(?:about\s+)?(?:(${SPAN})(?![a-z])|(\d+(?:\.\d+)?)\s*(milliseconds?|seconds?|secs?|minutes?|mins?|hours?)\b)`,
  'i',
);
/** Seconds since 1970 begin here, of what a header gives as a bare number. */
const FIRST_EPOCH = 1e9;
/** Milliseconds since 1970 begin here. */
const FIRST_EPOCH_MS = 1e11;
/** What is longer is no time that anybody waits, in milliseconds: a year. */
const LONGEST = 365 * 86_400_000;
/** Characters of a body that are searched for words. */
const SEARCHED = 4000;

/**
 * How long a service asks us to wait, in milliseconds; undefined when it does not say. The header
 * for it counts first, in milliseconds, seconds or as a date (RFC 9110, 10.2.3); then the details
 * and words of the body; then the limits that the headers call used up. `now` is in milliseconds
 * since 1970; dates are read by the service's own clock where its answer tells it.
 */
export function retryAfter({ headers, body }: Refused, now: number): number | undefined {
  const then = clockOf(headers, now);
  const said = inHeader(headers, then) ?? inDetails(body) ?? inWords(body) ?? usedUp(headers, then);
  return said === undefined || !Number.isFinite(said) || said > LONGEST
    ? undefined
    : Math.max(0, Math.ceil(said));
}

/** What the headers of any answer say of the service's limits. */
export function quotasOf(headers: Headers, now: number): Quota[] {
  return quotasAt(headers, clockOf(headers, now));
}

function quotasAt(headers: Headers, now: number): Quota[] {
  return QUOTAS.flatMap(([of, remaining, reset]) => {
    const left = headers.get(remaining)?.trim();
    if (!left || !NUMBER.test(left)) return [];
    return [{ of, left: Number(left), resetMs: resetIn(headers.get(reset), now) }];
  });
}

/** The service's time, so that a clock that is wrong on either side does no harm. */
function clockOf(headers: Headers, now: number): number {
  const theirs = dateIn(headers.get('date'));
  return theirs ?? now;
}

function inHeader(headers: Headers, now: number): number | undefined {
  const exact = headers.get('retry-after-ms')?.trim();
  if (exact && NUMBER.test(exact)) return Number(exact);
  const text = headers.get('retry-after')?.trim();
  if (!text) return undefined;
  if (NUMBER.test(text)) return Number(text) * 1000;
  const date = dateIn(text);
  return date === undefined ? spanIn(text) : Math.max(0, date - now);
}

/** Google's services say it nowhere else: `{error: {details: [{retryDelay: "34.07s"}]}}`. */
function inDetails(body: string): number | undefined {
  if (!body.includes('"retryDelay"')) return undefined;
  const parsed = parseJson(body);
  const answer = Array.isArray(parsed) ? parsed[0] : parsed;
  const error = isObject(answer) ? answer.error : undefined;
  const details = isObject(error) && Array.isArray(error.details) ? error.details : [];
  for (const detail of details) {
    const delay = isObject(detail) ? detail.retryDelay : undefined;
    if (typeof delay === 'string') return spanIn(delay);
  }
  return undefined;
}

function inWords(body: string): number | undefined {
  const match = IN_WORDS.exec(body.slice(0, SEARCHED));
  if (!match) return undefined;
  const [, span, count, unit = ''] = match;
  if (span !== undefined) return spanIn(span);
  const short = unit.toLowerCase().startsWith('mil') ? 'ms' : unit.charAt(0).toLowerCase();
  return Number(count) * (UNITS.get(short) ?? 1000);
}

function usedUp(headers: Headers, now: number): number | undefined {
  const waits = quotasAt(headers, now).flatMap(({ left, resetMs }) =>
    left === 0 && resetMs !== undefined ? [resetMs] : [],
  );
  return waits.length === 0 ? undefined : Math.max(...waits);
}

/** A span, seconds, a moment in seconds or milliseconds since 1970, or a date. */
function resetIn(text: string | null, now: number): number | undefined {
  const value = text?.trim();
  if (!value) return undefined;
  if (NUMBER.test(value)) {
    const number = Number(value);
    if (number < FIRST_EPOCH) return number * 1000;
    return Math.max(0, (number < FIRST_EPOCH_MS ? number * 1000 : number) - now);
  }
  const span = spanIn(value);
  if (span !== undefined) return span;
  const date = dateIn(value);
  return date === undefined ? undefined : Math.max(0, date - now);
}

function spanIn(text: string): number | undefined {
  if (!new RegExp(`^${SPAN}$`, 'i').test(text)) return undefined;
  let sum = 0;
  for (const [, count, unit = ''] of text.toLowerCase().matchAll(/(\d+(?:\.\d+)?)(ms|[dhms])/g)) {
    sum += Number(count) * (UNITS.get(unit) ?? 0);
  }
  return sum;
}

/** Milliseconds since 1970 of a date as HTTP or RFC 3339 writes it; a bare number is none. */
function dateIn(text: string | null): number | undefined {
  if (!text || !/[a-z]{3}|^\d{4}-\d\d-\d\dT/i.test(text)) return undefined;
  const date = Date.parse(text);
  return Number.isNaN(date) ? undefined : date;
}
