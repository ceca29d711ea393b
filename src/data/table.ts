import { isObject, type Json, type JsonObject } from '../base/json.ts';
import { suffixOf } from '../base/paths.ts';
import type { Files } from '../ports/effects.ts';
import { isBinary } from '../tools/binary.ts';
import { type Cell, jsonCell, textCell } from './table-cells.ts';
import { type ColumnSummary, clipCell, columnJson, summarise } from './table-columns.ts';
import { countRecords } from './table-rows.ts';
import {
  type Decoded,
  type Dialect,
  decode,
  dialectOf,
  parseRows,
  separatorOf,
  wholeLines,
} from './table-sniff.ts';

/** A file as prompts tell about it. */
export interface FileDescription {
  kind: 'table' | 'json' | 'text' | 'file';
  /** A JSON text of at most about 6,000 bytes. */
  text: string;
}

/** The start of a file. */
export interface FileStart {
  /** Its name; the suffix is looked at. */
  name: string;
  bytes: Uint8Array;
  /** Size of the whole file, in bytes. */
  size: number;
  /** Set when the file is a table that we wrote ourselves, so that nothing must be found out. */
  dialect?: Dialect;
}

/** Bytes that are read to count rows; beyond, their number is an estimate. */
const COUNTED_BYTES = 32 * 1024 * 1024;
/** Bytes and rows that types and ranges are found out from. */
const LOOKED_AT_BYTES = 1024 * 1024;
const LOOKED_AT_ROWS = 20_000;
/** JSON texts that are longer are not looked into. */
const PARSED_CHARS = 16 * 1024 * 1024;
/** Columns that are looked at. */
const LOOKED_AT_COLUMNS = 200;
/** Longest description, in bytes. */
const MOST_BYTES = 6000;
const PREVIEW_CHARS = 1500;
const TABLE_SUFFIXES = new Set(['csv', 'tsv', 'tab', 'psv']);
/** Suffixes of text that may turn out to be a table. */
const MAYBE_TABLE = new Set(['', 'txt', 'dat', 'data', 'asc']);
/** Rows from which regular lines of text are taken for a table. */
const LEAST_ROWS = 3;

/** Describes a file on disk. Throws Node's own errors when it cannot be read. */
export async function describeFile(
  path: string,
  files: Files,
  known: { name: string; dialect?: Dialect },
): Promise<FileDescription> {
  const size = (await files.info(path))?.bytes ?? 0;
  const bytes = await files.readBytes(path, COUNTED_BYTES);
  return describeBytes({ ...known, bytes, size: Math.max(size, bytes.length) });
}

/** Describes a file from its start: what it is, and for tables columns, types and first rows. */
export function describeBytes(file: FileStart): FileDescription {
  const suffix = suffixOf(file.name);
  if (isBinary(file.name, file.bytes)) {
    const text = JSON.stringify({
      format: 'binary',
      suffix: clipCell(suffix, 20),
      bytes: file.size,
    });
    return { kind: 'file', text };
  }
  const decoded = decode(file.bytes, file.size > file.bytes.length);
  if (suffix === 'json' || suffix === 'geojson') return describeJson(file, decoded);
  return describeTable(file, decoded) ?? describeText(file, decoded);
}

/** What is known of any table. */
interface Table {
  facts: JsonObject;
  columns: readonly ColumnSummary[];
  columnsTotal: number;
  head: readonly (readonly Json[])[];
}

function describeTable(file: FileStart, decoded: Decoded): FileDescription | undefined {
  const suffix = suffixOf(file.name);
  const surely = file.dialect !== undefined || TABLE_SUFFIXES.has(suffix);
  if (!surely && !MAYBE_TABLE.has(suffix)) return undefined;
  const start = wholeLines(decoded.text.slice(0, LOOKED_AT_BYTES), isCut(file, decoded));
  const found = file.dialect?.separator ?? separatorOf(start);
  if (found === undefined && !surely) return undefined;
  const separator = found ?? (suffix === 'tsv' || suffix === 'tab' ? '\t' : ',');
  const rows = parseRows(start, separator, LOOKED_AT_ROWS);
  if (rows.length < (surely ? 1 : LEAST_ROWS)) return undefined;
  const dialect = file.dialect ?? dialectOf(rows, separator);
  const table = textTable(rows, dialect);
  const counted = countRows(file, decoded, { rows: rows.length, dialect });
  const facts = {
    format: 'csv',
    separator,
    encoding: decoded.encoding,
    ...(decoded.mark && { bom: true }),
    decimal: dialect.decimal,
    ...(!dialect.header && { header: false }),
    ...counted,
    ...table.facts,
  };
  return { kind: 'table', text: shrunk({ ...table, facts }) };
}

function isCut(file: FileStart, { text }: Decoded): boolean {
  return file.size > file.bytes.length || text.length > LOOKED_AT_BYTES;
}

function textTable(rows: readonly string[][], { header, decimal }: Dialect): Table {
  const first = rows[0] ?? [];
  const body = header ? rows.slice(1) : rows;
  const cells = (index: number): Cell[] => body.map((row) => textCell(row[index] ?? '', decimal));
  const columns = first
    .slice(0, LOOKED_AT_COLUMNS)
    .map((name, index) => summarise(header ? name : `column_${index + 1}`, cells(index)));
  const ragged = body.filter((row) => row.length !== first.length).length;
  return {
    facts: ragged > 0 ? { rows_with_other_length: ragged } : {},
    columns,
    columnsTotal: first.length,
    head: body.slice(0, 5),
  };
}

