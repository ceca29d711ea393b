import type { JsonObject } from '../../base/json.ts';
import type { Column, DemoTable } from './table.ts';
import type { Understanding } from './understand.ts';

/**
 * The envelopes that the manager sends. A worker with any other model can follow them too: they
 * name file, separator, encoding, decimal sign and columns. The demo's own workers read the line
 * of parameters.
 */

/** The first turn: three or four workers that look at the table at the same time. */
export function lookEnvelopes(table: DemoTable, plan: Understanding): JsonObject[] {
  const [main] = plan.measures;
  const files = tableText(table);
  const shared: JsonObject = { table: tableJson(table), measure: columnJson(main) };
  const { label } = plan;
  const jobs = [
    envelope(
      'profile',
      `Describe every column of the table.\n${files}\nFor each numeric column give count, missing (empty) and unreadable cells, min, quartiles (linear interpolation), mean, max and sum; for the others count, missing, number of different values and the most common one. Write output/profile.json.`,
      shared,
    ),
    plan.order || plan.topics.includes('trend') || !label
      ? trendEnvelope(plan, shared, files)
      : envelope(
          'ranking',
          `Rank the rows of the table by ${quoted(main)}, largest first; ${quoted(label)} names a row.\n${files}\nWrite output/ranking.json with the 15 largest, the highest and the lowest.`,
          { ...shared, label: columnJson(label) },
        ),
    envelope(
      'outliers',
      `Find the outliers of ${plan.measures.map(quoted).join(', ')} with Tukey's fences (1.5 times the distance of the quartiles).\n${files}\nWrite output/outliers.csv (row, label, column, value, side, lower_fence, upper_fence) and output/outliers.json with the fences and the numbers of outliers.`,
      {
        ...shared,
        measures: plan.measures.map(columnJson),
        ...(label && { label: columnJson(label) }),
      },
    ),
  ];
  if (wantsGroups(plan)) jobs.push(groupEnvelope(plan, shared, files));
  return jobs;
}

function trendEnvelope(plan: Understanding, shared: JsonObject, files: string): JsonObject {
  const [main] = plan.measures;
  const { order, period, aggregate } = plan;
  const along = order ? `along ${quoted(order)}, sorted by time` : 'along the rows of the file';
  const unit =
    period && period !== 'auto' ? ` per calendar ${period}` : ' at the same point in time';
  const long = period === 'auto' ? LONG_SERIES : '';
  const merge = order
    ? ` Rows${unit} become one point: the ${aggregate} of their readable cells.${long}`
    : '';
  return envelope(
    'trend',
    `Follow ${quoted(main)} ${along}.${merge}\n${files}\nFind the first, last, highest and lowest point, the change from first to last (absolute and in percent) and the least-squares slope per step. Write output/trend.json with the figures and all points as {label, value}.`,
    {
      ...shared,
      aggregate,
      ...(order && { order: columnJson(order) }),
      ...(period && { period }),
    },
  );
}

const LONG_SERIES =
  ' If that makes more than 400 points over at least 12 calendar months, take months instead.';

function wantsGroups({ groups, topics }: Understanding): boolean {
  if (groups.length === 0) return false;
  return (
    topics.includes('compare') ||
    groups.some(({ asked, distinct, seen }) => asked || distinct < seen)
  );
}

function groupEnvelope(plan: Understanding, shared: JsonObject, files: string): JsonObject {
  const [main] = plan.measures;
  const names = plan.groups.map(quoted).join(', ');
  return envelope(
    'by_group',
    `Compare ${quoted(main)} between groups of rows. Group by the first of these columns that has 2 to 50 different values: ${names}.\n${files}\nGive count, sum, mean, min and max of each group, ordered by ${plan.aggregate}. Write output/by_group.json, or nothing if no column fits.`,
    {
      ...shared,
      aggregate: plan.aggregate,
      candidates: plan.groups.map((column) => ({ ...columnJson(column), asked: column.asked })),
    },
  );
}

/** The second turn: charts and report, made from the JSON files of the first. */
export function writeEnvelopes(
  table: DemoTable,
  plan: Understanding,
  shared: readonly string[],
): JsonObject[] {
  const charts = CHARTS.filter(({ from }) => shared.includes(from)).map(({ kind, from, to }) => ({
    kind,
    from: `shared/${from}`,
    to,
  }));
  const files = REPORTED.filter((file) => shared.includes(file));
  const list = charts
    .map(({ from, to }) => `shared/${from.slice('shared/'.length)} as output/${to}`)
    .join(', ');
  const drawn = envelope(
    'chart',
    `Draw these files as SVG charts with title, axes and readable labels: ${list}.`,
    { charts },
  );
  const written = envelope(
    'report',
    `Write a report from ${files.map((file) => `shared/${file}`).join(', ')}: output/report.md and output/report.html (self-contained, charts as inline SVG, everything escaped). Use only figures from these files. End it with the line: text from fixed rules, figures computed by code from your file.`,
    {
      name: table.file.slice(table.file.lastIndexOf('/') + 1),
      measure: columnJson(plan.measures[0]),
      understood: [...plan.topics],
      files,
    },
  );
  return charts.length > 0 ? [drawn, written] : [written];
}

const CHARTS = [
  { kind: 'line', from: 'trend.json', to: 'trend.svg' },
  { kind: 'ranking', from: 'ranking.json', to: 'ranking.svg' },
  { kind: 'groups', from: 'by_group.json', to: 'by_group.svg' },
];
const REPORTED = ['profile.json', 'trend.json', 'ranking.json', 'by_group.json', 'outliers.json'];

function envelope(id: string, text: string, job: JsonObject): JsonObject {
  return {
    worker_id: id,
    instructions: `${text}\nParameters: ${JSON.stringify({ job: id, ...job })}`,
    tools_allowed: ['code.execute'],
    output_contract: {
      required_fields: ['summary', 'figures'],
      description: '"summary" is a sentence; "figures" holds what the program printed.',
    },
    temperature: 0,
  };
}

function tableText({
  file,
  format,
  separator,
  encoding,
  decimal,
  header,
  rows,
}: DemoTable): string {
  const first = header ? 'the first line holds the names' : 'there is no line with names';
  const shape =
    format === 'json'
      ? 'a JSON array of records'
      : `CSV with separator ${JSON.stringify(separator)}, encoding ${encoding}, ${first}`;
  return `The table is ${JSON.stringify(file)}: ${shape}, decimal sign ${JSON.stringify(decimal)}, about ${rows} rows.`;
}

function tableJson({ file, format, separator, decimal, header }: DemoTable): JsonObject {
  return { file, format, separator, decimal, header };
}

function columnJson({ name, index }: Column): JsonObject {
  return { name, index };
}

function quoted({ name }: Column): string {
  return JSON.stringify(name);
}
