/** What a case reports, and the table that is made of it. */

/** One figure of a case, in `unit`, with what it is to be read against. */
export interface Figure {
  name: string;
  value: number;
  unit: string;
  /** The least that it could be, in the same unit: measured in the same process, or a definition. */
  floor?: Floor;
  /** What other stacks needed, recorded earlier on a machine of the same class. */
  recorded?: string;
  /** The most, or the least, that it should be; judged by the medians. */
  aim?: Aim;
}

/** What a figure is divided by. */
export interface Floor {
  name: string;
  value: number;
}

/** A bound on the figure itself, or on its ratio to the floor. */
export type Aim = { atMost: number } | { below: number } | { timesFloor: number };

/** The figures of one process. */
export type Report = readonly Figure[];

const HEAD = [
  '| figure | median | floor | ratio | others, recorded | aim | met |',
  '|---|--:|---|--:|---|---|---|',
];

/** The rows of a table: for each figure the median over the processes that reported it. */
export function tableOf(reports: readonly Report[]): string {
  const byName = new Map<string, Figure[]>();
  for (const figure of reports.flat()) {
    byName.set(figure.name, [...(byName.get(figure.name) ?? []), figure]);
  }
  return [...HEAD, ...[...byName.values()].map(rowOf)].join('\n');
}

function rowOf(same: readonly Figure[]): string {
  const [first] = same;
  if (!first) return '';
  const value = median(same.map((figure) => figure.value));
  const floors = same.flatMap(({ floor }) => floor?.value ?? []);
  const floor = floors.length > 0 ? median(floors) : undefined;
  const ratio = floor ? value / floor : undefined;
  const cells = [
    first.name,
    `${shown(value)} ${first.unit}`,
    first.floor && floor !== undefined ? `${first.floor.name}: ${shown(floor)}` : '',
    ratio === undefined ? '' : `${shown(ratio)}x`,
    first.recorded ?? '',
    first.aim ? aimText(first.aim) : '',
    first.aim ? (isMet(first.aim, value, ratio) ? 'yes' : '**no**') : '',
  ];
  return `| ${cells.join(' | ')} |`;
}

function aimText(aim: Aim): string {
  if ('timesFloor' in aim) return `at most ${aim.timesFloor}x the floor`;
  return 'below' in aim ? `below ${aim.below}` : `at most ${aim.atMost}`;
}

function isMet(aim: Aim, value: number, ratio: number | undefined): boolean {
  if ('timesFloor' in aim) return ratio !== undefined && ratio <= aim.timesFloor;
  return 'below' in aim ? value < aim.below : value <= aim.atMost;
}

/** A number with as many digits as it deserves: `1,234`, `12.3`, `0.0012`. */
export function shown(value: number): string {
  if (Math.abs(value) >= 1000) return Math.round(value).toLocaleString('en');
  if (Math.abs(value) >= 10) return value.toFixed(1);
  return String(Number(value.toPrecision(value >= 1 ? 3 : 2)));
}

/** The middle of the values; the mean of the two middle ones of an even number. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  const [low = Number.NaN, high = Number.NaN] = [
    sorted[Math.ceil(middle) - 1],
    sorted[Math.floor(middle)],
  ];
  return (low + high) / 2;
}

/** The page with `text` between its markers; throws when it has none. */
export function withTable(page: string, text: string): string {
  const marked = /(<!-- table -->\n)[\s\S]*?(<!-- end -->)/;
  if (!marked.test(page)) throw new Error('the page has no <!-- table --> ... <!-- end -->');
  return page.replace(marked, (_all, start: string, end: string) => `${start}\n${text}\n\n${end}`);
}
