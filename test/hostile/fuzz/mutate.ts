import { stringify } from 'yaml';
import { plainValue } from '../../../src/base/yaml-node.ts';
import { parseYaml } from '../../../src/parser/parse-yaml.ts';
import type { Random } from './random.ts';
import { VALUES, YAML_PIECES } from './words.ts';

/** Largest text that is made. */
const MOST = 1024 * 1024;

/** One change of a text; `other` is one to take parts from. */
type Mutation = (text: string, random: Random, other: string) => string;

/** A text with one to a few changes; never longer than 1 MiB of characters. */
export function mutated(text: string, random: Random, other: string): string {
  let result = text;
  for (let left = 1 + random.size(8); left > 0; left--) {
    result = random.pick(MUTATIONS)(result, random, other).slice(0, MOST);
  }
  return result;
}

/** A change that keeps the text YAML is the most likely one to come far. */
const MUTATIONS: readonly Mutation[] = [
  values,
  values,
  values,
  values,
  insertPiece,
  insertPiece,
  deleteRange,
  repeatRange,
  characters,
  lines,
  lines,
  indentation,
  scalar,
  splice,
  deep,
  bomb,
  long,
];

/** Changes the tree: values of other places and of the list, keys of others, entries away or twice. */
function values(text: string, random: Random, other: string): string {
  const root = read(text);
  const places = placesIn(root);
  if (places.length === 0) return text;
  const others = [...places, ...placesIn(read(other))];
  for (let left = 1 + random.size(12); left > 0; left--) {
    changeValue(random.pick(places), random, random.pick(others));
  }
  return written(root, random);
}

/** A tree as text, as YAML or as JSON; one that holds itself or is too large is no text. */
function written(root: unknown, random: Random): string {
  try {
    return random.once(4)
      ? JSON.stringify(root, null, random.pick([0, 2]))
      : stringify(root, { aliasDuplicateObjects: random.once(8), indent: random.pick([1, 2, 4]) });
  } catch {
    return 'a: 1\n';
  }
}

/** The value in a text, undefined when it has none. Read by us: libraries take minutes for some. */
function read(text: string): unknown {
  const tree = text.length > 50_000 ? undefined : parseYaml(text, 'x').tree;
  return tree && plainValue(tree);
}

interface Holder {
  holder: Record<string, unknown> | unknown[];
  key: string;
}

/** All places of a tree where a value stands. */
function placesIn(root: unknown): Holder[] {
  const places: Holder[] = [];
  const seen = new Set<unknown>();
  const open = [root];
  while (open.length > 0 && places.length < 5000) {
    const next = open.pop();
    if (typeof next !== 'object' || next === null || seen.has(next)) continue;
    seen.add(next);
    const holder = next as Record<string, unknown> | unknown[];
    for (const key of Object.keys(holder)) {
      places.push({ holder, key });
      open.push(valueAt({ holder, key }));
    }
  }
  return places;
}

function valueAt({ holder, key }: Holder): unknown {
  return (holder as Record<string, unknown>)[key];
}

function put({ holder, key }: Holder, value: unknown): void {
  const own = { value, writable: true, enumerable: true, configurable: true };
  Object.defineProperty(holder, key, own);
}

function changeValue(place: Holder, random: Random, other: Holder): void {
  const { holder, key } = place;
  // Large copies of copies would become too large to write.
  const copy = (value: unknown): unknown =>
    placesIn(value).length > 300 ? null : structuredClone(value);
  const changes: readonly (() => void)[] = [
    () => put(place, copy(random.pick(VALUES))),
    () => put(place, copy(random.pick(VALUES))),
    () => put(place, copy(valueAt(other))),
    () => put(place, copy(valueAt(other))),
    () => put(place, [copy(valueAt(place))]),
    () => put(place, { [other.key]: copy(valueAt(place)) }),
    () => {
      if (Array.isArray(holder)) holder.push(copy(valueAt(place)));
      else put({ holder, key: other.key }, copy(valueAt(other)));
    },
    () => {
      if (Array.isArray(holder)) holder.splice(Number(key), 1);
      else delete holder[key];
    },
    () => {
      if (Array.isArray(holder)) holder.reverse();
      else put({ holder, key: `${key}${random.pick(['', '_', 's', 'x', ' '])}` }, valueAt(place));
    },
    () => {
      const odd = random.pick(['__proto__', 'constructor', '', '0', 'a.b', 'a[0]']);
      // An array with a `constructor` of its own is none that could be changed any more.
      if (!Array.isArray(holder)) put({ holder, key: odd }, 1);
    },
  ];
  random.pick(changes)();
}

function insertPiece(text: string, random: Random): string {
  const at = random.below(text.length + 1);
  return text.slice(0, at) + random.pick(YAML_PIECES) + text.slice(at);
}

