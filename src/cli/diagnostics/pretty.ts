import type { Diagnostic, Severity } from '../../base/diagnostic.ts';
import { lineAt, type Position, type Range, type SourceFile } from '../../base/source-file.ts';
import type { Style, Tone } from '../style.ts';
import { cut, oneLine, widthOf } from '../text.ts';

/** Columns of a line of code that are shown; longer ones are cut around the place. */
const COLUMNS = 100;
/** Columns that are kept for the place at least. */
const ROOM = 20;
/** Characters before the place that are shown of a line that is cut at its start. */
const LEAD = 20;
/** Characters of a line that are looked at; one that is seen may be made of several. */
const MOST_UNITS = 4 * COLUMNS;
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
  const { start } = one.range;
  // Line numbers, arrow, bars and remarks stand below each other.
  const indent = ' '.repeat(String(start.line).length);
  const remark = (label: string, text: string): string =>
    `${indent} ${style.paint('dim', '=')} ${label}: ${oneLine(text)}`;
  const placeOf = (file: string, { line, column }: Position): string =>
    `${oneLine(shown(file))}:${line}:${column}`;
  const title = style.paint(TONES[one.severity], `${one.severity}[${one.rule}]:`);
  const fixable = one.fix ? '  (fixable: awp validate --fix)' : '';
  const lines = [
    `${title} ${oneLine(one.message)}`,
    `${indent}${style.paint('dim', '-->')} ${placeOf(one.file, start)}`,
    ...frame(one, indent, options),
    ...one.related.map(({ message, file, range }) =>
      remark('note', `${message}: ${placeOf(file, range.start)}`),
    ),
    ...(one.note === undefined ? [] : [remark('note', one.note)]),
    remark('help', `${one.help}${fixable}`),
    remark('docs', `awp explain ${one.rule}`),
  ];
  return `${lines.join('\n')}\n`;
}

/** The line of the place with the one before it, and carets below. */
function frame(
  { file, range, label, severity }: Diagnostic,
  indent: string,
  { sources, style }: PrettyOptions,
): string[] {
  const source = sources.get(file);
  if (!source || source.text === '') return [];
  const { line } = range.start;
  const mark = style.symbols.ellipsis;
  const row = (number: string, text: string): string =>
    `${style.paint('dim', `${number.padStart(indent.length)} |`)}${text === '' ? '' : ` ${text}`}`;
  const before = line > 1 ? printable(lineAt(source, line - 1)) : '';
  const { text, space, carets, whole } = marked(lineAt(source, line), range, mark);
  const told = label === undefined ? carets : `${carets} ${oneLine(label)}`;
  return [
    row('', ''),
    // A line that starts elsewhere than the next one would only confuse.
    ...(before.trim() === '' || !whole ? [] : [row(String(line - 1), cut(before, COLUMNS, mark))]),
    row(String(line), text),
    row('', `${' '.repeat(space)}${style.paint(TONES[severity], told)}`),
  ];
}

interface Marked {
  text: string;
  /** Columns before the carets. */
  space: number;
  carets: string;
  /** Whether the line is shown from its start. */
  whole: boolean;
}

/** A line and the carets below it, cut so that the place is to be seen. */
function marked(line: string, { start, end }: Range, ellipsis: string): Marked {
  const from = start.column - 1;
  const to = end.line === start.line ? end.column - 1 : line.length;
  const whole = widthOf(printable(line.slice(0, from))) <= COLUMNS - ROOM;
  const first = whole ? 0 : startOfLetter(line, from - LEAD);
  const lead = whole ? '' : ellipsis;
  const before = widthOf(lead + printable(line.slice(first, from)));
  const inside = widthOf(printable(line.slice(from, to)));
  return {
    text: cut(lead + printable(line.slice(first)), COLUMNS, ellipsis),
    space: before,
    carets: '^'.repeat(Math.max(1, Math.min(inside, COLUMNS - before))),
    whole,
  };
}

/** An offset that does not lie between the two halves of one letter. */
function startOfLetter(line: string, offset: number): number {
  return /[\udc00-\udfff]/.test(line.charAt(offset)) ? offset - 1 : offset;
}

/**
 * As much of a text as could fit, with each tab and line end as one space, so that carets stand
 * below what they mean.
 */
function printable(text: string): string {
  return oneLine(text.slice(0, MOST_UNITS).replace(/[\t\r]/g, ' '));
}
