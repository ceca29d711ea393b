import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { secretPattern } from '../../src/base/secret-pattern.ts';

const SECRET = 'p@ss/wörd "1+2" (x)!~';
const bytes = Buffer.from(SECRET, 'utf8');
const clean = (text: string, secrets: readonly string[] = [SECRET]): string => {
  const pattern = secretPattern(secrets, 8);
  return pattern ? text.replace(pattern, '#') : text;
};

describe('a secret is found', () => {
  it.each([
    ['as it is', SECRET],
    ['in capitals', SECRET.toUpperCase()],
    ['JSON-escaped', JSON.stringify(SECRET).slice(1, -1)],
    ['JSON-escaped twice', JSON.stringify(JSON.stringify(SECRET)).slice(3, -3)],
    ['in JSON of ASCII alone', 'p@ss/w\\u00f6rd \\"1+2\\" (x)!~'],
    ['in JSON with escaped slashes', 'p@ss\\/wörd \\"1+2\\" (x)!~'],
    ['percent-coded', encodeURIComponent(SECRET)],
    ['percent-coded in small letters', encodeURIComponent(SECRET).toLowerCase()],
    ['percent-coded as strictly as can be', 'p%40ss%2Fw%C3%B6rd%20%221%2B2%22%20%28x%29%21~'],
    ['percent-coded with slashes', 'p%40ss/w%C3%B6rd%20%221%2B2%22%20%28x%29%21~'],
    ['in a form', new URLSearchParams({ k: SECRET }).toString().slice(2)],
    ['with every byte percent-coded', bytes.toString('hex').replace(/../g, '%$&')],
    ['in hexadecimal', bytes.toString('hex')],
    ['in hexadecimal capitals', bytes.toString('hex').toUpperCase()],
    ['with every byte escaped', bytes.toString('hex').replace(/../g, '\\x$&')],
  ])('%s', (_, spelling) => {
    expect(clean(`a ${spelling} b`)).toBe('a # b');
  });

  it.each([0, 1, 2, 3, 4])('in base64 with %i bytes before it', (before) => {
    const text = Buffer.concat([Buffer.alloc(before, 65), bytes, Buffer.from('tail')]);
    for (const alphabet of ['base64', 'base64url'] as const) {
      const cleaned = clean(text.toString(alphabet));
      // The letters at its edges are made of other bytes as well.
      expect(cleaned.length).toBeLessThan(text.toString(alphabet).length - bytes.length);
      expect(cleaned).toContain('#');
    }
  });

  it('whatever it is, in every coding', () => {
    const secrets = fc.string({ minLength: 8, maxLength: 60, unit: 'grapheme' });
    fc.assert(
      fc.property(secrets, (secret) => {
        const all = Buffer.from(secret, 'utf8');
        const texts = [
          secret,
          JSON.stringify(secret).slice(1, -1),
          encodeURIComponent(secret),
          all.toString('hex'),
          all.toString('base64').replace(/=+$/, ''),
        ];
        for (const text of texts) expect(clean(`<${text}>`, [secret])).toMatch(/^<#.?>$/s);
      }),
    );
  });

  it('as a whole, when another one is a part of it', () => {
    expect(clean('abcdefgh-long abcdefgh', ['abcdefgh', 'abcdefgh-long'])).toBe('# #');
  });

  it('line by line, without the frame, when it has several', () => {
    const key = randomBytes(48).toString('base64');
    const lines = [
      '-----BEGIN PRIVATE KEY-----',
      key,
      key.slice(0, 20),
      '-----END PRIVATE KEY-----',
    ];
    const secret = `${lines.join('\n')}\n`;
    expect(clean(`1: ${lines[0]}`, [secret])).toBe(`1: ${lines[0]}`);
    expect(clean(`2: ${key}\n3: ${key.slice(0, 20)}`, [secret])).toBe('2: #\n3: #');
    expect(clean(`<${lines.join('\n')}>`, [secret])).toBe('<#>');
    expect(clean(`<${lines.join('\r\n')}>`, [secret])).toBe('<#>');
  });
});

describe('nothing else is found', () => {
  it.each([
    ['short secrets', ['key', '1234567'], 'a key is 1234567 letters'],
    ['empty secrets', [''], 'a text'],
    ['no secrets', [], 'a text'],
    ['letters with a meaning in patterns', ['a.c*e(g|h'], 'abcdefgh abc'],
  ])('%s', (_, secrets, text) => {
    expect(clean(text, secrets)).toBe(text);
  });
});

describe('the work', () => {
  const secrets = Array.from({ length: 20 }, () => randomBytes(24).toString('base64url'));
  const steps = (pattern: RegExp, text: string): number => text.replace(pattern, '#').length;

  it('of 20 secrets over 8 MB of any kind ends', () => {
    const pattern = secretPattern(secrets, 8) as RegExp;
    const beginnings = secrets.map((secret) => secret.slice(0, 7)).join('');
    for (const unit of ['a', 'the quick brown fox ', beginnings, `${secrets[0]}`.slice(0, 7)]) {
      const text = unit.repeat(Math.ceil(8_000_000 / unit.length));
      expect(steps(pattern, text)).toBe(text.length);
    }
  });
});
