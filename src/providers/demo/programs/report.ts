const SECTIONS = `
// ---- Report ------------------------------------------------------------------------------------
const open = (name) => (JOB.files.includes(name) ? JSON.parse(readFileSync('shared/' + name, 'utf8')) : undefined);
const profile = open('profile.json');
const trend = open('trend.json');
const ranking = open('ranking.json');
const groups = open('by_group.json');
const outliers = open('outliers.json');
const FOOTER = 'Demo model (fixed rules, not an AI): text from fixed rules, figures computed by code from your file.';

// A section: { title, facts: sentences, head and rows of a table, svg, image }.
function trendSection() {
  const rows = [
    ['first', trend.first.label, say(trend.first.value)],
    ['last', trend.last.label, say(trend.last.value)],
    ['peak', trend.peak.label, say(trend.peak.value)],
    ['low', trend.low.label, say(trend.low.value)],
    ['change', 'first to last', say(trend.change)],
    ['change in percent', 'of the first', trend.change_percent === null ? 'not defined' : say(trend.change_percent) + ' %'],
    ['slope', 'per step', say(trend.slope_per_step)],
  ];
  const skipped = trend.undated_rows > 0 ? ' ' + many(trend.undated_rows, 'row') + ' without a readable place in the order were left out.' : '';
  const how = trend.aggregate === 'none' ? 'Each row is one point.' : 'Each point is the ' + trend.aggregate + ' of the rows ' + (['year', 'month', 'day'].includes(trend.period) ? 'of a calendar ' + trend.period : 'with the same place in the order') + '.';
  return {
    title: 'Trend of ' + trend.measure,
    facts: ['The least-squares line goes ' + ({ up: 'up', down: 'down', flat: 'neither up nor down' })[trend.direction] + '. ' + how + skipped],
    head: ['figure', 'where', 'value'],
    rows,
    svg: lineChart(trend),
    image: 'trend.svg',
  };
}

function rankingSection() {
  return {
    title: 'Highest ' + ranking.measure,
    facts: [say(ranking.ranked) + ' rows were ranked. The table has no column that gives an order in time.'],
    head: ['row', 'name', 'value'],
    rows: ranking.top.map(({ row, label: name, value }) => [String(row), name, say(value)]),
    svg: rankingChart(ranking),
    image: 'ranking.svg',
  };
}

function groupSection() {
  return {
    title: groups.measure + ' by ' + groups.by,
    facts: ['Ordered by ' + groups.ranked_by + '. Shown: ' + many(Math.min(20, groups.groups.length), 'group') + ' of ' + say(groups.groups.length) + '.'],
    head: [groups.by, 'rows', 'sum', 'mean', 'min', 'max'],
    rows: groups.groups.slice(0, 20).map((group) => [group.group, say(group.count), say(group.sum), say(group.mean), say(group.min), say(group.max)]),
    svg: groupChart(groups),
    image: 'by_group.svg',
  };
}

function outlierSection() {
  const rows = outliers.farthest.map(({ row, label: name, value }) => [String(row), name, say(value)]);
  const fences = outliers.lower_fence === null ? 'No cell can be read.' :
    many(outliers.outliers, 'value') + ' of ' + outliers.measure + ' outside of ' + say(outliers.lower_fence) + ' to ' + say(outliers.upper_fence) +
    ' (1.5 times the distance of the quartiles); in all numeric columns ' + say(outliers.outliers_in_all) +
    (outliers.outliers_in_all > 0 ? '. All are listed in outliers.csv.' : '.');
  return { title: 'Outliers', facts: [fences], head: ['row', 'name', 'value'], rows };
}

function profileSections() {
  const numeric = profile.columns.filter(({ kind }) => kind === 'number');
  const texts = profile.columns.filter(({ kind }) => kind === 'text');
  const keys = ['count', 'missing', 'unreadable', 'min', 'q1', 'median', 'mean', 'q3', 'max', 'sum'];
  return [
    { title: 'Numeric columns', facts: [], head: ['column', ...keys], rows: numeric.slice(0, 40).map((column) => [column.name, ...keys.map((key) => say(column[key]))]) },
    { title: 'Other columns', facts: [], head: ['column', 'count', 'missing', 'different', 'most common'],
      rows: texts.slice(0, 40).map((column) => [column.name, say(column.count), say(column.missing), say(column.distinct), column.most_common?.value ?? '']) },
  ].filter(({ rows }) => rows.length > 0);
}

const sections = [
  ...(trend ? [trendSection()] : []),
  ...(ranking ? [rankingSection()] : []),
  ...(groups ? [groupSection()] : []),
  ...(outliers ? [outlierSection()] : []),
  ...(profile ? profileSections() : []),
];
`;

/** The section of the scores that workers gave with a tool which one of them made. */
const SCORED = `
const scores = open('scores.json');
function scoreSection() {
  const rows = scores.columns.map((column) => [column.name, say(column.score), column.verdict, say(column.gaps), say(column.outliers), say(column.values)]);
  const taken = scores.step > 1 ? ' Every ' + scores.step + ' rows one was taken.' : '';
  return {
    title: 'How clean the columns are',
    facts: ['Scored with ' + scores.tool + ', a tool that a worker of this workflow made: the share of cells that are neither gaps nor outliers.' + taken],
    head: ['column', 'score of 100', 'it is', 'gaps', 'outliers', 'cells'],
    rows,
  };
}
sections.push(scoreSection());
`;

