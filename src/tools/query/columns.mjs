// What a column of a table holds, found out from all of its values.

/** Words that stand for nothing in columns that are no text. */
const NOTHING = new Set([
  '',
  'NA',
  'N/A',
  'n/a',
  '#N/A',
  'NaN',
  'nan',
  'null',
  'NULL',
  'None',
  '-',
]);
const INTEGER = /^[-+]?(?:0|[1-9]\d*)$/;
const NUMBER = /^[-+]?(?:(?:0|[1-9]\d*)(?:\.\d*)?|\.\d+)(?:e[-+]?\d{1,3})?$/i;
const COMMA_NUMBER = /^[-+]?(?:0|[1-9]\d*)(?:,\d+)?$/;
/** No number is written longer; longer cells are text without a look. */
const LONGEST = 40;
/** Integers of so many digits are exact in a JavaScript number. */
const SAFE_DIGITS = 15;
const LEAST = -(2n ** 63n);
const MOST = 2n ** 63n - 1n;
const NAME_CHARS = 200;

/** Most columns of a table, as the engine has it. */
export const MOST_COLUMNS = 2000;

/** Names for columns: none twice, none empty; the engine takes `a` and `A` for the same. */
export function columnNames(names, width = names.length) {
  const taken = new Set();
  return Array.from({ length: width }, (_, index) => {
    const wanted = plainName(names[index] ?? '') || `column_${index + 1}`;
    let name = wanted;
    for (let count = 2; taken.has(name.toLowerCase()); count += 1) name = `${wanted}_${count}`;
    taken.add(name.toLowerCase());
    return name;
  });
}

function plainName(name) {
  const text = [...String(name)].map((sign) => (sign < ' ' || sign === '\x7f' ? ' ' : sign));
  return text.join('').trim().slice(0, NAME_CHARS).toWellFormed();
}

/** Looks at the cells of one column of a text table, and then reads them. `comma`: decimal commas. */
export class TextColumn {
  #integers = true;
  #numbers = true;
  #commas;
  #exact = true;
  #values = 0;

  constructor({ comma }) {
    this.#commas = comma;
  }

  see(cell) {
    const word = cell.length > LONGEST ? cell : cell.trim();
    if (NOTHING.has(word)) return;
    this.#values += 1;
    if (!this.#numbers && !this.#commas) return;
    const short = word.length <= LONGEST;
    this.#integers &&= short && INTEGER.test(word);
    if (this.#integers) this.#exact &&= fitsInteger(word);
    this.#numbers &&= short && NUMBER.test(word) && Number.isFinite(Number(word));
    this.#commas &&= short && COMMA_NUMBER.test(word);
  }

  /** `INTEGER`, `REAL` or `TEXT`. Integers that the engine cannot hold stay text. */
  get type() {
    if (this.#values === 0) return 'TEXT';
    if (this.#integers && this.#numbers) return this.#exact ? 'INTEGER' : 'TEXT';
    return this.#numbers || this.#commas ? 'REAL' : 'TEXT';
  }

  /** A function that makes a value of a cell. */
  reader() {
    const { type } = this;
    if (type === 'TEXT') return (cell) => (cell === '' ? null : cell);
    const number = type === 'INTEGER' ? integerOf : (word) => Number(word.replace(',', '.'));
    return (cell) => {
      const word = cell.trim();
      return NOTHING.has(word) ? null : number(word);
    };
  }
}

function fitsInteger(word) {
  if (word.length <= SAFE_DIGITS) return true;
  const value = BigInt(word);
  return value >= LEAST && value <= MOST;
}

const integerOf = (word) => (word.length <= SAFE_DIGITS ? Number(word) : BigInt(word));

/** Looks at the values of one column of JSON records, and then reads them. */
export class JsonColumn {
  #kinds = new Set();

  see(value) {
    if (value !== null && value !== undefined) this.#kinds.add(kindOf(value));
  }

  /** `INTEGER`, `REAL`, `TEXT`, or empty where values of several kinds are mixed. */
  get type() {
    const [first, ...others] = this.#kinds;
    if (others.length === 0) return first ?? 'TEXT';
    return this.#kinds.has('TEXT') ? '' : 'REAL';
  }

  /** A function that makes a value of a JSON value. */
  reader() {
    const { type } = this;
    return (value) => jsonValue(value, type);
  }
}

function kindOf(value) {
  if (typeof value === 'boolean' || typeof value === 'bigint') return 'INTEGER';
  if (typeof value === 'number') return Number.isSafeInteger(value) ? 'INTEGER' : 'REAL';
  return 'TEXT';
}

function jsonValue(value, type) {
  if (value === null || value === undefined) return null;
  if (typeof value === 'boolean') return value ? 1n : 0n;
  // A number is a real to the engine, unless it is told otherwise.
  if (Number.isSafeInteger(value)) return type === 'REAL' ? value : BigInt(value);
  return typeof value === 'object' ? JSON.stringify(value) : value;
}
