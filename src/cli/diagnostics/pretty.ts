import type { Diagnostic, Severity } from '../../base/diagnostic.ts';
import { lineAt, type Range, type SourceFile } from '../../base/source-file.ts';
import type { Style, Tone } from '../style.ts';
import { oneLine, widthOf } from '../text.ts';

/** Columns of a line of code that are shown; longer ones are cut around the place. */
const COLUMNS = 100;
const TONES: Readonly<Record<Severity, Tone>> = { error: 'bad', warning: 'warn', info: 'busy' };

/** What the texts of diagnostics need. */
export interface PrettyOptions {
  sources: ReadonlyMap<string, SourceFile>;
  style: Style;
  /** A file as the reader names it. */
  shown: (file: string) => string;
}

/** A finding as people like to read it: what, where with the line, why, and how to mend it. */
export function prettyDiagnostic(one: Diagnostic, options: PrettyOptions): string {
  const { style, shown } = options;
  const tone = TONES[one.severity];
  const { line, column } = one.range.start;
  const title = `${style.paint(tone, `${one.severity}[${one.rule}]:`)} ${oneLine(one.message)}`;
  const place = `${style.paint('dim', '  -->')} ${oneLine(shown(one.file))}:${line}:${column}`;
  const fixable = one.fix ? '  (fixable: awp validate --fix)' : '';
  const lines = [
    title,
    place,
    ...frame(one, options),
    ...one.related.map((other) => {
      const { start } = other.range;
      const where = `${oneLine(shown(other.file))}:${start.line}:${start.column}`;
      return remark('note', `${other.message}: ${where}`, style);
    }),
    ...(one.note === undefined ? [] : [remark('note', one.note, style)]),
    remark('help', `${one.help}${fixable}`, style),
    remark('docs', `awp explain ${one.rule}`, style),
  ];
  return `${lines.join('\n')}\n`;
}

function remark(label: string, text: string, style: Style): string {
  return `   ${style.paint('dim', '=')} ${label}: ${oneLine(text)}`;
}

/** The line of the place with the one before it, and carets below. */
function frame(
  { file, range, label, severity }: Diagnostic,
  { sources, style }: PrettyOptions,
): string[] {
  const source = sources.get(file);
  if (!source || source.text === '') return [];
  const { line } = range.start;
  const width = String(line).length;
  const bar = (number = ''): string => style.paint('dim', `${number.padStart(width)} |`);
  const before = line > 1 ? lineAt(source, line - 1) : '';
  const { text, marks } = marked(lineAt(source, line), range);
  const tone = TONES[severity];
  return [
    bar(),
    ...(before.trim() === '' ? [] : [`${bar(String(line - 1))} ${shownLine(before)}`]),
    `${bar(String(line))} ${text}`,
    `${bar()} ${style.paint(tone, marks)}${label === undefined ? '' : ` ${style.paint(tone, oneLine(label))}`}`,
  ];
}

/** A line and the carets below it, cut so that the place is to be seen. */
function marked(line: string, { start, end }: Range): { text: string; marks: string } {
  const from = start.column - 1;
  const to = end.line === start.line ? Math.max(end.column - 1, from + 1) : line.length;
  const cut = from > COLUMNS - 20 ? from - 20 : 0;
  const lead = cut > 0 ? '…' : '';
  const shown = line.slice(cut, cut + COLUMNS);
  const tail = cut + COLUMNS < line.length ? '…' : '';
  const before = lead + shownLine(line.slice(cut, from));
  const inside = shownLine(line.slice(from, Math.min(to, cut + COLUMNS)));
  const marks = ' '.repeat(widthOf(before)) + '^'.repeat(Math.max(1, widthOf(inside)));
  return { text: `${lead}${shownLine(shown)}${tail}`, marks };
}

/** Tabs as one space, so that carets stand below what they mean. */
function shownLine(text: string): string {
  return oneLine(text.replaceAll('\t', ' ').slice(0, COLUMNS + 20));
}
