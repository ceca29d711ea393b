import { describe, expect, it } from 'vitest';
import { runCli } from '../../src/cli/cli.ts';
import { commands } from '../../src/cli/commands/index.ts';
import { fakeShell } from './fake-shell.ts';

async function run(...argv: string[]) {
  const shell = fakeShell();
  const code = await runCli(argv, shell);
  return { code, out: shell.out.text(), err: shell.err.text() };
}

describe('awp', () => {
  it('says its version', async () => {
    expect(await run('--version')).toEqual({ code: 0, out: '1.2.3\n', err: '' });
  });

  it.each([[[]], [['--help']], [['-h']], [['help']]])('%j lists the commands', async (argv) => {
    const { code, out } = await run(...argv);
    expect(code).toBe(0);
    for (const { name } of commands) expect(out).toContain(name);
  });

  it.each(commands.map(({ name }) => name))('awp %s has short help and full help', async (name) => {
    const short = await run(...name.split(' '), '--help');
    expect(short.code).toBe(0);
    expect(short.out.trimEnd().split('\n').length).toBeLessThanOrEqual(24);
    expect(short.out).toMatchSnapshot();
    expect(await run('help', ...name.split(' '))).toEqual(short);
    const full = await run(...name.split(' '), '--help-all');
    expect(full.out).toMatchSnapshot();
    for (const line of full.out.split('\n')) expect(line.length).toBeLessThanOrEqual(100);
  });

  it('helps also when the rest is wrong, but not when --help is a value', async () => {
    expect((await run('run', '--wrong', '-h')).code).toBe(0);
    expect((await run('runs', '--', '--help')).code).toBe(2);
  });

  it.each([
    [['rnu'], 'usage/unknown-command', 'did you mean awp run?'],
    [['dmeo'], 'usage/unknown-command', 'did you mean awp demo?'],
    [['runs', 'lst'], 'usage/unknown-command', 'did you mean awp runs list?'],
    [['Find the peak month'], 'usage/unknown-command', 'awp run -t'],
    [['--verison'], 'usage/bad-option', 'did you mean --version?'],
    [['--json'], 'usage/bad-option', 'behind a command'],
    [['run', '--modle', 'x'], 'usage/bad-option', 'did you mean --model?'],
    [['runs', '--jsno'], 'usage/bad-option', 'did you mean --json?'],
    [['runs', 'show'], 'usage/missing-argument', 'awp runs lists them'],
    [['runs', 'export', 'r-1'], 'usage/bad-option', '--ndjson'],
  ])('%j ends with 2 and %s', async (argv, code, hint) => {
    const result = await run(...argv);
    expect(result.code).toBe(2);
    expect(result.out).toBe('');
    expect(result.err).toContain(`error[${code}]`);
    expect(result.err).toContain(hint);
  });

  it('lets a wrong command name not act on the terminal', async () => {
    expect((await run('\x1b[2J')).err).not.toContain('\x1b[2J');
  });

  it('answers a bug with 70, and shows its trace only with --debug', async () => {
    const shell = fakeShell({
      openHome: async () => {
        throw new TypeError('x is not a function');
      },
    });
    expect(await runCli(['runs', 'show', 'r-1'], shell)).toBe(70);
    expect(shell.err.text()).toContain('error[internal/bug]');
    expect(shell.err.text()).not.toContain('at ');
    await runCli(['runs', 'show', 'r-1', '--debug'], shell);
    expect(shell.err.text()).toContain('cli.test.ts');
  });
});
