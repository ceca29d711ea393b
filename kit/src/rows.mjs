// Tables are arrays of records. What a column holds is decided by all of its values together.

/** The rows of an array of records or of an arquero table. */
export function rowsOf(table) {
  const rows = typeof table?.objects === 'function' ? table.objects() : table;
  if (!Array.isArray(rows) || rows.some((row) => typeof row !== 'object' || row === null)) {
    throw new TypeError('a table is an array of records, such as [{ month: 1, sales: 12.5 }]');
  }
  return rows;
}

/** Whether a value of a table is there. */
export const isMissing = (value) =>
  value === undefined || value === null || value === '' || Number.isNaN(value);

/** Words that stand for nothing in columns that are no text. */
const NOTHING = new Set(['', 'NA', 'N/A', 'NaN', 'nan', 'null', 'NULL', '-']);
const NUMBER = /^[-+]?(?:(?:0|[1-9]\d*)(?:\.\d*)?|\.\d+)(?:e[-+]?\d+)?$/i;
const DATE = /^\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[-+]\d\d:?\d\d)?)?$/;
const TRUTH = { true: true, false: false };

const READERS = [
  { fits: (word) => NUMBER.test(word), read: Number },
  { fits: (word) => DATE.test(word) && !Number.isNaN(dateOf(word).getTime()), read: dateOf },
  { fits: (word) => word.toLowerCase() in TRUTH, read: (word) => TRUTH[word.toLowerCase()] },
];
const AS_TEXT = { read: (word) => word };

/** A date without a zone is one in UTC: the result must not depend on the machine. */
function dateOf(word) {
  const text = word.replace(' ', 'T');
  return new Date(/^.{10}$|Z$|[-+]\d\d:?\d\d$/.test(text) ? text : `${text}Z`);
}

/** Records from lines of words. Columns without a name are called `column N`. */
export function typedRows(names, lines) {
  const width = lines.reduce((most, line) => Math.max(most, line.length), names.length);
  const columns = uniqueNames(names, width);
  const readers = columns.map((_, index) => readerOf(lines, index));
  return lines.map((line) =>
    Object.fromEntries(columns.map((name, index) => [name, readers[index](line[index] ?? '')])),
  );
}

function uniqueNames(names, width) {
  const taken = new Set();
  for (let index = 0; index < width; index++) {
    const wanted = names[index]?.trim() || `column ${index + 1}`;
    let name = wanted;
    for (let count = 2; taken.has(name); count++) name = `${wanted} (${count})`;
    taken.add(name);
  }
  return [...taken];
}

function readerOf(lines, index) {
  const words = lines.map((line) => line[index]?.trim() ?? '').filter((word) => !NOTHING.has(word));
  const kind = READERS.find(({ fits }) => words.length > 0 && words.every(fits));
  if (kind === undefined) return (word) => (word === '' ? null : AS_TEXT.read(word));
  return (word) => (NOTHING.has(word.trim()) ? null : kind.read(word.trim()));
}
