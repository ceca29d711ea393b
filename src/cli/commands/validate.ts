import { resolve } from 'node:path';
import type { FixReport } from '../../data/fix.ts';
import type { ValidationReport } from '../../data/validate.ts';
import type { Arguments, Command } from '../command.ts';
import { githubReport, jsonReport, unixReport } from '../diagnostics/machine.ts';
import { prettyDiagnostic } from '../diagnostics/pretty.ts';
import { sarifReport } from '../diagnostics/sarif.ts';
import { shownPath } from '../diagnostics/shown-path.ts';
import { counted, summaryLine } from '../diagnostics/summary.ts';
import { levelOption } from '../level-option.ts';
import type { Shell } from '../shell.ts';
import { oneLine } from '../text.ts';
import { parseChoice } from '../values.ts';
import { watchFolder } from '../watch-folder.ts';

const FORMATS = ['pretty', 'json', 'sarif', 'github', 'unix'] as const;
type Format = (typeof FORMATS)[number];
/** Notes that are shown at the end without `-v`. */
const NOTES = 10;

/** `awp validate`: a workflow held against the standard. */
export const validateCommand: Command = {
  name: 'validate',
  summary: 'Check a workflow: syntax, fields, rules R1 to R32, its level',
  usage: '[path] [options]',
  examples: ['awp validate', 'awp validate ./research-pipeline --strict', 'awp validate --fix'],
  options: [
    { name: 'fix', group: 'CHECK', help: 'mend what has an unambiguous remedy; comments stay' },
    { name: 'strict', group: 'CHECK', help: 'warnings are errors' },
    { name: 'level', value: 'A0..A4', group: 'CHECK', help: 'the level that it must reach' },
    { name: 'watch', group: 'CHECK', help: 'check again whenever a file changes' },
    {
      name: 'profile',
      value: 'NAME',
      group: 'CHECK',
      rare: true,
      help: 'reference: refuse what Python runtimes refuse',
    },
    { name: 'format', value: 'NAME', group: 'OUTPUT', help: FORMATS.join(', ') },
    { name: 'json', group: 'OUTPUT', help: 'the same as --format json' },
    { name: 'verbose', short: 'v', group: 'OUTPUT', help: 'show all notes in full' },
    { name: 'quiet', short: 'q', group: 'OUTPUT', help: 'show errors only' },
  ],
  maxPositionals: 1,

  async run(args, shell) {
    const path = resolve(shell.cwd, args.positionals[0] ?? '.');
    const format = args.has('json')
      ? 'json'
      : parseChoice('format', args.text('format') ?? 'pretty', FORMATS);
    const check = (): Promise<number> => checkOnce({ path, format, args, shell });
    if (!args.has('watch')) return check();
    return watchFolder({ path, work: check, noColor: args.has('no-color') }, shell);
  },
};

interface Check {
  path: string;
  format: Format;
  args: Arguments;
  shell: Shell;
}

async function checkOnce({ path, format, args, shell }: Check): Promise<number> {
  const { files } = await shell.effects();
  const profile = args.text('profile');
  const options = {
    files,
    strict: args.has('strict'),
    ...(profile !== undefined && {
      profile: parseChoice('profile', profile, ['awp', 'reference'] as const),
    }),
    ...levelOption(args),
  };
  if (args.has('fix')) {
    const { fix } = await import('../../data/fix.ts');
    const report = await fix(path, options);
    if (format === 'pretty') tellFixed(report, shell);
    return show(report, { format, args, shell, fixes: report });
  }
  const { validate } = await import('../../data/validate.ts');
  return show(await validate(path, options), { format, args, shell });
}

function tellFixed({ fixed, untouched, folder }: FixReport, shell: Shell): void {
  const shown = shownPath(folder, shell.cwd);
  const lines = [
    ...fixed.map(({ file, line, rule, title }) => `fixed ${shown(file)}:${line} ${rule}: ${title}`),
    ...untouched.map(({ file, why }) => `left ${shown(file)} as it is: ${why}`),
  ];
  for (const line of lines) shell.out.write(`${oneLine(line)}\n`);
  if (lines.length > 0) shell.out.write('\n');
}

interface Showing extends Omit<Check, 'path'> {
  /** What `--fix` has done. */
  fixes?: FixReport;
}

async function show(
  report: ValidationReport,
  { format, args, shell, fixes }: Showing,
): Promise<number> {
  const shown = shownPath(report.folder, shell.cwd);
  const quiet = args.has('quiet');
  const kept = quiet
    ? report.diagnostics.filter(({ severity }) => severity === 'error')
    : report.diagnostics;
  const told = { ...report, diagnostics: kept };
  if (format === 'pretty') pretty(told, { shown, args, shell });
  else if (format === 'json') shell.out.write(jsonReport(told, fixes));
  else if (format === 'sarif') shell.out.write(await sarif(told, shown, shell));
  else if (format === 'github') shell.out.write(githubReport(told, shown));
  else shell.out.write(unixReport(told, shown));
  return report.ok ? 0 : 1;
}

async function sarif(
  report: ValidationReport,
  shown: (file: string) => string,
  { version }: Shell,
): Promise<string> {
  const { cardOf } = await import('../../data/explain.ts');
  return sarifReport(report, { shown, version, titleOf: (code) => cardOf(code)?.title });
}

function pretty(
  report: ValidationReport,
  { shown, args, shell }: { shown: (file: string) => string; args: Arguments; shell: Shell },
): void {
  const style = shell.style(shell.out, args.has('no-color'));
  const inFull = args.has('verbose')
    ? report.diagnostics
    : report.diagnostics.filter(({ severity }) => severity !== 'info');
  for (const one of inFull) {
    shell.out.write(`${prettyDiagnostic(one, { sources: report.sources, style, shown })}\n`);
  }
  const notes = unixReport(
    { ...report, diagnostics: report.diagnostics.filter((one) => !inFull.includes(one)) },
    shown,
  );
  const lines = notes.split('\n').filter((line) => line !== '');
  for (const line of lines.slice(0, NOTES)) shell.out.write(`${style.paint('dim', line)}\n`);
  if (lines.length > NOTES) {
    shell.out.write(
      `${style.paint('dim', `and ${counted(lines.length - NOTES, 'more note')}: -v shows all`)}\n`,
    );
  }
  if (lines.length > 0) shell.out.write('\n');
  shell.out.write(summaryLine(report, style));
}
