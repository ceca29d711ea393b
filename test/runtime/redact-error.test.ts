import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { AwpError } from '../../src/base/errors.ts';
import { makeRedact } from '../../src/runtime/redact.ts';
import { redactError } from '../../src/runtime/redact-error.ts';
import { spellingsIn, spellingsOf } from '../security/spellings.ts';

const SECRET = 'sk-Ä"1/2+3=very&secret';
const redact = makeRedact([SECRET]);

/** Of base64 the last letter is made of what follows as well. */
const MARKED = expect.stringMatching(/^(at |look at |GET \/\?key=)\[secret\]\w?$/);

describe('errors', () => {
  it.each(spellingsOf(SECRET))('have no secret in any of their texts: %s', (_, spelling) => {
    const library = Object.assign(new Error(`GET /?key=${spelling}`), {
      request: { headers: { authorization: spelling } },
    });
    const middle = new Error('middle', { cause: library });
    const error = new AwpError('network/unreachable', `at ${spelling}`, {
      ...{ hint: `look at ${spelling}`, cause: middle, retryAfterMs: 5 },
    });
    const hidden = redactError(error, redact);
    expect(spellingsIn(inspect(hidden, { depth: 9, showHidden: true }), SECRET)).toEqual([]);
    expect(hidden).toMatchObject({
      ...{ code: 'network/unreachable', retryAfterMs: 5, message: MARKED, hint: MARKED },
      cause: { message: 'middle', cause: { message: MARKED } },
    });
    expect(hidden.stack).toContain('redact-error.test.ts');
  });

  it('of others become ours', () => {
    expect(redactError(new TypeError(`no ${SECRET}`), redact)).toMatchObject({
      ...{ code: 'internal/bug', message: 'unexpected error: no [secret]' },
    });
    expect(redactError(`no ${SECRET}`, redact).message).toBe('unexpected error: no [secret]');
    const cause = { toString: () => SECRET };
    const hidden = redactError(new AwpError('tool/failed', 'no', { cause }), redact);
    expect(hidden.cause).toMatchObject({ message: '[secret]' });
  });

  it('without secrets stay the same', () => {
    const error = new AwpError('tool/failed', 'no', { cause: new Error('why') });
    expect(redactError(error, redact)).toBe(error);
  });

  it('that are their own cause come to an end', () => {
    const error = new Error(SECRET);
    error.cause = error;
    expect(inspect(redactError(error, redact))).not.toContain(SECRET);
  });
});
