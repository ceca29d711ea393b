/** Draws the charts that are asked for from the JSON files of earlier workers. */
export const CHART = `
// ---- Draw --------------------------------------------------------------------------------------
const draw = { line: lineChart, groups: groupChart, ranking: rankingChart };
const charts = JOB.charts.map(({ kind, from, to }) => {
  writeFileSync('output/' + to, draw[kind](JSON.parse(readFileSync(from, 'utf8'))));
  return to;
});
finish('Drew ' + charts.join(' and ') + '.', { charts });
`;
