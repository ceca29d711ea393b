import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const PROGRAM = resolve(import.meta.dirname, '../../bench/run.ts');

function bench(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [PROGRAM, ...args], { encoding: 'utf8' });
}

describe('npm run bench', () => {
  it('measures one case and prints its table with the machine', () => {
    const { status, stdout } = bench('log-size');
    expect(status).toBe(0);
    expect(stdout).toMatch(/^\d{4}-\d\d-\d\d, .* cores of .*, Node \d+\.\d+/);
    expect(stdout).toMatch(/^\| log, for each event, besides payload \| 0\.\d+ KB \|/m);
  });

  it.each([
    ['a name that is none', ['nonsense'], 'there is no benchmark nonsense; there are agent-call,'],
    ['no number of rounds', ['--rounds', 'many'], '--rounds many is not a number of rounds'],
    ['zero rounds', ['--rounds', '0'], '--rounds 0 is not a number of rounds'],
    ['part of a table', ['log-size', '--record'], '--record writes the table of all cases'],
  ])('refuses %s before anything is measured', (_what, args, message) => {
    const { status, stdout, stderr } = bench(...args);
    expect(stderr).toContain(message);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
  });
});
