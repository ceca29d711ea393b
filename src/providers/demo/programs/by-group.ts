/** Compares groups of rows by one column. Writes by_group.json if a column fits. */
export const BY_GROUP = String.raw`
// ---- Groups ------------------------------------------------------------------------------------
// The first candidate that has 2 to 50 different values, fewer than rows; a column that the task
// names may have any number from 2. Empty cells are the group "(empty)". Sum, mean, min and max are
// over the readable cells of a group; a group without one is left out. Ordered by sum or mean.
const table = readTable(JOB.table, [JOB.measure, ...JOB.candidates]);
const read = numbersOf(cellsOf(table, JOB.measure), { name: JOB.measure.name, decimal: JOB.table.decimal });
const keyOf = (cell) => (isEmpty(cell) ? '(empty)' : String(cell).trim());
const fitting = JOB.candidates.find((column) => {
  const kinds = new Set(cellsOf(table, column).map(keyOf)).size;
  return kinds >= 2 && kinds < table.rows && (kinds <= 50 || column.asked);
});

function compare(column) {
  const cells = cellsOf(table, column);
  const groups = new Map();
  read.values.forEach((value, at) => {
    if (value === undefined) return;
    const key = keyOf(cells[at]);
    const values = groups.get(key) ?? [];
    groups.set(key, values);
    values.push(value);
  });
  const rank = JOB.aggregate === 'mean' ? 'mean' : 'sum';
  return [...groups]
    .map(([group, values]) => ({
      group: cut(group, 80),
      count: values.length,
      sum: sumOf(values),
      mean: meanOf(values),
      min: values.reduce((a, b) => Math.min(a, b)),
      max: values.reduce((a, b) => Math.max(a, b)),
    }))
    .sort((a, b) => b[rank] - a[rank] || (a.group < b.group ? -1 : 1));
}

const groups = fitting ? compare(fitting) : [];
const figures = {
  measure: cut(JOB.measure.name, 80),
  by: fitting ? cut(fitting.name, 80) : null,
  ranked_by: JOB.aggregate === 'mean' ? 'mean' : 'sum',
  groups: groups.length,
  best: groups[0] ?? null,
  last: groups[groups.length - 1] ?? null,
  readable_cells: read.values.filter((value) => value !== undefined).length,
  missing_cells: read.missing,
  unreadable_cells: read.unreadable,
};
if (groups.length > 0) {
  const all = { ...figures, groups: groups.slice(0, 1000) };
  writeFileSync('output/by_group.json', JSON.stringify(all, null, 1) + '\n');
}
finish(
  groups.length > 0
    ? 'By ' + cut(figures.by, 60) + ': highest ' + figures.ranked_by + ' in ' + groups[0].group + ' (' +
        say(groups[0][figures.ranked_by]) + '), lowest in ' + figures.last.group + ' (' + say(figures.last[figures.ranked_by]) + ').'
    : 'No text column divides the rows into groups.',
  figures,
);
`;
