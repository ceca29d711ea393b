import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { KIT_BYTES } from '../../scripts/kit.ts';
import { withoutPython } from '../demo/hidden-python.ts';
import { temporaryFolder } from '../make.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const folder = temporaryFolder();
afterAll(() => folder[Symbol.dispose]());

interface PackedFile {
  path: string;
  size: number;
}

let files: PackedFile[];

beforeAll(() => {
  execFileSync(process.execPath, [join(ROOT, 'scripts/build.ts')], { cwd: ROOT, stdio: 'pipe' });
  const args = ['pack', '--dry-run', '--json', '--ignore-scripts', '--offline'];
  const [pack] = JSON.parse(execFileSync('npm', args, { cwd: ROOT, encoding: 'utf8' }));
  files = pack.files;
}, 120_000);

const paths = () => files.map(({ path }) => path);

const SCHEMAS = ['workflow', 'agent', 'event', 'result'].map((name) => `${name}.schema.json`);

describe('the package', () => {
  it('holds what runs, also what other interpreters run, and the data of the demo', () => {
    expect(paths()).toEqual(
      expect.arrayContaining([
        'package.json',
        'dist/index.js',
        'dist/index.d.ts',
        'dist/cli/main.js',
        'dist/stores/sqlite-worker.js',
        'dist/sandboxes/jail.py',
        'dist/sandboxes/run.mjs',
        'dist/examples/data/seattle-weather.csv',
        'dist/examples/data/README.md',
      ]),
    );
  });

  it('holds no sources, tests or secrets, and is small', () => {
    const surplus = /(?<!\.d)\.ts$|\.test\.|^(src|test|bench|scripts|\.awp)\/|\.env|\.db/;
    expect(paths().filter((path) => surplus.test(path))).toEqual([]);
    expect(files.reduce((sum, { size }) => sum + size, 0)).toBeLessThan(3_000_000 + KIT_BYTES);
  });

  it('has every file that its description names', () => {
    const { bin, exports: named } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
    const wanted = [
      ...Object.values<string>(bin),
      ...Object.values<string | Record<string, string>>(named).flatMap((target) =>
        typeof target === 'string' ? [target] : Object.values(target),
      ),
    ]
      .flatMap((path) =>
        path.endsWith('/*') ? SCHEMAS.map((name) => path.replace('*', name)) : path,
      )
      .map((path) => path.replace('./', ''));
    expect(paths()).toEqual(expect.arrayContaining(wanted));
  });

  it('has the types that its entries need, and leaves the others out', () => {
    const program = [
      "import { tool, type AgentOutput } from 'awp-agents';",
      "import * as testing from 'awp-agents/testing';",
      "import * as browser from 'awp-agents/browser';",
      "const wrong: AgentOutput = tool({ name: 'a.b', description: 'x', execute: () => 1 });",
      'export { browser, testing, wrong };',
    ];
    mkdirSync(join(folder.path, 'node_modules'));
    symlinkSync(ROOT, join(folder.path, 'node_modules/awp-agents'));
    writeFileSync(join(folder.path, 'use.ts'), program.join('\n'));
    const options = '--strict --module nodenext --target es2024 --skipLibCheck false';
    const libraries = '--lib es2024,esnext.disposable,dom';
    const { stdout } = spawnSync(
      process.execPath,
      [
        join(ROOT, 'node_modules/typescript/bin/tsc'),
        ...['--noEmit', '--types', ''],
        ...`${options} ${libraries} use.ts`.split(' '),
      ],
      { cwd: folder.path, encoding: 'utf8' },
    );
    const errors = stdout.split('\n').filter((line) => line.includes('error TS'));
    expect(errors).toEqual([expect.stringMatching(/^use\.ts\(4,7\): error TS2322/)]);
    expect(paths()).not.toContain('dist/cli/main.d.ts');
  });

  it('has a command that can be executed as it is', () => {
    const main = join(ROOT, 'dist/cli/main.js');
    expect(statSync(main).mode & 0o111).toBe(0o111);
    const { stdout } = spawnSync(main, ['--version'], { encoding: 'utf8' });
    const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
    expect(stdout).toBe(`${version}\n`);
  });

  it('runs the demo from the built files', () => {
    const args = [join(ROOT, 'dist/cli/main.js'), 'demo'];
    const { status, stdout, stderr } = spawnSync(process.execPath, args, {
      cwd: folder.path,
      encoding: 'utf8',
    });
    expect(stderr).toContain('not an AI');
    expect(stderr).toMatch(/awp-demo\/report\.html/);
    expect(stderr.trimEnd().split('\n').at(-1)).toContain('simulated');
    expect(stdout).toContain('Peak');
    expect(status).toBe(0);
    expect(existsSync(join(folder.path, 'awp-demo/report.md'))).toBe(true);
  });

  it.for(['bwrap', 'quickjs'])(
    'runs the demo from the built files without a Python, in %s',
    (box, { skip }) => {
      const demo = [join(ROOT, 'dist/cli/main.js'), 'demo', '--out', box];
      const hidden = withoutPython(process.execPath, demo);
      if (!hidden) return skip('nothing can be hidden here');
      const { command, args } = hidden;
      const env = { ...process.env, AWP_SANDBOX: box };
      const done = spawnSync(command, args, { cwd: folder.path, env, encoding: 'utf8' });
      expect({ status: done.status, stderr: done.stderr }).toMatchObject({ status: 0 });
      expect(existsSync(join(folder.path, box, 'report.html'))).toBe(true);
    },
  );
});
