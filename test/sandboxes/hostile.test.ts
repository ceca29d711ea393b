import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { expectedOf, judge, type Seen } from '../../src/sandboxes/hostile/judge.ts';
import { HOSTILE_PROGRAMS } from '../../src/sandboxes/hostile/programs.ts';
import type { BaitFacts, Evidence, HostileProgram } from '../../src/sandboxes/hostile/types.ts';
import { POLICY } from '../contracts/sandbox-contract.ts';

const FACTS: BaitFacts = {
  ...{ mark: 'CANARY-', variable: 'V', folder: '/f', file: '/f/s.json', writable: '/f/w.txt' },
  ...{ home: '/f/home', packages: '/f/packages', inputs: '/f/inputs', tcp: 1, udp: 2 },
  ...{ socket: '/f/s', abstract: 'a', host: 3, victim: 4, marker: 'm', policy: POLICY },
};

const numbered = (prefix: string, from: number, to: number): string[] =>
  Array.from({ length: to - from + 1 }, (_, index) => `${prefix}${from + index}`);
const twoDigits = (letter: string, to: number): string[] =>
  numbered('', 1, to).map((number) => letter + number.padStart(2, '0'));

/** Rows of the two tables of attacks in the design, and lines of the specification's lists. */
const ROWS = [
  // There is no P59.
  ...twoDigits('P', 69).filter((row) => row !== 'P59'),
  ...twoDigits('J', 50),
  ...numbered('12.1-', 1, 31),
  ...numbered('12.2-', 32, 51),
  ...numbered('12.3-', 52, 62),
  ...numbered('12.4-', 63, 74),
];

/** Rows that no program inside of a box can try, and where they are tested. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  '12.3-61': 'test/sandboxes/hostile-host-ends.test.ts',
};

describe('the hostile programs', () => {
  it('are at least 110, each with an id of its own', () => {
    const ids = HOSTILE_PROGRAMS.map(({ id }) => id);
    expect(ids.length).toBeGreaterThanOrEqual(110);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('cover every row, or another test does', () => {
    const covered = new Set(HOSTILE_PROGRAMS.flatMap(({ covers }) => covers));
    const missing = ROWS.filter((row) => !covered.has(row) && ELSEWHERE[row] === undefined);
    expect(missing).toEqual([]);
    expect([...covered].filter((row) => !ROWS.includes(row))).toEqual([]);
  });

  it.for(Object.entries(ELSEWHERE))('leave %s to a test that is there', ([row, file]) => {
    expect(ROWS).toContain(row);
    expect(existsSync(new URL(`../../${file}`, import.meta.url))).toBe(true);
  });

  it('attack where nothing keeps them apart, but for few', () => {
    const idle = HOSTILE_PROGRAMS.filter((one) => !expectedOf(one, 'none').includes('escaped'));
    const excused = idle.filter((one) => one.needsNothing || one.escape === 'surface');
    expect(idle.map(({ id }) => id)).toEqual(excused.map(({ id }) => id));
    expect(idle.length).toBeLessThan(HOSTILE_PROGRAMS.length / 2.5);
  });

  it('are not expected to get out of any box', () => {
    const kinds = ['bwrap', 'jail', 'jail-without-namespaces', 'quickjs', 'deno'] as const;
    const excused = HOSTILE_PROGRAMS.flatMap((one) =>
      kinds.filter((kind) => expectedOf(one, kind).some((it) => !/contained|surface/.test(it))),
    );
    expect(excused).toEqual([]);
  });

  it.for(HOSTILE_PROGRAMS)('$id is a text that is as short as it can be', (program) => {
    const text = program.code(FACTS);
    if (program.language === 'python') expect(text).not.toContain('undefined');
    // Two are long because that is the attack.
    if (program.id !== 'R30' && program.id !== 'R31') expect(text.length).toBeLessThan(6000);
  });
});

describe('the judge', () => {
  const program: HostileProgram = {
    ...{ id: 'X', title: 'x', language: 'python', covers: [], code: () => '' },
    escape: 'secret-read',
  };
  const execution = {
    ...{ exitCode: 0, stdout: 'CONTAINED: it was refused\n', stderr: '', ms: 1 },
    ...{ files: [], notes: [], limits: [] },
  };
  const seen: Seen = {
    execution,
    state: { heard: [], victim: 'alive', changed: [] },
    ...{ left: 0, late: false, secret: 'CANARY-1234', policy: POLICY },
  };
  const bytes = Buffer.from('x');
  const printing = (stdout: string): Seen => ({ ...seen, execution: { ...execution, stdout } });
  const leaving = (...paths: string[]): Seen => ({
    ...seen,
    execution: { ...execution, files: paths.map((path) => ({ path, bytes })) },
  });

  it.for<[string, Seen, Evidence]>([
    ['says so', printing('noise\nESCAPED: read it'), 'says-escaped'],
    ['says so and the opposite', printing('CONTAINED: no\nESCAPED: yes'), 'says-escaped'],
    ['prints the secret', printing('CONTAINED: no, CANARY-1234'), 'secret-read'],
    [
      'hands the secret back',
      {
        ...seen,
        execution: { ...execution, files: [{ path: 'a', bytes: Buffer.from('\xff CANARY-1234') }] },
      },
      'secret-read',
    ],
    [
      'shows the secret in an error',
      { ...seen, execution: { ...execution, stderr: 'CANARY-1234' } },
      'secret-read',
    ],
    ['hands back a path outside', leaving('../x'), 'trap-left'],
    ['hands back one name twice', leaving('caf\u00e9', 'cafe\u0301'), 'trap-left'],
    ['hands back too many', leaving(...numbered('f', 0, POLICY.files)), 'trap-left'],
    ['prints more than is kept', printing('x'.repeat(POLICY.outputChars * 3)), 'limit-passed'],
    ['changes a file', { ...seen, state: { ...seen.state, changed: ['/a'] } }, 'host-changed'],
    ['reaches a port', { ...seen, state: { ...seen.state, heard: ['tcp'] } }, 'network-reached'],
    ['ends the victim', { ...seen, state: { ...seen.state, victim: 'gone' } }, 'process-harmed'],
    [
      'halts the victim',
      { ...seen, state: { ...seen.state, victim: 'stopped' } },
      'process-harmed',
    ],
    ['leaves a process', { ...seen, left: 1 }, 'process-left'],
    ['breaks its box', { ...seen, execution: undefined, failure: 'x' }, 'box-broken'],
  ])('sees that a program %s', ([, what, evidence]) => {
    expect(judge(program, what)).toMatchObject({ verdict: 'escaped', evidence: [evidence] });
  });

  it('calls a program contained that shows nothing', () => {
    expect(judge(program, seen)).toEqual({
      verdict: 'contained',
      evidence: [],
      words: 'it was refused',
    });
  });

  it('calls it a surface when a program only found something open', () => {
    const found = judge(program, printing('SURFACE: a call of the kernel'));
    expect(found).toMatchObject({ verdict: 'surface', words: 'a call of the kernel' });
  });

  it('calls a program stalled that was not ended in time, whatever else it did', () => {
    const late = { ...printing('ESCAPED: too late'), late: true };
    expect(judge(program, late)).toMatchObject({ verdict: 'stalled' });
  });

  it('says how a program ended that said nothing', () => {
    const words = (more: object): string =>
      judge(program, { ...seen, execution: { ...execution, stdout: '', ...more } }).words;
    expect(words({ exitCode: undefined, stopped: 'memory' })).toBe('it was stopped: memory');
    expect(words({ exitCode: 1, stderr: 'a\nSyntaxError: no' })).toContain('SyntaxError: no');
  });
});
