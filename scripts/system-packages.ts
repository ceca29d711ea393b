import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

/** Debian packages that some tests need, and which tests these are. */
const PACKAGES: ReadonlyMap<string, string> = new Map([
  ['bubblewrap', 'the sandbox bwrap'],
  ['python3', 'the sandbox jail and every Python program'],
  ['python3-pip', 'layers of Python packages'],
  ['python3-pandas', 'Python programs with pandas'],
  ['python3-numpy', 'Python programs with numpy'],
  ['python3-matplotlib', 'Python programs with matplotlib'],
  ['python3-sklearn', 'Python programs with scikit-learn'],
  ['strace', 'the store on a disk whose syncs fail'],
  ['chromium', 'reading and checking workflows in a browser'],
]);

/**
 * Installs what is missing when `install` is set and we are root on Debian; otherwise says which
 * tests will be skipped. False when an installation failed.
 */
export function systemPackages(install: boolean): boolean {
  if (!existsSync('/usr/bin/dpkg-query')) {
    console.log('no Debian: tests of boxes that this machine does not have are skipped by name');
    return true;
  }
  const missing = [...PACKAGES].filter(([name]) => !isInstalled(name));
  if (missing.length === 0) return true;
  if (install && process.getuid?.() === 0) return installAll(missing.map(([name]) => name));
  for (const [name, tests] of missing) console.log(`missing ${name}; skipped: ${tests}`);
  return true;
}

function isInstalled(name: string): boolean {
  const { stdout } = spawnSync('dpkg-query', ['-s', name], { encoding: 'utf8' });
  return stdout.includes('\nStatus: install ok installed\n');
}

function installAll(names: readonly string[]): boolean {
  const apt = (...args: string[]): boolean =>
    spawnSync('apt-get', ['-qq', '-y', ...args], {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    }).status === 0;
  console.log(`installing ${names.join(', ')}`);
  return apt('update') && apt('install', '--no-install-recommends', ...names);
}
