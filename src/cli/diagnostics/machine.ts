import type { Diagnostic } from '../../base/diagnostic.ts';
import type { ValidationReport } from '../../data/validate.ts';
import { oneLine } from '../text.ts';

/** One JSON object with all findings. */
export function jsonReport({
  ok,
  errors,
  warnings,
  infos,
  fixable,
  diagnostics,
}: ValidationReport): string {
  const found = diagnostics.map((one) => ({
    ...one,
    line: one.range.start.line,
    column: one.range.start.column,
  }));
  return `${JSON.stringify({ ok, errors, warnings, infos, fixable, diagnostics: found }, undefined, 2)}\n`;
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
      const file = property(shown(one.file));
      const text = message(`${one.message}\n${one.help}`);
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

const LEVELS = { error: 'error', warning: 'warning', info: 'note' } as const;

/** SARIF 2.1.0, which code hosts and editors read. */
export function sarifReport(
  { diagnostics }: ValidationReport,
  { shown, version }: { shown: (file: string) => string; version: string },
): string {
  const rules = [...new Map(diagnostics.map((one) => [one.rule, one])).values()];
  const log = {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'awp',
            version,
            rules: rules.map(({ rule, docs }) => ({
              id: rule,
              helpUri: docs,
              help: { text: `awp explain ${rule}` },
            })),
          },
        },
        columnKind: 'utf16CodeUnits',
        results: diagnostics.map((one) => sarifResult(one, shown)),
      },
    ],
  };
  return `${JSON.stringify(log, undefined, 2)}\n`;
}

function sarifResult(one: Diagnostic, shown: (file: string) => string) {
  const place = (file: string, { start, end }: Diagnostic['range']) => ({
    physicalLocation: {
      artifactLocation: { uri: encodeURI(shown(file)) },
      region: {
        startLine: start.line,
        startColumn: start.column,
        endLine: end.line,
        endColumn: end.column,
      },
    },
  });
  const related = one.related.map((other) => ({
    ...place(other.file, other.range),
    message: { text: other.message },
  }));
  return {
    ruleId: one.rule,
    level: LEVELS[one.severity],
    message: { text: `${one.message}; ${one.help}` },
    locations: [place(one.file, one.range)],
    ...(related.length > 0 && { relatedLocations: related }),
  };
}
