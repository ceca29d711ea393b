import { expect } from 'vitest';
import {
  fromHundredths,
  groupsOf,
  outliersOf,
  pointsAlong,
  readable,
  shown,
  statsOf,
  trendOf,
} from './oracle.ts';
import type { TestTable, TrueColumn } from './tables.ts';

/** The files of a run, by their names. */
export type Files = ReadonlyMap<string, string>;

/** Holds every figure of a run's files against what is true of the table. */
export function checkFiles(table: TestTable, files: Files): void {
  checkProfile(table, files);
  if (files.has('trend.json')) checkTrend(table, files);
  else checkRanking(table, files);
  if (files.has('by_group.json')) checkGroups(table, files);
  checkOutliers(table, files);
  checkReports(table, files);
  for (const [name, text] of files) if (name.endsWith('.svg')) checkSvg(name, text);
}

interface Figures {
  [key: string]: unknown;
}

/** A file of the run as JSON. */
export function json(files: Files, name: string): Figures {
  return JSON.parse(files.get(name) ?? 'null') as Figures;
}

/** Where figures are, for messages; `scale` is set where a small difference of large numbers is taken. */
type Where = string | { where: string; scale: number };

/** Numbers agree to nine digits. */
function same(found: unknown, wanted: unknown, place: Where): void {
  const { where, scale } = typeof place === 'string' ? { where: place, scale: 0 } : place;
  if (typeof wanted !== 'number' || typeof found !== 'number') {
    expect(found, where).toEqual(wanted);
    return;
  }
  const room = 1e-9 * Math.max(Math.abs(wanted), Math.abs(scale), 1e-9);
  expect(Math.abs(found - wanted) <= room, `${where}: ${found} is not ${wanted}`).toBe(true);
}

function sameFigures(found: Figures, wanted: object, place: Where): void {
  const { where, scale } = typeof place === 'string' ? { where: place, scale: 0 } : place;
  for (const [key, value] of Object.entries(wanted)) {
    const inner = { where: `${where}.${key}`, scale };
    if (typeof value === 'object' && value !== null)
      sameFigures(found[key] as Figures, value, inner);
    else same(found[key], value, inner);
  }
}

function checkProfile(table: TestTable, files: Files): void {
  const profile = json(files, 'profile.json');
  expect(profile.rows).toBe(table.rows);
  expect(profile.ragged_rows).toBe(table.ragged);
  const columns = profile.columns as Figures[];
  expect(columns.map(({ name }) => name)).toEqual(table.columns.map(({ name }) => name));
  table.columns.forEach((column, at) => {
    const found = columns[at] ?? {};
    if (column.kind === 'number') {
      sameFigures(
        found,
        { kind: 'number', ...statsOf(column) },
        `profile of ${JSON.stringify(column.name)}`,
      );
      return;
    }
    const filled = column.texts.filter((text) => text !== '');
    sameFigures(
      found,
      {
        kind: 'text',
        count: filled.length,
        missing: table.rows - filled.length,
        distinct: new Set(filled).size,
      },
      column.name,
    );
  });
}

/** The column that a worker measured, by its place in the report of the run. */
function measured(table: TestTable, name: unknown): TrueColumn {
  const found = table.columns.find((column) => column.kind === 'number' && column.name === name);
  if (!found) throw new Error(`no numeric column is called ${JSON.stringify(name)}`);
  return found;
}

const TIME_ORDER = (table: TestTable): TrueColumn | undefined =>
  table.columns.find(({ kind }) => kind === 'order');

/** Long series of days become months: more than 400 different days over a year or more. */
function monthly(order: TrueColumn | undefined): ((time: number) => string) | undefined {
  const days = new Set(order?.times.filter((time) => time !== undefined));
  const month = (time: number): string => new Date(time).toISOString().slice(0, 7);
  // Only days are kept as milliseconds; months are kept as numbers from 0.
  const inDays = [...days].some((time) => time > 1e9);
  return inDays && days.size > 400 && new Set([...days].map(month)).size >= 12 ? month : undefined;
}

