// Tables as JSON: records, an object of columns, or one record on each line.

/** Integers that a JavaScript number might not hold. */
const LONG_INTEGER = /(?:^|[[{:,\s])-?\d{16,}(?![\d.eE])/;
const LEAST = -(2n ** 63n);
const MOST = 2n ** 63n - 1n;

const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);

/** The records of a JSON text. Throws an error in a sentence when it is no table. */
export function recordsOf(text) {
  return tableOf(parse(text.replace(/^\uFEFF/, '')));
}

/** The records of a text with a JSON value on each line. */
export function recordsOfLines(text) {
  const lines = text.replace(/^\uFEFF/, '').split(/\r\n|\n|\r/);
  const records = [];
  for (const [index, line] of lines.entries()) {
    if (line.trim() === '') continue;
    try {
      records.push(parse(line));
    } catch (error) {
      throw new Error(`line ${index + 1}: ${error.message}`);
    }
  }
  return records.map(asRecord);
}

function parse(text) {
  return LONG_INTEGER.test(text) ? JSON.parse(text, exact) : JSON.parse(text);
}

/** A long integer as it is written, not as a JavaScript number would round it. */
function exact(_, value, { source } = {}) {
  if (typeof value !== 'number' || Number.isSafeInteger(value)) return value;
  if (source === undefined || !/^-?\d+$/.test(source)) return value;
  const integer = BigInt(source);
  return integer >= LEAST && integer <= MOST ? integer : source;
}

function tableOf(value) {
  if (Array.isArray(value)) return value.map(asRecord);
  if (!isObject(value)) throw new Error('it is one value, no table');
  const values = Object.values(value);
  if (isColumns(values)) return fromColumns(value, values[0].length);
  const tables = values.filter(
    (one) => Array.isArray(one) && one.length > 0 && one.every(isObject),
  );
  return tables.length === 1 ? tables[0] : [value];
}

/** Arrays of one length, as an object of columns has them; an array of records is no column. */
function isColumns(values) {
  const [first] = values;
  return (
    Array.isArray(first) &&
    values.every((one) => Array.isArray(one) && one.length === first.length) &&
    !values.some((one) => one.some(isObject))
  );
}

function fromColumns(columns, length) {
  const entries = Object.entries(columns);
  return Array.from({ length }, (_, row) =>
    Object.fromEntries(entries.map(([name, values]) => [name, values[row]])),
  );
}

const asRecord = (value) => (isObject(value) ? value : { value });
