/**
 * What a report must hold, worked out from what is true of a table: exact, in whole numbers of
 * hundredths and fractions of them, by other ways than the programs of the demo.
 */
import type { TrueCell, TrueColumn } from './tables.ts';

/** A fraction. */
interface Exact {
  over: bigint;
  under: bigint;
}

const toNumber = ({ over, under }: Exact): number => {
  const whole = over / under;
  return Number(whole) + Number(over % under) / Number(under);
};

/** A number of hundredths, as a number. */
export const fromHundredths = (value: bigint): number => toNumber({ over: value, under: 100n });

export function readable(cells: readonly TrueCell[]): bigint[] {
  return cells.filter((cell) => typeof cell === 'bigint');
}

/** The k-th smallest value, from 0, found by counting. */
function ranked(values: readonly bigint[], k: number): bigint {
  const found = values.find((value) => {
    const below = values.filter((other) => other < value).length;
    const same = values.filter((other) => other === value).length;
    return below <= k && k < below + same;
  });
  if (found === undefined) throw new Error('no such rank');
  return found;
}

/** Quartile number 1, 2 or 3, in quarters of hundredths. */
function quartile(sorted: readonly bigint[], number: bigint): bigint {
  const place = number * (BigInt(sorted.length) - 1n);
  const low = sorted[Number(place / 4n)] ?? 0n;
  const high = sorted[Number(place / 4n) + 1] ?? low;
  return low * (4n - (place % 4n)) + high * (place % 4n);
}

/** The figures of a numeric column. */
export function statsOf({ cells }: TrueColumn) {
  const values = readable(cells);
  const sorted = values.toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  const sum = values.reduce((all, value) => all + value, 0n);
  const n = BigInt(values.length);
  const quarter = (number: bigint): number =>
    toNumber({ over: quartile(sorted, number), under: 400n });
  const middle =
    values.length <= 400 ? ranked(values, Math.floor((values.length - 1) / 2)) : undefined;
  if (middle !== undefined && middle > (sorted[Math.floor(values.length / 2)] ?? 0n))
    throw new Error('oracle is wrong');
  return {
    count: values.length,
    missing: cells.filter((cell) => cell === 'missing').length,
    unreadable: cells.filter((cell) => cell === 'unreadable').length,
    min: fromHundredths(values.reduce((a, b) => (b < a ? b : a))),
    q1: quarter(1n),
    median: quarter(2n),
    mean: toNumber({ over: sum, under: 100n * n }),
    q3: quarter(3n),
    max: fromHundredths(values.reduce((a, b) => (b > a ? b : a))),
    sum: fromHundredths(sum),
  };
}

/** Rows, from 1, outside of Tukey's fences, and the fences. */
export function outliersOf({ cells }: TrueColumn) {
  const sorted = readable(cells).toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  const [first, third] = [quartile(sorted, 1n), quartile(sorted, 3n)];
  // In eighths of hundredths: quartiles are quarters, and one and a half times adds a half.
  const reach = 3n * (third - first);
  const [low, high] = [2n * first - reach, 2n * third + reach];
  const outside = (cell: TrueCell): boolean =>
    typeof cell === 'bigint' && (8n * cell < low || 8n * cell > high);
  return {
    lower: toNumber({ over: low, under: 800n }),
    upper: toNumber({ over: high, under: 800n }),
    rows: cells.flatMap((cell, at) => (outside(cell) ? [at + 1] : [])),
  };
}

export interface TruePoint {
  label: string;
  /** In hundredths. */
  sum: bigint;
  count: bigint;
}

/** Points along an order, or one for each row without one; `periodOf` puts times together. */
export function pointsAlong(
  measure: TrueColumn,
  order: TrueColumn | undefined,
  periodOf?: (time: number) => string,
): TruePoint[] {
  if (!order) {
    return measure.cells.flatMap((cell, at) =>
      typeof cell === 'bigint' ? [{ label: `row ${at + 1}`, sum: cell, count: 1n }] : [],
    );
  }
  const rows = measure.cells.flatMap((cell, at) => {
    const time = order.times[at];
    return typeof cell === 'bigint' && time !== undefined
      ? [{ cell, time, text: order.texts[at] ?? '', at }]
      : [];
  });
  rows.sort((a, b) => a.time - b.time || a.at - b.at);
  const points: (TruePoint & { key: string })[] = [];
  for (const { cell, time, text } of rows) {
    const key = periodOf ? periodOf(time) : String(time);
    const last = points.at(-1);
    if (last?.key === key) {
      last.sum += cell;
      last.count += 1n;
    } else points.push({ key, label: periodOf ? key : text, sum: cell, count: 1n });
  }
  return points;
}

