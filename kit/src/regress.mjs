// Linear regression by least squares, with what is needed to judge it.
import jStat from 'jstat';
import { isMissing, rowsOf } from './rows.mjs';

/** Below this part of its own length, what is left of a column is rounding. */
const DEPENDENT = 1e-10;

/**
 * Fits `y` to the columns `x` and a constant. Gives `n`, `leftOut` (rows with something missing),
 * `df`, `r2`, `adjustedR2`, `residualSd`, `f`, `fP`, and `terms`: one record for the constant
 * (`(intercept)`) and each column with coefficient, standard error, t and two-sided p.
 */
export function regress(rows, { y, x }) {
  const names = [x].flat();
  const all = rowsOf(rows);
  const complete = all.filter((row) => [y, ...names].every((name) => !isMissing(row[name])));
  const columns = [complete.map(() => 1), ...names.map((name) => numbers(complete, name))];
  const target = numbers(complete, y);
  const [n, df] = [complete.length, complete.length - columns.length];
  if (df < 1) throw new Error(`${n} complete rows are too few for ${columns.length} coefficients`);
  const { values, inverse } = solve(columns, target, ['(intercept)', ...names]);
  const residual = squares(target.map((value, row) => value - predict(columns, values, row)));
  const mean = target.reduce((sum, value) => sum + value, 0) / n;
  const total = squares(target.map((value) => value - mean));
  const variance = residual / df;
  const terms = ['(intercept)', ...names].map((name, index) => {
    const standardError = Math.sqrt(variance * squares(inverse[index]));
    const t = values[index] / standardError;
    const p = jStat.ibeta(df / (df + t * t), df / 2, 0.5);
    return { name, coefficient: values[index], standardError, t, p };
  });
  const r2 = 1 - residual / total;
  const f = (total - residual) / names.length / variance;
  const fP = jStat.ibeta(df / (df + names.length * f), df / 2, names.length / 2);
  const adjustedR2 = 1 - ((1 - r2) * (n - 1)) / df;
  const fit = { r2, adjustedR2, residualSd: Math.sqrt(variance), f, fP };
  return { n, leftOut: all.length - n, df, ...fit, terms };
}

function numbers(rows, name) {
  return rows.map((row) => {
    const value = row[name];
    if (value instanceof Date) return value.getTime();
    if (typeof value === 'boolean') return Number(value);
    if (typeof value !== 'number' || !Number.isFinite(value)) {
      throw new TypeError(`column '${name}' has ${JSON.stringify(value)}, which is no number`);
    }
    return value;
  });
}

const dot = (left, right) => left.reduce((sum, value, index) => sum + value * right[index], 0);
const squares = (values) => dot(values, values);
const predict = (columns, values, row) =>
  dot(
    values,
    columns.map((column) => column[row]),
  );

/**
 * Least squares by orthogonal columns, each made orthogonal twice so that rounding does not count.
 * Row i of `inverse` has the squares that sum up to the factor of coefficient i's variance.
 */
function solve(columns, target, names) {
  const basis = [];
  const upper = columns.map(() => columns.map(() => 0));
  columns.forEach((column, index) => {
    let left = column;
    for (let pass = 0; pass < 2; pass++) {
      basis.forEach((unit, place) => {
        const part = dot(unit, left);
        upper[place][index] += part;
        left = left.map((value, row) => value - part * unit[row]);
      });
    }
    const length = Math.sqrt(squares(left));
    if (length <= DEPENDENT * Math.sqrt(squares(column))) {
      throw new Error(`column '${names[index]}' follows from the columns before it: leave it out`);
    }
    upper[index][index] = length;
    basis.push(left.map((value) => value / length));
  });
  const inverse = columns.map((_, row) => columns.map((_, column) => Number(row === column)));
  const right = basis.map((unit) => dot(unit, target));
  for (let row = columns.length - 1; row >= 0; row--) {
    inverse[row] = inverse[row].map((value, column) => {
      let sum = value;
      for (let k = row + 1; k < columns.length; k++) sum -= upper[row][k] * inverse[k][column];
      return sum / upper[row][row];
    });
  }
  return { values: inverse.map((line) => dot(line, right)), inverse };
}
