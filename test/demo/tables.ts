/**
 * Random tables with everything that real ones have: odd names, separators, encodings, decimal
 * commas, cells that are no numbers, ragged rows, outliers. What is true of each is kept beside it,
 * so that a test can say what a report must hold without reading the file.
 */

/** A cell of a numeric column, in hundredths; or why there is no number. */
export type TrueCell = bigint | 'missing' | 'unreadable';

export interface TrueColumn {
  /** The name as it is in the header, blanks around it left out. */
  name: string;
  kind: 'number' | 'order' | 'group';
  /** For numbers. */
  cells: TrueCell[];
  /** For an order: what to sort by, undefined where the cell names no point in time. */
  times: (number | undefined)[];
  /** As they are in the file, blanks around them left out. */
  texts: string[];
}

export interface TestTable {
  seed: number;
  fileName: string;
  bytes: Uint8Array;
  format: 'csv' | 'json';
  separator: string;
  encoding: string;
  decimal: '.' | ',';
  rows: number;
  columns: TrueColumn[];
  ragged: number;
  task: string;
  /** Numeric cells that are no plain number occur. */
  dirty: boolean;
}

/** A small generator of random numbers (mulberry32): the same seed gives the same table. */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

const SIZES = [3, 4, 5, 8, 12, 20, 31, 48, 60, 90, 150, 365, 700, 1200, 2500, 5000];
const SEPARATORS = [',', ';', '\t', '|'];
const PLAIN_NAMES = [
  'constructor',
  '__proto__',
  'toString',
  'say "x"',
  'a b  c',
  "it's",
  'Größe',
  'x<y>&z',
  'año',
  'e,f',
  'k;l',
  'm|n',
  '50/50',
  '=1+1',
  '\u0024{x}',
  '</script>',
  'back\\slash',
  '`tick`',
  '*bold*',
];
const WIDE_NAMES = ['売上', 'Выручка', 'مبلغ', '📈 line', 'naïve – dash', 'ﬁgure'];
const GROUPS = [
  'North',
  'Süd',
  'East "old"',
  'West, new',
  '<none>',
  'constructor',
  '__proto__',
  'A;B',
];
const TASKS = [
  'Give me an overview of this table',
  'Show the trend and the peak',
  'Find outliers and anomalies',
  'Zeige den Verlauf, den höchsten Wert und Ausreißer',
  'Compare the groups; what is unusual?',
  'Do something nice with it',
];
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const MONTHS_DE = [
  'Januar',
  'Februar',
  'März',
  'April',
  'Mai',
  'Juni',
  'Juli',
  'August',
  'September',
  'Oktober',
  'November',
  'Dezember',
];

type Random = () => number;

function pick<T>(random: Random, items: readonly T[]): T {
  return items[Math.floor(random() * items.length)] as T;
}

/** The table of a seed. */
export function tableOf(seed: number): TestTable {
  const random = randomFrom(seed * 7919 + 17);
  const rows = SIZES[seed % SIZES.length] ?? 12;
  const format = seed % 7 === 6 ? 'json' : 'csv';
  const separator = format === 'json' ? ',' : pick(random, SEPARATORS);
  const encoding =
    format === 'json' ? 'utf-8' : pick(random, ['utf-8', 'utf-8', 'bom', 'latin1', 'utf-16']);
  const decimal = format === 'csv' && random() < 0.4 ? ',' : '.';
  const dirty = rows >= 8 && random() < 0.7;
  const names = namesFor(random, encoding, seed);
  const amounts = amountColumn(random, { name: names[0] ?? 'a', rows, decimal, dirty, format });
  const integers = integerColumn(random, names[1] ?? 'b', rows);
  const columns = [amounts, integers, groupColumn(random, names[2] ?? 'c', rows)];
  if (seed % 5 !== 4) columns.push(orderColumn(random, names[3] ?? 'd', rows));
  columns.sort(() => random() - 0.5);
  const table = {
    seed,
    format,
    separator,
    encoding,
    decimal,
    rows,
    columns,
    dirty,
    task: TASKS[seed % TASKS.length] ?? '',
  } as const;
  const written = format === 'json' ? jsonText(table) : csvText(random, table);
  return {
    ...table,
    columns,
    fileName:
      pick(random, ['data', 'umsatz 2024', "o'hara", 'x']) +
      (format === 'json' ? '.json' : separator === '\t' ? '.tsv' : '.csv'),
    bytes: encode(written.text, encoding),
    ragged: written.ragged,
  };
}

