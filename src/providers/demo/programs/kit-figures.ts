/** Figures and their definitions, and how numbers are written in texts. */
export const FIGURES = `
// ---- Figures -----------------------------------------------------------------------------------
// Sum with Neumaier's correction, so that the order of the rows does not show in the last digits.
function sumOf(values) {
  let sum = 0;
  let lost = 0;
  for (const value of values) {
    const next = sum + value;
    lost += Math.abs(sum) >= Math.abs(value) ? sum - next + value : value - next + sum;
    sum = next;
  }
  return sum + lost;
}

function meanOf(values) {
  return sumOf(values) / values.length;
}

// Quantile by linear interpolation between the two nearest ranks: place p * (n - 1), counted from 0.
function quantile(sorted, p) {
  const place = p * (sorted.length - 1);
  const low = Math.floor(place);
  const high = Math.min(low + 1, sorted.length - 1);
  return sorted[low] + (sorted[high] - sorted[low]) * (place - low);
}

// The figures of a numeric column. Nothing but the readable cells enters them.
function summaryOf({ values, missing, unreadable }) {
  const sorted = Float64Array.from(values.filter((value) => value !== undefined)).sort();
  const counts = { count: sorted.length, missing, unreadable };
  if (sorted.length === 0) return counts;
  return {
    ...counts,
    min: sorted[0],
    q1: quantile(sorted, 0.25),
    median: quantile(sorted, 0.5),
    mean: meanOf(sorted),
    q3: quantile(sorted, 0.75),
    max: sorted[sorted.length - 1],
    sum: sumOf(sorted),
  };
}
`;

/** Writing numbers and names in sentences, charts and reports. */
export const WORDS = String.raw`
// ---- Writing numbers ---------------------------------------------------------------------------
// At most two decimals from 1 upward and four significant digits below; thousands with a comma.
// Halves are rounded up as they are written in decimal; the 16th digit is not trusted.
function say(value) {
  if (value === null || value === undefined) return 'not known';
  const size = Math.abs(value);
  if (size >= 1e15 || (size > 0 && size < 1e-4)) return String(Number(value.toPrecision(4)));
  const places = size >= 1 || size === 0 ? 2 : 3 - Math.floor(Math.log10(size));
  const rounded = Math.round(Number(Number(size.toPrecision(15)) + 'e' + places)) * Math.sign(value);
  const digits = Number(rounded + 'e-' + places).toFixed(places);
  const [whole, part] = digits.replace(/\.?0+$/, '').split('.');
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ',');
  return part ? grouped + '.' + part : grouped;
}

// At most so many characters, the last one an ellipsis if something was cut.
function cut(text, most) {
  const letters = [...String(text).trim()];
  return letters.length <= most ? letters.join('') : letters.slice(0, most - 1).join('') + '…';
}

function many(count, noun) {
  return say(count) + ' ' + noun + (count === 1 ? '' : 's');
}
`;
