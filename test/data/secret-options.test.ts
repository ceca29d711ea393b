import { describe, expect, it } from 'vitest';
import { fromEnv, readSecretOptions, type SecretOptions } from '../../src/data/secret-options.ts';

const refused = (option: unknown): unknown => {
  try {
    readSecretOptions(option as SecretOptions);
  } catch (error) {
    return error;
  }
  return undefined;
};

describe('the option secrets', () => {
  it.each<[string, unknown, string]>([
    ['a name that no variable has', { 'A-B': 'hidden-value' }, 'A-B'],
    ['a number', { A: 12345678 }, 'secrets.A is no secret'],
    ['nothing', { A: undefined }, 'secrets.A is no secret'],
    ['a list', { A: ['hidden-value'] }, 'secrets.A is no secret'],
    ['an unknown field', { A: { value: 'hidden-value', host: [] } }, 'secrets.A.host'],
    ['two sources', { A: { value: 'hidden-value', env: 'B' } }, 'both value and env'],
    ['a value that is no text', { A: { value: 7 } }, 'secrets.A.value is no text'],
    ['a variable that cannot be', { A: fromEnv('$B') }, 'secrets.A stands for a variable'],
    ['a bound variable that cannot be', { A: { env: '' } }, 'secrets.A stands for a variable'],
    ['every host', { A: { value: 'x', hosts: ['*'] } }, '* would let it go to every host'],
    ['every host at a port', { A: { value: 'x', hosts: ['*:443'] } }, 'to every host'],
    [
      'an address with its scheme',
      { A: { value: 'x', hosts: ['https://a.b'] } },
      'secrets.A.hosts',
    ],
    ['a top-level domain', { A: { value: 'x', hosts: ['*.com'] } }, 'secrets.A.hosts'],
    ['hosts that are no list', { A: { value: 'x', hosts: 'a.b' } }, 'secrets.A.hosts'],
    ['tools that are no list', { A: { value: 'x', tools: 'a.b' } }, 'secrets.A.tools'],
    ['an answer that is neither yes nor no', { A: { optional: 1 } }, 'secrets.A.optional'],
  ])('is refused without its value: %s', (_, option, said) => {
    expect(refused(option)).toMatchObject({
      code: expect.stringMatching(/^usage\/(bad|unknown)-option$/),
      message: expect.stringContaining(said),
    });
    expect(JSON.stringify(refused(option))).not.toContain('hidden-value');
  });

  it('is nothing when it is left out', () => {
    expect(readSecretOptions()).toEqual(new Map());
  });
});
