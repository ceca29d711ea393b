// Tables as text: separated values with a line of names, as RFC 4180 and as programs write them.

const [NEWLINE, RETURN, QUOTE] = [10, 13, 34];

/** In the order in which equally good ones are preferred. */
const SEPARATORS = [',', ';', '\t', '|'];
/** What the separator and the line of names are found out from. */
const SNIFFED_CHARS = 64 * 1024;
const SNIFFED_ROWS = 200;
/** Share of the rows that must have the same number of cells. */
const REGULAR = 0.5;

/** The text of a file: UTF-8, UTF-16 with its mark, else Latin-1. */
export function decode(bytes) {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return new TextDecoder('utf-16le').decode(bytes);
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return new TextDecoder('utf-16be').decode(bytes);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder('latin1').decode(bytes);
  }
}

/**
 * Calls `take` with the cells of each row; empty lines are left out. A table with a quote that is
 * never closed is read again as one in which quotes mean nothing, after `restart`.
 */
export function readRows(text, separator, { take, restart = () => {} }) {
  if (scan(text, { separator, quotes: true, take })) return;
  restart();
  scan(text, { separator, quotes: false, take });
}

/** The rows of a short text. */
export function rowsOf(text, separator, most = Number.POSITIVE_INFINITY) {
  let rows = [];
  const take = (row) => {
    rows.push(row);
    return rows.length < most;
  };
  const restart = () => {
    rows = [];
  };
  readRows(text, separator, { take, restart });
  return rows;
}

/** False when a quote was never closed. `take` may stop it by returning false. */
function scan(text, { separator, quotes, take }) {
  const between = separator.charCodeAt(0);
  let row = [];
  for (let at = 0; at <= text.length; ) {
    const quoted = quotes && text.charCodeAt(at) === QUOTE ? quotedCell(text, at) : NOT_QUOTED;
    if (quoted === undefined) return false;
    const from = quoted.end ?? at;
    const end = cellEnd(text, from, between);
    row.push(quoted.value + text.slice(from, end));
    at = end + 1;
    if (text.charCodeAt(end) === between) continue;
    // Between the two signs of a line end is an empty line, which is left out like any other.
    if ((row.length > 1 || row[0] !== '') && take(row) === false) return true;
    row = [];
  }
  return true;
}

const NOT_QUOTED = { value: '', end: undefined };

/** The cell that begins with the quote at `start`; undefined when none closes it. */
function quotedCell(text, start) {
  let from = start + 1;
  for (;;) {
    const close = text.indexOf('"', from);
    if (close < 0) return undefined;
    if (text[close + 1] !== '"') {
      return { value: text.slice(start + 1, close).replaceAll('""', '"'), end: close + 1 };
    }
    from = close + 2;
  }
}

function cellEnd(text, from, between) {
  for (let at = from; at < text.length; at += 1) {
    const sign = text.charCodeAt(at);
    if (sign === between || sign === NEWLINE || sign === RETURN) return at;
  }
  return text.length;
}

/** The separator that gives the most regular rows of two or more cells, else `fallback`. */
export function separatorOf(text, fallback) {
  const start = text.length > SNIFFED_CHARS ? wholeLines(text.slice(0, SNIFFED_CHARS)) : text;
  const readings = SEPARATORS.flatMap((separator) => reading(start, separator));
  const best = readings.reduce((one, other) => (isBetter(other, one) ? other : one), undefined);
  return best?.separator ?? fallback;
}

function wholeLines(text) {
  const end = Math.max(text.lastIndexOf('\n'), text.lastIndexOf('\r'));
  return end > 0 ? text.slice(0, end + 1) : text;
}

function reading(text, separator) {
  const lengths = rowsOf(text, separator, SNIFFED_ROWS).map((row) => row.length);
  const counts = new Map();
  for (const length of lengths) counts.set(length, (counts.get(length) ?? 0) + 1);
  const [columns, times] = [...counts].sort((a, b) => b[1] - a[1])[0] ?? [0, 0];
  const share = times / lengths.length;
  const fitsFirst = lengths[0] === columns;
  // Decimal commas below a header without commas look like a second column, never like a third.
  if (columns < 2 || share < REGULAR || (!fitsFirst && columns < 3)) return [];
  return [{ separator, columns, score: share + (fitsFirst ? 1 : 0) }];
}

function isBetter(one, other) {
  if (other === undefined) return true;
  return one.score === other.score ? one.columns > other.columns : one.score > other.score;
}

const MEASURE = /^[-+]?\d+(?:[.,]\d+)?(?:e[-+]?\d+)?$|^\d{4}-\d\d-\d\d/i;
/** Tables with a column for each year have it as a name. */
const YEAR = /^(?:1[89]|20|21)\d\d$/;

/** Whether the first row has names: it has, unless a number in it stands over numbers. */
export function hasNames(rows) {
  const [first = [], ...below] = rows;
  const isValue = (cell) => MEASURE.test(cell) && !YEAR.test(cell);
  const overValues = (index) => {
    const cells = below.map((row) => row[index]?.trim() ?? '').filter((cell) => cell !== '');
    return cells.length > 0 ? cells.every((cell) => MEASURE.test(cell)) : undefined;
  };
  const tops = first.map((cell, index) => ({ cell: cell.trim(), measured: overValues(index) }));
  if (tops.some(({ cell, measured }) => measured && cell !== '' && !MEASURE.test(cell)))
    return true;
  return !tops.some(({ cell, measured }) => measured !== false && isValue(cell));
}

/** Rows that the line of names is found out from. */
export function firstRows(text, separator) {
  return rowsOf(text.slice(0, SNIFFED_CHARS), separator, SNIFFED_ROWS);
}