/** Exact when the file was read to its end; an estimate by size otherwise. */
function countRows(
  file: FileStart,
  decoded: Decoded,
  looked: { rows: number; dialect: Dialect },
): JsonObject {
  const names = looked.dialect.header ? 1 : 0;
  if (!isCut(file, decoded) && looked.rows < LOOKED_AT_ROWS) {
    return { rows: looked.rows - names, rows_exact: true };
  }
  const { separator } = looked.dialect;
  const { records, regular } = countRecords(file.bytes, { separator, encoding: decoded.encoding });
  const read = file.bytes.length >= file.size;
  const all = read ? records : Math.round((records / file.bytes.length) * file.size);
  return {
    rows: Math.max(0, all - names),
    rows_exact: read && regular,
    types_from_first_rows: looked.rows - names,
  };
}

function describeJson(file: FileStart, decoded: Decoded): FileDescription {
  const facts = { format: 'json', encoding: decoded.encoding };
  const preview = decoded.text.slice(0, PREVIEW_CHARS).toWellFormed();
  if (file.size > file.bytes.length || decoded.text.length > PARSED_CHARS) {
    const note = 'too large to be looked into here';
    return { kind: 'json', text: JSON.stringify({ ...facts, note, preview }) };
  }
  let value: Json;
  try {
    value = JSON.parse(decoded.text) as Json;
  } catch (error) {
    // What is called JSON and is not is still a text that a program may make sense of.
    const problem = clipCell(error instanceof Error ? error.message : String(error), 200);
    return { kind: 'text', text: JSON.stringify({ ...facts, format: 'text', problem, preview }) };
  }
  const records = recordsOf(value);
  if (records)
    return {
      kind: 'table',
      text: shrunk({
        ...recordTable(records),
        facts: { ...facts, rows: records.length, rows_exact: true },
      }),
    };
  return { kind: 'json', text: JSON.stringify({ ...facts, ...outline(value), preview }) };
}

function recordsOf(value: Json): JsonObject[] | undefined {
  if (!Array.isArray(value) || value.length === 0 || !value.every(isObject)) return undefined;
  return value;
}

function recordTable(records: readonly JsonObject[]): Omit<Table, 'facts'> {
  const looked = records.slice(0, LOOKED_AT_ROWS);
  const names = new Set<string>();
  for (const record of looked) for (const name of Object.keys(record)) names.add(name);
  const shown = [...names].slice(0, LOOKED_AT_COLUMNS);
  const at = (record: JsonObject, name: string): Json =>
    (Object.hasOwn(record, name) ? record[name] : null) ?? null;
  return {
    columns: shown.map((name) =>
      summarise(
        name,
        looked.map((record) => jsonCell(at(record, name))),
      ),
    ),
    columnsTotal: names.size,
    head: looked.slice(0, 5).map((record) => shown.map((name) => at(record, name))),
  };
}

/** What a JSON value is at its top. */
function outline(value: Json): JsonObject {
  if (Array.isArray(value)) return { type: 'array', items: value.length };
  if (!isObject(value)) return { type: value === null ? 'null' : typeof value };
  const keys = Object.keys(value);
  const shown = keys.slice(0, 30).map((key) => clipCell(key, 60));
  return { type: 'object', keys: shown, keys_total: keys.length };
}

function describeText(file: FileStart, { text, encoding, mark }: Decoded): FileDescription {
  const cut = text.length > PREVIEW_CHARS || file.size > file.bytes.length;
  const facts = {
    format: 'text',
    encoding,
    ...(mark && { bom: true }),
    ...(cut && { preview_cut: true }),
    preview: text.slice(0, PREVIEW_CHARS).toWellFormed(),
  };
  return { kind: 'text', text: JSON.stringify(facts) };
}

/** From much to little; the first that fits is taken, and after the last, columns are left out. */
const DETAILS = [
  { rows: 5, examples: 3, cellChars: 200 },
  { rows: 5, examples: 3, cellChars: 60 },
  { rows: 3, examples: 2, cellChars: 40 },
  { rows: 1, examples: 1, cellChars: 40 },
];

function shrunk(table: Table): string {
  for (const detail of DETAILS) {
    const text = render(table, table.columns.length, detail);
    if (Buffer.byteLength(text) <= MOST_BYTES) return text;
  }
  const least = { rows: 1, examples: 1, cellChars: 40 };
  for (let shown = table.columns.length; shown > 1; shown = Math.floor(shown * 0.8)) {
    const text = render(table, shown, least);
    if (Buffer.byteLength(text) <= MOST_BYTES) return text;
  }
  return render(table, 1, least);
}

function render(table: Table, shown: number, detail: (typeof DETAILS)[number]): string {
  const cut = table.columnsTotal - shown;
  return JSON.stringify({
    ...table.facts,
    columns: table.columns.slice(0, shown).map((column) => columnJson(column, detail)),
    columns_total: table.columnsTotal,
    ...(cut > 0 && { columns_not_shown: cut }),
    head: table.head
      .slice(0, detail.rows)
      .map((row) => row.slice(0, shown).map((cell) => clipCell(cell, detail.cellChars))),
  });
}
