import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../make.ts';
import { awp } from './process.ts';

const folder = temporaryFolder();
afterAll(() => folder[Symbol.dispose]());

/** Notes every module that is loaded, in any thread. */
const trace = join(folder.path, 'trace.mjs');
const loaded = join(folder.path, 'loaded.txt');
writeFileSync(
  trace,
  `import { appendFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
registerHooks({
  load(url, context, next) {
    appendFileSync(${JSON.stringify(loaded)}, url + '\\n');
    return next(url, context);
  },
});`,
);
const oldNode = join(folder.path, 'old-node.mjs');
writeFileSync(
  oldNode,
  `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '22.9.0' } });`,
);

describe('starting awp', () => {
  it.each([['--version'], ['--help'], ['run --help'], ['runs list'], ['runs --json']])(
    '%s loads no heavy module and starts no thread',
    async (line) => {
      writeFileSync(loaded, '');
      const args = line.split(' ');
      const { code, err } = await awp(args, { cwd: folder.path, node: ['--import', trace] });
      expect(err).not.toContain('error');
      expect(code).toBe(0);
      const modules = readFileSync(loaded, 'utf8');
      expect(modules).toContain('cli/main.ts');
      const heavy =
        /@ai-sdk|\/ajv\/|\/yaml\/|\/zod\/|papaparse|sqlite-worker|src\/(runtime|providers|sandboxes)\//;
      expect(modules.split('\n').filter((url) => heavy.test(url))).toEqual([]);
      if (line === '--version') expect(modules.trim().split('\n').length).toBeLessThanOrEqual(4);
    },
  );

  it('leaves no trace in a folder when it only looks', async () => {
    const empty = join(folder.path, 'looked-at');
    const { err } = await awp(['runs', '--home', empty], { cwd: folder.path });
    expect(err).toContain('no runs here');
    expect(() => readFileSync(join(empty, 'awp.db'))).toThrow();
  });

  it('with an older Node says so in one line and ends with 2', async () => {
    const { code, out, err } = await awp(['run'], {
      cwd: folder.path,
      node: ['--import', oldNode],
    });
    expect(code).toBe(2);
    expect(out).toBe('');
    expect(err).toBe(
      'awp needs Node.js 24 or newer; this is 22.9.0 (install it from nodejs.org)\n',
    );
  });

  it.each([
    ['no model', ['run', '-t', 'x'], 4, 'model/none'],
    ['no key', ['run', '-t', 'x', '-m', 'openai/some-model'], 4, 'model/no-key'],
    ['an unknown model', ['run', '-t', 'x', '-m', 'dmeo'], 4, 'model/unknown'],
    ['a file that is not there', ['demo', 'none.csv'], 8, 'source/unreachable'],
    ['a run that is not there', ['run', '--resume', 'r-none'], 9, 'store/not-found'],
  ] as [string, string[], number, string][])('%s is told with its code', async (...row) => {
    const [, args, code, error] = row;
    const result = await awp(args, { cwd: folder.path });
    expect(result.err).toContain(`error[${error}]`);
    expect(result.err).toContain('= try:');
    expect(result.code).toBe(code);
    expect(result.out).toBe('');
  });

  it('tells of a damaged store and leaves it as it was', async () => {
    const home = join(folder.path, 'damaged');
    const made = await awp(['run', '-t', 'x', '-m', 'demo', '--home', home], { cwd: folder.path });
    expect(made.err).toContain('error[model/out-of-scope]');
    expect(made.code).toBe(4);
    const path = join(home, 'awp.db');
    writeFileSync(path, 'this is no database, whatever its name may be');
    const { code, err } = await awp(['runs', '--home', home], { cwd: folder.path });
    expect(code).toBe(9);
    expect(err).toContain('error[store/damaged]');
    expect(readFileSync(path, 'utf8')).toBe('this is no database, whatever its name may be');
  });
});
