import Papa from 'papaparse';
import { isUtf8, utf16Mark } from '../tools/binary.ts';
import { type Cell, type Decimal, decimalOf, textCell } from './table-cells.ts';

/** How the text of a table is written. */
export interface Dialect {
  separator: string;
  decimal: Decimal;
  /** Whether the first row holds names. */
  header: boolean;
}

/** The text of a file, and how it was encoded. */
export interface Decoded {
  text: string;
  /** A name that Node, browsers and Python know. */
  encoding: 'utf-8' | 'utf-16le' | 'utf-16be' | 'latin1';
  /** Whether the file begins with a byte order mark. */
  mark: boolean;
}

/** In the order in which equally good ones are preferred. */
const SEPARATORS = [',', ';', '\t', '|'] as const;
/** Characters and rows that the separator is found out from. */
const SNIFFED_CHARS = 64 * 1024;
const SNIFFED_ROWS = 200;
/** Share of the rows that must have the same number of cells. */
const REGULAR = 0.5;

/** Decodes a text; `cut` says that its last character may be cut in two. */
export function decode(bytes: Uint8Array, cut: boolean): Decoded {
  const utf16 = utf16Mark(bytes);
  const encoding = utf16 ?? (isUtf8(bytes) ? 'utf-8' : 'latin1');
  const mark = utf16 !== undefined || (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf);
  return { text: new TextDecoder(encoding).decode(bytes, { stream: cut }), encoding, mark };
}

/** The rows of a text table, without empty lines; cells as written, quotes taken off. */
export function parseRows(text: string, separator: string, most = 0): string[][] {
  const lines = text.replace(/\r\n?/g, '\n');
  const { data } = Papa.parse<string[]>(lines, {
    delimiter: separator,
    newline: '\n',
    skipEmptyLines: true,
    preview: most,
  });
  return data;
}

/** How regular a text is when read with a separator. */
interface Reading {
  separator: string;
  columns: number;
  score: number;
}

/**
 * The separator that gives the most regular rows of two or more cells; undefined when none does,
 * which is a table of one column, or no table.
 */
export function separatorOf(text: string): string | undefined {
  const start = wholeLines(text.slice(0, SNIFFED_CHARS), text.length > SNIFFED_CHARS);
  let best: Reading | undefined;
  for (const separator of SEPARATORS) {
    const reading = read(start, separator);
    if (reading && isBetter(reading, best)) best = reading;
  }
  return best?.separator;
}

function read(text: string, separator: string): Reading | undefined {
  const lengths = parseRows(text, separator, SNIFFED_ROWS).map((row) => row.length);
  const counts = new Map<number, number>();
  for (const length of lengths) counts.set(length, (counts.get(length) ?? 0) + 1);
  const [columns, times] = [...counts].sort((a, b) => b[1] - a[1])[0] ?? [0, 0];
  const share = times / lengths.length;
  const fitsFirst = lengths[0] === columns;
  // Decimal commas below a header without commas look like a second column, never like a third.
  if (columns < 2 || share < REGULAR || (!fitsFirst && columns < 3)) return undefined;
  return { separator, columns, score: share + (fitsFirst ? 1 : 0) };
}

function isBetter(one: Reading, other: Reading | undefined): boolean {
  if (!other) return true;
  return one.score === other.score ? one.columns > other.columns : one.score > other.score;
}

/** A text up to its last line end, when its end is missing; all of it when it is one line. */
export function wholeLines(text: string, cut: boolean): string {
  if (!cut) return text;
  const end = Math.max(text.lastIndexOf('\n'), text.lastIndexOf('\r'));
  return end > 0 ? text.slice(0, end + 1) : text;
}

/** How the rows are to be read, once the separator is known. */
export function dialectOf(rows: readonly string[][], separator: string): Dialect {
  const looked = rows.slice(0, SNIFFED_ROWS);
  const decimal = decimalOf(looked, separator);
  return { separator, decimal, header: hasHeader(looked, decimal) };
}

/**
 * The first row holds names unless a value in it tells otherwise: a number or date that stands
 * over more of its kind, while no word stands over numbers or dates.
 */
function hasHeader(rows: readonly string[][], decimal: Decimal): boolean {
  const [first = [], ...below] = rows;
  let valueOverValues = false;
  for (const [index, name] of first.entries()) {
    const top = textCell(name, decimal);
    const filled = below
      .map((row) => textCell(row[index] ?? '', decimal))
      .filter(({ kind }) => kind !== 'missing');
    const measured = filled.length > 0 && filled.every(isMeasure);
    if (measured && top.kind === 'text') return true;
    if (isMeasure(top) && (measured || below.length === 0)) valueOverValues = true;
  }
  return !valueOverValues;
}

function isMeasure({ kind }: Cell): boolean {
  return kind === 'number' || kind === 'date';
}
