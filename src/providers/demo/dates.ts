/**
 * How texts are read as points in time. One table serves the manager, who looks for a column that
 * gives an order, and the programs of the workers, who sort by it.
 */

const MONTHS: readonly (readonly string[])[] = [
  ['jan', 'january', 'januar', 'jän', 'jänner'],
  ['feb', 'february', 'februar', 'feber'],
  ['mar', 'march', 'mär', 'mrz', 'märz', 'maerz'],
  ['apr', 'april'],
  ['may', 'mai'],
  ['jun', 'june', 'juni'],
  ['jul', 'july', 'juli'],
  ['aug', 'august'],
  ['sep', 'sept', 'september'],
  ['oct', 'october', 'okt', 'oktober'],
  ['nov', 'november'],
  ['dec', 'december', 'dez', 'dezember'],
];

/** Number of every month name that is known, English and German, in lower case. */
export const MONTH_NUMBERS: readonly (readonly [string, number])[] = MONTHS.flatMap(
  (names, index) => names.map((name) => [name, index + 1] as const),
);

const TIME =
  '(?:[T ](?<h>\\d{1,2}):(?<min>\\d\\d)(?::(?<s>\\d\\d(?:\\.\\d+)?))?\\s*(?:Z|[+-]\\d\\d:?\\d\\d)?)?';
const NAME = '(?<name>\\p{L}{3,9})\\.?';

/**
 * The shapes of a point in time. Groups: `y` year, `m` month, `d` day, `q` quarter, `name` a month's
 * name, `a` and `b` day and month in an order that the column decides, `h`, `min`, `s` the time.
 */
export const DATE_SHAPES: readonly string[] = [
  `(?<y>\\d{4})[-/.](?<m>\\d{1,2})[-/.](?<d>\\d{1,2})${TIME}`,
  `(?<d>\\d{1,2})\\.(?<m>\\d{1,2})\\.(?<y>\\d{4})${TIME}`,
  `(?<a>\\d{1,2})/(?<b>\\d{1,2})/(?<y>\\d{4})${TIME}`,
  '(?<y>\\d{4})[-/](?<m>\\d{1,2})',
  '(?<m>\\d{1,2})[/.](?<y>\\d{4})',
  '(?<y>1[5-9]\\d\\d|2[01]\\d\\d)',
  '(?<y>\\d{4})[- /]?Q(?<q>[1-4])',
  'Q(?<q>[1-4])(?:[- /]?(?<y>\\d{4}))?',
  `${NAME}[ -](?<d>\\d{1,2})(?:,\\s*|[ -])(?<y>\\d{4})${TIME}`,
  `(?<d>\\d{1,2})\\.?[ -]?${NAME}[ ,-]\\s*(?<y>\\d{4})${TIME}`,
  `${NAME}[ '-](?<y>\\d{4}|\\d\\d)`,
  NAME,
];

/** Longer texts name no point in time; the bound keeps matching cheap. */
const LONGEST = 40;
const PATTERNS = DATE_SHAPES.map((shape) => new RegExp(`^${shape}$`, 'iu'));
const KNOWN_MONTHS = new Map(MONTH_NUMBERS);

/** How fine a point in time is. */
export type Grain = 'time' | 'day' | 'month' | 'quarter' | 'year';

/** How fine the point in time is that a text names, or undefined when it names none. */
export function grainOf(text: string): Grain | undefined {
  const trimmed = text.trim();
  if (trimmed.length > LONGEST) return undefined;
  for (const pattern of PATTERNS) {
    const groups = pattern.exec(trimmed)?.groups;
    if (groups && possible(groups)) return grain(groups);
  }
  return undefined;
}

function possible({ name, m, d, a, b }: Record<string, string | undefined>): boolean {
  if (name !== undefined && !KNOWN_MONTHS.has(name.toLowerCase())) return false;
  if (m !== undefined && !within(m, 12)) return false;
  if (d !== undefined && !within(d, 31)) return false;
  if (a === undefined || b === undefined) return true;
  return within(a, 31) && within(b, 31) && (within(a, 12) || within(b, 12));
}

function within(text: string, most: number): boolean {
  return Number(text) >= 1 && Number(text) <= most;
}

function grain({ h, d, a, m, name, q }: Record<string, string | undefined>): Grain {
  if (h !== undefined) return 'time';
  if (d !== undefined || a !== undefined) return 'day';
  if (m !== undefined || name !== undefined) return 'month';
  return q === undefined ? 'year' : 'quarter';
}
