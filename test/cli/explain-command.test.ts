import { describe, expect, it } from 'vitest';
import { EXIT_CODES } from '../../src/base/errors.ts';
import { runCli } from '../../src/cli/cli.ts';
import { EXIT_MEANINGS } from '../../src/cli/exit-meanings.ts';
import { EXIT } from '../../src/cli/failure.ts';
import { codeFamilies } from '../../src/data/explain.ts';
import { fakeShell } from './fake-shell.ts';

async function awp(...argv: string[]) {
  const shell = fakeShell();
  const code = await runCli(argv, shell);
  return { code, out: shell.out.text(), err: shell.err.text() };
}

const cards = codeFamilies.flatMap((family) => family.cards);

describe('awp explain', () => {
  it('tells what a code means, with a wrong and a right example', async () => {
    const { code, out } = await awp('explain', 'r7');
    expect(code).toBe(0);
    expect(out).toMatch(/^R7 Every entry .*\nerror, R6 in the Python implementation\n/);
    expect(out).toMatch(/\nWrong\n {2}# workflow\.awp\.yaml\n {2}awp: "1\.0\.0"\n/);
    expect(out).toContain('\nRight\n');
    expect(out).toMatch(/\n\ndocs\/rules\/R7\.md\n$/);
  });

  it.each(cards.map(({ code }) => code))('has something to tell of %s', async (code) => {
    const { code: status, out, err } = await awp('explain', code);
    expect([status, err]).toEqual([0, '']);
    expect(out.split('\n').length).toBeGreaterThan(5);
    expect(out).not.toContain('undefined');
    expect(out).not.toMatch(/[^\t\n\u0020-\u007e\u00a0-\uffff]/);
  });

  it('says where the engine enforces what a workflow alone cannot show', async () => {
    expect((await awp('explain', 'R13')).out).toContain('\nWhile it runs: ');
  });

  it('says how many files of an example are left out', async () => {
    expect((await awp('explain', 'S11')).out).toContain('and 999 more files');
  });

  it('lists all codes, each in a line', async () => {
    const { out } = await awp('explain');
    for (const { code } of cards) expect(out).toMatch(new RegExp(`^  ${code} `, 'm'));
    for (const line of out.split('\n')) expect(line.length).toBeLessThanOrEqual(120);
  });

  it('lists those of a kind or of a level', async () => {
    const { out } = await awp('explain', 'a2');
    expect(out.match(/^ {2}A2-\d/gm)).toHaveLength(5);
    expect((await awp('explain', 'Y')).out).toMatch(/^YAML: syntax and limits\n {2}Y1 /);
  });

  it('gives cards as JSON', async () => {
    expect(JSON.parse((await awp('explain', 'R6', '--json')).out)).toMatchObject({
      code: 'R6',
      severity: 'error',
    });
    expect(JSON.parse((await awp('explain', '--json')).out)).toHaveLength(cards.length);
  });

  it.each([
    ['A2_3', 'did you mean A2-3?'],
    ['spec/invalid', 'docs/errors.md'],
    ['nothing', 'awp explain lists all codes'],
    ['__proto__', 'awp explain lists all codes'],
  ])('%s is wrong usage, with what helps', async (code, hint) => {
    const { code: status, out, err } = await awp('explain', code);
    expect([status, out]).toEqual([2, '']);
    expect(err).toContain(`there is no code "${code}"`);
    expect(err).toContain(hint);
  });

  it('explains every exit status', async () => {
    const wanted = new Set<number>([...Object.values(EXIT), ...Object.values(EXIT_CODES)]);
    expect(EXIT_MEANINGS.map(({ status }) => status)).toEqual([...wanted].sort((a, b) => a - b));
    const { out } = await awp('explain', 'exit-codes');
    for (const { status } of EXIT_MEANINGS) expect(out).toMatch(new RegExp(`^  ${status} `, 'm'));
    expect(JSON.parse((await awp('explain', 'exit-codes', '--json')).out)).toEqual(EXIT_MEANINGS);
  });
});
