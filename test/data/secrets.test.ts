import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Secret } from '../../src/base/secret.ts';
import { withStoredKeys } from '../../src/data/secret-keys.ts';
import { type SecretNeed, secretNeeds } from '../../src/data/secret-needs.ts';
import { fromEnv, type SecretOptions } from '../../src/data/secret-options.ts';
import { openSecretStore } from '../../src/data/secret-store.ts';
import { resolveSecrets, whereSecretsAre } from '../../src/data/secrets.ts';
import { nodeEffects } from '../../src/effects/index.ts';
import { environmentSecrets } from '../../src/effects/secrets.ts';
import type { Effects } from '../../src/ports/effects.ts';
import { secretNotes } from '../../src/runtime/tools/tool-secrets.ts';
import { temporaryFolder } from '../make.ts';

let folder: ReturnType<typeof temporaryFolder>;
let workflow: string;

beforeEach(() => {
  folder = temporaryFolder();
  workflow = join(folder.path, 'flow');
  mkdirSync(workflow);
});
afterEach(() => folder[Symbol.dispose]());

function effectsWith(env: Record<string, string> = {}): Effects {
  const secrets = environmentSecrets({ ...env, AWP_CONFIG_HOME: join(folder.path, 'user') });
  return { ...nodeEffects(), secrets };
}

interface Case {
  given?: SecretOptions;
  env?: Record<string, string>;
  dotEnv?: string;
  yaml?: string;
  stored?: Record<string, string>;
  declared?: readonly SecretNeed[];
}

function sourcesOf({ given, env, dotEnv, yaml, stored = {}, declared = secretNeeds(['A']) }: Case) {
  const effects = effectsWith(env);
  if (dotEnv !== undefined) writeFileSync(join(workflow, '.env'), dotEnv);
  if (yaml !== undefined) writeFileSync(join(workflow, 'secrets.yaml'), yaml);
  const store = openSecretStore(effects);
  for (const [name, value] of Object.entries(stored)) store.set(name, value);
  return { given, workflowFolder: workflow, declared, effects };
}

async function valuesOf(which: Case): Promise<Record<string, string>> {
  const found = await resolveSecrets(sourcesOf(which));
  return Object.fromEntries([...found].map(([name, { secret }]) => [name, secret.reveal()]));
}

const ALL: Case = {
  given: { A: 'from the API' },
  env: { A: 'from the environment' },
  dotEnv: 'A=from .env',
  yaml: 'secrets: { A: from the file }',
  stored: { A: 'from the store' },
};

describe('a secret', () => {
  const { given, env, dotEnv, yaml, stored } = ALL as Required<Case>;

  it.each<[string, Case, string]>([
    ['the API', { given, env, dotEnv, yaml, stored }, 'api'],
    ['the environment', { env, dotEnv, yaml, stored }, 'environment'],
    ['.env', { dotEnv, yaml, stored }, '.env'],
    ['the file', { yaml, stored }, 'file'],
    ['the store', { stored }, 'store'],
    ['.env', { given: { A: '' }, env: { A: '' }, dotEnv, yaml }, '.env'],
    ['the store', { dotEnv: 'A=', yaml: 'secrets: { A: "" }', stored }, 'store'],
  ])('comes from %s', async (source, which, from) => {
    expect(await valuesOf(which)).toEqual({ A: `from ${source}` });
    expect([...(await whereSecretsAre(sourcesOf(which)))]).toEqual([['A', from]]);
  });

  it('is looked for only when it is declared', async () => {
    const asked: string[] = [];
    const sources = sourcesOf({ declared: secretNeeds(['B?']), dotEnv: 'C=x', stored: { D: 'x' } });
    const environment = sources.effects.secrets;
    const secrets = {
      get: (name: string) => {
        asked.push(name);
        return environment.get(name);
      },
    };
    expect(await resolveSecrets({ ...sources, effects: { ...sources.effects, secrets } })).toEqual(
      new Map(),
    );
    expect(asked.filter((name) => name !== 'AWP_CONFIG_HOME')).toEqual(['B']);
  });

  it.each<[string, SecretOptions[string]]>([
    ['a text', 'value-1'],
    ['a Secret', new Secret('other', 'value-1')],
    ['a variable', fromEnv('OTHER')],
    ['a bound text', { value: 'value-1', hosts: ['api.example.com'] }],
    ['a bound Secret', { value: new Secret('other', 'value-1'), tools: ['http.*'] }],
    ['a bound variable', { env: 'OTHER' }],
  ])('can be given as %s', async (_, option) => {
    const found = await resolveSecrets(
      sourcesOf({ given: { A: option }, env: { OTHER: 'value-1' } }),
    );
    expect(found.get('A')?.secret.reveal()).toBe('value-1');
    expect(found.get('A')?.secret.name).toBe('A');
  });

  it('that stands for a variable is also found in files and in the store', async () => {
    const given = { A: fromEnv('OTHER') };
    expect(await valuesOf({ given, dotEnv: 'OTHER=x\nA=y' })).toEqual({ A: 'x' });
    expect(await valuesOf({ given, dotEnv: '', stored: { OTHER: 'z' } })).toEqual({ A: 'z' });
  });

  it('goes nowhere unless its author says so, and where the program says before the workflow', async () => {
    const bound = { name: 'A', required: true, sensitive: true };
    const hosts = ['a.example.com'];
    const grantOf = async (which: Case) => {
      const { hosts, tools } = (await resolveSecrets(sourcesOf(which))).get('A') ?? {};
      return { hosts, tools };
    };
    const env = { A: 'value-1' };
    expect(await grantOf({ env })).toEqual({ hosts: [], tools: undefined });
    const declared = [...secretNeeds(['A']), { ...bound, hosts, tools: ['x.y'] }];
    expect(await grantOf({ env, declared })).toEqual({ hosts, tools: ['x.y'] });
    expect(await grantOf({ given: { A: 'v' }, declared })).toEqual({ hosts, tools: ['x.y'] });
    const given = { A: { value: 'v', hosts: [], tools: ['z.*'] } };
    expect(await grantOf({ given, declared })).toEqual({ hosts: [], tools: ['z.*'] });
  });

  it('has the default of the workflow when it is nowhere else', async () => {
    const declared = [{ name: 'A', required: true, sensitive: true, fallback: 'default' }];
    expect(await valuesOf({ declared })).toEqual({ A: 'default' });
    expect(await valuesOf({ declared, dotEnv: 'A=x' })).toEqual({ A: 'x' });
  });

  it('is none when it only must be there', async () => {
    const declared = [{ name: 'A', required: true, sensitive: false }];
    expect(await valuesOf({ declared, env: { A: 'eu-west' } })).toEqual({});
    await expect(valuesOf({ declared })).rejects.toMatchObject({ code: 'secret/missing' });
  });

  it('of the store is not mistaken for one of the environment', async () => {
    const sources = sourcesOf({ stored: { API_KEY: 'stored' }, dotEnv: 'API_KEY=own' });
    const effects = withStoredKeys(sources.effects);
    const declared = secretNeeds(['API_KEY']);
    const found = await resolveSecrets({ ...sources, effects, declared });
    expect(found.get('API_KEY')?.secret.reveal()).toBe('own');
  });
});

