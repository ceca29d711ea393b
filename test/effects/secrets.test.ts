import { describe, expect, it } from 'vitest';
import { environmentSecrets, secretValues } from '../../src/effects/secrets.ts';

describe('secrets of the environment', () => {
  const env = { SET: 'x', EMPTY: '', ABSENT: undefined };

  it.each([
    ['SET', 'x'],
    ['EMPTY', undefined],
    ['ABSENT', undefined],
    ['OTHER', undefined],
    ['constructor', undefined],
    ['__proto__', undefined],
  ])('%s is %s', (name, value) => {
    expect(environmentSecrets(env).get(name)).toBe(value);
  });

  it('follows a variable that is set later', () => {
    const live: Record<string, string> = {};
    const secrets = environmentSecrets(live);
    live.LATER = 'now';
    expect(secrets.get('LATER')).toBe('now');
  });
});

describe('values to be redacted', () => {
  it('are those of variables that are named like secrets, longest first', () => {
    const env = {
      LLM_API_KEY: 'abcdefgh',
      GH_TOKEN: 'abcdefghij',
      db_password: 'lower-case',
      CLIENT_SECRET: 'abcdefgh',
      SHORT_KEY: '1234567',
      KEYBOARD: 'not a secret',
      EMPTY_TOKEN: undefined,
    };
    expect(secretValues(env)).toEqual(['abcdefghij', 'lower-case', 'abcdefgh']);
  });
});
