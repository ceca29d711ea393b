/** Describes every column; the figures of the numeric ones are exact. Writes profile.json. */
export const PROFILE = String.raw`
// ---- Profile -----------------------------------------------------------------------------------
// A column is numeric if more than half of its cells that are not empty can be read as numbers.
// Large tables are read several times, a few columns at a time.
const MOST_CELLS = 4e6;
const first = readTable(JOB.table, () => false);
const apiece = Math.max(1, Math.floor(MOST_CELLS / first.rows));
const columns = [];
for (let from = 0; from < first.header.length; from += apiece) {
  const table = readTable(JOB.table, (index) => index >= from && index < from + apiece);
  table.columns.forEach((cells, index) => cells && columns.push(describe(table.header[index], cells, index)));
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
const file = JOB.table.file;
const { rows, ragged } = first;
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
`;
