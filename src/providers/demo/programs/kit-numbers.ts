/** Reading numbers, first simply: whatever is not a plain number ends the program with an error. */
export const SIMPLE_NUMBERS = String.raw`
// ---- Reading numbers ---------------------------------------------------------------------------
const PLAIN = /^[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[-+]?\d+)?$/i;

// The numbers of a column. Cells must be plain numbers with the stated decimal sign.
function numbersOf(cells, { name, decimal }) {
  const values = cells.map((cell, at) => {
    if (typeof cell === 'number') return cell;
    const text = String(cell ?? '').trim();
    const value = text.includes(decimal === ',' ? '.' : ',') ? '' : text.replace(decimal, '.');
    if (!PLAIN.test(value) || !Number.isFinite(Number(value))) {
      const where = 'row ' + (at + 1) + ' of column ' + JSON.stringify(name);
      throw new Error(where + ': cannot read ' + JSON.stringify(text) + ' as a number');
    }
    return Number(value);
  });
  return { values, missing: 0, unreadable: 0 };
}
`;

/** Reading numbers as people write them; what cannot be read is counted and left out. */
export const TOLERANT_NUMBERS = String.raw`
// ---- Reading numbers ---------------------------------------------------------------------------
// A sign, a currency, digits with groups of three, a decimal sign, a percent sign (12 % is read as
// 12). An amount in brackets is negative. An empty cell is "missing"; any other cell that is not a
// number, such as n/a, is "unreadable". Both are left out of every figure.
const MONEY = '(?:[$€£¥₹]|EUR|USD|GBP|CHF|JPY)';
const SHAPE = new RegExp(
  '^([-+−–]?)\\s*' + MONEY + '?\\s*([-+−–]?)\\s*' +
  "([\\d.,'’\\s]*\\d[.,]?)(e[-+]?\\d+)?\\s*(?:" + MONEY + '|%)?$', 'i');
const GROUPED = { '.': /^\d{1,3}(?:([,'’\s])\d{3})(?:\1\d{3})*$/, ',': /^\d{1,3}(?:([.'’\s])\d{3})(?:\1\d{3})*$/ };

// Sign, digits and exponent of a cell, or undefined.
function taken(cell) {
  let text = String(cell).trim();
  const bracketed = /^\((.*)\)$/.exec(text);
  if (bracketed) text = bracketed[1].trim();
  const match = text.length <= 40 ? SHAPE.exec(text) : undefined;
  if (!match || (match[1] && match[2])) return undefined;
  const sign = match[1] + match[2];
  const negative = (sign !== '' && sign !== '+') !== Boolean(bracketed);
  return { digits: match[3].trim(), exponent: match[4] ?? '', negative };
}

// Which of the two signs must be the decimal sign, judged from one cell; undefined if either can be.
function vote(digits) {
  const dots = digits.split('.').length - 1;
  const commas = digits.split(',').length - 1;
  if (dots > 0 && commas > 0) return digits.lastIndexOf('.') > digits.lastIndexOf(',') ? '.' : ',';
  if (dots + commas === 0) return undefined;
  const sign = dots > 0 ? '.' : ',';
  if (dots + commas > 1) return sign === '.' ? ',' : '.';
  const [before, after] = digits.split(sign);
  const group = after.length === 3 && before.length >= 1 && before.length <= 3 && !before.startsWith('0');
  return group ? undefined : sign;
}

// The decimal sign of a column: what most of its cells prove; if none proves it, the stated one.
function decimalOf(cells, stated) {
  let dots = 0;
  let commas = 0;
  for (const cell of cells) {
    const part = typeof cell === 'number' || isEmpty(cell) ? undefined : taken(cell);
    const proven = part && !part.exponent ? vote(part.digits) : undefined;
    if (proven === '.') dots++;
    if (proven === ',') commas++;
  }
  return dots === commas ? stated : dots > commas ? '.' : ',';
}

// The number that is meant, or undefined.
function numberFrom({ digits, exponent, negative }, decimal) {
  const [whole, part = '', ...more] = digits.split(decimal);
  if (more.length > 0 || !/^\d*$/.test(part)) return undefined;
  if (!/^\d*$/.test(whole) && !GROUPED[decimal].test(whole)) return undefined;
  const value = Number(whole.replace(/\D/g, '') + '.' + part + exponent);
  if (!Number.isFinite(value)) return undefined;
  return negative && value !== 0 ? -value : value;
}

// The numbers of a column: undefined where there is none.
function numbersOf(cells, { decimal }) {
  const sign = decimalOf(cells, decimal ?? '.');
  let missing = 0;
  let unreadable = 0;
  const values = cells.map((cell) => {
    if (typeof cell === 'number') return cell;
    if (isEmpty(cell)) {
      missing++;
      return undefined;
    }
    const parts = taken(cell);
    const value = parts && numberFrom(parts, sign);
    if (value === undefined) unreadable++;
    return value;
  });
  return { values, missing, unreadable };
}
`;