function namesFor(random: Random, encoding: string, seed: number): string[] {
  const pool = encoding === 'latin1' ? PLAIN_NAMES : [...PLAIN_NAMES, ...WIDE_NAMES];
  const names = [...pool].sort(() => random() - 0.5).slice(0, 4);
  // Twice the same name, and no name at all, are things that happen.
  if (seed % 6 === 5) names[3] = names[2] ?? '';
  if (seed % 9 === 8) names[2] = '';
  return names;
}

interface AmountOptions {
  name: string;
  rows: number;
  decimal: '.' | ',';
  dirty: boolean;
  format: string;
}

function amountColumn(
  random: Random,
  { name, rows, decimal, dirty, format }: AmountOptions,
): TrueColumn {
  const column: TrueColumn = { name, kind: 'number', cells: [], times: [], texts: [] };
  const scale = pick(random, [10, 1000, 100_000]);
  const style = dirty ? pick(random, ['plain', 'grouped', 'money', 'percent']) : 'plain';
  for (let row = 0; row < rows; row++) {
    const spike = random() < 0.02 ? 40 : 1;
    const value =
      BigInt(Math.round((random() * 1.4 - 0.2) * scale * spike)) * 100n +
      BigInt(1 + Math.floor(random() * 98));
    const fate = dirty && row > 2 ? random() : 1;
    if (fate < 0.04) {
      column.cells.push('missing');
      column.texts.push(format === 'json' ? '' : pick(random, ['', '  ']));
    } else if (fate < 0.09) {
      column.cells.push('unreadable');
      column.texts.push(pick(random, ['n/a', '-', '?', 'unknown', '12a', '1 of 2', '--']));
    } else {
      column.cells.push(value);
      column.texts.push(styled(value, style, decimal));
    }
  }
  return column;
}

function styled(hundredths: bigint, style: string, decimal: string): string {
  const negative = hundredths < 0n;
  const size = negative ? -hundredths : hundredths;
  const whole = String(size / 100n);
  const part = String(size % 100n).padStart(2, '0');
  const thousands = decimal === ',' ? '.' : ',';
  const digits =
    style === 'grouped' || style === 'money' ? whole.replace(/\B(?=(\d{3})+$)/g, thousands) : whole;
  const number = `${negative ? '-' : ''}${digits}${decimal}${part}`;
  if (style === 'money') return decimal === ',' ? `${number} €` : number.replace(/^(-?)/, '$1$');
  return style === 'percent' ? `${number}%` : number;
}

function integerColumn(random: Random, name: string, rows: number): TrueColumn {
  const numbers = Array.from({ length: rows }, () => Math.floor(random() * 900) + 1);
  return {
    name,
    kind: 'number',
    cells: numbers.map((value) => BigInt(value) * 100n),
    times: [],
    texts: numbers.map(String),
  };
}

function groupColumn(random: Random, name: string, rows: number): TrueColumn {
  const kinds = GROUPS.slice(0, 2 + Math.floor(random() * (GROUPS.length - 2)));
  return {
    name,
    kind: 'group',
    cells: [],
    times: [],
    texts: Array.from({ length: rows }, () => (random() < 0.03 ? '' : pick(random, kinds))),
  };
}

function orderColumn(random: Random, name: string, rows: number): TrueColumn {
  const style = pick(random, ['iso', 'german', 'month', 'name', 'name-de', 'long']);
  const column: TrueColumn = { name, kind: 'order', cells: [], times: [], texts: [] };
  const shuffled = random() < 0.4;
  for (let row = 0; row < rows; row++) {
    const place = shuffled ? Math.floor(random() * rows) : row;
    const broken = rows >= 30 && random() < 0.01;
    const { text, time } = broken ? { text: 'someday', time: undefined } : pointOf(style, place);
    column.texts.push(text);
    column.times.push(time);
  }
  return column;
}