/** The figures of a trend; points are summed or averaged. */
export function trendOf(points: readonly TruePoint[], aggregate: 'sum' | 'mean' | 'none') {
  const values = points.map(
    ({ sum, count }): Exact => ({ over: sum, under: 100n * (aggregate === 'mean' ? count : 1n) }),
  );
  const numbers = values.map(toNumber);
  const [first = 0, last = 0] = [numbers[0], numbers.at(-1)];
  return {
    points: points.length,
    first: { label: points[0]?.label, value: first },
    last: { label: points.at(-1)?.label, value: last },
    change: last - first,
    change_percent: first === 0 ? null : (100 * (last - first)) / Math.abs(first),
    slope_per_step: slopeOf(numbers),
    peak: best(points, values, (a, b) => a > b),
    low: best(points, values, (a, b) => a < b),
  };
}

function best(
  points: readonly TruePoint[],
  values: readonly Exact[],
  better: (a: bigint, b: bigint) => boolean,
) {
  let held = 0;
  values.forEach((value, at) => {
    const other = values[held] ?? value;
    if (better(value.over * other.under, other.over * value.under)) held = at;
  });
  return { label: points[held]?.label, value: toNumber(values[held] ?? { over: 0n, under: 1n }) };
}

/** The mean rise over all pairs, weighted by the square of their distance, is the least-squares slope; by normal equations for many points. */
function slopeOf(values: readonly number[]): number {
  const n = values.length;
  if (n < 2) return 0;
  if (n <= 400) {
    let rise = 0;
    let weight = 0;
    for (let i = 0; i < n; i++) {
      for (let j = i + 1; j < n; j++) {
        rise += (j - i) * ((values[j] ?? 0) - (values[i] ?? 0));
        weight += (j - i) ** 2;
      }
    }
    return rise / weight;
  }
  let [sx, sy, sxy, sxx] = [0, 0, 0, 0];
  values.forEach((y, x) => {
    sx += x;
    sy += y;
    sxy += x * y;
    sxx += x * x;
  });
  return (n * sxy - sx * sy) / (n * sxx - sx * sx);
}

/** Sum, mean, count, least and most of the readable cells of each group. */
export function groupsOf(measure: TrueColumn, group: TrueColumn) {
  const names = [...new Set(group.texts.map((text) => text || '(empty)'))];
  return names.flatMap((name) => {
    const values = measure.cells
      .filter((_, at) => (group.texts[at] || '(empty)') === name)
      .filter((cell) => typeof cell === 'bigint');
    if (values.length === 0) return [];
    const sum = values.reduce((all, value) => all + value, 0n);
    return [
      {
        group: name,
        count: values.length,
        sum: fromHundredths(sum),
        mean: toNumber({ over: sum, under: 100n * BigInt(values.length) }),
        min: fromHundredths(values.reduce((a, b) => (b < a ? b : a))),
        max: fromHundredths(values.reduce((a, b) => (b > a ? b : a))),
      },
    ];
  });
}

/** A number as reports show it. */
export function shown(value: number | null | undefined): string {
  if (value === null || value === undefined) return 'not known';
  const size = Math.abs(value);
  const format =
    size >= 1 || size === 0 ? { maximumFractionDigits: 2 } : { maximumSignificantDigits: 4 };
  if (size > 0 && size < 1e-4) return String(Number(value.toPrecision(4)));
  return new Intl.NumberFormat('en-US', format)
    .format(Number(value.toPrecision(15)))
    .replace(/^-0$/, '0');
}

/**
 * How clean a column is: cells that are no numbers, values farther from the median than 3.5 times the
 * spread, and the rest as a share of all, in tenths of a percent; of every `step` rows one is looked at.
 */
export function cleanness({ cells }: TrueColumn, step: number) {
  const taken = cells.filter((_, at) => at % step === 0);
  const values = readable(taken);
  const gaps = taken.length - values.length;
  if (values.length === 0) return { score: null, gaps, outliers: 0 };
  // In halves of hundredths, as the median may lie between two values.
  const center = doubledMedian(values);
  const distances = values.map((value) => {
    const distance = 2n * value - center;
    return distance < 0n ? -distance : distance;
  });
  const middle = doubledMedian(distances);
  const sum = distances.reduce((all, one) => all + one, 0n);
  const n = BigInt(values.length);
  // distance > 3.5 * 1.4826 * middle / 2, or 3.5 * 1.253314137 * sum / n where the middle is 0.
  const isFar = (distance: bigint): boolean =>
    middle > 0n
      ? distance * 2n * 100_000n > 518_910n * middle
      : distance * n * 10_000_000_000n > 43_865_994_795n * sum;
  const outliers = distances.filter(isFar).length;
  const all = BigInt(taken.length);
  const good = BigInt(values.length - outliers);
  return { score: Number((2000n * good + all) / (2n * all)) / 10, gaps, outliers };
}

function doubledMedian(values: readonly bigint[]): bigint {
  const sorted = values.toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  const half = sorted.length / 2;
  return (sorted[Math.ceil(half) - 1] ?? 0n) + (sorted[Math.floor(half)] ?? 0n);
}
