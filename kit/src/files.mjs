// Reads tables and writes what a program hands back, always below output/.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import Papa from 'papaparse';
import { rowsOf, typedRows } from './rows.mjs';

/**
 * Reads a table with a line of names, separated by commas, semicolons, tabs or bars. Columns of
 * numbers, true/false and ISO dates are typed (dates as `Date`, in UTC); numbers with leading zeros
 * stay text; what is missing is null.
 */
export function readCsv(path) {
  const text = readFileSync(path, 'utf8').replace(/^\uFEFF/, '');
  const { data, errors } = Papa.parse(text, { skipEmptyLines: 'greedy' });
  const broken = errors.find(({ type }) => type === 'Quotes');
  if (broken) throw new Error(`${path}, record ${broken.row + 1}: ${broken.message}`);
  const [names = [], ...lines] = data;
  return typedRows(names, lines);
}

/** The rows as a table with commas. Dates without a time of day are written without one. */
export function toCsv(rows) {
  const records = rowsOf(rows);
  const columns = [...new Set(records.flatMap(Object.keys))];
  const lines = records.map((row) => columns.map((column) => cellText(row[column])));
  return `${Papa.unparse({ fields: columns, data: lines }, { newline: '\n' })}\n`;
}

/**
 * Writes output/<name> and returns its path. Text and bytes are written as they are; other data as
 * a table when the name ends with .csv, else as JSON.
 */
export function save(name, data) {
  const path = outputPath(name);
  writeFileSync(path.file, bytesOf(name, data));
  return path.shown;
}

function bytesOf(name, data) {
  if (typeof data === 'string' || data instanceof Uint8Array) return data;
  if (data === undefined) throw new TypeError(`save('${name}', data): there is no data`);
  if (/\.csv$/i.test(name)) return toCsv(data);
  const plain = typeof data?.objects === 'function' ? data.objects() : data;
  return `${JSON.stringify(plain, null, 2)}\n`;
}

function cellText(value) {
  if (!(value instanceof Date)) return value;
  return Number.isNaN(value.getTime()) ? '' : value.toISOString().replace('T00:00:00.000Z', '');
}

function outputPath(name) {
  const parts = String(name).split('/');
  const bad = parts.some((part) => part === '' || part === '.' || part === '..');
  if (bad || /[\\\0]/.test(name)) throw new Error(`'${name}' is no name below output/`);
  const shown = ['output', ...parts].join('/');
  // A box says where it is, and makes the folders above it.
  if (globalThis._output_file) return { file: globalThis._output_file(...parts), shown };
  mkdirSync(['output', ...parts.slice(0, -1)].join('/'), { recursive: true });
  return { file: shown, shown };
}