const WRITING = String.raw`const cellsRead = profile?.columns.filter(({ kind }) => kind === 'number') ?? [];
const unreadable = cellsRead.reduce((sum, column) => sum + column.unreadable, 0);
const missing = cellsRead.reduce((sum, column) => sum + column.missing, 0);
const lead = [
  profile && 'The file ' + JOB.name + ' has ' + many(profile.rows, 'row') + ' and ' + many(profile.columns.length, 'column') + '.',
  trend && 'Peak of ' + cut(trend.measure, 60) + ': ' + trend.peak.label + ' (' + say(trend.peak.value) + ').',
  ranking && 'Highest ' + cut(ranking.measure, 60) + ': ' + ranking.peak.label + ' (' + say(ranking.peak.value) + ').',
  groups && 'Highest ' + groups.ranked_by + ' by ' + cut(groups.by, 60) + ': ' + groups.best.group + ' (' + say(groups.best[groups.ranked_by]) + ').',
  outliers && many(outliers.outliers, 'outlier') + ' in ' + cut(outliers.measure, 60) + '.',
  profile && many(unreadable, 'numeric cell') + ' could not be read, ' + say(missing) + (missing === 1 ? ' is' : ' are') + ' empty.',
].filter(Boolean).join(' ');
const title = 'Report on ' + JOB.name;
const asked = JOB.understood.length > 0 ? 'Understood from the task: ' + JOB.understood.join(', ') + '.' : 'The task names none of the topics of the demo, so it shows its usual set.';

const md = (text) => String(text).replace(/[\\\x60*_{}\[\]<>#|~]/g, '\\$&').replace(/\s+/g, ' ');
function markdown() {
  const parts = ['# ' + md(title), '', md(lead), '', md(asked)];
  for (const section of sections) {
    parts.push('', '## ' + md(section.title), '', ...section.facts.map(md));
    if (section.image) parts.push('', '![' + md(section.title) + '](' + section.image + ')');
    if (section.rows.length > 0) {
      parts.push('', '| ' + section.head.map(md).join(' | ') + ' |', '|' + section.head.map((_, at) => (at === 0 ? '---' : '---:')).join('|') + '|');
      for (const row of section.rows) parts.push('| ' + row.map(md).join(' | ') + ' |');
    }
  }
  return [...parts, '', '---', '', FOOTER, ''].join('\n');
}

const STYLE = 'body{font:16px/1.55 sans-serif;color:#1f2933;background:#f4f6f8;margin:0}main{max-width:920px;margin:0 auto;padding:32px 24px 48px}' +
  'h1{font-size:28px;margin:0 0 8px;overflow-wrap:anywhere}h2{font-size:20px;margin:0 0 12px;overflow-wrap:anywhere}section{background:#fff;border:1px solid #e3e8ee;border-radius:12px;padding:20px 24px;margin:20px 0}' +
  'svg{max-width:100%;height:auto;display:block;margin:0 auto 12px}.wide{overflow-x:auto}table{border-collapse:collapse;width:100%;font-size:14px;font-variant-numeric:tabular-nums}' +
  'th,td{padding:6px 10px;border-bottom:1px solid #e3e8ee;text-align:right;white-space:nowrap}th:first-child,td:first-child{text-align:left}th{color:#5b6875;font-weight:600}' +
  '.lead{font-size:18px}.soft,footer{color:#5b6875;font-size:14px}';
function html() {
  const row = (cells, tag) => '<tr>' + cells.map((cell) => '<' + tag + '>' + xml(cut(cell, 60)) + '</' + tag + '>').join('') + '</tr>';
  const parts = sections.map((section) =>
    '<section><h2>' + xml(section.title) + '</h2>' + (section.svg ?? '') + section.facts.map((fact) => '<p>' + xml(fact) + '</p>').join('') +
    (section.rows.length > 0 ? '<div class="wide"><table><thead>' + row(section.head, 'th') + '</thead><tbody>' + section.rows.map((cells) => row(cells, 'td')).join('') + '</tbody></table></div>' : '') + '</section>');
  return '<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><title>' + xml(title) +
    '</title><style>' + STYLE + '</style></head><body><main><h1>' + xml(title) + '</h1><p class="lead">' + xml(lead) + '</p><p class="soft">' + xml(asked) + '</p>\n' +
    parts.join('\n') + '\n<footer>' + xml(FOOTER) + '</footer></main></body></html>\n';
}
writeFileSync('output/report.md', markdown());
writeFileSync('output/report.html', html());

const without = (data, ...keys) => data && Object.fromEntries(Object.entries(data).filter(([key]) => !keys.includes(key)));
const main = profile?.columns[JOB.measure.index];
finish(lead, {
  rows: profile?.rows,
  columns: profile?.columns.length,
  measure: main && { ...main, name: cut(main.name, 80) },
  missing_cells: profile && missing,
  unreadable_cells: profile && unreadable,
  trend: trend && { ...trend, points: trend.points.length },
  ranking: without(ranking, 'top'),
  by_group: groups && { ...without(groups, 'groups'), groups: groups.groups.length },
  outliers: outliers && { ...without(outliers, 'columns', 'farthest'), farthest: outliers.farthest.slice(0, 3) },
});
`;

/** Writes report.md and report.html from the JSON files of earlier workers. */
export const REPORT = SECTIONS + WRITING;

/** The same with a section of scores. */
export const SCORED_REPORT = SECTIONS + SCORED + WRITING;
