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
  /** What it is a figure of, when it is that of a package of others that was measured beside ours. */
  rival?: string;
  /** The most, or the least, that it should be; judged by the medians. */
  aim?: Aim;
}

/** What a figure is divided by. */
export interface Floor {
  name: string;
  value: number;
}

/** A bound on the figure itself, on its ratio to the floor, or the least of its rivals in the table. */
export type Aim =
  | { atMost: number }
  | { below: number }
  | { timesFloor: number }
  | { belowRivals: string };

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
  const all = [...byName.values()];
  return [...HEAD, ...all.map((same) => rowOf(same, bestRivals(all)))].join('\n');
}

/** The least that any package of others needed, by what it is a figure of. */
function bestRivals(all: readonly (readonly Figure[])[]): ReadonlyMap<string, number> {
  const best = new Map<string, number>();
  for (const same of all) {
    const rival = same[0]?.rival;
    if (rival === undefined) continue;
    const value = median(same.map((figure) => figure.value));
    best.set(rival, Math.min(best.get(rival) ?? value, value));
  }
  return best;
}

function rowOf(same: readonly Figure[], rivals: ReadonlyMap<string, number>): string {
  const [first] = same;
  if (!first) return '';
  const value = median(same.map((figure) => figure.value));
  const floors = same.flatMap(({ floor }) => floor?.value ?? []);
  const floor = floors.length > 0 ? median(floors) : undefined;
  const ratio = floor ? value / floor : undefined;
  const bound = first.aim && boundOf(first.aim, floor, rivals);
  const cells = [
    first.name,
    `${shown(value)} ${first.unit}`,
    first.floor && floor !== undefined ? `${first.floor.name}: ${shown(floor)}` : '',
    ratio === undefined ? '' : `${shown(ratio)}x`,
    first.recorded ?? '',
    bound?.text ?? '',
    bound ? bound.isMet(value) : '',
  ];
  return `| ${cells.join(' | ')} |`;
}

interface Bound {
  text: string;
  isMet(value: number): string;
}

function boundOf(aim: Aim, floor: number | undefined, rivals: ReadonlyMap<string, number>): Bound {
  if ('belowRivals' in aim) {
    const best = rivals.get(aim.belowRivals);
    if (best === undefined) return { text: 'below all others', isMet: () => 'none is installed' };
    return {
      text: `below all others, the best ${shown(best)}`,
      isMet: (value) => yesOrNo(value < best),
    };
  }
  if ('timesFloor' in aim) {
    const most = floor === undefined ? Number.NaN : aim.timesFloor * floor;
    return {
      text: `at most ${aim.timesFloor}x the floor`,
      isMet: (value) => yesOrNo(value <= most),
    };
  }
  return 'below' in aim
    ? { text: `below ${aim.below}`, isMet: (value) => yesOrNo(value < aim.below) }
    : { text: `at most ${aim.atMost}`, isMet: (value) => yesOrNo(value <= aim.atMost) };
}

function yesOrNo(isMet: boolean): string {
  return isMet ? 'yes' : '**no**';
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
