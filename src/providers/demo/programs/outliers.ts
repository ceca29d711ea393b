/** Lists the values far outside of the middle half of their column. Writes outliers.json, and outliers.csv if there are any. */
export const OUTLIERS = String.raw`
// ---- Outliers ----------------------------------------------------------------------------------
// Tukey's fences: below q1 - 1.5 (q3 - q1) or above q3 + 1.5 (q3 - q1), the fences themselves are
// inside. Rows are numbered from 1, the header not counted.
const table = readTable(JOB.table, [...JOB.measures, ...(JOB.label ? [JOB.label] : [])]);
const names = JOB.label ? cellsOf(table, JOB.label) : undefined;
const found = [];
let readable = 0;
let missing = 0;
let unreadable = 0;
const far = [];
const columns = JOB.measures.map((column, place) => {
  const read = numbersOf(cellsOf(table, column), { name: column.name, decimal: JOB.table.decimal });
  const summary = summaryOf(read);
  readable += summary.count;
  missing += summary.missing;
  unreadable += summary.unreadable;
  const name = cut(column.name, 80);
  if (summary.count === 0) return { name, lower_fence: null, upper_fence: null, outliers: 0 };
  const reach = 1.5 * (summary.q3 - summary.q1);
  const [lower, upper] = [summary.q1 - reach, summary.q3 + reach];
  let outliers = 0;
  read.values.forEach((value, at) => {
    if (value === undefined || (value >= lower && value <= upper)) return;
    outliers++;
    const label = names ? cut(names[at] ?? '', 80) : '';
    if (place === 0) far.push({ row: at + 1, label, value });
    found.push({ row: at + 1, label, column: column.name, value, side: value < lower ? 'low' : 'high', lower, upper });
  });
  return { name, lower_fence: lower, upper_fence: upper, outliers };
});
const quoted = (cell) => (/[",\r\n]/.test(String(cell)) ? '"' + String(cell).replaceAll('"', '""') + '"' : String(cell));
const lines = found.map((row) => Object.values(row).map(quoted).join(','));
if (lines.length > 0) {
  writeFileSync('output/outliers.csv', ['row,label,column,value,side,lower_fence,upper_fence', ...lines].join('\n') + '\n');
}

const main = columns[0];
const distance = ({ value }) => Math.max(main.lower_fence - value, value - main.upper_fence);
const listed = far.sort((a, b) => distance(b) - distance(a) || a.row - b.row).slice(0, 10);
const figures = {
  measure: main.name,
  outliers: main.outliers,
  lower_fence: main.lower_fence,
  upper_fence: main.upper_fence,
  farthest: listed.slice(0, 3),
  outliers_in_all: found.length,
  columns: columns.length,
  readable_cells: readable,
  missing_cells: missing,
  unreadable_cells: unreadable,
};
writeFileSync('output/outliers.json', JSON.stringify({ ...figures, farthest: listed, columns }, null, 1) + '\n');
const example = listed[0] ? ', the farthest is ' + say(listed[0].value) + ' in row ' + listed[0].row : '';
finish(many(main.outliers, 'outlier') + ' in ' + cut(main.name, 60) + example + '.', figures);
`;
