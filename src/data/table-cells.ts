import { isObject, type Json } from '../base/json.ts';

/** What one cell holds. */
export type CellKind = 'missing' | 'number' | 'date' | 'boolean' | 'text' | 'nested';

/** One cell, understood. */
export interface Cell {
  kind: CellKind;
  /** As the file has it: a text, or for JSON the value. */
  raw: Json;
  /** The value of a number; finite. */
  number?: number;
}

/** Sign between whole and fraction. */
export type Decimal = '.' | ',';

/** Words that people write into a cell that has no value; compared in lower case. */
const MISSING = new Set(['', 'na', 'n/a', '#n/a', 'nan', 'null', 'none', '-', '--', '–', '—', '?']);
const BOOLEANS = new Set(['true', 'false', 'yes', 'no', 'ja', 'nein']);
/** No number or date is written longer; longer cells are text without a look. */
const LONGEST = 40;
/** Currencies and percent signs around a number. */
const SIGNS = /^(?:[$€£¥₹]|eur|usd|gbp|chf)\s*|\s*(?:[$€£¥₹%]|eur|usd|gbp|chf)$/gi;

const NUMBER: Readonly<Record<Decimal, RegExp>> = {
  '.': /^[-+]?(?:\d{1,3}(?:[,'’ \u00a0\u202f]\d{3})+|\d+|(?=\.\d))(?:\.\d*)?(?:e[-+]?\d{1,3})?$/i,
  ',': /^[-+]?(?:\d{1,3}(?:[.'’ \u00a0\u202f]\d{3})+|\d+|(?=,\d))(?:,\d*)?(?:e[-+]?\d{1,3})?$/i,
};

const TIME = String.raw`(?:[T ]\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?\s?(?:Z|UTC|[-+]\d{2}:?\d{2}|[AP]M)?)?`;
const MONTH = String.raw`(?:jan|feb|mar|mär|apr|may|mai|jun|jul|aug|sep|oct|okt|nov|dec|dez)\p{L}*\.?`;
const DATES: readonly RegExp[] = [
  new RegExp(String.raw`^\d{4}[-/.]\d{1,2}(?:[-/.]\d{1,2}${TIME})?$`, 'i'),
  new RegExp(String.raw`^\d{1,2}[-/.]\d{1,2}[-/.](?:\d{4}|\d{2})${TIME}$`, 'i'),
  new RegExp(String.raw`^${MONTH}[ -](?:\d{1,2},? )?\d{4}$`, 'iu'),
  new RegExp(String.raw`^\d{1,2}\.?[ -]${MONTH}[ -]\d{2,4}$`, 'iu'),
];

/** Understands a cell of a text table. */
export function textCell(raw: string, decimal: Decimal): Cell {
  const text = raw.trim();
  if (text.length > LONGEST) return { kind: 'text', raw };
  const word = text.toLowerCase();
  if (MISSING.has(word)) return { kind: 'missing', raw };
  const number = readNumber(text, decimal);
  if (number !== undefined) return { kind: 'number', raw, number };
  if (BOOLEANS.has(word)) return { kind: 'boolean', raw };
  return { kind: DATES.some((date) => date.test(text)) ? 'date' : 'text', raw };
}

/** Understands a value of a JSON record: a text stays a text, also when it has the form of a number. */
export function jsonCell(raw: Json): Cell {
  if (raw === null) return { kind: 'missing', raw };
  if (typeof raw === 'number') return { kind: 'number', raw, number: raw };
  if (typeof raw === 'boolean') return { kind: 'boolean', raw };
  if (Array.isArray(raw) || isObject(raw)) return { kind: 'nested', raw };
  const { kind } = textCell(raw, '.');
  return { kind: kind === 'date' || kind === 'missing' ? kind : 'text', raw };
}

function readNumber(text: string, decimal: Decimal): number | undefined {
  const bare = text.replace(SIGNS, '');
  if (!NUMBER[decimal].test(bare)) return undefined;
  const groups = decimal === '.' ? /[,'’\s]/g : /[.'’\s]/g;
  const number = Number(bare.replace(groups, '').replace(',', '.'));
  return Number.isFinite(number) ? number : undefined;
}

const COMMA = /^[-+]?(?:\d{1,3}(?:[. ']\d{3})+|\d+),\d+$/;
const POINT = /^[-+]?(?:\d{1,3}(?:[, ']\d{3})+|\d*)\.\d+$/;
/** Groups of thousands, or a fraction of three digits: nobody can tell from one cell. */
const UNCLEAR_COMMA = /^[-+]?\d{1,3},\d{3}$/;
const UNCLEAR_POINT = /^[-+]?\d{1,3}\.\d{3}$/;

/**
 * The decimal sign that most cells with a clear one use. Without any it is the point, but for a
 * table separated by semicolons whose cells have commas: programs write such tables where the
 * comma is the decimal sign.
 */
export function decimalOf(rows: readonly (readonly string[])[], separator: string): Decimal {
  const votes = { comma: 0, point: 0, unclearComma: 0, unclearPoint: 0, none: 0 };
  for (const cell of rows.flat()) votes[voteOf(cell)]++;
  if (votes.comma !== votes.point) return votes.comma > votes.point ? ',' : '.';
  return separator === ';' && votes.unclearComma > votes.unclearPoint ? ',' : '.';
}

function voteOf(cell: string): 'comma' | 'point' | 'unclearComma' | 'unclearPoint' | 'none' {
  if (cell.length > LONGEST) return 'none';
  const text = cell.trim().replace(SIGNS, '');
  if (UNCLEAR_COMMA.test(text)) return 'unclearComma';
  if (UNCLEAR_POINT.test(text)) return 'unclearPoint';
  if (COMMA.test(text)) return 'comma';
  return POINT.test(text) ? 'point' : 'none';
}
