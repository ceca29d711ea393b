/**
 * What `npm install awp-agents` brings: size, packages, install scripts. Packs the built package and
 * installs it in an empty folder; needs the npm registry.
 */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { folder, report } from '../world.ts';

const ROOT = resolve(import.meta.dirname, '../..');
using place = folder();
const [pack] = JSON.parse(
  execFileSync('npm', ['pack', '--json', '--pack-destination', place.path], {
    cwd: ROOT,
    encoding: 'utf8',
  }),
);
execFileSync('npm', ['init', '-y'], { cwd: place.path, stdio: 'ignore' });
execFileSync('npm', ['install', '--omit=dev', join(place.path, pack.filename)], {
  cwd: place.path,
  stdio: 'ignore',
});
const lock: { packages: Record<string, { hasInstallScript?: boolean }> } = JSON.parse(
  readFileSync(join(place.path, 'package-lock.json'), 'utf8'),
);
const packages = Object.entries(lock.packages).filter(([path]) => path !== '');
const scripts = packages.filter(([, { hasInstallScript }]) => hasInstallScript);

function size(path: string): number {
  return readdirSync(path, { withFileTypes: true, recursive: true }).reduce(
    (sum, entry) => sum + (entry.isFile() ? statSync(join(entry.parentPath, entry.name)).size : 0),
    0,
  );
}

const mb = size(join(place.path, 'node_modules')) / 1e6;
report([
  {
    name: 'installed size',
    value: mb,
    unit: 'MB',
    recorded: 'DBOS 12, AI SDK 7 25',
    aim: { atMost: 30 },
  },
  {
    name: 'installed packages',
    value: packages.length,
    unit: 'packages',
    recorded: 'AI SDK 7 10, DBOS 22',
    aim: { atMost: 30 },
  },
  {
    name: 'packages with an install script',
    value: scripts.length,
    unit: 'packages',
    aim: { atMost: 0 },
  },
]);
