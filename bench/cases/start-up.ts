/** `awp --version` and importing the built package, each against bare Node; CPU and wall. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { DIST } from '../built.ts';
import { type Floor, median } from '../table.ts';
import { report } from '../world.ts';

const STARTS = 15;
/** Linux counts processor time in hundredths of a second (`USER_HZ`). */
const TICK_MS = 10;

/** Processor time of all processes that this one has started and that have ended; Linux only. */
function childrenCpuMs(): number {
  const stat = readFileSync('/proc/self/stat', 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[13]) + Number(fields[14])) * TICK_MS;
}

interface Spent {
  wall: number;
  cpu: number;
}

function start(args: readonly string[]): number {
  const before = performance.now();
  const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  return performance.now() - before;
}

/** The median of the wall times, and the mean of the CPU times, whose clock is coarse. */
function spent(...args: string[]): Spent {
  start(args);
  const before = childrenCpuMs();
  const wall = median(Array.from({ length: STARTS }, () => start(args)));
  return { wall, cpu: (childrenCpuMs() - before) / STARTS };
}

function floor(value: number): Floor {
  return { name: 'bare Node', value };
}

const bare = spent('-e', '0');
const version = spent(`${DIST}/cli/main.js`, '--version');
const entry = JSON.stringify(`file://${DIST}/index.js`);
const imported = spent('--input-type=module', '-e', `await import(${entry})`);
const module = spent('--input-type=module', '-e', '0');
report([
  {
    name: 'awp --version, wall',
    value: version.wall,
    unit: 'ms',
    floor: floor(bare.wall),
    aim: { timesFloor: 1.5 },
  },
  { name: 'awp --version, CPU', value: version.cpu, unit: 'ms', floor: floor(bare.cpu) },
  {
    name: 'cold import of the package, wall',
    value: imported.wall,
    unit: 'ms',
    floor: floor(module.wall),
    recorded: 'DBOS 2.9x, AI SDK 7 3.8x',
  },
  {
    name: 'cold import of the package, CPU',
    value: imported.cpu,
    unit: 'ms',
    floor: floor(module.cpu),
    recorded: 'DBOS 4.5x, AI SDK 7 5.2x',
    aim: { timesFloor: 3.4 },
  },
]);
