import { execFileSync } from 'node:child_process';
import { realpathSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../make.ts';
import { awp } from './process.ts';

let place: { path: string } & Disposable;
let cwd: string;
let venv: string;
beforeAll(() => {
  place = temporaryFolder();
  cwd = realpathSync(place.path);
  venv = join(cwd, 'venv');
  execFileSync('/usr/bin/python3', ['-m', 'venv', '--without-pip', venv]);
  writeFileSync(join(cwd, 'where.py'), 'import sys\nprint(sys.prefix)\n');
  writeFileSync(join(cwd, 'p.js'), 'console.log(1)\n');
  writeFileSync(join(cwd, 'a.csv'), 'a,b\n1,2\n3,4\n');
});
afterAll(() => place[Symbol.dispose]());

describe('awp sandbox run --python', () => {
  it.each([
    ['an absolute path', () => join(venv, 'bin/python'), {}],
    ['a path from here', () => 'venv/bin/python', {}],
    ['a path from here that begins with a dot', () => './venv/bin/python', {}],
    ['a path that wins over AWP_PYTHON', () => 'venv/bin/python', { AWP_PYTHON: '/nowhere' }],
  ])('takes %s', async (_, python, env) => {
    const done = await awp(['sandbox', 'run', 'where.py', '--python', python()], { cwd, env });
    expect(done).toMatchObject({ code: 0, out: `${venv}\n` });
  });

  it('takes a name on the search path', async () => {
    const env = { PATH: `${venv}/bin:${process.env.PATH}` };
    const done = await awp(['sandbox', 'run', 'where.py', '--python', 'python3'], { cwd, env });
    expect(done).toMatchObject({ code: 0, out: `${venv}\n` });
  });

  it('is what AWP_PYTHON says for every run, a path from here included', async () => {
    const env = { AWP_PYTHON: 'venv/bin/python' };
    const done = await awp(['sandbox', 'run', 'where.py'], { cwd, env });
    expect(done).toMatchObject({ code: 0, out: `${venv}\n` });
  });

  it.each([
    [['where.py', '--python', 'nowhere/python'], 6, 'sandbox/no-python', '--python'],
    [['where.py', '--python', '/bin/true'], 6, 'sandbox/no-python', '--python'],
    [['where.py', '--python', 'no-such-python'], 6, 'sandbox/no-python', 'AWP_PYTHON'],
    [['p.js', '--python', 'python3'], 2, 'usage/bad-option', 'javascript only'],
    [['where.py', '--python', 'python3', '--provider', 'deno'], 2, 'usage/bad-option', 'bwrap'],
  ])('%j ends with %i and %s', async (words, code, error, hint) => {
    const done = await awp(['sandbox', 'run', ...words], { cwd });
    expect(done).toMatchObject({ code, out: '' });
    expect(done.err).toContain(`error[${error}]`);
    expect(done.err).toContain(hint);
  });
});

describe('awp run --python', () => {
  const RUN = ['-t', 'Describe it', '-i', 'a.csv', '-m', 'demo'];

  it('that is none ends with 6 and what to do, in a new run and in one that goes on', async () => {
    const python = ['--python', '/nowhere/python3'];
    const begun = await awp(['run', ...RUN, '--budget.loops', '0', '--run-id', 'r-begun'], { cwd });
    expect(begun.code).toBe(3);
    const resumed = ['--resume', 'r-begun', '--raise', 'loops=9'];
    for (const words of [RUN, resumed]) {
      const { code, err } = await awp(['run', ...words, ...python], { cwd });
      expect(code).toBe(6);
      expect(err).toContain('error[sandbox/no-python]: /nowhere/python3');
      expect(err).toContain('--python');
    }
    const done = await awp(['run', ...resumed, '--python', 'venv/bin/python'], { cwd });
    expect(done.code).toBe(0);
  });
});
