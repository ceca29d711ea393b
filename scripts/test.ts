/**
 * `npm test`: everything that a change must pass, in one go. Stops at the first step that fails
 * and ends with the line `N passed, N failed`: each test counts, and each other step as one. With
 * CI=true missing system packages are installed and a test that is skipped fails the run.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { surplusFiles } from './package-files.ts';
import { systemPackages } from './system-packages.ts';
import {
  type Counts,
  countLine,
  countsOf,
  skippedTests,
  type VitestReport,
} from './test-report.ts';

const ROOT = resolve(import.meta.dirname, '..');
const CI = process.env.CI === 'true';

interface Step {
  name: string;
  run(): Counts;
}

const STEPS: readonly Step[] = [
  check('system packages', () => systemPackages(CI)),
  check('lint and format', () =>
    bin('@biomejs/biome/bin/biome', 'check', '--error-on-warnings', '.'),
  ),
  check('types', () => bin('typescript/bin/tsc', '--noEmit')),
  check('build', () => node('scripts/build.ts')),
  check('package description', () => bin('publint/src/cli.js', '--strict', '.')),
  check('package contents', packageContents),
  { name: 'tests', run: tests },
];

const total: Counts = { passed: 0, failed: 0, skipped: 0 };
for (const { name, run } of STEPS) {
  console.log(`\n== ${name}`);
  const start = performance.now();
  const { passed, failed, skipped } = run();
  total.passed += passed;
  total.failed += failed;
  total.skipped += skipped;
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  console.log(`== ${name}: ${failed === 0 ? 'ok' : 'FAILED'} in ${seconds} s`);
  if (failed > 0) break;
}
if (total.skipped > 0) console.log(`\n${total.skipped} tests were skipped`);
console.log(countLine(total));
process.exitCode = total.failed === 0 ? 0 : 1;

function check(name: string, passes: () => boolean): Step {
  const run = (): Counts => {
    const ok = passes();
    return { passed: ok ? 1 : 0, failed: ok ? 0 : 1, skipped: 0 };
  };
  return { name, run };
}

function node(...args: string[]): boolean {
  const { status, error } = spawnSync(process.execPath, args, { cwd: ROOT, stdio: 'inherit' });
  if (error) throw error;
  return status === 0;
}

function bin(path: string, ...args: string[]): boolean {
  return node(join('node_modules', path), ...args);
}

function packageContents(): boolean {
  const args = ['pack', '--dry-run', '--json', '--ignore-scripts', '--offline'];
  const { stdout, status } = spawnSync('npm', args, { cwd: ROOT, encoding: 'utf8' });
  if (status !== 0) return false;
  const [pack] = JSON.parse(stdout);
  const paths: string[] = pack.files.map(({ path }: { path: string }) => path);
  const surplus = surplusFiles(paths);
  console.log(`${paths.length} files, ${Math.ceil(pack.unpackedSize / 1024)} KiB unpacked`);
  for (const path of surplus) console.log(`does not belong into the package: ${path}`);
  return surplus.length === 0;
}

function tests(): Counts {
  const folder = mkdtempSync(join(tmpdir(), 'awp-tests-'));
  try {
    const file = join(folder, 'report.json');
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`];
    const passed = bin('vitest/vitest.mjs', 'run', ...reporters);
    const report: VitestReport = JSON.parse(readFileSync(file, 'utf8'));
    return judged(report, passed);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What Vitest itself complains about, such as an error outside of any test, is a failure too. */
function judged(report: VitestReport, passed: boolean): Counts {
  const counts = countsOf(report);
  for (const name of skippedTests(report)) console.log(`skipped: ${name}`);
  if (CI && counts.skipped > 0) {
    console.log('with CI=true no test may be skipped');
    counts.failed += counts.skipped;
  }
  if (!passed && counts.failed === 0) counts.failed = 1;
  return counts;
}
