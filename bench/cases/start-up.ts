/** `awp --version` and importing the built package, each against bare Node. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { median, report } from '../world.ts';

const dist = resolve(import.meta.dirname, '../../dist');
if (!existsSync(`${dist}/cli/main.js`))
  spawnSync(process.execPath, [resolve(import.meta.dirname, '../../scripts/build.ts')]);

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
const version = rounds(`${dist}/cli/main.js`, '--version');
const imported = rounds(
  '--input-type=module',
  '-e',
  `await import(${JSON.stringify(`file://${dist}/index.js`)})`,
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
