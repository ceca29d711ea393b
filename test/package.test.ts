import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { surplusFiles } from '../scripts/package-files.ts';
import { countLine, countsOf, skippedTests, type VitestReport } from '../scripts/test-report.ts';

const ROOT = resolve(import.meta.dirname, '..');
const description = JSON.parse(readFileSync(resolve(ROOT, 'package.json'), 'utf8'));
const lock = JSON.parse(readFileSync(resolve(ROOT, 'package-lock.json'), 'utf8'));

interface LockedPackage {
  dev?: boolean;
  optional?: boolean;
  hasInstallScript?: boolean;
}

describe('the description of the package', () => {
  const locked = Object.entries<LockedPackage>(lock.packages).filter(([path]) => path !== '');
  const shipped = locked.filter(([, { dev }]) => dev !== true);

  it('brings at most 30 packages along', () => {
    expect(shipped.length).toBeLessThanOrEqual(30);
  });

  it('brings none that runs a script when it is installed', () => {
    expect(shipped.filter(([, { hasInstallScript }]) => hasInstallScript)).toEqual([]);
  });

  it('allows one dev dependency to run a script: the pinned Node', () => {
    expect(description.allowScripts).toEqual({ node: true });
    expect(description.devDependencies.node).toMatch(/^24\.\d+\.\d+$/);
  });

  it('has the version of its lock file, and asks for the Node that the code needs', () => {
    expect(lock.version).toBe(description.version);
    expect(description.engines.node).toBe('>=24');
    expect(description.scripts).not.toHaveProperty('postinstall');
  });

  it('has a change log whose first entry is its version', () => {
    const log = readFileSync(resolve(ROOT, 'CHANGELOG.md'), 'utf8');
    expect(/^## (\d+\.\d+\.\d+)/m.exec(log)?.[1]).toBe(description.version);
  });
});

describe('the check of the contents', () => {
  it.each([
    'dist/index.js',
    'dist/index.d.ts',
    'dist/sandboxes/jail.py',
    'dist/modules/host.mjs',
    'dist/modules/python-shim.py',
    'dist/tools/query/main.mjs',
    'LICENSE',
    'README.md',
  ])('lets %s pass', (path) => {
    expect(surplusFiles([path])).toEqual([]);
  });

  it.each([
    ...['src/index.ts', 'test/make.ts', 'dist/index.ts', 'dist/index.js.map', 'dist/.env'],
    ...['.awp/awp.db', 'dist/awp.db', 'node_modules/zod/index.js', 'bench/run.ts'],
  ])('finds %s', (path) => {
    expect(surplusFiles([path, 'dist/index.js'])).toEqual([path]);
  });
});

describe('the count of a test run', () => {
  const report: VitestReport = {
    numPassedTests: 2,
    numFailedTests: 1,
    numPendingTests: 1,
    numTodoTests: 0,
    testResults: [
      {
        name: 'a.test.ts',
        status: 'failed',
        assertionResults: [
          { fullName: 'a fails', status: 'failed' },
          { fullName: 'a is skipped', status: 'skipped' },
        ],
      },
      { name: 'b.test.ts', status: 'failed', assertionResults: [] },
    ],
  };

  it('counts a file that could not be loaded as a failure', () => {
    expect(countsOf(report)).toEqual({ passed: 2, failed: 2, skipped: 1 });
  });

  it('names what was skipped', () => {
    expect(skippedTests(report)).toEqual(['a is skipped']);
  });

  it('is a line that any CI can read', () => {
    expect(countLine({ passed: 12, failed: 0, skipped: 3 })).toBe('12 passed, 0 failed');
  });
});
