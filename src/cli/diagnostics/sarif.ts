import type { Diagnostic, Edit, Fix } from '../../base/diagnostic.ts';
import { positionAt, type Range, type SourceFile } from '../../base/source-file.ts';
import type { ValidationReport } from '../../data/validate.ts';

/** What SARIF needs besides the findings. */
export interface SarifOptions {
  /** A file as the reader names it. */
  shown: (file: string) => string;
  /** Version of the package. */
  version: string;
  /** What a code means, in one line. */
  titleOf?: (code: string) => string | undefined;
}

const LEVELS = { error: 'error', warning: 'warning', info: 'note' } as const;

/** SARIF 2.1.0, which code hosts and editors read, with the fixes. */
export function sarifReport(report: ValidationReport, options: SarifOptions): string {
  const { shown, version, titleOf } = options;
  const { diagnostics, sources } = report;
  const rules = [...new Set(diagnostics.map(({ rule }) => rule))];
  const driver = {
    name: 'awp',
    version,
    rules: rules.map((id) => ({
      id,
      shortDescription: { text: titleOf?.(id) ?? id },
      help: { text: `awp explain ${id}` },
    })),
  };
  const run = {
    tool: { driver },
    columnKind: 'utf16CodeUnits',
    results: diagnostics.map((one) => ({
      ...resultOf(one, shown),
      ruleIndex: rules.indexOf(one.rule),
      ...(one.fix && { fixes: [fixOf(one.fix, { shown, sources })] }),
    })),
  };
  const $schema = 'https://json.schemastore.org/sarif-2.1.0.json';
  return `${JSON.stringify({ $schema, version: '2.1.0', runs: [run] }, undefined, 2)}\n`;
}

function resultOf(one: Diagnostic, shown: SarifOptions['shown']) {
  const place = (file: string, range: Range) => ({
    physicalLocation: { artifactLocation: { uri: uriOf(shown(file)) }, region: regionOf(range) },
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

function fixOf(
  { title, edits }: Fix,
  { shown, sources }: Pick<SarifOptions, 'shown'> & Pick<ValidationReport, 'sources'>,
) {
  const files = [...new Set(edits.map(({ file }) => file))];
  const change = (file: string, source: SourceFile) => ({
    artifactLocation: { uri: uriOf(shown(file)) },
    replacements: edits.filter((edit) => edit.file === file).map((edit) => replacing(edit, source)),
  });
  return {
    description: { text: title },
    artifactChanges: files.flatMap((file) => {
      const source = sources.get(file);
      return source ? [change(file, source)] : [];
    }),
  };
}

function replacing({ from, to, text }: Edit, source: SourceFile) {
  const range = { start: positionAt(source, from), end: positionAt(source, to) };
  return { deletedRegion: regionOf(range), insertedContent: { text } };
}

function regionOf({ start, end }: Range) {
  return {
    startLine: start.line,
    startColumn: start.column,
    endLine: end.line,
    endColumn: end.column,
  };
}

/** A path as a URI: relative as it is, absolute with the scheme of files. */
function uriOf(path: string): string {
  const encoded = path.toWellFormed().split('/').map(encodeURIComponent).join('/');
  if (path.startsWith('/')) return `file://${encoded}`;
  return /^[a-z]:\//i.test(path) ? `file:///${encoded.replace('%3A', ':')}` : encoded;
}
