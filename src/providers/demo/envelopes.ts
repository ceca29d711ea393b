import { isObject, type Json, type JsonObject } from '../../base/json.ts';
import type { Column, DemoTable } from './table.ts';
import { columnJson, quoted, tableJson, tableText } from './table-words.ts';
import type { Understanding } from './understand.ts';

/**
 * A piece of work of the demo. A worker with any other model can follow its text too: it names file,
 * separator, encoding, decimal sign and columns. The demo's own workers read the parameters.
 */
export interface Job {
  /** The same in the names of all workers that try it. */
  id: string;
  /** One line for a plan. */
  about: string;
  text: string;
  parameters: JsonObject;
  /** Ids of the jobs that must be done first. */
  needs: readonly string[];
  /** Files that it always writes, below `output/`. */
  writes: readonly string[];
  /** Whether it is for a manager of its own. */
  nest?: true;
  /** Tools that it needs; left out: it runs programs and nothing else. */
  tools?: readonly string[];
  /** What it may make. */
  codemode?: JsonObject;
  /** Names and texts of skills that it is given. */
  skills?: readonly Json[];
}

/** How a job is sent out. */
export interface Sending {
  /** Part of the manager's plan that it is. */
  part: string | undefined;
  /** Why it was not done before; undefined for the first attempt. */
  again?: { attempt: number; problem: string };
  /** Whether it must not be taken for the part of the plan that has its name. */
  apart?: boolean;
  /** Whether the worker reports an error of its program instead of mending it. */
  reportsErrors?: boolean;
}

/** The job as a delegation. */
export function envelopeOf(job: Job, sending: Sending): JsonObject {
  const { part, again, apart, reportsErrors } = sending;
  const { id, text, parameters, nest, tools = ['code.execute'], codemode, skills = [] } = job;
  const lines = [
    text,
    again &&
      `An earlier attempt was not good enough (${oneLine(again.problem)}). Read what people write as numbers, count the cells that are none, and leave them out.`,
    reportsErrors &&
      'If the program ends with an error, report it in a field "error" and do not try another one: its cause is looked for first.',
    `Parameters: ${JSON.stringify({
      job: id.replace(/_\d+$/, ''),
      ...parameters,
      ...(again && { reading: 'tolerant', attempt: again.attempt }),
      ...(reportsErrors && { attempts: 1 }),
    })}`,
  ];
  return {
    worker_id: again || apart ? `${id}_again` : id,
    instructions: lines.filter(Boolean).join('\n'),
    tools_allowed: [...tools],
    output_contract: {
      required_fields: ['summary', 'figures'],
      description: '"summary" is a sentence; "figures" holds what the program printed.',
    },
    temperature: 0,
    ...(codemode && { codemode }),
    ...(skills.length > 0 && { skills: [...skills] }),
    ...(part !== undefined && { subtask_id: part }),
    ...(nest && !again && { as_submanager: true, submanager_budget_fraction: NEST_SHARE }),
  };
}

/** The job that a worker's name stands for, whichever attempt it was. */
export function jobOf(worker: string): string {
  return worker.replace(/-\d+$/, '').replace(/_again$/, '');
}

/** Share of what is left that a sub-manager gets: its workers are about a third of all. */
const NEST_SHARE = 0.4;

function oneLine(problem: string): string {
  return problem.replace(/\s+/g, ' ').slice(0, 200).toWellFormed();
}

/** The first jobs: three or four that look at the table at the same time. */
export function lookJobs(table: DemoTable, plan: Understanding, nest: boolean): Job[] {
  const [main] = plan.measures;
  const files = tableText(table);
  const shared: JsonObject = { table: tableJson(table), measure: columnJson(main) };
  const { label } = plan;
  const jobs = [
    profileJob(table, main, nest),
    plan.order || plan.topics.includes('trend') || !label
      ? trendJob(plan, shared, files)
      : looking({
          id: 'ranking',
          about: `Rank the rows by ${quoted(main)}`,
          text: `Rank the rows of the table by ${quoted(main)}, largest first; ${quoted(label)} names a row.\n${files}\nWrite output/ranking.json with the 15 largest, the highest and the lowest.`,
          parameters: { ...shared, label: columnJson(label) },
        }),
    looking({
      id: 'outliers',
      about: 'Find values far from the others',
      text: `Find the outliers of ${plan.measures.map(quoted).join(', ')} with Tukey's fences (1.5 times the distance of the quartiles).\n${files}\nWrite output/outliers.json with the fences and the numbers of outliers and, if there are any, output/outliers.csv (row, label, column, value, side, lower_fence, upper_fence).`,
      parameters: {
        ...shared,
        measures: plan.measures.map(columnJson),
        ...(label && { label: columnJson(label) }),
      },
    }),
  ];
  if (wantsGroups(plan)) jobs.push(groupJob(plan, shared, files));
  return jobs;
}

const COLUMN_FIGURES =
  'For each numeric column give count, missing (empty) and unreadable cells, min, quartiles (linear interpolation), mean, max and sum; for the others count, missing, number of different values and the most common one.';

function profileJob(table: DemoTable, main: Column, nest: boolean): Job {
  const how = nest
    ? `\nThe table is large: have groups of its columns described by workers of your own, each in a file output/columns_N.json, and report which files there are; they are merged afterwards. If you have no workers, write output/profile.json yourself.`
    : '';
  return {
    ...looking({
      id: 'profile',
      about: 'Describe every column of the table',
      text: `Describe every column of the table.\n${tableText(table)}\n${COLUMN_FIGURES} Write output/profile.json.${how}`,
      parameters: { table: tableJson(table), measure: columnJson(main), columns: table.width },
    }),
    ...(nest && ({ nest: true } as const)),
  };
}

