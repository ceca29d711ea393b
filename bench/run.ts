/**
 * `npm run bench [-- NAME ...] [-- --rounds N] [-- --record]`: every measurement in a process of its
 * own, in shuffled order, the medians over the rounds; each figure with the floor it was measured
 * against. `--record` puts the table of all cases into docs/benchmarks.md.
 */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, totalmem } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { graphParts, missingPeers } from './graphs/engines.ts';
import { loopParts, missingLoopPeers } from './loops/engines.ts';
import { type Report, shown, tableOf, withTable } from './table.ts';

const ROOT = resolve(import.meta.dirname, '..');
const CASES = join(import.meta.dirname, 'cases');
const PAGE = join(ROOT, 'docs/benchmarks.md');

/** Cases whose parts would disturb each other: each part has its own process. */
const PARTS: ReadonlyMap<string, readonly (readonly string[])[]> = new Map([
  [
    'agent-call',
    [
      ['memory', '1'],
      ['memory', '100'],
      ['memory', '1', '20'],
      ['memory', '100', '20'],
      ['disk', '1'],
      ['disk', '100'],
    ],
  ],
  ['graph', graphParts()],
  ['graph-agents', [['chain'], ['chain', 'all'], ['fan']]],
  ['graph-scale', [['chain'], ['fan'], ['layers']]],
  ['loop', loopParts()],
  ['makespan', [['promises'], ['memory'], ['batched'], ['full']]],
  ['model-call', [['whole'], ['stream'], ['thousand']]],
  ['sandbox', [['starts'], ['warm'], ['calls'], ['fifty']]],
  ['tools', [['python'], ['javascript'], ['thousand']]],
  ['waiting-agents', [['memory'], ['disk'], ['workers']]],
]);
/** Cases that measure the package as it is installed. */
const OF_THE_PACKAGE = new Set(['installed-size', 'makespan', 'start-up', 'validate']);
/** Cases whose figures do not vary. */
const ONCE = new Set(['installed-size', 'log-size', 'tokens']);

const { values, positionals } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    record: { type: 'boolean', default: false },
  },
  allowPositionals: true,
});
const known = readdirSync(CASES).map((file) => file.replace('.ts', ''));
const rounds = Number(values.rounds);
const names = positionals.length > 0 ? positionals : known;
refuse();

if (names.some((name) => OF_THE_PACKAGE.has(name))) run([join(ROOT, 'scripts/build.ts')]);
const conditions = conditionsNow();
const measurements = names.flatMap((name) =>
  (PARTS.get(name) ?? [[]]).map((part) => ({ name, part, reports: [] as Report[] })),
);
const queue = measurements.flatMap((one) =>
  Array.from({ length: ONCE.has(one.name) ? 1 : rounds }, () => one),
);
for (const { name, part, reports } of shuffled(queue)) {
  process.stderr.write(`${[name, ...part].join(' ')}\n`);
  reports.push(JSON.parse(run(['--expose-gc', join(CASES, `${name}.ts`), ...part])));
}
const table = tableOf(measurements.flatMap(({ reports }) => reports));
console.log(`${conditions}\n\n${table}`);
tellMissing();
if (values.record) {
  writeFileSync(PAGE, withTable(readFileSync(PAGE, 'utf8'), `${conditions}\n\n${table}`));
}

function refuse(): void {
  const unknown = positionals.filter((name) => !known.includes(name));
  const problem =
    unknown.length > 0
      ? `there is no benchmark ${unknown.join(', ')}; there are ${known.join(', ')}`
      : !Number.isInteger(rounds) || rounds < 1
        ? `--rounds ${values.rounds} is not a number of rounds`
        : values.record && positionals.length > 0
          ? '--record writes the table of all cases: leave the names out'
          : undefined;
  if (problem === undefined) return;
  console.error(problem);
  process.exit(2);
}

/** Which packages graphs and loops could have been measured beside. */
function tellMissing(): void {
  const missing = [
    ...(names.includes('graph') ? missingPeers() : []),
    ...(names.includes('loop') ? missingLoopPeers() : []),
  ];
  if (missing.length === 0) return;
  console.error(`not installed, and not measured: ${missing.join(', ')} (see docs/benchmarks.md)`);
}

function conditionsNow(): string {
  const [{ model = 'unknown' } = {}] = cpus();
  const [load = 0] = loadavg();
  return [
    `${new Date().toISOString().slice(0, 10)}, \`npm run bench -- --rounds ${rounds}\`,`,
    `${availableParallelism()} cores of ${model.trim()}, ${Math.round(totalmem() / 1e9)} GB,`,
    `Node ${process.versions.node}, load ${shown(load)} at the start.`,
  ].join(' ');
}

function run(args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${args.at(-1)} failed: ${stderr}`);
  return stdout;
}

function shuffled<T>(items: readonly T[]): T[] {
  return items
    .map((item) => ({ item, place: Math.random() }))
    .sort((a, b) => a.place - b.place)
    .map(({ item }) => item);
}
