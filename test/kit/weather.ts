import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

/** The folder with what analyses read; a box shows it as `inputs/`. */
export const JOB_INPUTS = resolve(import.meta.dirname, '../../examples/data');

type Row = Record<'date' | 'weather', string> &
  Record<'precipitation' | 'temp_max' | 'temp_min' | 'wind', number>;
/** Columns that hold numbers. */
export type NumberColumn = 'precipitation' | 'temp_max' | 'temp_min' | 'wind';

/** The table of `seattle-weather.csv`, read without any of the programs that are tried. */
export const ROWS = readRows();

/** The numbers of a column, in order; of days with this weather only, if one is named. */
export const valuesOf = (name: NumberColumn, weather?: string): number[] =>
  ROWS.filter((row) => weather === undefined || row.weather === weather).map((row) => row[name]);

function readRows(): Row[] {
  const [head = '', ...lines] = readFileSync(`${JOB_INPUTS}/seattle-weather.csv`, 'utf8')
    .trim()
    .split(/\r?\n/);
  const names = head.split(',');
  return lines.map((line) => {
    const words = line.split(',');
    const entries = names.map((name, index) => {
      const word = words[index] ?? '';
      return [name, name === 'date' || name === 'weather' ? word : Number(word)];
    });
    return Object.fromEntries(entries) as Row;
  });
}

/** Whether two figures agree to about seven digits. */
export const close = (got: number, right: number): boolean =>
  Math.abs(got - right) <= 1e-7 * Math.max(Math.abs(right), 1e-3);

/** The arithmetic mean. */
export const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/** The variance of a sample. */
export function variance(values: readonly number[]): number {
  const middle = mean(values);
  return values.reduce((sum, value) => sum + (value - middle) ** 2, 0) / (values.length - 1);
}

/** Pearson's correlation of the highest temperature with a column. */
export function correlation(name: NumberColumn): number {
  const [left, right] = [valuesOf('temp_max'), valuesOf(name)];
  const [a, b] = [mean(left), mean(right)];
  const products = left.map((value, index) => (value - a) * ((right[index] ?? 0) - b));
  const covariance = (mean(products) * left.length) / (left.length - 1);
  return covariance / Math.sqrt(variance(left) * variance(right));
}

/** Student's test of two samples with one variance. */
export function pooledTest(
  left: readonly number[],
  right: readonly number[],
): { t: number; df: number } {
  const [n, m] = [left.length, right.length];
  const pooled = ((n - 1) * variance(left) + (m - 1) * variance(right)) / (n + m - 2);
  return { t: (mean(left) - mean(right)) / Math.sqrt(pooled / n + pooled / m), df: n + m - 2 };
}

/** Both tails of Student's t beyond `t`, by Simpson's rule over the angle whose tangent is t. */
export function tail(t: number, df: number): number {
  // With t = sqrt(df) tan(angle) the density is the cosine to the power of df - 1.
  const area = (from: number): number => {
    const steps = 20_000;
    const step = (Math.PI / 2 - from) / steps;
    let sum = 0;
    for (let index = 0; index <= steps; index++) {
      const factor = index === 0 || index === steps ? 1 : 2 + 2 * (index % 2);
      sum += factor * Math.abs(Math.cos(from + index * step)) ** (df - 1);
    }
    return (sum * step) / 3;
  };
  return area(Math.atan(Math.abs(t) / Math.sqrt(df))) / area(0);
}

/** A regression: the constant first, then the columns in order. */
interface Fit {
  coefficients: number[];
  errors: number[];
  r2: number;
  df: number;
}

/** A regression by the normal equations, which is another way than that of the programs. */
export function leastSquares(x: readonly NumberColumn[], y: NumberColumn): Fit {
  const target = valuesOf(y);
  const columns = [target.map(() => 1), ...x.map((name) => valuesOf(name))];
  const dot = (a: readonly number[], b: readonly number[]): number =>
    a.reduce((sum, value, index) => sum + value * (b[index] ?? 0), 0);
  const inverse = inverted(columns.map((a) => columns.map((b) => dot(a, b))));
  const right = columns.map((column) => dot(column, target));
  const coefficients = inverse.map((line) => dot(line, right));
  const df = target.length - columns.length;
  const residual = target.reduce((sum, value, row) => {
    const fitted = columns.reduce(
      (all, column, k) => all + (column[row] ?? 0) * (coefficients[k] ?? 0),
      0,
    );
    return sum + (value - fitted) ** 2;
  }, 0);
  const errors = inverse.map((line, index) => Math.sqrt(((line[index] ?? 0) * residual) / df));
  const r2 = 1 - residual / (variance(target) * (target.length - 1));
  return { coefficients, errors, r2, df };
}

/** By Gauss and Jordan; the matrices here are positive definite, so that no row has to be moved. */
function inverted(matrix: readonly (readonly number[])[]): number[][] {
  const size = matrix.length;
  const work = matrix.map((line, row) => [
    ...line,
    ...matrix.map((_, column) => Number(row === column)),
  ]);
  for (let pivot = 0; pivot < size; pivot++) {
    const scale = work[pivot]?.[pivot] ?? Number.NaN;
    const unit = (work[pivot] ?? []).map((value) => value / scale);
    work.forEach((line, row) => {
      const factor = line[pivot] ?? 0;
      work[row] = row === pivot ? unit : line.map((value, k) => value - factor * (unit[k] ?? 0));
    });
  }
  return work.map((line) => line.slice(size));
}

/** What is wrong with a table of days and mean highest temperature by weather. */
export function groupProblems(csv: string): string[] {
  const [head, ...lines] = csv.trim().split('\n');
  const weathers = [...new Set(ROWS.map(({ weather }) => weather))].sort();
  if (head !== 'weather,days,highest' || lines.length !== weathers.length) return [csv];
  return lines.filter((line, index) => {
    const [weather = '', days, highest] = line.split(',');
    const values = valuesOf('temp_max', weather);
    const named = weather === weathers[index] && Number(days) === values.length;
    return !named || !close(Number(highest), mean(values));
  });
}
