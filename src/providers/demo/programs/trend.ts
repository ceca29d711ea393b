/** Follows one column over an order, and finds peak, low and change. Writes trend.json. */
export const TREND = String.raw`
// ---- Trend -------------------------------------------------------------------------------------
// Points: all rows with the same point in time are one point, whose value is the sum or the mean of
// the readable cells (JOB.aggregate). JOB.period puts a calendar day, month or year together. Without a column that gives the order, each row is a point.
// Change: last minus first; in percent of the size of the first, null if that is zero.
// Slope: least squares over the points, numbered 0, 1, 2, ...; so it is per step.
// Peak and low: the first point with the largest and the smallest value.
const table = readTable(JOB.table, [JOB.measure, ...(JOB.order ? [JOB.order] : [])]);
const read = numbersOf(cellsOf(table, JOB.measure), { name: JOB.measure.name, decimal: JOB.table.decimal });
let period;
const { points, undated, order } = JOB.order ? byTime() : byRow();

function byRow() {
  const points = [];
  read.values.forEach((value, at) => {
    if (value !== undefined) points.push({ label: 'row ' + (at + 1), value });
  });
  return { points, undated: 0, order: 'row' };
}

function byTime() {
  const cells = cellsOf(table, JOB.order);
  const times = pointsOf(cells);
  period = JOB.period === 'auto' ? periodFor(times) : JOB.period;
  const groups = new Map();
  let undated = 0;
  times.forEach((time, at) => {
    if (!time) undated++;
    if (!time || read.values[at] === undefined) return;
    const label = period ? periodLabel(time, period) : cut(String(cells[at]), 40);
    const key = period ? label : time.at;
    const group = groups.get(key) ?? { label, at: time.at, values: [] };
    groups.set(key, group);
    group.values.push(read.values[at]);
  });
  const points = [...groups.values()]
    .sort((a, b) => a.at - b.at)
    .map(({ label, values }) => ({ label, value: JOB.aggregate === 'mean' ? meanOf(values) : sumOf(values) }));
  return { points, undated, order: JOB.order.name };
}

// Calendar months for more than 400 different times over at least 12 months, else none.
function periodFor(times) {
  const dated = times.filter((time) => time);
  const months = new Set(dated.map((time) => periodLabel(time, 'month'))).size;
  return new Set(dated.map(({ at }) => at)).size > 400 && months >= 12 ? 'month' : undefined;
}

function slopeOf(values) {
  const middle = (values.length - 1) / 2;
  const mean = meanOf(values);
  const spread = sumOf(values.map((_, x) => (x - middle) ** 2));
  return spread === 0 ? 0 : sumOf(values.map((value, x) => (x - middle) * (value - mean))) / spread;
}

if (points.length === 0) throw new Error('no row has a readable value and a readable place in the order');
const values = points.map(({ value }) => value);
const best = (better) => points.reduce((held, point) => (better(point.value, held.value) ? point : held));
const first = points[0];
const last = points[points.length - 1];
const slope = slopeOf(values);
const size = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
const rise = Math.abs(slope * (values.length - 1)) <= 1e-12 * size ? 0 : slope;
const figures = {
  measure: cut(JOB.measure.name, 80),
  order: cut(order, 80),
  aggregate: JOB.order ? JOB.aggregate : 'none',
  period: period ?? 'as in the file',
  points: points.length,
  first,
  last,
  change: last.value - first.value,
  change_percent: first.value === 0 ? null : ((last.value - first.value) / Math.abs(first.value)) * 100,
  slope_per_step: slope,
  direction: rise === 0 ? 'flat' : rise > 0 ? 'up' : 'down',
  peak: best((a, b) => a > b),
  low: best((a, b) => a < b),
  readable_cells: read.values.filter((value) => value !== undefined).length,
  missing_cells: read.missing,
  unreadable_cells: read.unreadable,
  undated_rows: undated,
};
writeFileSync('output/trend.json', JSON.stringify({ ...figures, points }, null, 1) + '\n');

const percent = figures.change_percent === null ? '' : ' (' + (figures.change >= 0 ? '+' : '') + say(figures.change_percent) + ' %)';
finish(
  cut(figures.measure, 60) + ' goes from ' + say(first.value) + ' (' + first.label + ') to ' + say(last.value) +
    ' (' + last.label + ')' + percent + '. Peak: ' + figures.peak.label + ' (' + say(figures.peak.value) +
    '), low: ' + figures.low.label + ' (' + say(figures.low.value) + ').',
  figures,
);
`;
