import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runCli } from '../../src/cli/cli.ts';
import { fixedClock } from '../../src/effects/fake-clock.ts';
import { nodeEffects } from '../../src/effects/index.ts';
import { environmentSecrets } from '../../src/effects/secrets.ts';
import { temporaryFolder } from '../make.ts';
import { type FakeShellOptions, fakeShell } from './fake-shell.ts';

const VALUE = 'sk-hidden-value-1';
let folder: ReturnType<typeof temporaryFolder>;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder[Symbol.dispose]());

async function secrets(words: readonly string[], options: FakeShellOptions = {}) {
  const env = { ...options.env, AWP_CONFIG_HOME: join(folder.path, 'user') };
  const effects = { ...nodeEffects(), clock: fixedClock(), secrets: environmentSecrets(env) };
  const shell = fakeShell({ cwd: folder.path, ...options, env, effects });
  const code = await runCli(['secrets', ...words], shell);
  return { code, out: shell.out.text(), err: shell.err.text() };
}

const setAt = new Date(fixedClock().now()).toISOString();
const keep = (name: string, input = VALUE) => secrets(['set', name], { input });

describe('awp secrets set', () => {
  it('keeps what is sent, without one line break at its end', async () => {
    expect(await keep('A', `${VALUE}\n\n`)).toMatchObject({ code: 0, out: '' });
    const path = join(folder.path, 'user/secrets.json');
    expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual({
      version: 1,
      secrets: { A: { value: `${VALUE}\n`, set_at: setAt } },
    });
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it('keeps what is typed, and says whether something was there', async () => {
    const hidden = { text: VALUE };
    expect((await secrets(['set', 'A'], { hidden })).err).toContain('kept A in ');
    expect((await secrets(['set', 'A'], { hidden })).err).toContain('replaced A in ');
  });

  it('says when a variable wins over it', async () => {
    const { err } = await secrets(['set', 'A'], { input: VALUE, env: { A: 'other' } });
    expect(err).toContain('the variable A is set as well, and wins');
    expect(err).not.toContain('other');
  });

  it('ends with 130 when it is given up', async () => {
    expect(await secrets(['set', 'A'], { hidden: 'cancelled' })).toMatchObject({
      code: 130,
      err: '',
    });
    expect((await secrets(['list'])).out).toBe('');
  });

  it.each([
    ['no name', [], 'usage/missing-argument'],
    ['a value as an argument', ['A', VALUE], 'usage/bad-argument'],
    ['more words', ['A', VALUE, VALUE], 'usage/bad-argument'],
    ['a value behind =', [`A=${VALUE}`], 'usage/bad-argument'],
    ['a name that cannot be', ['A-B'], 'usage/bad-value'],
  ])('refuses %s, and does not repeat it', async (_, words, code) => {
    const { err, code: status } = await secrets(['set', ...words], { input: VALUE });
    expect(err).toContain(`error[${code}]`);
    expect(err).not.toContain('hidden');
    expect(status).toBe(2);
  });

  it('refuses an empty value', async () => {
    expect(await keep('A', '\n')).toMatchObject({ code: 2 });
  });
});

describe('awp secrets list', () => {
  it('shows names, sources and dates, and no value', async () => {
    await keep('LONG_NAME');
    await keep('B');
    const { out, code } = await secrets([], { env: { B: 'value-of-variable' } });
    expect(out).toBe(`B          environment  ${setAt}\nLONG_NAME  store        ${setAt}\n`);
    expect(code).toBe(0);
    const { out: json } = await secrets(['list', '--json']);
    expect(JSON.parse(json)).toEqual([
      { name: 'B', from: 'store', set_at: setAt },
      { name: 'LONG_NAME', from: 'store', set_at: setAt },
    ]);
  });

  it('says what to do when there are none', async () => {
    expect(await secrets(['list'])).toMatchObject({ code: 0, out: '' });
    expect((await secrets(['list'])).err).toContain('awp secrets set NAME');
  });

  it('shows where the secrets of a workflow come from, and fails when one is missing', async () => {
    const flow = join(folder.path, 'flow');
    mkdirSync(flow);
    writeFileSync(
      join(flow, 'workflow.awp.yaml'),
      `awp: "1.0.0"
workflow:
  name: flow
  env: [{ name: WITH_DEFAULT, sensitive: true, default: x }]
orchestration: { engine: delegation_loop, delegation_loop: {} }
security:
  secrets: { required: [FROM_ENV, FROM_DOTENV, FROM_FILE, FROM_STORE, NOWHERE, "OPTIONAL?"] }
`,
    );
    writeFileSync(join(flow, '.env'), `FROM_DOTENV=${VALUE}\n`);
    writeFileSync(join(flow, 'secrets.yaml'), `secrets: { FROM_FILE: ${VALUE} }\n`);
    await keep('FROM_STORE');
    const env = { FROM_ENV: VALUE };
    const { out, code, err } = await secrets(['list', 'flow'], { env });
    expect(err).toBe('');
    expect(out.replaceAll(/ {2,}/g, ' | ')).toBe(`WITH_DEFAULT | default of the workflow
FROM_ENV | environment
FROM_DOTENV | .env of the workflow
FROM_FILE | secrets.yaml of the workflow
FROM_STORE | store | ${setAt}
NOWHERE | missing
OPTIONAL | not set, optional
`);
    expect(code).toBe(1);
    const { out: json, code: found } = await secrets(['list', 'flow/workflow.awp.yaml', '--json'], {
      env: { ...env, NOWHERE: VALUE },
    });
    expect(found).toBe(0);
    expect(json).not.toContain('hidden');
    expect(JSON.parse(json)).toContainEqual({
      ...{ name: 'FROM_STORE', from: 'store', set_at: setAt, required: true },
    });
  });

  it('says when a workflow declares none', async () => {
    writeFileSync(
      join(folder.path, 'workflow.awp.yaml'),
      'awp: "1.0.0"\nworkflow: { name: flow }\norchestration: { engine: delegation_loop, delegation_loop: {} }\n',
    );
    expect((await secrets(['list', '.'])).err).toContain('declares no secrets');
  });
});

describe('awp secrets rm', () => {
  it('takes one out', async () => {
    await keep('A');
    expect(await secrets(['rm', 'A'])).toMatchObject({ code: 0, out: '' });
    expect((await secrets(['list'])).out).toBe('');
  });

  it.each([
    ['none is named', [], 2, 'usage/missing-argument'],
    ['there is none', ['API_KEZ'], 4, 'did you mean API_KEY?'],
    ['there is nothing like it', ['X'], 4, 'awp secrets list shows what it has'],
  ])('refuses when %s', async (_, words, status, said) => {
    await keep('API_KEY');
    const { code, err } = await secrets(['rm', ...words]);
    expect(code).toBe(status);
    expect(err).toContain(said);
  });
});
