import { isObject, type Json, type JsonObject } from '../base/json.ts';

/** Lines of a comparison that are shown at most, and characters of each. */
const SHOWN_LINES = 24;
const SHOWN_CHARS = 160;
/** Unchanged lines around a change. */
const AROUND = 1;
/** Lines that are compared one with each other; of longer texts what is alike at both ends is left out first. */
const COMPARED_LINES = 400;

/** A question as lines that a person can compare. */
export function linesOf(question: JsonObject): string[] {
  const { messages, tools, ...settings } = question;
  const named = Object.entries(settings).map(
    ([name, value]) => `${name}: ${JSON.stringify(value)}`,
  );
  const said = Array.isArray(messages) ? messages : [];
  return [
    ...named.sort(),
    ...(Array.isArray(tools) ? tools : []).map((tool) => `tool ${JSON.stringify(tool)}`),
    ...said.flatMap((message) => messageLines(message)),
  ];
}

function messageLines(message: Json): string[] {
  if (!isObject(message)) return [];
  const { role, text, ...more } = message;
  const rest = Object.keys(more).length > 0 ? ` ${JSON.stringify(more)}` : '';
  return [`[${String(role)}]${rest}`, ...String(text).split('\n')];
}

/** The candidate that shares most lines with a text; undefined when there is none. */
export function nearestOf<T extends { lines: readonly string[] }>(
  lines: readonly string[],
  candidates: readonly T[],
): T | undefined {
  const wanted = new Set(lines);
  let best: { one: T; share: number } | undefined;
  for (const one of candidates) {
    const theirs = new Set(one.lines);
    const shared = [...theirs].filter((line) => wanted.has(line)).length;
    const share = shared / Math.max(1, wanted.size + theirs.size - shared);
    if (best === undefined || share > best.share) best = { one, share };
  }
  return best?.one;
}

type Change = readonly [mark: ' ' | '-' | '+', line: string];

/**
 * What differs between two texts, as lines with `-` (only in the first), `+` (only in the second) and
 * a few of those around; bounded, so that it can stand in an error.
 */
export function difference(before: readonly string[], after: readonly string[]): string[] {
  const changes = changesOf(before, after);
  const near = changes.map((_, index) =>
    changes.slice(Math.max(0, index - AROUND), index + AROUND + 1).some(([mark]) => mark !== ' '),
  );
  const shown: string[] = [];
  for (const [index, [mark, line]] of changes.entries()) {
    if (!near[index]) continue;
    if (shown.length === SHOWN_LINES) return [...shown, '  and more'];
    const other = partner(changes, index);
    shown.push(`${mark} ${clip(line, other === undefined ? 0 : firstDifference(line, other))}`);
  }
  return shown;
}

/** The line that took this one's place, if the two stand side by side. */
function partner(changes: readonly Change[], index: number): string | undefined {
  const mark = changes[index]?.[0];
  const [otherMark, other] = changes[mark === '-' ? index + 1 : index - 1] ?? [];
  const paired = (mark === '-' && otherMark === '+') || (mark === '+' && otherMark === '-');
  return paired ? other : undefined;
}

function firstDifference(line: string, other: string): number {
  let at = 0;
  while (at < line.length && line[at] === other[at]) at += 1;
  return at;
}

/** The part of a long line around a place. */
function clip(line: string, place: number): string {
  if (line.length <= SHOWN_CHARS) return line;
  const from = Math.max(0, Math.min(place - SHOWN_CHARS / 4, line.length - SHOWN_CHARS));
  const part = line.slice(from, from + SHOWN_CHARS);
  return `${from > 0 ? '…' : ''}${part}${from + SHOWN_CHARS < line.length ? '…' : ''}`;
}

function changesOf(before: readonly string[], after: readonly string[]): Change[] {
  let start = 0;
  while (start < before.length && start < after.length && before[start] === after[start])
    start += 1;
  let [oldEnd, newEnd] = [before.length, after.length];
  while (oldEnd > start && newEnd > start && before[oldEnd - 1] === after[newEnd - 1]) {
    oldEnd -= 1;
    newEnd -= 1;
  }
  const same = (line: string): Change => [' ', line];
  return [
    ...before.slice(Math.max(0, start - AROUND), start).map(same),
    ...middle(
      before.slice(start, Math.min(oldEnd, start + COMPARED_LINES)),
      after.slice(start, Math.min(newEnd, start + COMPARED_LINES)),
    ),
    ...before.slice(oldEnd, oldEnd + AROUND).map(same),
  ];
}

/** The changes along the longest common sequence of lines. */
function middle(before: readonly string[], after: readonly string[]): Change[] {
  const common = commonLengths(before, after);
  const changes: Change[] = [];
  let [row, column] = [0, 0];
  while (row < before.length && column < after.length) {
    const [old = '', now = ''] = [before[row], after[column]];
    const mark = old === now ? ' ' : common(row + 1, column) >= common(row, column + 1) ? '-' : '+';
    changes.push([mark, mark === '+' ? now : old]);
    row += mark === '+' ? 0 : 1;
    column += mark === '-' ? 0 : 1;
  }
  const removed = before.slice(row).map((line): Change => ['-', line]);
  return [...changes, ...removed, ...after.slice(column).map((line): Change => ['+', line])];
}

/** How many lines two texts have in common, in order, from a line of each on. */
function commonLengths(
  before: readonly string[],
  after: readonly string[],
): (row: number, column: number) => number {
  const width = after.length + 1;
  const lengths = new Uint16Array((before.length + 1) * width);
  const at = (row: number, column: number): number => lengths[row * width + column] ?? 0;
  for (let row = before.length - 1; row >= 0; row--) {
    for (let column = after.length - 1; column >= 0; column--) {
      lengths[row * width + column] =
        before[row] === after[column]
          ? at(row + 1, column + 1) + 1
          : Math.max(at(row + 1, column), at(row, column + 1));
    }
  }
  return at;
}
