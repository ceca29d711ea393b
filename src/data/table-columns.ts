import type { Json, JsonObject } from '../base/json.ts';
import type { Cell, CellKind } from './table-cells.ts';

/** What a column holds. */
export type ColumnType = 'number' | 'integer' | 'date' | 'boolean' | 'text' | 'nested' | 'empty';

/** What is known of a column from the rows that were looked at. */
export interface ColumnSummary {
  name: string;
  type: ColumnType;
  /** Cells without a value: empty, or a word like "n/a". */
  missing: number;
  /** Cells with a value that does not fit the type, and some of them. */
  unreadable: number;
  strange: Json[];
  /** Smallest and largest number. */
  range: { min: number; max: number } | undefined;
  /** The first different values. */
  examples: Json[];
}

/** Share of the cells with a value that must fit, for a column to have a type at all. */
const MOST = 0.8;
const EXAMPLES = 3;
const STRANGE = 2;
const TYPED: readonly CellKind[] = ['number', 'date', 'boolean', 'nested'];

/** Sums up one column. */
export function summarise(name: string, cells: readonly Cell[]): ColumnSummary {
  const filled = cells.filter(({ kind }) => kind !== 'missing');
  const kind = kindOf(filled);
  const fitting = kind === 'text' ? filled : filled.filter((cell) => cell.kind === kind);
  const numbers = fitting.flatMap(({ number }) => number ?? []);
  const strange = kind === 'text' ? [] : filled.filter((cell) => cell.kind !== kind);
  return {
    name,
    type: typeOf(kind, numbers),
    missing: cells.length - filled.length,
    unreadable: strange.length,
    strange: different(strange, STRANGE),
    range: kind === 'number' ? rangeOf(numbers) : undefined,
    examples: different(fitting, EXAMPLES),
  };
}

function kindOf(filled: readonly Cell[]): CellKind {
  if (filled.length === 0) return 'missing';
  const counts = new Map<CellKind, number>();
  for (const { kind } of filled) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return TYPED.find((kind) => (counts.get(kind) ?? 0) >= filled.length * MOST) ?? 'text';
}

function typeOf(kind: CellKind, numbers: readonly number[]): ColumnType {
  if (kind === 'missing') return 'empty';
  if (kind === 'number') return numbers.every(Number.isInteger) ? 'integer' : 'number';
  return kind;
}

function rangeOf(numbers: readonly number[]): { min: number; max: number } {
  let [min, max] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const number of numbers) {
    min = Math.min(min, number);
    max = Math.max(max, number);
  }
  return { min, max };
}

function different(cells: readonly Cell[], most: number): Json[] {
  const seen = new Map<string, Json>();
  for (const { raw } of cells) {
    if (seen.size >= most) break;
    const key = typeof raw === 'string' ? raw : JSON.stringify(raw);
    if (!seen.has(key)) seen.set(key, raw);
  }
  return [...seen.values()];
}

/** How much of each column a description shows. */
export interface ColumnDetail {
  /** Characters of one cell. */
  cellChars: number;
  examples: number;
}

/** A column as a description shows it. */
export function columnJson(column: ColumnSummary, detail: ColumnDetail): JsonObject {
  const show = (value: Json): Json => clipCell(value, detail.cellChars);
  return {
    name: clipCell(column.name, detail.cellChars),
    type: column.type,
    missing: column.missing,
    ...(column.unreadable > 0 && {
      unreadable: column.unreadable,
      unreadable_examples: column.strange.map(show),
    }),
    ...(column.range && { min: column.range.min, max: column.range.max }),
    examples: column.examples.slice(0, detail.examples).map(show),
  };
}

/** A cell of at most so many characters, its end replaced by `…`; nested values become text. */
export function clipCell(value: Json, most: number): Json {
  if (typeof value === 'number' || typeof value === 'boolean' || value === null) return value;
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  if (text.length <= most) return typeof value === 'string' ? text.toWellFormed() : text;
  return `${text.slice(0, most - 1).toWellFormed()}…`;
}
