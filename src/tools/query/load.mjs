// Brings the files of a run into a database in memory, each as a table.
import { DatabaseSync } from 'node:sqlite';
import { columnNames, JsonColumn, MOST_COLUMNS, TextColumn } from './columns.mjs';
import { decode, firstRows, hasNames, readRows, rowsOf, separatorOf } from './csv.mjs';
import { recordsOf, recordsOfLines } from './json-rows.mjs';

export const quoted = (name) => `"${name.replaceAll('"', '""')}"`;

const LOADERS = {
  text: (database, file, bytes) => loadText(database, file, decode(bytes)),
  json: (database, file, bytes) => loadRecords(database, file, recordsOf(decode(bytes))),
  lines: (database, file, bytes) => loadRecords(database, file, recordsOfLines(decode(bytes))),
  database: loadDatabase,
};

/**
 * Makes the table or tables of one file. Gives `{ table, rows, columns }` of each; throws an error
 * in a sentence when the file is none.
 */
export function loadFile(database, file, bytes) {
  database.exec('BEGIN');
  try {
    const tables = LOADERS[file.kind](database, file, bytes);
    database.exec('COMMIT');
    return tables;
  } catch (error) {
    database.exec('ROLLBACK');
    throw error;
  }
}

function loadText(database, file, text) {
  const fallback = /\.(?:tsv|tab)$/i.test(file.path) ? '\t' : ',';
  const separator = separatorOf(text, fallback);
  const named = hasNames(firstRows(text, separator));
  const { columns, width } = lookAt(text, separator, named);
  const [first = []] = named ? rowsOf(text, separator, 1) : [];
  const names = columnNames(first, width);
  const table = makeTable(database, file.table, { names, types: columns.map(({ type }) => type) });
  const readers = columns.map((column) => column.reader());
  let skip = named;
  const take = (row) => {
    if (skip) skip = false;
    else table.add(readers.map((read, index) => read(row[index] ?? '')));
  };
  const restart = () => {
    table.clear();
    skip = named;
  };
  readRows(text, separator, { take, restart });
  return [table.summary()];
}

/** Types of the columns. Cells beyond the names count only if one of them holds something. */
function lookAt(text, separator, named) {
  const fresh = () => ({ columns: [], width: 0, names: named });
  const state = fresh();
  const comma = separator !== ',';
  const take = (row) => {
    const { names } = state;
    state.names = false;
    state.width = Math.max(state.width, names ? row.length : filledWidth(row, state.width));
    if (state.width > MOST_COLUMNS) throw new Error(`it has more than ${MOST_COLUMNS} columns`);
    while (state.columns.length < state.width) state.columns.push(new TextColumn({ comma }));
    if (names) return;
    for (const [index, column] of state.columns.entries()) column.see(row[index] ?? '');
  };
  readRows(text, separator, { take, restart: () => Object.assign(state, fresh()) });
  return state;
}

/** How far a row holds something, as far as it is longer than `least`. */
function filledWidth(row, least) {
  let width = row.length;
  while (width > least && row[width - 1] === '') width -= 1;
  return width;
}

function loadRecords(database, file, records) {
  const columns = new Map();
  for (const record of records) {
    for (const key of Object.keys(record)) {
      if (!columns.has(key)) columns.set(key, new JsonColumn());
      columns.get(key).see(record[key]);
    }
    if (columns.size > MOST_COLUMNS) throw new Error(`it has more than ${MOST_COLUMNS} columns`);
  }
  const keys = [...columns.keys()];
  const types = [...columns.values()].map(({ type }) => type);
  const table = makeTable(database, file.table, { names: columnNames(keys), types });
  const readers = [...columns.values()].map((column) => column.reader());
  for (const record of records) {
    table.add(keys.map((key, index) => readers[index](record[key])));
  }
  return [table.summary()];
}

/** The tables of a database, copied: it is never attached, so nothing in it can be reached again. */
function loadDatabase(database, file, bytes) {
  const source = new DatabaseSync(':memory:', { defensive: true, readBigInts: true });
  try {
    source.exec('PRAGMA trusted_schema = OFF');
    if (!source.deserialize)
      throw new Error('SQLite files need a later Node; Node 24.21 reads them');
    source.deserialize(plainJournal(bytes));
    const tables = source.prepare(
      `SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
       AND sql NOT LIKE 'CREATE VIRTUAL%' ORDER BY name`,
    );
    return tables
      .all()
      .map(({ name }) => copyTable(source, name, { database, schema: file.table }));
  } finally {
    source.close();
  }
}

/** A file in the mode of a write-ahead log cannot be read from memory; what is in it is the same. */
function plainJournal(bytes) {
  const copy = bytes.slice();
  if (copy[18] === 2) copy[18] = 1;
  if (copy[19] === 2) copy[19] = 1;
  return copy;
}

function copyTable(source, name, { database, schema }) {
  const columns = source.prepare(`PRAGMA table_info(${quoted(name)})`).all();
  const names = columnNames(columns.map((column) => column.name));
  const types = columns.map(({ type }) => affinity(type));
  const table = makeTable(database, name, { names, types, schema });
  const wanted = columns.map((column) => quoted(column.name)).join(', ');
  const rows = source.prepare(`SELECT ${wanted} FROM ${quoted(name)}`);
  rows.setReturnArrays(true);
  for (const row of rows.iterate()) table.add(row);
  return table.summary();
}

/** The rules by which the engine understands a declared type (sqlite.org/datatype3.html, 3.1). */
function affinity(declared) {
  const type = declared.toUpperCase();
  if (type.includes('INT')) return 'INTEGER';
  if (/CHAR|CLOB|TEXT/.test(type)) return 'TEXT';
  if (type === '' || type.includes('BLOB')) return '';
  return /REAL|FLOA|DOUB/.test(type) ? 'REAL' : 'NUMERIC';
}

const TYPE_WORDS = {
  INTEGER: 'integer',
  REAL: 'real',
  TEXT: 'text',
  NUMERIC: 'number',
  '': 'mixed',
};

function makeTable(database, name, { names, types, schema }) {
  // A table has a column, also one of no records.
  const columns = names.length > 0 ? names : ['value'];
  const full = schema === undefined ? quoted(name) : `${quoted(schema)}.${quoted(name)}`;
  const declared = columns.map((column, index) => `${quoted(column)} ${types[index] ?? ''}`);
  database.exec(`CREATE TABLE ${full} (${declared.join(', ')})`);
  const marks = columns.map(() => '?').join(', ');
  const insert = database.prepare(`INSERT INTO ${full} VALUES (${marks})`);
  let rows = 0;
  return {
    add(values) {
      insert.run(...(values.length > 0 ? values : [null]));
      rows += 1;
    },
    clear() {
      database.exec(`DELETE FROM ${full}`);
      rows = 0;
    },
    summary: () => ({
      table: schema === undefined ? name : `${schema}.${name}`,
      rows,
      columns: columns.map((column, index) => ({
        name: column,
        type: TYPE_WORDS[types[index] ?? ''],
      })),
    }),
  };
}
