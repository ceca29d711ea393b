import { inspect } from 'node:util';
import { serialize } from 'node:v8';
import { describe, expect, it } from 'vitest';
import { isSecretName, Secret } from '../../src/base/secret.ts';
import { spellingsOf } from '../security/spellings.ts';

const VALUE = 'sk-Ä"1/2+3=very&secret';
const secret = new Secret('API_KEY', VALUE);

function thrown(action: () => void): string {
  try {
    action();
  } catch (error) {
    return `${(error as Error).message}\n${(error as Error).stack}`;
  }
  return 'nothing was thrown';
}

const WAYS: readonly (readonly [string, () => string])[] = [
  ['text', () => String(secret)],
  ['a template', () => `${secret}`],
  ['adding it to a text', () => 'key: '.concat(secret as unknown as string)],
  ['joining', () => [secret, secret].join()],
  ['JSON', () => JSON.stringify(secret)],
  ['JSON of what holds it', () => JSON.stringify({ a: [secret], secret })],
  ['inspection', () => inspect(secret)],
  ['inspection of what holds it', () => inspect({ a: [secret] }, { depth: 9 })],
  [
    'inspection of everything',
    () => inspect(secret, { showHidden: true, getters: true, depth: 9 }),
  ],
  [
    'inspection without its own way',
    () => inspect(secret, { customInspect: false, showHidden: true }),
  ],
  ['a copy', () => inspect(Object.assign({}, secret), { showHidden: true })],
  ['spreading', () => inspect({ ...secret })],
  ['its fields', () => JSON.stringify(Object.entries(secret))],
  ['its own names', () => Reflect.ownKeys(secret).join()],
  [
    'names while looping',
    () => {
      const names = [];
      for (const name in secret) names.push(name);
      return names.join();
    },
  ],
  ['a clone', () => inspect(structuredClone(secret), { showHidden: true })],
  ['serialised bytes', () => serialize(secret).toString('latin1')],
  [
    'an error',
    () =>
      thrown(() => {
        throw new Error(secret as unknown as string);
      }),
  ],
  ['an error of the language', () => thrown(() => (secret as unknown as () => void)())],
  ['an error with a cause', () => inspect(new Error('no', { cause: secret }))],
  ['a number', () => String(Number(secret))],
  ['a date', () => String(new Date(secret as unknown as string))],
  ['a key of a map', () => Object.keys({ [secret as unknown as string]: 1 }).join()],
  ['bytes', () => Buffer.from(secret as unknown as string).toString('latin1')],
  ['an address', () => new URLSearchParams({ k: secret as unknown as string }).toString()],
  ['percent-coding', () => encodeURIComponent(secret as unknown as string)],
  ['a header', () => new Headers({ k: secret as unknown as string }).get('k') ?? ''],
  ['local text', () => secret.toLocaleString()],
  ['its class', () => Object.prototype.toString.call(secret)],
  ['a symbol', () => Symbol(secret as unknown as string).toString()],
];

describe('a secret', () => {
  it.each(WAYS)('is not in %s', (_, way) => {
    const said = way();
    for (const [, spelling] of spellingsOf(VALUE)) expect(said).not.toContain(spelling);
  });

  it.each(WAYS.slice(0, 9))('is told by its name in %s', (_, way) => {
    expect(way()).toContain('[secret API_KEY]');
  });

  it('has its value for who asks for it', () => {
    expect(secret.reveal()).toBe(VALUE);
    expect(secret.name).toBe('API_KEY');
  });

  it('cannot be changed', () => {
    expect(() => Object.assign(secret, { name: 'other' })).toThrow(TypeError);
    expect(() => Object.assign(secret, { more: 1 })).toThrow(TypeError);
  });

  it('gives nothing to what only looks like one', () => {
    const reveal = secret.reveal.bind({} as Secret);
    expect(() => reveal()).toThrow(TypeError);
  });
});

describe('the name of a secret', () => {
  it.each([
    ['API_KEY', true],
    ['_x', true],
    ['a1', true],
    ['', false],
    ['1A', false],
    ['A-B', false],
    ['A B', false],
    ['Ä', false],
    ['A\n', false],
    ['A'.repeat(129), false],
  ])('%j: %s', (name, is) => {
    expect(isSecretName(name)).toBe(is);
  });
});
