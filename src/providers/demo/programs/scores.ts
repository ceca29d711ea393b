/** Scores columns with the tool of the run that the job names. Writes scores.json. */
export const SCORES = String.raw`
// ---- Scores ------------------------------------------------------------------------------------
// The tool gets every cell of a column, null for one that holds no number; of long tables one row in
// every so many. It is called once for each column.
const table = readTable(JOB.table, JOB.measures);
const step = Math.ceil(table.rows / JOB.most);
let readable = 0;
let missing = 0;
let unreadable = 0;

function scoreOf(values) {
  try {
    return tools.callSync(JOB.tool, { values });
  } catch (error) {
    // That is what the tool says of a column without a number.
    if (error.status !== 422) throw error;
    return { score: null, values: values.length, gaps: values.length, outliers: 0 };
  }
}

function verdictOn(score) {
  if (score === null) return 'empty';
  return score >= JOB.verdicts.clean ? 'clean' : score >= JOB.verdicts.usable ? 'usable' : 'doubtful';
}

const columns = JOB.measures.map((column) => {
  const read = numbersOf(cellsOf(table, column), { name: column.name, decimal: JOB.table.decimal });
  const count = read.values.filter((value) => value !== undefined).length;
  readable += count;
  missing += read.missing;
  unreadable += read.unreadable;
  const values = read.values.filter((_, at) => at % step === 0).map((value) => value ?? null);
  const found = scoreOf(values);
  return { name: cut(column.name, 80), ...found, verdict: verdictOn(found.score) };
});
writeFileSync('output/scores.json', JSON.stringify({ tool: JOB.tool, rows: table.rows, step, columns }, null, 1) + '\n');

const told = columns.slice(0, 4).map(({ name, score, verdict }) => cut(name, 40) + ' ' + say(score) + ' (' + verdict + ')');
finish(many(columns.length, 'column') + ' scored with ' + JOB.tool + ': ' + told.join(', ') + (columns.length > 4 ? ', ...' : '') + '.', {
  tool: JOB.tool,
  step,
  scores: columns.map(({ name, score, gaps, outliers, verdict }) => ({ column: name, score, gaps, outliers, verdict })),
  readable_cells: readable,
  missing_cells: missing,
  unreadable_cells: unreadable,
});
`;
