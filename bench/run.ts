/**
 * `npm run bench [-- NAME ...] [-- --rounds N] [-- --record]`: each case in processes of its own, in
 * shuffled order, the median of the rounds; every figure with the floor it was measured against.
 * `--record` puts the table into docs/benchmarks.md.
 */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { type Figure, median } from './world.ts';

const CASES = join(import.meta.dirname, 'cases');
const PAGE = resolve(import.meta.dirname, '../docs/benchmarks.md');
const { values, positionals } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    record: { type: 'boolean', default: false },
  },
  allowPositionals: true,
});
const known = readdirSync(CASES).map((file) => file.replace('.ts', ''));
const unknown = positionals.filter((name) => !known.includes(name));
if (unknown.length > 0) {
  console.error(`there is no benchmark ${unknown.join(', ')}; there are ${known.join(', ')}`);
  process.exit(2);
}
const names = positionals.length > 0 ? positionals : known;
const rounds = Number(values.rounds);
const queue = names.flatMap((name) =>
  Array.from({ length: name === 'installed-size' ? 1 : rounds }, () => name),
);
const results = new Map<string, Figure[][]>(names.map((name) => [name, []]));
for (const name of shuffled(queue)) {
  process.stderr.write(`${name} ... `);
  const args = ['--expose-gc', join(CASES, `${name}.ts`)];
  const { stdout, stderr, status } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${name} failed: ${stderr}`);
  results.get(name)?.push(JSON.parse(stdout));
  process.stderr.write('done\n');
}

const table = [
  '| figure | median | compared with | ratio | aim | met |',
  '|---|--:|---|--:|---|---|',
  ...names.flatMap((name) => rowsOf(results.get(name) ?? [])),
].join('\n');
const [{ model = 'unknown' } = {}] = cpus();
const machine = `${new Date().toISOString().slice(0, 10)}, ${cpus().length} cores of ${model.trim()}, ${Math.round(totalmem() / 1e9)} GB, Node ${process.versions.node}, ${rounds} rounds`;
console.log(`${machine}\n\n${table}`);
if (values.record) record(`${machine}.\n\n${table}`);

function rowsOf(all: readonly Figure[][]): string[] {
  return (all[0] ?? []).map((first, index) => {
    const same = all.flatMap((figures) => figures[index] ?? []);
    const value = median(same.map((figure) => figure.value));
    const floor = first.floor && median(same.flatMap((figure) => figure.floor?.value ?? []));
    const met = same.filter((figure) => figure.aim?.met).length * 2 > same.length;
    return `| ${[
      first.name,
      `${shown(value)} ${first.unit}`,
      first.floor && floor !== undefined ? `${first.floor.name}: ${shown(floor)}` : '',
      floor ? shown(value / floor) : '',
      first.aim?.text ?? '',
      first.aim ? (met ? 'yes' : '**no**') : '',
    ].join(' | ')} |`;
  });
}

function shown(value: number): string {
  if (value >= 1000) return Math.round(value).toLocaleString('en');
  return value >= 10 ? value.toFixed(1) : String(Number(value.toPrecision(2)));
}

function shuffled<T>(items: readonly T[]): T[] {
  return items
    .map((item) => ({ item, place: Math.random() }))
    .sort((a, b) => a.place - b.place)
    .map(({ item }) => item);
}

function record(text: string): void {
  const page = readFileSync(PAGE, 'utf8');
  writeFileSync(
    PAGE,
    page.replace(/(<!-- table -->\n)[\s\S]*?(\n<!-- end -->)/, `$1\n${text}\n$2`),
  );
}