function checkTrend(table: TestTable, files: Files): void {
  const trend = json(files, 'trend.json');
  const measure = measured(table, trend.measure);
  const order = TIME_ORDER(table);
  const points = pointsAlong(measure, order, monthly(order));
  const aggregate = trend.aggregate as 'sum' | 'mean' | 'none';
  expect(aggregate === 'none').toBe(order === undefined);
  const { points: count, ...wanted } = trendOf(points, aggregate);
  const found = trend.points as Figures[];
  expect(found.length).toBe(count);
  const scale = statsOf(measure).max;
  sameFigures(trend, wanted, { where: 'trend', scale });
  const value = ({ sum, count: n }: { sum: bigint; count: bigint }): number =>
    aggregate === 'mean' ? fromHundredths(sum) / Number(n) : fromHundredths(sum);
  for (const [at, point] of points.entries()) {
    sameFigures(
      found[at] ?? {},
      { label: point.label, value: value(point) },
      { where: `point ${at}`, scale },
    );
  }
  const stats = statsOf(measure);
  sameFigures(
    trend,
    {
      readable_cells: stats.count,
      missing_cells: stats.missing,
      unreadable_cells: stats.unreadable,
    },
    'trend',
  );
  expect(trend.undated_rows).toBe(
    order ? order.times.filter((time) => time === undefined).length : 0,
  );
}

function checkRanking(table: TestTable, files: Files): void {
  const ranking = json(files, 'ranking.json');
  const measure = measured(table, ranking.measure);
  const best = measure.cells
    .map((cell, at) => ({ cell, row: at + 1 }))
    .filter((item): item is { cell: bigint; row: number } => typeof item.cell === 'bigint')
    .sort((a, b) => (a.cell < b.cell ? 1 : a.cell > b.cell ? -1 : a.row - b.row));
  expect(ranking.ranked).toBe(best.length);
  const top = ranking.top as Figures[];
  expect(top.length).toBe(Math.min(15, best.length));
  for (const [at, found] of top.entries()) {
    sameFigures(
      found,
      { row: best[at]?.row, value: fromHundredths(best[at]?.cell ?? 0n) },
      `place ${at + 1}`,
    );
  }
  same((ranking.low as Figures).value, fromHundredths(best.at(-1)?.cell ?? 0n), 'lowest');
}

function checkGroups(table: TestTable, files: Files): void {
  const data = json(files, 'by_group.json');
  const group = table.columns.find(({ kind }) => kind === 'group');
  if (!group) throw new Error('no group');
  const wanted = groupsOf(measured(table, data.measure), group);
  const found = data.groups as Figures[];
  expect(found.map((item) => item.group).sort()).toEqual(wanted.map((item) => item.group).sort());
  for (const item of wanted)
    sameFigures(found.find(({ group: name }) => name === item.group) ?? {}, item, {
      where: `group ${item.group}`,
      scale: item.max,
    });
  const rank = data.ranked_by as string;
  const order = found.map((item) => item[rank] as number);
  expect(order).toEqual(order.toSorted((a, b) => b - a));
}

function checkOutliers(table: TestTable, files: Files): void {
  const data = json(files, 'outliers.json');
  const head = 'row,label,column,value,side,lower_fence,upper_fence';
  // Without outliers there is no list of them.
  const [first, ...lines] = (files.get('outliers.csv') ?? head).trimEnd().split('\n');
  expect(first).toBe(head);
  expect(files.has('outliers.csv')).toBe(lines.length > 0);
  const columns = data.columns as Figures[];
  expect(columns.length).toBe(table.columns.filter(({ kind }) => kind === 'number').length);
  const listed = lines.map((line) => ({
    row: Number(line.split(',')[0]),
    value: Number(/,(-?[\d.e+-]+),(?:low|high),/.exec(line)?.[1]),
  }));
  const wanted = columns.flatMap(({ name, ...found }) => {
    const column = measured(table, name);
    const { lower, upper, rows } = outliersOf(column);
    sameFigures(
      found,
      { lower_fence: lower, upper_fence: upper, outliers: rows.length },
      { where: `fences of ${name}`, scale: upper },
    );
    return rows.map((row) => ({ row, value: fromHundredths(column.cells[row - 1] as bigint) }));
  });
  expect(listed).toEqual(wanted);
  expect(data.outliers_in_all).toBe(wanted.length);
}

