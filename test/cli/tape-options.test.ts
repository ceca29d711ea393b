import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runCli } from '../../src/cli/cli.ts';
import { nodeEngine } from '../../src/cli/node-engine.ts';
import { openHome } from '../../src/data/home.ts';
import { nodeEffects } from '../../src/effects/index.ts';
import { scriptedModel } from '../../src/providers/scripted.ts';
import { complete, delegate, temporaryFolder } from '../make.ts';
import { playedRun } from './fake-run.ts';
import { fakeShell } from './fake-shell.ts';
import { halfwayLog } from './sample-run.ts';

const REPLAY = {
  file: '/work/a.tape',
  recorded: '2026-05-06T07:08:09.000Z',
  sha256: 'f'.repeat(64),
};

/** What the engine is asked for a command line. */
async function asked(...argv: string[]) {
  const log = halfwayLog().add('run.finished', { status: 'complete', text: 'done', result: {} });
  let given: object | undefined;
  const shell = fakeShell({
    engine: {
      start: (options) => {
        given = options;
        return playedRun(log);
      },
    },
    openHome: openHome as never,
    effects: nodeEffects(),
  });
  using folder = temporaryFolder();
  const code = await runCli(['run', '-t', 'x', '--home', folder.path, ...argv], shell);
  return { code, given, err: shell.err.text() };
}

describe('options of awp run about models', () => {
  it.each([
    [['--record', 'a.tape'], { record: '/work/a.tape' }],
    [['--replay', '../b.tape'], { replay: '/b.tape' }],
    [['--trace-models'], { traceModels: true }],
  ])('%j reach the run', async (argv, options) => {
    expect((await asked(...argv)).given).toMatchObject(options);
  });

  it('are left out when nothing is said', async () => {
    const { given } = await asked();
    expect(Object.keys(given ?? {})).not.toEqual(
      expect.arrayContaining([expect.stringMatching(/record|replay|traceModels/)]),
    );
  });
});

/** `awp` over a real store; the model of `--model scripted` is the one given. */
async function awp(cwd: string, argv: string[], script?: Parameters<typeof scriptedModel>[0]) {
  const engine = nodeEngine();
  const shell = fakeShell({
    cwd,
    effects: nodeEffects(),
    openHome,
    engine: {
      ...engine,
      start: (options, how) =>
        engine.start(script ? { ...options, model: scriptedModel(script) } : options, how),
    },
  });
  const code = await runCli([...argv, '--home', join(cwd, '.awp')], shell);
  return { code, out: shell.out.text(), err: shell.err.text() };
}

const SCRIPT = [
  delegate('adder'),
  { toolCalls: [{ name: 'arithmetic.add', args: { a: 1, b: 2 } }] },
  { summary: 'the sum is 3' },
  complete('It is 3.'),
];
const TASK = ['run', '-t', 'Add 1 and 2', '--tools', 'arithmetic.*'];

describe('a tape on the command line', () => {
  it('is written, replayed, and named wherever the run is shown', async () => {
    using folder = temporaryFolder();
    const cwd = folder.path;
    expect(await awp(cwd, [...TASK, '--record', 'a.tape'], SCRIPT)).toMatchObject({ code: 0 });
    const { code, out, err } = await awp(cwd, [...TASK, '--replay', 'a.tape']);
    expect({ code, out }).toEqual({ code: 0, out: 'It is 3.\n' });
    expect(err).toContain('(replayed)');
    expect(err).toMatch(
      /replayed from \S+\/a\.tape recorded \d{4}-\d\d-\d\dT\S+Z: no model was asked/,
    );
    const { out: runs } = await awp(cwd, ['runs', 'list', '--json']);
    const [{ run }] = JSON.parse(runs);
    const { out: shown } = await awp(cwd, ['runs', 'show', run]);
    expect(shown).toContain('replayed from ');
    const { out: json } = await awp(cwd, ['runs', 'show', run, '--json']);
    expect(JSON.parse(json).metadata.replayed).toEqual({
      file: join(cwd, 'a.tape'),
      recorded: expect.stringMatching(/Z$/),
    });
  });

  it('that has no answer ends the run with 4 and shows what differs', async () => {
    using folder = temporaryFolder();
    const cwd = folder.path;
    await awp(cwd, [...TASK, '--record', 'a.tape'], SCRIPT);
    const other = ['run', '-t', 'Add 3 and 4', '--tools', 'arithmetic.*', '--replay', 'a.tape'];
    const { code, err } = await awp(cwd, other);
    expect(code).toBe(4);
    expect(err).toContain('- Add 1 and 2\n+ Add 3 and 4');
  });

  it.each([
    ['both', ['--record', 'a', '--replay', 'b'], 2, 'not both'],
    ['one that is not there', ['--replay', 'none'], 2, 'cannot be read (ENOENT)'],
  ])('that cannot be is refused: %s', async (_, argv, status, words) => {
    using folder = temporaryFolder();
    const { code, err } = await awp(folder.path, [...TASK, ...argv], SCRIPT);
    expect(code).toBe(status);
    expect(err).toContain(words);
    expect(existsSync(join(folder.path, 'a'))).toBe(false);
  });
});

describe('the ending of a run over a tape', () => {
  it('does not let its path do anything to the terminal', async () => {
    const { endingText } = await import('../../src/cli/progress/summary.ts');
    const { samplePlan, SampleLog } = await import('./sample-run.ts');
    const replay = { ...REPLAY, file: '/work/\u001b[2Ja.tape' };
    const state = new SampleLog().start(samplePlan({ replay })).state();
    const shell = fakeShell();
    const style = shell.style(shell.out, true);
    const text = endingText({ state, paths: [], style, home: undefined, next: [] });
    expect(text).toContain('replayed from /work/\\x1b[2Ja.tape recorded 2026-05-06T07:08:09.000Z');
  });
});
