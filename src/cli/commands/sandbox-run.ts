import { basename, extname, resolve } from 'node:path';
import { AwpError } from '../../base/errors.ts';
import { parseDuration } from '../../base/time.ts';
import type { BoxProgram } from '../../data/sandboxes.ts';
import { languageNamed } from '../../events/languages.ts';
import type { Language } from '../../events/plan.ts';
import type { Effects } from '../../ports/effects.ts';
import type { Execution } from '../../ports/sandbox.ts';
import { boxRunJson, boxRunText, type ShownRun } from '../box-run-text.ts';
import type { Arguments, Command } from '../command.ts';
import { EXIT } from '../failure.ts';
import { readProgram } from '../read-program.ts';
import { pythonOption, sandboxFlags } from '../sandbox-flags.ts';
import type { Shell } from '../shell.ts';
import { stopOnce } from '../stop-once.ts';
import { block } from '../text.ts';
import { parseChoice } from '../values.ts';

/** Languages by the ending of a file's name. */
const ENDINGS: ReadonlyMap<string, Language> = new Map([
  ['.py', 'python'],
  ['.js', 'javascript'],
  ['.mjs', 'javascript'],
  ['.ts', 'typescript'],
  ['.mts', 'typescript'],
  ['.sh', 'shell'],
]);
const LANGUAGES: readonly Language[] = ['python', 'javascript', 'typescript', 'shell'];
/** Longest time that may be asked for, in milliseconds: a day. */
const MOST_TIME_MS = 86_400_000;

/** `awp sandbox run`: one program in a box, for people who want to see the box. */
export const sandboxRunCommand: Command = {
  name: 'sandbox run',
  summary: 'Run a program in the sandbox, as one of a worker',
  usage: 'FILE|- [options] [-- ARGS]',
  examples: [
    'awp sandbox run analysis.py --input sales.csv -o results',
    'awp sandbox run - --language python --provider jail < probe.py',
    'awp sandbox run fetch.ts --allow-host api.example.com -- --verbose',
  ],
  options: [
    {
      name: 'provider',
      value: 'NAME',
      group: 'BOX',
      help: 'bwrap, jail, deno, quickjs or none; else the strongest',
    },
    {
      name: 'language',
      value: 'NAME',
      group: 'BOX',
      help: "python, javascript, typescript or shell; else by the file's name",
    },
    {
      name: 'python',
      value: 'PATH',
      group: 'BOX',
      help: 'the Python that runs it; else AWP_PYTHON, else the best',
    },
    { name: 'timeout', value: 'TIME', group: 'BOX', help: 'seconds, or as 500ms, 2m (60s)' },
    {
      name: 'input',
      value: 'FILE',
      repeat: true,
      group: 'BOX',
      help: 'a file for inputs/; may be repeated',
    },
    {
      name: 'allow-host',
      value: 'HOST',
      repeat: true,
      group: 'BOX',
      help: 'a host that it may reach; none without it',
    },
    {
      name: 'output',
      short: 'o',
      value: 'DIR',
      group: 'OUTPUT',
      help: 'write its files there; else they are listed',
    },
    { name: 'json', group: 'OUTPUT', help: 'everything as one JSON object' },
  ],
  maxPositionals: Number.POSITIVE_INFINITY,

  async run(args, shell) {
    const effects = await shell.effects();
    const { runInBox } = await import('../../data/sandboxes.ts');
    const program = await programOf(args, shell);
    const output = await outputOf(args, shell, effects);
    const stops = stopOnce(shell);
    try {
      warn(program, args, shell);
      const result = await runInBox(program, effects, stops.signal);
      const shown = { ...result, written: await output?.write(result.execution) };
      show(shown, args, shell);
      const { exitCode, stopped } = result.execution;
      if (stopped === 'cancelled') return stops.status();
      return exitCode === 0 && stopped === undefined ? EXIT.complete : EXIT.failed;
    } finally {
      stops.forget();
    }
  },
};

