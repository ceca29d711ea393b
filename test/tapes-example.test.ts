import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from './make.ts';

const EXAMPLE = resolve(import.meta.dirname, '../examples/tapes');
const MAIN = resolve(import.meta.dirname, '../src/cli/main.ts');
const TAPE = join(EXAMPLE, 'addition.tape');

function run(cwd: string, ...args: string[]) {
  const env = { PATH: process.env.PATH, AWP_HOME: join(cwd, '.awp') };
  const options = { cwd, env, encoding: 'utf8', timeout: 60_000 } as const;
  const { status, stdout, stderr } = spawnSync(process.execPath, args, options);
  return { status, stdout, stderr };
}

/** The calls of a tape in the order of their keys, without times: workers end in any order. */
function callsIn(file: string): string[] {
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n').slice(1);
  return lines.map((line) => line.replace(/"ms":\d+/, '"ms":0')).sort();
}

describe('the example of a tape', () => {
  it('runs without a model, as its page says', () => {
    using folder = temporaryFolder();
    const page = readFileSync(join(EXAMPLE, 'README.md'), 'utf8');
    const [, command = ''] = /^awp (run .*)$/m.exec(page) ?? [];
    const words = [...command.matchAll(/"([^"]*)"|(\S+)/g)].map(
      ([, quoted, bare]) => quoted ?? bare,
    );
    const args = words.map((word = '') => (word.endsWith('.tape') ? TAPE : word));
    const { status, stdout, stderr } = run(folder.path, MAIN, ...args);
    expect(stderr).toMatch(/replayed from .*addition\.tape recorded /);
    expect({ status, stdout }).toEqual({ status: 0, stdout: 'North has 200, south has 155.\n' });
  }, 60_000);

  it('is what its program makes now; else: node examples/tapes/record.ts', () => {
    using folder = temporaryFolder();
    const made = join(folder.path, 'new.tape');
    expect(run(folder.path, join(EXAMPLE, 'record.ts'), made)).toMatchObject({ status: 0 });
    expect(callsIn(TAPE)).toEqual(callsIn(made));
  }, 60_000);
});
