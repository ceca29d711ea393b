import type { JsonObject } from '../../src/base/json.ts';
import type { PlayInput } from '../providers/demo/play.ts';

/** A table as a run has it: the file, and what its prompt says about it. */
function table(names: readonly string[], rows: readonly (readonly string[])[]): PlayInput {
  const [first = []] = rows;
  const about: JsonObject = {
    format: 'csv',
    separator: ';',
    decimal: '.',
    rows: rows.length,
    columns: names.map((name, at) => ({
      name,
      type: Number.isFinite(Number(first[at])) ? 'number' : 'text',
    })),
    head: rows.slice(0, 5).map((row) => [...row]),
  };
  const lines = [names, ...rows].map((cells) => cells.join(';'));
  return { name: 'sales', file: 'sales.csv', bytes: `${lines.join('\n')}\n`, about };
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun'];

/** Months and revenue; each cell as it is given. */
export function sales(...cells: readonly string[]): PlayInput {
  return table(
    ['month', 'revenue'],
    cells.map((cell, at) => [MONTHS[at] ?? `month ${at}`, cell]),
  );
}

/** More columns than the demo describes with one worker. */
export function wide(columns: number): PlayInput {
  const names = Array.from({ length: columns - 1 }, (_, at) => `meter ${at + 1}`);
  return table(
    ['month', ...names],
    MONTHS.map((month, row) => [month, ...names.map((_, at) => String((row + 1) * (at + 1)))]),
  );
}

/** So many rows of a day and a whole number from 0 to 96. */
export function tall(rows: number): PlayInput {
  const day = (at: number): string =>
    new Date(Date.UTC(2020, 0, 1 + (at % 300))).toISOString().slice(0, 10);
  return table(
    ['day', 'sold'],
    Array.from({ length: rows }, (_, at) => [day(at), String((at * 31) % 97)]),
  );
}

/** Names of columns, and no row. */
export const EMPTY: PlayInput = {
  name: 'sales',
  file: 'sales.csv',
  bytes: 'month;revenue\n',
  about: {
    format: 'csv',
    separator: ';',
    rows: 0,
    columns: [
      { name: 'month', type: 'text' },
      { name: 'revenue', type: 'text' },
    ],
    head: [],
  },
};
