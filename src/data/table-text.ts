/** A cell that can stand in a table. */
type Scalar = string | number | boolean | bigint | null | undefined | Date;

function isScalar(value: unknown): value is Scalar {
  return typeof value !== 'object' || value === null || value instanceof Date;
}

/** A table as programs hold it: columns by name, or records. */
export type TableValue = Readonly<Record<string, readonly unknown[]>> | readonly object[];

/** Whether a value is a column object (arrays of one length) or an array of records (decision 17). */
export function isTable(value: unknown): value is TableValue {
  return isRecords(value) || isColumns(value);
}

function isRecords(value: unknown): value is readonly object[] {
  return (
    Array.isArray(value) &&
    value.length > 0 &&
    value.every(
      (row) =>
        typeof row === 'object' &&
        row !== null &&
        !Array.isArray(row) &&
        Object.keys(row).length > 0 &&
        Object.values(row).every(isScalar),
    )
  );
}

function isColumns(value: unknown): value is Readonly<Record<string, readonly unknown[]>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const columns: unknown[] = Object.values(value);
  const [first] = columns;
  return (
    Array.isArray(first) &&
    first.length > 0 &&
    columns.every(
      (column) => Array.isArray(column) && column.length === first.length && column.every(isScalar),
    )
  );
}

/** The table as CSV (RFC 4180, with line feeds): a header and one line for each row. */
export function tableText(table: TableValue): string {
  const { names, rows } = Array.isArray(table) ? fromRecords(table) : fromColumns(table as Columns);
  return [names, ...rows].map((row) => `${row.map(cellText).join(',')}\n`).join('');
}

type Columns = Readonly<Record<string, readonly unknown[]>>;

interface Rows {
  names: string[];
  rows: unknown[][];
}

function fromColumns(columns: Columns): Rows {
  const names = Object.keys(columns);
  const values = Object.values(columns);
  const rows = (values[0] ?? []).map((_, index) => values.map((column) => column[index]));
  return { names, rows };
}

/** Columns are the union of the records' keys, in the order in which they appear. */
function fromRecords(records: readonly object[]): Rows {
  const names = [...new Set(records.flatMap((record) => Object.keys(record)))];
  const rows = records.map((record) => {
    const cells = new Map<string, unknown>(Object.entries(record));
    return names.map((name) => cells.get(name));
  });
  return { names, rows };
}

function cellText(value: unknown): string {
  if (value === null || value === undefined) return '';
  const text = value instanceof Date ? dateText(value) : String(value);
  return /[",\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function dateText(date: Date): string {
  return Number.isNaN(date.getTime()) ? '' : date.toISOString();
}