function pointOf(style: string, place: number): { text: string; time: number } {
  const day = new Date(Date.UTC(2001, 0, 1 + place));
  const [year, month, date] = [day.getUTCFullYear(), day.getUTCMonth(), day.getUTCDate()];
  const two = (value: number): string => String(value).padStart(2, '0');
  const days = day.getTime();
  switch (style) {
    case 'german':
      return { text: `${two(date)}.${two(month + 1)}.${year}`, time: days };
    case 'long':
      return { text: `${MONTHS[month]} ${date} ${year}`, time: days };
    case 'month':
      return { text: `${1900 + Math.floor(place / 12)}-${two((place % 12) + 1)}`, time: place };
    case 'name':
      return { text: MONTHS[place % 12] ?? '', time: place % 12 };
    case 'name-de':
      return { text: MONTHS_DE[place % 12] ?? '', time: place % 12 };
    default:
      return { text: `${year}-${two(month + 1)}-${two(date)}`, time: days };
  }
}

interface Shape {
  separator: string;
  rows: number;
  columns: readonly TrueColumn[];
  dirty: boolean;
}

function csvText(
  random: Random,
  { separator, rows, columns, dirty }: Shape,
): { text: string; ragged: number } {
  const end = random() < 0.5 ? '\r\n' : '\n';
  const quoted = (text: string): string =>
    text.includes(separator) || /["\r\n]/.test(text) || random() < 0.05
      ? `"${text.replaceAll('"', '""')}"`
      : text;
  const lines = [columns.map(({ name }) => quoted(name)).join(separator)];
  let ragged = 0;
  for (let row = 0; row < rows; row++) {
    const cells = columns.map(({ texts }) => quoted(texts[row] ?? ''));
    const fate = dirty && row > 5 ? random() : 1;
    if (fate < 0.01) {
      cells.pop();
      ragged++;
      forget(columns.at(-1), row);
    } else if (fate < 0.02) {
      cells.push('more');
      ragged++;
    } else if (fate < 0.03) lines.push('');
    lines.push(cells.join(separator));
  }
  return { text: lines.join(end) + (random() < 0.7 ? end : ''), ragged };
}

/** The cell is not in the file. */
function forget(column: TrueColumn | undefined, row: number): void {
  if (!column) return;
  column.texts[row] = '';
  if (column.kind === 'number') column.cells[row] = 'missing';
  if (column.kind === 'order') column.times[row] = undefined;
}

function jsonText({ rows, columns }: Shape): { text: string; ragged: number } {
  // Names are made unique, since JSON has no place for the same key twice.
  columns.forEach((column, index) => {
    const taken = columns.slice(0, index).some(({ name }) => name === column.name);
    column.name = taken || column.name === '' ? `${column.name}(${index})` : column.name;
  });
  const records = Array.from({ length: rows }, (_, row) => {
    const fields = columns.map(({ name, kind, cells, texts }) => {
      const text = texts[row] ?? '';
      const number =
        kind === 'number' && typeof cells[row] === 'bigint' && /^-?\d+(?:\.\d+)?$/.test(text);
      return `${JSON.stringify(name)}:${number ? text : text === '' ? 'null' : JSON.stringify(text)}`;
    });
    return `{${fields.join(',')}}`;
  });
  return { text: `[${records.join(',\n')}]`, ragged: 0 };
}

function encode(text: string, encoding: string): Uint8Array {
  if (encoding === 'latin1')
    return Buffer.from(text.replaceAll('–', '-').replaceAll('€', 'EUR'), 'latin1');
  if (encoding === 'utf-16') return Buffer.from(`\ufeff${text}`, 'utf16le');
  return Buffer.from(encoding === 'bom' ? `\ufeff${text}` : text, 'utf8');
}
