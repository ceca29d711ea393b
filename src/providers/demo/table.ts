import { isObject, type Json, type JsonObject } from '../../base/json.ts';
import { type Grain, grainOf } from './dates.ts';
import type { PromptInput } from './read-manager.ts';

/** A column as the demo understands it from the description in the prompt. */
export interface Column {
  name: string;
  /** Place in the file, from 0. */
  index: number;
  /** What its cells seem to be. */
  kind: 'number' | 'order' | 'text';
  /** For an order: how fine it is. */
  grain: Grain | undefined;
  /** Different values among the cells that the prompt shows, and how many it shows. */
  distinct: number;
  seen: number;
}

/** A table that programs can read. */
export interface DemoTable {
  /** The input's name. */
  name: string;
  /** Path as programs see it. */
  file: string;
  bytes: number;
  format: 'csv' | 'json';
  separator: string;
  encoding: string;
  decimal: '.' | ',';
  /** False when the first line holds data already. */
  header: boolean;
  rows: number;
  /** The columns that the prompt tells of, and how many there are. */
  columns: readonly Column[];
  width: number;
}

/** The tables among a run's inputs, as far as the prompt describes them. */
export function tablesOf(inputs: readonly PromptInput[]): DemoTable[] {
  return inputs.flatMap((input) => {
    const { about, file } = input;
    if (file === undefined || !isObject(about) || !Array.isArray(about.columns)) return [];
    const shown = about.columns.filter(isObject);
    const head = rowsOf(about.head, shown);
    const decimal = about.decimal === ',' ? ',' : '.';
    return [
      {
        name: input.name,
        file,
        bytes: input.bytes,
        format: about.format === 'json' ? 'json' : 'csv',
        separator: textOr(about.separator, ','),
        encoding: textOr(about.encoding, 'utf-8'),
        decimal,
        header: about.header !== false,
        rows: typeof about.rows === 'number' ? about.rows : 0,
        columns: shown.map((column, index) => columnOf(column, index, head)),
        width: typeof about.columns_total === 'number' ? about.columns_total : shown.length,
      },
    ];
  });
}

/** The first rows of a description: lists of cells, or records. */
function rowsOf(head: Json | undefined, columns: readonly JsonObject[]): Json[][] {
  if (!Array.isArray(head)) return [];
  return head.map((row) => {
    if (Array.isArray(row)) return row;
    if (!isObject(row)) return [];
    return columns.map(
      ({ name }) => (Object.hasOwn(row, String(name)) ? row[String(name)] : null) ?? null,
    );
  });
}

function columnOf(column: JsonObject, index: number, head: readonly Json[][]): Column {
  const examples = Array.isArray(column.examples) ? column.examples : [];
  const cells = head.map((row) => row[index] ?? null).filter(isFilled);
  const samples = [...cells, ...examples.filter(isFilled)].map(String);
  const name = textOr(column.name, '');
  const place = { name, index, distinct: new Set(cells.map(String)).size, seen: cells.length };
  const grain = orderOf(name, samples);
  if (grain) return { ...place, kind: 'order', grain };
  const numeric =
    column.type === 'number' || column.type === 'integer' || mostly(samples, isNumberLike);
  return { ...place, kind: numeric ? 'number' : 'text', grain: undefined };
}

const YEAR_NAME = /year|jahr|annee|\byr\b|date|datum|time|zeit|period|season/i;
const MONTH_NAME = /month|monat/i;

/** How fine the points in time are that a column's cells name; undefined when it is no such column. */
function orderOf(name: string, samples: readonly string[]): Grain | undefined {
  const grains = samples.map(grainOf);
  if (!mostly(grains, (grain) => grain !== undefined)) return undefined;
  // Years are numbers, and "12.2024" can be one; only a telling name makes points in time of them.
  const telling = YEAR_NAME.test(name) || MONTH_NAME.test(name);
  if (!telling && mostly(samples, isNumberLike)) return undefined;
  return grains.find((grain) => grain !== undefined);
}

const MONEY = '(?:[$€£¥₹]|EUR|USD|GBP|CHF|JPY)';
/** Numbers as people write them, bracketed ones aside; the programs read them exactly. */
const NUMBER = new RegExp(
  `^[-+−–]?\\s?${MONEY}?\\s?[-+−–]?(?:\\d+|\\d{1,3}(?:[.,'’\\s]\\d{3})+)?(?:[.,]\\d*)?(?:e[-+]?\\d+)?\\s?(?:${MONEY}|%)?$`,
  'i',
);

/** Whether a text is a number as people write them. */
function isNumberLike(sample: string): boolean {
  const text = sample.trim().replace(/^\((.*)\)$/, '$1');
  return text.length <= LONGEST_NUMBER && /\d/.test(text) && NUMBER.test(text);
}

const LONGEST_NUMBER = 40;

function mostly<T>(items: readonly T[], test: (item: T) => boolean): boolean {
  return items.filter(test).length * 2 > items.length;
}

function isFilled(cell: Json): boolean {
  return cell !== null && String(cell).trim() !== '';
}

function textOr(value: Json | undefined, otherwise: string): string {
  return typeof value === 'string' && value !== '' ? value : otherwise;
}
