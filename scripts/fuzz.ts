/**
 * `npm run fuzz -- [--minutes 10] [--seed N] [--from N] [--count N] [--out FOLDER]`: workflows,
 * packages and expressions that were changed at random are read and validated in processes of
 * their own. None may throw, end its process, take more than 5 s or 512 MiB, or have a finding
 * without place and help. What fails is written to a folder, with the numbers that make it again.
 */
import { mkdtempSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { fuzz } from '../test/hostile/fuzz/fuzz.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
    from: { type: 'string', default: '0' },
    count: { type: 'string', default: 'Infinity' },
    out: { type: 'string' },
  },
});
const [minutes, seed, from, count] = [values.minutes, values.seed, values.from, values.count].map(
  Number,
);
if ([minutes, seed, from, count].some((number) => number === undefined || Number.isNaN(number))) {
  throw new RangeError('--minutes, --seed, --from and --count are numbers');
}
const out = values.out ?? mkdtempSync(join(tmpdir(), 'awp-fuzz-failures-'));
console.log(`seed ${seed}`);
const { tried, failures } = await fuzz({
  seed: seed ?? 0,
  from: from ?? 0,
  count: count ?? Infinity,
  milliseconds: (minutes ?? 10) * 60_000,
  processes: Math.max(1, availableParallelism() - 1),
  failures: out,
  tell: (line) => console.log(line),
});
console.log(`${tried} inputs tried`);
if (failures.length > 0) {
  console.log(`what failed is in ${out}; again: --seed ${seed} --from NUMBER --count 1`);
}
console.log(`${tried - failures.length} passed, ${failures.length} failed`);
process.exitCode = failures.length === 0 ? 0 : 1;
