// What is in a table, one record per column.
import { isMissing, rowsOf } from './rows.mjs';

/**
 * One record per column: `type` (number, date, boolean, text, mixed or empty), `count`, `missing`
 * and `distinct`; for numbers also mean, sd (of a sample), min, quartiles and max; for dates min
 * and max; for others the most frequent value `top` and how often it is there.
 */
export function describe(rows) {
  const records = rowsOf(rows);
  const columns = [...new Set(records.flatMap(Object.keys))];
  return columns.map((column) => describeColumn(column, records));
}

function describeColumn(column, records) {
  const values = records.map((row) => row[column]).filter((value) => !isMissing(value));
  const keys = values.map((value) => (value instanceof Date ? value.getTime() : value));
  const counts = new Map();
  for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1);
  const type = typeOf(values);
  return {
    ...{ column, type, count: values.length },
    ...{ missing: records.length - values.length, distinct: counts.size },
    ...details(type, keys, counts),
  };
}

function typeOf(values) {
  const types = new Set(values.map(kindOf));
  if (types.size === 0) return 'empty';
  return types.size === 1 ? [...types][0] : 'mixed';
}

function kindOf(value) {
  if (value instanceof Date) return 'date';
  return typeof value === 'string' ? 'text' : typeof value;
}

function details(type, keys, counts) {
  if (type === 'empty') return {};
  if (type === 'number') return numberDetails(keys);
  if (type === 'date') {
    const sorted = keys.sort((a, b) => a - b);
    return { min: new Date(sorted[0]), max: new Date(sorted.at(-1)) };
  }
  const [top, times] = [...counts].reduce((most, entry) => (entry[1] > most[1] ? entry : most));
  return { top, times };
}

function numberDetails(values) {
  const sorted = values.sort((a, b) => a - b);
  const mean = sorted.reduce((sum, value) => sum + value, 0) / sorted.length;
  const squares = sorted.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  const sd = sorted.length > 1 ? Math.sqrt(squares / (sorted.length - 1)) : null;
  const [min, q1, median, q3, max] = [0, 0.25, 0.5, 0.75, 1].map((p) => quantile(sorted, p));
  return { mean, sd, min, q1, median, q3, max };
}

function quantile(sorted, p) {
  const place = (sorted.length - 1) * p;
  const below = sorted[Math.floor(place)];
  return below + (sorted[Math.ceil(place)] - below) * (place - Math.floor(place));
}
