import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { environmentOf, withStoredKeys } from '../../src/data/secret-keys.ts';
import { machineSecrets, openSecretStore } from '../../src/data/secret-store.ts';
import { setVariables } from '../../src/data/set-variables.ts';
import { fixedClock } from '../../src/effects/fake-clock.ts';
import { nodeEffects } from '../../src/effects/index.ts';
import { environmentSecrets } from '../../src/effects/secrets.ts';
import type { Effects } from '../../src/ports/effects.ts';
import { temporaryFolder } from '../make.ts';

let folder: ReturnType<typeof temporaryFolder>;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder[Symbol.dispose]());

function effects(env: Record<string, string> = { AWP_CONFIG_HOME: folder.path }): Effects {
  return { ...nodeEffects(), clock: fixedClock(), secrets: environmentSecrets(env) };
}

describe('the store of the user', () => {
  it('keeps values with their dates, and gives them by name', () => {
    const store = openSecretStore(effects());
    expect(store.list()).toEqual([]);
    expect(store.get('A')).toBeUndefined();
    store.set('B', 'two');
    store.set('A', 'one\nline "x"');
    store.set('B', 'three');
    const setAt = new Date(fixedClock().now()).toISOString();
    expect(store.list()).toEqual([
      { name: 'A', setAt },
      { name: 'B', setAt },
    ]);
    expect([store.get('A'), store.get('B')]).toEqual(['one\nline "x"', 'three']);
    expect(JSON.stringify(store.list())).not.toMatch(/one|three/);
  });

  it('forgets what is taken out, and makes nothing where nothing is', () => {
    const store = openSecretStore(effects());
    expect(store.remove('A')).toBe(false);
    expect(existsSync(store.path)).toBe(false);
    store.set('A', 'value-of-a');
    expect(store.remove('A')).toBe(true);
    expect(store.get('A')).toBeUndefined();
    expect(readFileSync(store.path, 'utf8')).not.toContain('value-of-a');
  });

  it('knows names with a meaning in JavaScript as names', () => {
    const store = openSecretStore(effects());
    expect(store.get('constructor')).toBeUndefined();
    store.set('__proto__', 'x');
    expect(store.get('__proto__')).toBe('x');
    expect(store.get('toString')).toBeUndefined();
  });

  it.each([
    ['A-B', 'x'],
    ['', 'x'],
    ['1A', 'x'],
    ['A', ''],
    ['A', 'a\0b'],
    ['A', 'x'.repeat(65_537)],
  ])('refuses %j with such a value', (name, value) => {
    const store = openSecretStore(effects());
    expect(() => store.set(name, value)).toThrow(
      expect.objectContaining({ code: 'usage/bad-value' }),
    );
    expect(existsSync(store.path)).toBe(false);
  });

  it.each([
    ['half of it', '{"version": 1, "secrets": {"A": {"value": "hidden-value"'],
    ['another version', '{"version": 2, "secrets": {}}'],
    ['no version', '{"A": "hidden-value"}'],
    ['values without dates', '{"version": 1, "secrets": {"A": {"value": "hidden-value"}}}'],
    ['values that are no texts', '{"version": 1, "secrets": {"A": {"value": 1, "set_at": ""}}}'],
    ['names that cannot be', '{"version":1,"secrets":{"A-B":{"value":"x","set_at":""}}}'],
    ['a list', '[]'],
    ['nothing', ''],
  ])('refuses a damaged file and leaves it as it is: %s', (_, text) => {
    const store = openSecretStore(effects());
    writeFileSync(store.path, text, { mode: 0o600 });
    const refused = expect.objectContaining({ code: 'secret/damaged' });
    for (const use of [store.list, () => store.get('A'), () => store.set('A', 'x')]) {
      expect(use).toThrow(refused);
      expect(use).not.toThrow(/hidden-value/);
    }
    expect(readFileSync(store.path, 'utf8')).toBe(text);
    expect(machineSecrets(effects())).not.toContain('hidden-value');
  });

  it('tells its values to who must not write them down', () => {
    const store = openSecretStore(effects());
    store.set('A', 'one');
    store.set('B', 'two');
    expect(machineSecrets(effects())).toEqual(expect.arrayContaining(['one', 'two']));
    expect(machineSecrets(effects({}))).not.toContain('one');
    expect(machineSecrets({} as Effects)).not.toContain('one');
  });
});

describe('keys of models', () => {
  const stored = (env: Record<string, string> = {}): Effects => {
    const withHome = effects({ ...env, AWP_CONFIG_HOME: folder.path });
    const store = openSecretStore(withHome);
    store.set('OPENROUTER_API_KEY', 'stored-key');
    store.set('LLM_MODEL', 'stored/model');
    return withStoredKeys(withHome);
  };

  it('come from the store when the environment has none', () => {
    expect(stored().secrets.get('OPENROUTER_API_KEY')).toBe('stored-key');
    const { secrets } = stored({ OPENROUTER_API_KEY: 'own-key' });
    expect(secrets.get('OPENROUTER_API_KEY')).toBe('own-key');
  });

  it('are all that comes from the store', () => {
    expect(stored().secrets.get('LLM_MODEL')).toBeUndefined();
  });

  it('are not those of the environment', () => {
    const { secrets } = stored();
    expect(environmentOf(secrets).get('OPENROUTER_API_KEY')).toBeUndefined();
    const said = setVariables(secrets, { apiKey: 'said' });
    expect(said.get('LLM_API_KEY')).toBe('said');
    expect(said.get('OPENROUTER_API_KEY')).toBe('stored-key');
    expect(environmentOf(said).get('LLM_API_KEY')).toBe('said');
    expect(environmentOf(said).get('OPENROUTER_API_KEY')).toBeUndefined();
  });

  it('are looked for again each time, and nowhere without a home', () => {
    const one = effects();
    const { secrets } = withStoredKeys(one);
    expect(secrets.get('LLM_API_KEY')).toBeUndefined();
    openSecretStore(one).set('LLM_API_KEY', 'later');
    expect(secrets.get('LLM_API_KEY')).toBe('later');
    expect(withStoredKeys(effects({})).secrets.get('LLM_API_KEY')).toBeUndefined();
  });

  it('are not taken from a store that others can read', () => {
    const { secrets } = stored();
    const { path } = openSecretStore(effects());
    mkdirSync(dirname(path), { recursive: true });
    chmodSync(join(folder.path, 'secrets.json'), 0o644);
    expect(() => secrets.get('LLM_API_KEY')).toThrow(
      expect.objectContaining({ code: 'secret/not-private' }),
    );
    expect(secrets.get('LLM_MODEL')).toBeUndefined();
  });
});