describe('missing secrets', () => {
  it('are all told at once, and without the others', async () => {
    const declared = secretNeeds(['A', 'B', 'C?', 'D', 'D?']);
    await expect(valuesOf({ declared, env: { B: 'value-of-b' } })).rejects.toMatchObject({
      code: 'secret/missing',
      message: '2 secrets are missing: A, D',
      hint: expect.stringContaining('awp secrets set A'),
    });
  });

  it.each<[string, Case]>([
    ['nowhere', {}],
    [
      'empty everywhere',
      { given: { A: '' }, env: { A: '' }, dotEnv: 'A=', yaml: 'secrets: { A: }' },
    ],
    ['a variable that is not set', { given: { A: fromEnv('NOT') }, declared: [] }],
  ])('are those that are %s', async (_, which) => {
    await expect(valuesOf(which)).rejects.toMatchObject({
      code: 'secret/missing',
      message: 'the secret A is missing',
    });
  });

  it('may be missing when they are optional', async () => {
    expect(await valuesOf({ declared: secretNeeds(['A?']) })).toEqual({});
    const given = { A: { env: 'NOT', optional: true } };
    expect(await valuesOf({ given, declared: [] })).toEqual({});
  });
});

describe('files of the workflow', () => {
  it('fill in variables of the environment, of those that are asked for only', async () => {
    const yaml = 'secrets:\n  A: "Bearer {{ env.TOKEN }}"\n  B: "{{ env.MISSING }}"\n';
    expect(await valuesOf({ yaml, env: { TOKEN: 'x' } })).toEqual({ A: 'Bearer x' });
    const declared = secretNeeds(['B']);
    await expect(valuesOf({ yaml, declared })).rejects.toMatchObject({
      code: 'secret/bad-file',
      message: 'secrets.yaml:3: the variable MISSING is not set',
    });
  });

  it.each(['.env', 'secrets.yaml'])('are not read outside of its folder: %s', async (name) => {
    writeFileSync(join(folder.path, 'outside'), 'A=x\n');
    symlinkSync('../outside', join(workflow, name));
    await expect(valuesOf({})).rejects.toMatchObject({
      code: 'secret/bad-file',
      message: expect.stringContaining(name),
    });
  });

  it('may have another name, and be demanded', async () => {
    const sources = sourcesOf({});
    const file = { path: 'keys/own.yaml', mustExist: true };
    await expect(resolveSecrets({ ...sources, file })).rejects.toMatchObject({
      code: 'secret/bad-file',
      message: 'keys/own.yaml: there is no such file',
    });
    mkdirSync(join(workflow, 'keys'));
    writeFileSync(join(workflow, 'keys/own.yaml'), 'secrets: { A: x }');
    const found = await resolveSecrets({ ...sources, file });
    expect(found.get('A')?.secret.reveal()).toBe('x');
    const outside = { path: '../own.yaml', mustExist: true };
    writeFileSync(join(folder.path, 'own.yaml'), 'secrets: { A: x }');
    await expect(resolveSecrets({ ...sources, file: outside })).rejects.toMatchObject({
      code: 'secret/bad-file',
    });
  });

  it('are not looked at without a workflow', async () => {
    const { workflowFolder: _, ...sources } = sourcesOf({ dotEnv: 'A=x' });
    await expect(resolveSecrets(sources)).rejects.toMatchObject({ code: 'secret/missing' });
  });
});

describe('the store', () => {
  it('is none where there is no home', async () => {
    const effects = { ...nodeEffects(), secrets: environmentSecrets({}) };
    const sources = { declared: secretNeeds(['A']), effects };
    await expect(resolveSecrets(sources)).rejects.toMatchObject({ code: 'secret/missing' });
  });
});

describe('notes', () => {
  it('tell of secrets that are too short to be taken out of what is written', async () => {
    const found = await resolveSecrets(
      sourcesOf({ given: { A: '1234567', B: '12345678' }, declared: [] }),
    );
    expect(secretNotes(found)).toEqual([
      'the secret A is shorter than 8 characters and is not taken out of what is written',
    ]);
  });
});
