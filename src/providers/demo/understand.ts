import type { Column, DemoTable } from './table.ts';

/** A topic that the demo knows. */
export type Topic = 'profile' | 'trend' | 'compare' | 'outliers' | 'peak';

/** What of a task the demo understood, and which columns it takes. */
export interface Understanding {
  /** Topics whose words occur in the task, in the order of this file. */
  topics: readonly Topic[];
  /** Numeric columns, the main one first; at least one. */
  measures: readonly [Column, ...Column[]];
  /** The column that gives the order in time. */
  order: Column | undefined;
  /**
   * Calendar unit to sum up by: one that the task names, if it is coarser than the column; `auto`
   * leaves it to the program, which takes months for long series of days.
   */
  period: 'day' | 'month' | 'year' | 'auto' | undefined;
  /** How several rows of one point or group become one figure. */
  aggregate: 'sum' | 'mean';
  /** Columns that may divide the rows into groups, best first. */
  groups: readonly (Column & { asked: boolean })[];
  /** The column that names a row. */
  label: Column | undefined;
}

/** Words of each topic, English and German, matched at the start of a word. */
const TOPIC_WORDS: readonly (readonly [Topic, RegExp])[] = [
  [
    'profile',
    words(
      'profil',
      'summar',
      'overview',
      'describ',
      'statistic',
      'überblick',
      'übersicht',
      'zusammenfass',
      'beschreib',
      'kennzahl',
      'statistik',
    ),
  ],
  [
    'trend',
    words(
      'trend',
      'grow',
      'grew',
      'over time',
      'over the',
      'develop',
      'timeline',
      'time series',
      'chang',
      'wachs',
      'wuchs',
      'entwick',
      'verlauf',
      'zeitreihe',
      'veränder',
      'anstieg',
      'rückgang',
    ),
  ],
  [
    'compare',
    words(
      'compar',
      'by group',
      'group',
      'per ',
      'by ',
      'each ',
      'versus',
      'vs',
      'vergleich',
      'gruppe',
      'je ',
      'pro ',
      'nach ',
    ),
  ],
  [
    'outliers',
    words(
      'outlier',
      'anomal',
      'unusual',
      'strange',
      'ausreißer',
      'ausreisser',
      'auffällig',
      'ungewöhnlich',
    ),
  ],
  [
    'peak',
    words(
      'peak',
      'maxim',
      'max\\b',
      'minim',
      'min\\b',
      'highest',
      'lowest',
      'best',
      'worst',
      'largest',
      'smallest',
      'most',
      'least',
      'top\\b',
      'höch',
      'niedrigst',
      'größt',
      'kleinst',
      'spitze',
      'gipfel',
    ),
  ],
];

const AVERAGED =
  /price|preis|kurs|temp|rate|quote|average|avg|mean|mittel|durchschnitt|percent|prozent|%|ratio|anteil|score|index|age\b|alter|speed|wind|humid|feucht|pressure|druck|level|grade|note|rating|height|width|weight|length/i;
const VALUABLE =
  /revenue|umsatz|sales|verk|amount|betrag|value|wert|price|preis|profit|gewinn|total|gesamt|sum|count|anzahl|quantity|menge|cost|kosten|turnover|income|score/i;
const IDENTIFIER =
  /(?:^|[\s_-])(?:id|key|nr|no|number|nummer|index|code|zip|plz|phone|telefon|lat|latitude|lon|lng|longitude|row|zeile)$|[a-z]Id$|^#$/i;
const PROSE =
  /name|mail|comment|note|text|url|link|address|adresse|description|beschreibung|title|titel/i;

