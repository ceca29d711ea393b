/** `awp --version` and importing the built package, each against bare Node. */
import { spawnSync } from 'node:child_process';
import { dist } from '../built.ts';
import { median, report } from '../world.ts';

const folder = dist();

function start(args: readonly string[]): number {
  const before = performance.now();
  const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  return performance.now() - before;
}

function rounds(...args: string[]): number {
  start(args);
  return median(Array.from({ length: 11 }, () => start(args)));
}

const bare = rounds('-e', '0');
const version = rounds(`${folder}/cli/main.js`, '--version');
const imported = rounds(
  '--input-type=module',
  '-e',
  `await import(${JSON.stringify(`file://${folder}/index.js`)})`,
);
const bareModule = rounds('--input-type=module', '-e', '0');
report([
  {
    name: 'awp --version',
    value: version,
    unit: 'ms wall',
    floor: { name: 'bare Node', value: bare },
  },
  {
    name: 'cold import of the package',
    value: imported,
    unit: 'ms wall',
    floor: { name: 'bare Node, empty module', value: bareModule },
  },
]);
