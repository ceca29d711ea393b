/** Ranks the rows by one column, for tables without an order in time. Writes ranking.json. */
export const RANKING = String.raw`
// ---- Ranking -----------------------------------------------------------------------------------
// Rows by value, largest first; rows with the same value stay in the order of the file.
const table = readTable(JOB.table, [JOB.measure, ...(JOB.label ? [JOB.label] : [])]);
const read = numbersOf(cellsOf(table, JOB.measure), { name: JOB.measure.name, decimal: JOB.table.decimal });
const names = JOB.label ? cellsOf(table, JOB.label) : undefined;
const rows = [];
read.values.forEach((value, at) => {
  if (value === undefined) return;
  const label = names && !isEmpty(names[at]) ? cut(names[at], 40) : 'row ' + (at + 1);
  rows.push({ label, row: at + 1, value });
});
if (rows.length === 0) throw new Error('no row has a readable value');
rows.sort((a, b) => b.value - a.value || a.row - b.row);
const lowest = rows[rows.length - 1].value;
const figures = {
  measure: cut(JOB.measure.name, 80),
  label: JOB.label ? cut(JOB.label.name, 80) : 'row',
  ranked: rows.length,
  peak: rows[0],
  low: rows.find(({ value }) => value === lowest),
  readable_cells: rows.length,
  missing_cells: read.missing,
  unreadable_cells: read.unreadable,
};
const top = rows.slice(0, 15);
writeFileSync('output/ranking.json', JSON.stringify({ ...figures, top }, null, 1) + '\n');
finish(
  'Highest ' + cut(figures.measure, 60) + ': ' + figures.peak.label + ' (' + say(figures.peak.value) + '), lowest: ' +
    figures.low.label + ' (' + say(figures.low.value) + ').',
  figures,
);
`;