/** What the demo makes of a task and a table; undefined when the table has no numeric column. */
export function understand(task: string, table: DemoTable): Understanding | undefined {
  const wanted = task.toLowerCase();
  const measures = measuresOf(wanted, table.columns);
  const [main] = measures;
  if (!main) return undefined;
  const order = orderOf(wanted, table.columns, main);
  const texts = table.columns.filter((column) => column.kind === 'text' && column !== order);
  const asked = (column: Column): boolean => isNamed(wanted, column.name);
  const groups = texts
    .map((column) => ({ ...column, asked: asked(column) }))
    .filter((column) => column.asked || (!PROSE.test(column.name) && !IDENTIFIER.test(column.name)))
    .sort(
      (a, b) =>
        Number(b.asked) - Number(a.asked) ||
        a.distinct / (a.seen || 1) - b.distinct / (b.seen || 1),
    );
  return {
    topics: TOPIC_WORDS.filter(([, pattern]) => pattern.test(wanted)).map(([topic]) => topic),
    measures: [main, ...measures.slice(1)],
    order,
    period: periodOf(wanted, order),
    aggregate: aggregateOf(wanted, main),
    groups: groups.slice(0, 5),
    label: order ?? texts.find(({ name }) => PROSE.test(name)) ?? texts[0],
  };
}

/** The numeric columns: those that the task names, then those that sound like a value, then the rest. */
function measuresOf(task: string, columns: readonly Column[]): Column[] {
  const rank = (column: Column): number => {
    if (isNamed(task, column.name)) return 0;
    if (IDENTIFIER.test(column.name)) return 3;
    return VALUABLE.test(column.name) ? 1 : 2;
  };
  const numeric = columns.filter(({ kind }) => kind === 'number');
  const ranked = numeric
    .map((column) => ({ column, rank: rank(column) }))
    .sort((a, b) => a.rank - b.rank);
  const useful = ranked.filter((item) => item.rank < 3);
  return (useful.length > 0 ? useful : ranked).slice(0, 8).map(({ column }) => column);
}

/** The column that gives the order: one that the task names, else the finest that has a year. */
function orderOf(task: string, columns: readonly Column[], main: Column): Column | undefined {
  const orders = columns.filter((column) => column.kind === 'order' && column !== main);
  const fineness = ['time', 'day', 'month', 'quarter', 'year'];
  const place = ({ grain }: Column): number => fineness.indexOf(grain ?? 'year');
  return (
    orders.find(({ name }) => isNamed(task, name)) ?? orders.sort((a, b) => place(a) - place(b))[0]
  );
}

function periodOf(task: string, order: Column | undefined): Understanding['period'] {
  const finer = (grains: readonly string[]): boolean =>
    order?.grain !== undefined && grains.includes(order.grain);
  if (/month|monat/.test(task) && finer(['time', 'day'])) return 'month';
  if (/year|jahr|annual|jähr/.test(task) && finer(['time', 'day', 'month', 'quarter']))
    return 'year';
  if (/\bda(?:y|ily)|\btag|tägl/.test(task) && finer(['time'])) return 'day';
  return finer(['time', 'day']) && !/\bda(?:y|ily)|\btag|tägl/.test(task) ? 'auto' : undefined;
}

function aggregateOf(task: string, main: Column): 'sum' | 'mean' {
  if (/average|\bmean\b|mittel|durchschnitt/.test(task)) return 'mean';
  if (/\btotal|\bsum\b|summe|gesamt/.test(task)) return 'sum';
  return AVERAGED.test(main.name) ? 'mean' : 'sum';
}

/** Whether a task names a column: one of the words of the name begins a word of the task, or the reverse. */
function isNamed(task: string, name: string): boolean {
  const spoken = wordsOf(task);
  const parts = wordsOf(name.replace(/(\p{Ll})(\p{Lu})/gu, '$1 $2').toLowerCase()).filter(
    (part) => part.length >= 3,
  );
  return parts.some((part) =>
    spoken.some((word) => word.startsWith(part) || (word.length >= 4 && part.startsWith(word))),
  );
}

function wordsOf(text: string): string[] {
  return text.match(/[\p{L}\p{N}]+/gu) ?? [];
}

function words(...starts: string[]): RegExp {
  return new RegExp(`(?<![\\p{L}\\p{N}])(?:${starts.join('|')})`, 'u');
}
