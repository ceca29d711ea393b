import type { FixReport } from '../../data/fix.ts';
import type { ValidationReport } from '../../data/validate.ts';
import { oneLine } from '../text.ts';

/** One JSON object with all findings; after `--fix` also with what was done. */
export function jsonReport(
  { ok, errors, warnings, infos, fixable, folder, diagnostics }: ValidationReport,
  fixes?: FixReport,
): string {
  const found = diagnostics.map((one) => ({
    ...one,
    line: one.range.start.line,
    column: one.range.start.column,
  }));
  const done = fixes && { fixed: fixes.fixed, untouched: fixes.untouched };
  const report = { ok, errors, warnings, infos, fixable, ...done, folder, diagnostics: found };
  return `${JSON.stringify(report, undefined, 2)}\n`;
}

/** `file:line:col: error R7: text`, which editors and other programs read. */
export function unixReport(
  { diagnostics }: ValidationReport,
  shown: (file: string) => string,
): string {
  return diagnostics
    .map((one) => {
      const { line, column } = one.range.start;
      const place = `${oneLine(shown(one.file))}:${line}:${column}`;
      return `${place}: ${one.severity} ${one.rule}: ${oneLine(one.message)} (${oneLine(one.help)})\n`;
    })
    .join('');
}

const COMMANDS = { error: 'error', warning: 'warning', info: 'notice' } as const;

/** Commands of GitHub Actions, which show findings beside the lines of a change. */
export function githubReport(
  { diagnostics }: ValidationReport,
  shown: (file: string) => string,
): string {
  return diagnostics
    .map((one) => {
      const { start, end } = one.range;
      const places = `line=${start.line},endLine=${end.line},col=${start.column},endColumn=${end.column}`;
      const file = property(oneLine(shown(one.file)));
      const text = message(`${oneLine(one.message)}\n${oneLine(one.help)}`);
      return `::${COMMANDS[one.severity]} file=${file},${places},title=${property(one.rule)}::${text}\n`;
    })
    .join('');
}

function message(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function property(text: string): string {
  return message(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