function deleteRange(text: string, random: Random): string {
  const at = random.below(text.length + 1);
  return text.slice(0, at) + text.slice(at + random.size(200));
}

function repeatRange(text: string, random: Random): string {
  const at = random.below(text.length + 1);
  const part = text.slice(at, at + 1 + random.size(300));
  const times = Math.min(random.size(20_000), Math.ceil(MOST / Math.max(1, part.length)));
  return text.slice(0, at) + part.repeat(times) + text.slice(at);
}

function characters(text: string, random: Random): string {
  const units = text.split('');
  for (let left = random.size(20); left > 0; left--) {
    const code = random.once(4) ? random.below(0x10000) : random.below(0x80);
    units[random.below(units.length + 1)] = String.fromCharCode(code);
  }
  return units.join('');
}

/** Lines away, twice, or in another order. */
function lines(text: string, random: Random): string {
  const all = text.split('\n');
  const at = random.below(all.length);
  const count = random.size(8);
  const part = all.slice(at, at + count);
  const changes: readonly (() => unknown)[] = [
    () => all.splice(at, count),
    () => all.splice(random.below(all.length), 0, ...part),
    () => all.splice(at, count, ...part.toReversed()),
    () => all.splice(random.below(all.length), 0, ...all.splice(at, count)),
  ];
  random.pick(changes)();
  return all.join('\n');
}

function indentation(text: string, random: Random): string {
  const all = text.split('\n');
  const at = random.below(all.length);
  const more = random.pick([' ', '  ', '    ', '\t', '']);
  for (let line = at; line < at + random.size(6); line++) {
    const own = all[line];
    if (own !== undefined) all[line] = more === '' ? own.replace(/^ {1,2}/, '') : more + own;
  }
  return all.join('\n');
}

/** A value on its line is replaced, whatever the rest of the text is. */
function scalar(text: string, random: Random): string {
  const found = [...text.slice(0, 200_000).matchAll(/: +[^\n]+/g)];
  if (found.length === 0) return text;
  const { 0: old, index } = random.pick(found);
  const value = random.once(3) ? random.pick(YAML_PIECES) : JSON.stringify(random.pick(VALUES));
  return `${text.slice(0, index)}: ${value}${text.slice(index + old.length)}`;
}

function splice(text: string, random: Random, other: string): string {
  return text.slice(0, random.below(text.length + 1)) + other.slice(random.below(other.length + 1));
}

/** Nesting in all its spellings. */
function deep(text: string, random: Random): string {
  const depth = random.size(200_000);
  const [open, close] = random.pick([
    ['[', ']'],
    ['{a: ', '}'],
    ['{? ', '}'],
    ['- ', ''],
    ['? ', ''],
    ['[a: ', ']'],
    ['"', ''],
    ['&a [', ']'],
    ['!!seq [', ']'],
    ['\n- ', ''],
  ]);
  const nested = open.repeat(depth) + (random.once(2) ? close.repeat(depth) : '');
  const at = random.once(2) ? text.length : random.below(text.length + 1);
  return `${text.slice(0, at)}${random.pick(['', '\n', '\nx: '])}${nested}\n${text.slice(at)}`;
}

/** Aliases of aliases, in lists, maps and merges. */
function bomb(text: string, random: Random): string {
  const width = 1 + random.size(40);
  const [open, close] = random.pick([
    ['[', ']'],
    ['{<<: [', ']}'],
    ['{a: [', ']}'],
  ]);
  let made = `x0: &x0 ${random.pick(['{a: 1}', '[1]', 'x', '{a: 1, b: 2}'])}\n`;
  for (let level = 1; level <= 1 + random.size(30); level++) {
    made += `x${level}: &x${level} ${open}${Array(width)
      .fill(`*x${level - 1}`)
      .join(', ')}${close}\n`;
  }
  return random.once(2) ? `${made}${text}` : `${text}\n${made}`;
}

/** Very much of one thing. */
function long(text: string, random: Random): string {
  const count = random.size(60_000);
  const made = random.pick<(index: number) => string>([
    (index) => `k${index}: ${index}\n`,
    () => 'same: 1\n',
    (index) => `? [${index}]\n`,
    (index) => `a${index}: &b${index} x\n`,
    () => '- x\n',
    () => '# comment\n',
    () => '---\n',
    () => ' ',
    (index) => `x${index}: *x\n`,
    () => '<<: {a: 1}\n',
    () => '!x ',
    () => '"\\u0041',
  ]);
  const at = random.once(2)
    ? text.length
    : text.lastIndexOf('\n', random.below(text.length + 1)) + 1;
  const parts = Array.from({ length: count }, (_, index) => made(index));
  return text.slice(0, at) + parts.join('') + text.slice(at);
}
