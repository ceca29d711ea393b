import { DATE_SHAPES, MONTH_NUMBERS } from '../dates.ts';

/** Points in time: reading them, sorting by them, and the calendar day, month or year they lie in. */
export const DATES = `
// ---- Points in time ----------------------------------------------------------------------------
const MONTHS = new Map(${JSON.stringify(MONTH_NUMBERS)});
const SHAPES = [
${DATE_SHAPES.map((shape) => `  ${JSON.stringify(shape)},`).join('\n')}
].map((shape) => new RegExp('^' + shape + '$', 'iu'));

// The named parts of a text that names a point in time, or undefined.
function partsOf(cell) {
  const text = String(cell ?? '').trim();
  if (text.length > 40) return undefined;
  for (const shape of SHAPES) {
    const groups = shape.exec(text)?.groups;
    if (groups && (groups.name === undefined || MONTHS.has(groups.name.toLowerCase()))) return groups;
  }
  return undefined;
}

// 07/04/2025 is April 7th if any cell of the column has a first number above 12, else July 4th.
function dayComesFirst(cells) {
  return cells.some((cell) => String(cell ?? '').includes('/') && Number(partsOf(cell)?.a) > 12);
}

// { at, year, month, day }: at is a number to sort by (milliseconds as if in UTC; zones are not
// looked at), or undefined if there is no such day. A month without a year lies in the year 2000.
function pointOf(part, dayFirst) {
  if (!part) return undefined;
  const short = part.y !== undefined && part.y.length === 2;
  const year = short ? Number(part.y) + (Number(part.y) < 70 ? 2000 : 1900) : Number(part.y ?? 2000);
  const named = part.name && MONTHS.get(part.name.toLowerCase());
  const quarter = part.q && (Number(part.q) - 1) * 3 + 1;
  const month = Number(named ?? quarter ?? part.m ?? (dayFirst ? part.b : part.a) ?? 1);
  const day = Number(part.d ?? (dayFirst ? part.a : part.b) ?? 1);
  const clock = (Number(part.h ?? 0) * 60 + Number(part.min ?? 0)) * 60000 + Number(part.s ?? 0) * 1000;
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return undefined;
  return { at: date.getTime() + clock, year, month, day };
}

// The points of a column; undefined where a cell names none.
function pointsOf(cells) {
  const dayFirst = dayComesFirst(cells);
  return cells.map((cell) => pointOf(partsOf(cell), dayFirst));
}

// The label of the calendar day, month or year in which a point lies.
function periodLabel({ year, month, day }, period) {
  const two = (number) => String(number).padStart(2, '0');
  const parts = [String(year).padStart(4, '0'), two(month), two(day)];
  return parts.slice(0, { year: 1, month: 2, day: 3 }[period]).join('-');
}
`;