/** The jobs of the workers of a sub-manager that was given a whole table to describe. */
export function columnJobs(piece: JsonObject, parts: number): Job[] {
  const { job: _, ...shared } = piece;
  const { table, columns } = shared;
  const { file = '', rows } = isObject(table) ? table : {};
  const total = Number(columns);
  return Array.from({ length: parts }, (_, index) => {
    const from = Math.floor((index * total) / parts);
    const isLast = index === parts - 1;
    const to = Math.floor(((index + 1) * total) / parts);
    const id = `columns_${index + 1}`;
    const range = isLast ? `from ${from + 1} to the last one` : `from ${from + 1} to ${to}`;
    return looking({
      id,
      about: `Describe the columns ${range}`,
      text: `Describe the columns ${range} of the table ${JSON.stringify(file)}, about ${rows} rows. ${COLUMN_FIGURES} Write output/${id}.json.`,
      parameters: { ...shared, from, ...(!isLast && { to }), output: `${id}.json` },
      writes: [`${id}.json`],
    });
  });
}

/** The job that puts together what the workers of a sub-manager found. */
export function mergeJob(table: DemoTable, plan: Understanding, parts: readonly string[]): Job {
  const paths = parts.map((path) => `shared/${path}`);
  return {
    id: 'merge',
    about: 'Merge the descriptions of all columns',
    text: `Merge ${paths.join(', ') || 'the files of the parts'}, which describe groups of columns of one table, into output/profile.json. All parts must have the same number of rows, and no column may be missing.`,
    parameters: {
      table: tableJson(table),
      measure: columnJson(plan.measures[0]),
      columns: table.width,
      parts: paths,
    },
    needs: ['profile'],
    writes: ['profile.json'],
  };
}

/** A job that needs no other one first and, unless it says so, writes a JSON file of its name. */
function looking(
  job: Pick<Job, 'id' | 'about' | 'text' | 'parameters'> & Partial<Pick<Job, 'writes'>>,
): Job {
  return { needs: [], writes: [`${job.id}.json`], ...job };
}

function trendJob(plan: Understanding, shared: JsonObject, files: string): Job {
  const [main] = plan.measures;
  const { order, period, aggregate } = plan;
  const along = order ? `along ${quoted(order)}, sorted by time` : 'along the rows of the file';
  const unit =
    period && period !== 'auto' ? ` per calendar ${period}` : ' at the same point in time';
  const long = period === 'auto' ? LONG_SERIES : '';
  const merge = order
    ? ` Rows${unit} become one point: the ${aggregate} of their readable cells.${long}`
    : '';
  return looking({
    id: 'trend',
    about: `Follow ${quoted(main)} ${along}`,
    text: `Follow ${quoted(main)} ${along}.${merge}\n${files}\nFind the first, last, highest and lowest point, the change from first to last (absolute and in percent) and the least-squares slope per step. Write output/trend.json with the figures and all points as {label, value}.`,
    parameters: {
      ...shared,
      aggregate,
      ...(order && { order: columnJson(order) }),
      ...(period && { period }),
    },
  });
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

function groupJob(plan: Understanding, shared: JsonObject, files: string): Job {
  const [main] = plan.measures;
  const names = plan.groups.map(quoted).join(', ');
  return looking({
    id: 'by_group',
    about: `Compare ${quoted(main)} between groups of rows`,
    text: `Compare ${quoted(main)} between groups of rows. Group by the first of these columns that has 2 to 50 different values: ${names}.\n${files}\nGive count, sum, mean, min and max of each group, ordered by ${plan.aggregate}. Write output/by_group.json, or nothing if no column fits.`,
    parameters: {
      ...shared,
      aggregate: plan.aggregate,
      candidates: plan.groups.map((column) => ({ ...columnJson(column), asked: column.asked })),
    },
    writes: [],
  });
}

/** The last jobs: charts and report, made from the JSON files of the others. */
export function writeJobs(
  table: DemoTable,
  plan: Understanding,
  { shared, needs }: { shared: readonly string[]; needs: readonly string[] },
): Job[] {
  const charts = CHARTS.filter(({ from }) => shared.includes(from)).map(({ kind, from, to }) => ({
    kind,
    from: `shared/${from}`,
    to,
  }));
  const files = REPORTED.filter((file) => shared.includes(file));
  const list = charts.map(({ from, to }) => `${from} as output/${to}`).join(', ');
  const drawn: Job = {
    id: 'chart',
    about: 'Draw the charts',
    text: `Draw these files as SVG charts with title, axes and readable labels: ${list}.`,
    parameters: { charts },
    needs: needs.filter((id) => CHARTS.some(({ from }) => from === `${id}.json`)),
    writes: charts.map(({ to }) => to),
  };
  const written: Job = {
    id: 'report',
    about: 'Write the report from all figures',
    text: `Write a report from ${files.map((file) => `shared/${file}`).join(', ')}: output/report.md and output/report.html (self-contained, charts as inline SVG, everything escaped). Use only figures from these files. End it with the line: text from fixed rules, figures computed by code from your file.`,
    parameters: {
      name: table.file.slice(table.file.lastIndexOf('/') + 1),
      measure: columnJson(plan.measures[0]),
      understood: [...plan.topics],
      files,
    },
    needs,
    writes: ['report.md', 'report.html'],
  };
  return [drawn, written];
}

const CHARTS = [
  { kind: 'line', from: 'trend.json', to: 'trend.svg' },
  { kind: 'ranking', from: 'ranking.json', to: 'ranking.svg' },
  { kind: 'groups', from: 'by_group.json', to: 'by_group.svg' },
];
const REPORTED = [
  ...['profile.json', 'trend.json', 'ranking.json', 'by_group.json', 'outliers.json'],
  'scores.json',
];
