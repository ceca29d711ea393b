/** Describes every column; the figures of the numeric ones are exact. Writes profile.json. */
export const PROFILE = String.raw`
// ---- Profile -----------------------------------------------------------------------------------
// A column is numeric if more than half of its cells that are not empty can be read as numbers.
const table = readTable(JOB.table);
const columns = table.header.map((name, index) => {
  const cells = table.columns[index];
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
});
const file = JOB.table.file;
const profile = { file, rows: table.rows, ragged_rows: table.ragged, columns };
writeFileSync('output/profile.json', JSON.stringify(profile, null, 2) + '\n');

const numeric = columns.filter(({ kind }) => kind === 'number');
const main = columns[JOB.measure.index]?.kind === 'number' ? columns[JOB.measure.index] : numeric[0];
const total = (key) => numeric.reduce((sum, column) => sum + column[key], 0);
const figures = {
  rows: table.rows,
  columns: columns.length,
  numeric_columns: numeric.length,
  ragged_rows: table.ragged,
  measure: main && { ...main, name: cut(main.name, 80) },
  missing_cells: total('missing'),
  unreadable_cells: total('unreadable'),
  readable_cells: total('count'),
};
const range = main && main.count > 0
  ? ' ' + cut(main.name, 60) + ': from ' + say(main.min) + ' to ' + say(main.max) + ', mean ' + say(main.mean) + '.'
  : '';
finish(many(table.rows, 'row') + ', ' + many(columns.length, 'column') + ', ' + numeric.length + ' numeric.' + range, figures);
`;
