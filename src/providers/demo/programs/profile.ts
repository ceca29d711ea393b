/** Describes columns; the figures of the numeric ones are exact. */
const DESCRIBE = `
// ---- Columns -----------------------------------------------------------------------------------
// A column is numeric if more than half of its cells that are not empty can be read as numbers.
// Large tables are read several times, a few columns at a time.
const MOST_CELLS = 4e6;
function describeColumns(begin, end) {
  const { header, rows, ragged } = readTable(JOB.table, () => false);
  const stop = Math.min(end ?? header.length, header.length);
  const apiece = Math.max(1, Math.floor(MOST_CELLS / rows));
  const columns = [];
  for (let from = begin; from < stop; from += apiece) {
    const table = readTable(JOB.table, (index) => index >= from && index < Math.min(from + apiece, stop));
    table.columns.forEach((cells, index) => cells && columns.push(describe(table.header[index], cells, index)));
  }
  return { rows, ragged, columns };
}

function describe(name, cells, index) {
  const figures = summaryOf(numbersOf(cells, { decimal: JOB.table.decimal }));
  const place = { name: cut(name, 200), position: index + 1 };
  if (figures.count > figures.unreadable) return { ...place, kind: 'number', ...figures };
  const counts = new Map();
  for (const cell of cells) {
    if (isEmpty(cell)) continue;
    const value = String(cell).trim();
    counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  let common;
  for (const [value, count] of counts) if (!common || count > common.count) common = { value: cut(value, 80), count };
  const missing = cells.filter(isEmpty).length;
  const text = { count: cells.length - missing, missing, distinct: counts.size };
  return { ...place, kind: 'text', ...text, ...(common && { most_common: common }) };
}
`;

/** Puts described columns together. Writes profile.json. */
const SUM_UP = String.raw`
// ---- Profile -----------------------------------------------------------------------------------
function sumUp({ file, rows, ragged, columns }) {
  const profile = { file, rows, ragged_rows: ragged, columns };
  writeFileSync('output/profile.json', JSON.stringify(profile, null, 2) + '\n');
  const numeric = columns.filter(({ kind }) => kind === 'number');
  const main = columns[JOB.measure.index]?.kind === 'number' ? columns[JOB.measure.index] : numeric[0];
  const total = (key) => numeric.reduce((sum, column) => sum + column[key], 0);
  const figures = {
    rows,
    columns: columns.length,
    numeric_columns: numeric.length,
    ragged_rows: ragged,
    measure: main && { ...main, name: cut(main.name, 80) },
    missing_cells: total('missing'),
    unreadable_cells: total('unreadable'),
    readable_cells: total('count'),
  };
  const range = main && main.count > 0
    ? ' ' + cut(main.name, 60) + ': from ' + say(main.min) + ' to ' + say(main.max) + ', mean ' + say(main.mean) + '.'
    : '';
  finish(many(rows, 'row') + ', ' + many(columns.length, 'column') + ', ' + numeric.length + ' numeric.' + range, figures);
}
`;

/** Describes every column of a table. Writes profile.json. */
export const PROFILE = `${DESCRIBE}${SUM_UP}
sumUp({ file: JOB.table.file, ...describeColumns(0) });
`;

/** Describes the columns from JOB.from to before JOB.to, counted from 0. Writes JOB.output. */
export const COLUMNS = `${DESCRIBE}
// ---- Some of the columns -----------------------------------------------------------------------
const part = describeColumns(JOB.from, JOB.to);
const total = (key) => part.columns.reduce((sum, column) => sum + (column.kind === 'number' ? column[key] : 0), 0);
writeFileSync('output/' + JOB.output, JSON.stringify({ from: JOB.from, ...part }, null, 1) + '\\n');
finish(many(part.columns.length, 'column') + ' from ' + (JOB.from + 1) + ' on, ' + many(part.rows, 'row') + '.', {
  rows: part.rows,
  columns: part.columns.length,
  from: JOB.from,
  missing_cells: total('missing'),
  unreadable_cells: total('unreadable'),
  readable_cells: total('count'),
});
`;

/**
 * Merges the descriptions that several workers made of parts of one table: all must have seen the
 * same rows, and no column may be missing. Writes profile.json.
 */
export const MERGE = `${SUM_UP}
// ---- Merge -------------------------------------------------------------------------------------
const parts = JOB.parts
  .map((path) => JSON.parse(readFileSync(path, 'utf8')))
  .sort((a, b) => a.from - b.from);
const { rows, ragged } = parts[0];
let next = 0;
for (const part of parts) {
  if (part.rows !== rows || part.ragged !== ragged) throw new Error('the parts are not of one table');
  if (part.from !== next) throw new Error('the columns from ' + (next + 1) + ' to ' + part.from + ' are missing');
  next += part.columns.length;
}
if (JOB.columns !== undefined && next < JOB.columns) {
  throw new Error('the columns from ' + (next + 1) + ' to ' + JOB.columns + ' are missing');
}
sumUp({ file: JOB.table.file, rows, ragged, columns: parts.flatMap(({ columns }) => columns) });
`;