/** Every figure of the tables in report.md is that of the truth, written for people. */
function checkReports(table: TestTable, files: Files): void {
  const report = files.get('report.md') ?? '';
  const html = files.get('report.html') ?? '';
  const plain = report.replace(/\\([\\`*_{}[\]<>#|~])/g, '$1');
  for (const column of table.columns.filter(({ kind }) => kind === 'number')) {
    const stats = Object.values(statsOf(column)).map(shown);
    expect(plain).toContain(` | ${[stats[0], ...stats.slice(1)].join(' | ')} |`);
    expect(html).toContain(stats.map((value) => `<td>${value}</td>`).join(''));
  }
  const trend = files.has('trend.json') ? json(files, 'trend.json') : undefined;
  if (trend) {
    const wanted = trendOf(
      pointsAlong(measured(table, trend.measure), TIME_ORDER(table), monthly(TIME_ORDER(table))),
      trend.aggregate as 'sum',
    );
    const {
      first,
      last,
      peak,
      low,
      change,
      change_percent: percent,
      slope_per_step: slope,
    } = wanted;
    for (const [name, point] of Object.entries({ first, last, peak, low })) {
      expect(plain).toContain(`| ${name} | ${point.label} | ${shown(point.value)} |`);
    }
    expect(plain).toContain(`| change | first to last | ${shown(change)} |`);
    expect(plain).toContain(
      `| change in percent | of the first | ${percent === null ? 'not defined' : `${shown(percent)} %`} |`,
    );
    expect(plain).toContain(`| slope | per step | ${shown(slope)} |`);
  }
  const unreadable = table.columns
    .flatMap(({ cells }) => cells)
    .filter((cell) => cell === 'unreadable').length;
  expect(plain).toMatch(new RegExp(`${shown(unreadable)} numeric cells? could not be read`));
  const label = 'text from fixed rules, figures computed by code from your file';
  expect(report).toContain(label);
  expect(html).toContain(label);
  expect(html).toContain('<svg ');
  expect(html).not.toMatch(/<script|<link|<img|src=|href=|http(?!:\/\/www\.w3\.org\/2000\/svg)/);
  const open = (tag: string): number => html.split(new RegExp(`<${tag}[ >]`)).length;
  for (const tag of ['svg', 'table', 'tr', 'td', 'section', 'text']) {
    expect(open(tag), tag).toBe(html.split(`</${tag}>`).length);
  }
}

/** Well-formed, sized, and no coordinate that is not a number. */
function checkSvg(name: string, svg: string): void {
  expect(svg, name).toMatch(
    /^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" width="\d+" height="\d+" viewBox="0 0 \d+ \d+" font-family="sans-serif"/,
  );
  expect(svg, name).not.toMatch(/NaN|Infinity|undefined|null/);
  const text = svg.replace(/<[^<>]*>/g, '').replace(/&(?:amp|lt|gt|quot|#39);/g, '');
  expect(text, name).not.toMatch(/[<>&]/);
  expect(svg.trimEnd().endsWith('</svg>')).toBe(true);
  checkAxisNames(name, svg);
}

/** Names below the axis do not touch. */
function checkAxisNames(name: string, svg: string): void {
  const names = [...svg.matchAll(/<text x="([\d.]+)" y="392\.0"[^>]*>([^<]*)</g)].map(
    ([, x, text]) => ({ x: Number(x), width: (text ?? '').length * 6 }),
  );
  names.slice(1).forEach((item, at) => {
    const before = names[at];
    if (before)
      expect(item.x - item.width / 2, `${name}: names touch`).toBeGreaterThan(
        before.x + before.width / 2,
      );
  });
}

/** How many rows a column has that hold a number. */
export function readableCount(column: TrueColumn): number {
  return readable(column.cells).length;
}
