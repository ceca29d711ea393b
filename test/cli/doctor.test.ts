import { realpathSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runCli } from '../../src/cli/cli.ts';
import { nodeEffects } from '../../src/effects/index.ts';
import { temporaryFolder } from '../make.ts';
import { fakeShell } from './fake-shell.ts';
import { awp } from './process.ts';

let place: { path: string } & Disposable;
let cwd: string;
beforeEach(() => {
  place = temporaryFolder();
  cwd = realpathSync(place.path);
});
afterEach(() => place[Symbol.dispose]());

/** `awp doctor` on this machine, with an environment that has only what a test says. */
async function doctor(words: readonly string[] = [], variables: Record<string, string> = {}) {
  const effects = nodeEffects();
  const system = new Set(['PATH', 'HOME', 'XDG_CACHE_HOME']);
  const get = (name: string) =>
    variables[name] ?? (system.has(name) ? effects.secrets.get(name) : undefined);
  const shell = fakeShell({ cwd, effects: { ...effects, secrets: { get } } });
  const code = await runCli(['doctor', ...words], shell);
  return { code, out: shell.out.text(), err: shell.err.text() };
}

const KEY = { OPENAI_API_KEY: 'sk-very-secret-1234' };

describe('awp doctor', () => {
  it('ends with 0 and all areas in order when a model and a box are there', async () => {
    const { code, out, err } = await doctor([], KEY);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    const titles = out.split('\n').filter((line) => /^[A-Z]+$/.test(line));
    expect(titles).toEqual(['RUNTIME', 'STORE', 'PYTHON', 'SANDBOXES', 'MODELS']);
    expect(out).toContain(`✓ Node ${process.versions.node}: runs awp\n`);
    expect(out).toContain('✓ openai: OPENAI_API_KEY is set\n');
    expect(out).toMatch(/\nReady for: demo ✓ {2}a model ✓ {2}sandboxed code ✓ \(\w+\)\n$/);
    expect(out).not.toContain('very-secret');
  });

  it('ends with 1 without a model, and says what to set on one line', async () => {
    const { code, out } = await doctor();
    expect(code).toBe(1);
    const lines = out.split('\n').filter((line) => line.includes('OPENAI_API_KEY'));
    expect(lines).toEqual([
      expect.stringMatching(/^ {2}○ without a key: openai \(OPENAI_API_KEY\)/),
    ]);
    expect(out).toContain('a model ✗');
    expect(out).toMatch(/No model is configured: .*`awp demo`.*\n$/);
  });

  it.each<[string, Record<string, string>, readonly string[], RegExp]>([
    ['a store that cannot be written', KEY, ['--home', 'taken'], /✗ \S+\/taken: .*\n {6}fix: /],
    ['a Python that is none', { ...KEY, AWP_PYTHON: '/nowhere' }, [], /✗ Python: \/nowhere is no/],
    [
      'a box that is none',
      { ...KEY, AWP_SANDBOX: 'fort' },
      [],
      /✗ AWP_SANDBOX=fort: .*\n {6}fix: /,
    ],
    ['a model that is none', { ...KEY, LLM_MODEL: 'zork' }, [], /✗ LLM_MODEL=zork: .*\n {6}fix: /],
  ])('ends with 1 for %s, with its fix', async (_, variables, words, finding) => {
    writeFileSync(join(cwd, 'taken'), '');
    const { code, out, err } = await doctor(words, variables);
    expect({ code, err }).toEqual({ code: 1, err: '' });
    expect(out).toMatch(finding);
  });

  it('points to the fix of a model that was chosen, not to other ones', async () => {
    const { out } = await doctor([], { ...KEY, LLM_MODEL: 'zork' });
    expect(out).toMatch(/The model that was chosen cannot be asked: .*\n$/);
  });

  it('has all of it as one JSON object, with the same exit status', async () => {
    const { code, out } = await doctor(['--json'], KEY);
    expect(code).toBe(0);
    const { ready, findings } = JSON.parse(out);
    expect(ready).toEqual({ demo: true, models: true, sandbox: expect.any(String) });
    const known = ['area', 'name', 'state', 'words', 'fix'].sort();
    for (const finding of findings) expect(Object.keys(finding).sort()).toEqual(known);
    const states = new Set(findings.map(({ state }: { state: string }) => state));
    expect(
      [...states].filter((one) => !/^(?:ok|warning|broken|absent)$/.test(String(one))),
    ).toEqual([]);
    expect(out).not.toContain('very-secret');
    expect((await doctor(['--json'])).code).toBe(1);
  });

  it('has null for a box that is not there', async () => {
    const { ready } = JSON.parse((await doctor(['--json'], { AWP_SANDBOX: 'none' })).out);
    expect(ready).toMatchObject({ demo: false, sandbox: null });
  });

  it('tries the boxes again with --fresh', async () => {
    await doctor();
    const kept = (await doctor()).out;
    expect(kept).toMatch(/self-test passed \d{4}-/);
    expect((await doctor(['--fresh'])).out).not.toContain('self-test passed');
  }, 120_000);

  it('lets no name from the environment act on the terminal', async () => {
    const { out } = await doctor([], { LLM_MODEL: 'a\x1b[2Jb', AWP_SANDBOX: '\x1b[31m' });
    expect(out).not.toContain('\x1b');
  });

  it('writes nothing into the folder in which it is started', async () => {
    const { code, out } = await awp(['doctor', '--json'], { cwd });
    expect(code).toBe(1);
    expect(JSON.parse(out).findings[1]).toMatchObject({ area: 'store', name: join(cwd, '.awp') });
    expect(await nodeEffects().files.list(cwd)).toEqual([]);
  });

  it.each([
    [['--jsno'], '--json'],
    [['more'], 'doctor'],
  ])('refuses %j', async (words, hint) => {
    const { code, out, err } = await doctor(words);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain(hint);
  });
});
