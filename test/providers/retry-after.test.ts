import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { quotasOf, retryAfter } from '../../src/providers/retry-after.ts';

const NOW = Date.UTC(2026, 0, 1, 12);
/** The service's clock is an hour behind ours. */
const THEIRS = 'Thu, 01 Jan 2026 11:00:00 GMT';

function waitOf(headers: Record<string, string>, body: unknown = ''): number | undefined {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return retryAfter({ headers: new Headers(headers), body: text }, NOW);
}

const message = (text: string) => ({ error: { message: text } });

describe('the wait that a service asks for', () => {
  it.each<[string, Record<string, string>, unknown, number | undefined]>([
    ['milliseconds', { 'retry-after-ms': '1500', 'retry-after': '9' }, '', 1500],
    ['seconds', { 'retry-after': '7' }, '', 7000],
    ['a fraction of a second', { 'retry-after': '0.25' }, '', 250],
    ['seconds with a unit', { 'retry-after': '20s' }, '', 20_000],
    ['a date by our clock', { 'retry-after': 'Thu, 01 Jan 2026 12:00:20 GMT' }, '', 20_000],
    [
      'a date by the clock of the service',
      { date: THEIRS, 'retry-after': 'Thu, 01 Jan 2026 11:00:20 GMT' },
      '',
      20_000,
    ],
    ['a date that has passed', { 'retry-after': 'Thu, 01 Jan 2026 10:00:00 GMT' }, '', 0],
    ['less than nothing', { 'retry-after': '-5' }, '', undefined],
    ['nonsense', { 'retry-after': 'soon' }, '', undefined],
    ['a day', { 'retry-after': '86400' }, '', 86_400_000],
    ['more than a year', { 'retry-after': '9'.repeat(30) }, '', undefined],
    ['more than a number holds', { 'retry-after': '9'.repeat(400) }, '', undefined],
    ['words with a span', {}, message('Please try again in 1.2s. Visit us.'), 1200],
    ['words with milliseconds', {}, message('Please try again in 20ms.'), 20],
    ['words with a longer span', {}, message('Please try again in 7m12.5s.'), 432_500],
    ['words with seconds', {}, message('Please retry after 30 seconds.'), 30_000],
    ['words with minutes', {}, message('Wait for 2 minutes'), 120_000],
    ['words with a fraction', {}, message('Please retry in 58.934310785s.'), 58_935],
    ['words about something else', {}, message('try again in a while'), undefined],
    ['words about a size', {}, message('try again in 20 tokens'), undefined],
    [
      'details of the error',
      {},
      { error: { message: 'x', details: [{}, { '@type': 'RetryInfo', retryDelay: '34.07s' }] } },
      34_070,
    ],
    ['details of a list of errors', {}, [{ error: { details: [{ retryDelay: '3s' }] } }], 3000],
    ['details that are none', {}, { error: { details: [{ retryDelay: 5 }] } }, undefined],
    [
      'requests that are used up',
      { 'x-ratelimit-remaining-requests': '0', 'x-ratelimit-reset-requests': '6m0s' },
      '',
      360_000,
    ],
    [
      'tokens that are not',
      { 'x-ratelimit-remaining-tokens': '5', 'x-ratelimit-reset-tokens': '6m0s' },
      '',
      undefined,
    ],
    [
      'both used up',
      {
        'x-ratelimit-remaining-requests': '0',
        'x-ratelimit-reset-requests': '12ms',
        'x-ratelimit-remaining-tokens': '0',
        'x-ratelimit-reset-tokens': '1.5s',
      },
      '',
      1500,
    ],
    [
      'a moment in seconds',
      { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(NOW / 1000 + 9) },
      '',
      9000,
    ],
    [
      'a moment in milliseconds',
      { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(NOW + 9) },
      '',
      9,
    ],
    [
      'a moment as a date',
      {
        date: THEIRS,
        'anthropic-ratelimit-requests-remaining': '0',
        'anthropic-ratelimit-requests-reset': '2026-01-01T11:00:30Z',
      },
      '',
      30_000,
    ],
    ['seconds of a draft', { 'ratelimit-remaining': '0', 'ratelimit-reset': '50' }, '', 50_000],
    ['nothing', {}, '', undefined],
  ])('may be given as %s', (...[, headers, body, wait]) => {
    expect(waitOf(headers, body)).toBe(wait);
  });

  it('is a time or unknown, whatever is sent', () => {
    const value = fc.oneof(fc.string(), fc.double().map(String), fc.date().map(String));
    const names = ['retry-after', 'retry-after-ms', 'x-ratelimit-remaining', 'x-ratelimit-reset'];
    fc.assert(
      fc.property(fc.array(value, { maxLength: 4 }), fc.string(), value, (values, body, date) => {
        const headers = new Headers();
        for (const [index, text] of [...values, date].entries()) {
          // What no header can hold never comes in.
          if (/^[\x20-\x7e]*$/.test(text)) headers.set(names[index] ?? 'date', text);
        }
        const wait = retryAfter({ headers, body: `try again in ${body}` }, NOW);
        if (wait === undefined) return;
        expect(Number.isSafeInteger(wait) && wait >= 0).toBe(true);
      }),
    );
  });
});

describe('the room that a service says is left', () => {
  it('is read from what most of them send', () => {
    const headers = new Headers({
      'x-ratelimit-remaining-requests': '59',
      'x-ratelimit-reset-requests': '1s',
      'anthropic-ratelimit-tokens-remaining': '1000',
      'anthropic-ratelimit-tokens-reset': '2026-01-01T12:00:02Z',
      'ratelimit-remaining': 'many',
    });
    expect(quotasOf(headers, NOW)).toEqual([
      { of: 'requests', left: 59, resetMs: 1000 },
      { of: 'tokens', left: 1000, resetMs: 2000 },
    ]);
  });

  it('has no end when none is named', () => {
    const headers = new Headers({ 'x-ratelimit-remaining-tokens': '0' });
    expect(quotasOf(headers, NOW)).toEqual([{ of: 'tokens', left: 0, resetMs: undefined }]);
  });
});