function warn({ provider }: BoxProgram, args: Arguments, shell: Shell): void {
  if (provider !== 'none') return;
  const style = shell.style(shell.err, args.has('no-color'));
  const warning = `${style.symbols.warn} no boundary: the program can do whatever you can do`;
  shell.err.write(`${style.paint('warn', warning)}\n`);
}

async function programOf(args: Arguments, shell: Shell): Promise<BoxProgram> {
  const { SANDBOX_NAMES } = await import('../../data/sandboxes.ts');
  const [name, ...words] = args.positionals;
  if (name === undefined) {
    throw new AwpError('usage/missing-argument', 'which program is to be run?', {
      hint: 'awp sandbox run FILE, or - for standard input',
    });
  }
  const [provider, language] = [args.text('provider'), args.text('language')];
  return {
    ...(provider !== undefined && { provider: parseChoice('provider', provider, SANDBOX_NAMES) }),
    language: language === undefined ? languageOf(name) : namedLanguage(language),
    ...pythonOption(args, shell),
    ...timeOf(args.text('timeout')),
    inputs: inputsOf(args.all('input'), shell),
    hosts: hostsOf(args),
    args: words,
    code: await readProgram(name, shell),
  };
}

function namedLanguage(name: string): Language {
  return languageNamed(name) ?? parseChoice('language', name, LANGUAGES);
}

function languageOf(name: string): Language {
  const language = ENDINGS.get(extname(name).toLowerCase());
  if (language !== undefined) return language;
  const what = name === '-' ? 'standard input has no name' : `${name} does not end in a known way`;
  throw new AwpError('usage/missing-argument', `which language is it? ${what}`, {
    hint: `say --language python, javascript, typescript or shell; known endings: ${[...ENDINGS.keys()].join(' ')}`,
  });
}

function timeOf(text: string | undefined): { timeoutMs?: number } {
  if (text === undefined) return {};
  const timeoutMs = parseDuration(text);
  if (timeoutMs !== undefined && timeoutMs >= 1 && timeoutMs <= MOST_TIME_MS) return { timeoutMs };
  throw new AwpError('usage/bad-value', `--timeout ${text} is no time of 1ms to 24h`, {
    hint: 'write seconds or a time: --timeout 30, --timeout 2m',
  });
}

function inputsOf(given: readonly string[], shell: Shell): string[] {
  const paths = given.map((path) => resolve(shell.cwd, path));
  const names = paths.map((path) => basename(path));
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice === undefined) return paths;
  throw new AwpError('usage/bad-option', `two inputs are called "${twice}"`, {
    hint: 'give one of the files another name',
  });
}

/** The hosts of `--allow-host`, checked as those of `awp run`. */
function hostsOf(args: Arguments): readonly string[] {
  const { sandbox } = sandboxFlags(args, undefined);
  return typeof sandbox === 'object' ? (sandbox.hosts ?? []) : [];
}

/** Where `-o` lets files go; made before the program runs, so that it is not run for nothing. */
async function outputOf(
  args: Arguments,
  shell: Shell,
  { files }: Effects,
): Promise<{ write(execution: Execution): Promise<string[]> } | undefined> {
  const output = args.text('output');
  if (output === undefined) return undefined;
  const { makeFolderFor, writeBelow } = await import('../../data/files-below.ts');
  const place = { folder: resolve(shell.cwd, output), files };
  await makeFolderFor(place);
  return { write: (execution) => writeBelow(place, execution.files) };
}

function show(shown: ShownRun, args: Arguments, shell: Shell): void {
  if (args.has('json')) {
    shell.out.write(`${JSON.stringify(boxRunJson(shown), undefined, 2)}\n`);
    return;
  }
  const { stdout, stderr } = shown.execution;
  shell.out.write(shownText(stdout, shell.out.terminal));
  shell.err.write(shownText(stderr, shell.err.terminal));
  shell.err.write(boxRunText(shown, shell.style(shell.err, args.has('no-color'))));
}

/** What a program printed: as it is for another program, harmless for a terminal. */
function shownText(text: string, terminal: boolean): string {
  if (!terminal) return text;
  return text === '' || text.endsWith('\n') ? block(text) : `${block(text)}\n`;
}
