import { AwpError, type Findings } from '../base/errors.ts';
import { nearest } from '../base/nearest.ts';
import { parseArguments } from './arguments.ts';
import type { Command } from './command.ts';
import { commands } from './commands/index.ts';
import { exitCodeOf, failureBlock, failureLine, failureOf } from './failure.ts';
import { commandHelp, programHelp } from './help.ts';
import type { Shell } from './shell.ts';
import type { Style } from './style.ts';

/** Does what the arguments say and returns the exit status; tells of errors itself. */
export async function runCli(argv: readonly string[], shell: Shell): Promise<number> {
  try {
    return await dispatch(argv, shell);
  } catch (thrown) {
    const error = await withoutSecrets(thrown, shell);
    const style = shell.style(shell.err, argv.includes('--no-color'));
    if (error.findings) await showFindings(error.findings, shell, style);
    if (writesEvents(argv)) shell.out.write(failureLine(error));
    shell.err.write(failureBlock(failureOf(error, argv.includes('--debug')), style));
    return exitCodeOf(error.code);
  }
}

/** Whether standard output is read line by line: its last line tells how it ended, whatever happens. */
function writesEvents(argv: readonly string[]): boolean {
  const [command = ''] = argv;
  return ['run', 'demo'].includes(command) && argv.slice(0, endOfOptions(argv)).includes('--json');
}

/** Secrets that this machine knows are in no error that is told. */
async function withoutSecrets(thrown: unknown, shell: Shell): Promise<AwpError> {
  const [{ machineSecrets }, { makeRedact }, { redactError }] = await Promise.all([
    import('../data/secret-store.ts'),
    import('../runtime/redact.ts'),
    import('../runtime/redact-error.ts'),
  ]);
  return redactError(thrown, makeRedact(machineSecrets(await shell.effects())));
}

/** What is wrong with a workflow, as `awp validate` shows it, on standard error. */
async function showFindings(findings: Findings, shell: Shell, style: Style): Promise<void> {
  const { prettyDiagnostic } = await import('./diagnostics/pretty.ts');
  const { shownPath } = await import('./diagnostics/shown-path.ts');
  const shown = shownPath(findings.folder, shell.cwd);
  for (const one of findings.diagnostics) {
    if (one.severity !== 'error') continue;
    shell.err.write(`${prettyDiagnostic(one, { sources: findings.sources, style, shown })}\n`);
  }
}

async function dispatch(argv: readonly string[], shell: Shell): Promise<number> {
  const [first, ...rest] = argv;
  if (first === '--version') {
    shell.out.write(`${shell.version}\n`);
    return 0;
  }
  if (first === undefined || first === '--help' || first === '-h') {
    shell.out.write(programHelp(commands, shell.version));
    return 0;
  }
  if (first === 'help') return help(rest, shell);
  const { command, left } = findCommand(argv);
  // Help is given also when the rest is wrong: that is when it is needed.
  const ownArguments = left.slice(0, endOfOptions(left));
  if (ownArguments.includes('--help-all')) return showHelp(command, true, shell);
  if (ownArguments.some((word) => word === '--help' || word === '-h')) {
    return showHelp(command, false, shell);
  }
  return command.run(parseArguments(left, command), shell);
}

function help(words: readonly string[], shell: Shell): number {
  if (words.length === 0) {
    shell.out.write(programHelp(commands, shell.version));
    return 0;
  }
  return showHelp(findCommand(words).command, false, shell);
}

function showHelp(command: Command, all: boolean, shell: Shell): number {
  shell.out.write(commandHelp(command, all));
  return 0;
}

/** The command that the first words name: two words before one, `runs` alone is `runs list`. */
function findCommand(argv: readonly string[]): { command: Command; left: readonly string[] } {
  const [first = '', second = ''] = argv;
  const named = (name: string): Command | undefined =>
    commands.find((known) => known.name === name);
  const pair = named(`${first} ${second}`);
  if (pair) return { command: pair, left: argv.slice(2) };
  const single = named(first);
  if (single) return { command: single, left: argv.slice(1) };
  const group = commands.filter(({ name }) => name.startsWith(`${first} `));
  const [leading] = group;
  if (leading && (second === '' || second.startsWith('-'))) {
    return { command: leading, left: argv.slice(1) };
  }
  throw unknownCommand(argv, group);
}

function unknownCommand(argv: readonly string[], group: readonly Command[]): AwpError {
  const [first = '', second = ''] = argv;
  if (first.startsWith('-')) {
    return new AwpError('usage/bad-option', `awp has no option ${first}`, {
      hint:
        nearest(first, ['--version', '--help']) === '--version'
          ? 'did you mean --version?'
          : 'options stand behind a command; awp --help lists the commands',
    });
  }
  const words = group.length > 0 ? `${first} ${second}` : first;
  const names = group.length > 0 ? group : commands;
  const match = nearest(
    words,
    names.map(({ name }) => name),
  );
  return new AwpError('usage/unknown-command', `awp has no command "${words}"`, {
    hint:
      match === undefined
        ? 'awp --help lists the commands; a task is run with awp run -t "..."'
        : `did you mean awp ${match}?`,
  });
}

function endOfOptions(words: readonly string[]): number {
  const end = words.indexOf('--');
  return end < 0 ? words.length : end;
}
