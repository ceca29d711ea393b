import { describe, expect, it } from 'vitest';
import { parseArguments } from '../../src/cli/arguments.ts';
import { runCommand } from '../../src/cli/commands/run.ts';

const parse = (...argv: string[]) => parseArguments(argv, runCommand);

describe('arguments', () => {
  it.each([
    [['-t', 'do it'], 'task', 'do it'],
    [['-tdo it'], 'task', 'do it'],
    [['--task', 'do it'], 'task', 'do it'],
    [['--task=--odd--'], 'task', '--odd--'],
    [['-t', '-'], 'task', '-'],
    [['--budget.tokens', '500k'], 'budget.tokens', '500k'],
    [['--budget.tokens=null'], 'budget.tokens', 'null'],
    [['--out', ''], 'out', ''],
  ])('%j says what --%s is', (argv, name, wanted) => {
    expect(parse(...argv).text(name)).toBe(wanted);
  });

  it('keep the order of a repeated option, and what stands beside options', () => {
    const args = parse('-i', 'a.csv', 'folder', '-i', 'b=3', '--json');
    expect(args.all('input')).toEqual(['a.csv', 'b=3']);
    expect(args.positionals).toEqual(['folder']);
    expect(args.has('json')).toBe(true);
    expect(args.has('debug')).toBe(false);
  });

  it('are no options behind two dashes', () => {
    expect(parse('--', '--json').positionals).toEqual(['--json']);
  });

  it.each([
    [['--modle', 'demo'], 'usage/bad-option', 'did you mean --model?'],
    [['--budget.token', '5'], 'usage/bad-option', 'did you mean --budget.tokens?'],
    [['-x'], 'usage/bad-option', '--help-all'],
    [['--constructor'], 'usage/bad-option', '--help-all'],
    [['--json=yes'], 'usage/bad-option', 'write only --json'],
    [['--no-json'], 'usage/bad-option', '--help-all'],
    [['-t'], 'usage/missing-value', 'write -t TEXT'],
    [['-t', '--json'], 'usage/missing-value', '--task=--json'],
    [['-m', 'a', '-m', 'b'], 'usage/bad-option', 'keep one'],
    [['one', 'two'], 'usage/bad-argument', 'quotes'],
  ])('%j are refused with %s', (argv, code, hint) => {
    expect(() => parse(...argv)).toThrowError(
      expect.objectContaining({ code, hint: expect.stringContaining(hint) }),
    );
  });
});
