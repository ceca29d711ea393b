import { describe, expect, it } from 'vitest';
import { parseArguments } from '../../src/cli/arguments.ts';
import { runCommand } from '../../src/cli/commands/run.ts';
import { Person } from '../../src/cli/person.ts';
import {
  approveFlag,
  mcpFlag,
  personAt,
  skillFlag,
  toolsFlag,
  trustFlag,
} from '../../src/cli/tool-flags.ts';
import { type FakeShellOptions, fakeShell } from './fake-shell.ts';

const parsed = (text: string) => parseArguments(text.split(' ').filter(Boolean), runCommand);

describe('--approve', () => {
  it.each<[string, Parameters<typeof approveFlag>[1], object]>([
    ['', undefined, {}],
    ['', ['files'], {}],
    ['--approve network', undefined, { approve: ['network'] }],
    [
      '--approve network,shell --approve files',
      undefined,
      { approve: ['network', 'shell', 'files'] },
    ],
    ['--approve network', ['files', 'network'], { approve: ['files', 'network'] }],
    ['--approve network', 'files', { approve: ['files', 'network'] }],
    ['--approve network', 'never', { approve: ['network'] }],
    ['--approve never', ['files'], { approve: 'never' }],
    [
      '--approve loops,submanagers --approve budget',
      ['tools'],
      { approve: ['tools', 'loops', 'submanagers', 'budget'] },
    ],
  ])('%j on top of %j is %j', (argv, base, expected) => {
    expect(approveFlag(parsed(argv), base)).toEqual(expected);
  });

  it.each([
    ['--approve everything', 'usage/bad-value'],
    ['--approve tools,', 'usage/bad-value'],
    ['--approve never,tools', 'usage/bad-option'],
    ['--approve tools --approve never', 'usage/bad-option'],
  ])('%j is %s', (argv, code) => {
    expect(() => approveFlag(parsed(argv))).toThrow(expect.objectContaining({ code }));
  });
});

describe('--tools and --skill', () => {
  it('name tools in the place of the default ones, beside those of ones own', () => {
    const own = { name: 'x' } as never;
    const argv = parsed('--tools file.* --tools web.search,http.request');
    const expected = [own, 'file.*', 'web.search', 'http.request'];
    expect(toolsFlag(argv, [own, 'code.*'])).toEqual({ tools: expected });
    expect(toolsFlag(parsed(''), ['code.*'])).toEqual({});
  });

  it('add skills, whose paths begin in the working folder', () => {
    const argv = parsed('--skill charts --skill /skills/a.md');
    const skills = ['base', '/work/charts', '/skills/a.md'];
    expect(skillFlag(argv, fakeShell(), ['base'])).toEqual({ skills });
    expect(skillFlag(parsed(''), fakeShell(), ['base'])).toEqual({});
  });
});

describe('--mcp', () => {
  const server = (command: string) => JSON.stringify({ mcpServers: { files: { command } } });
  const contents = new Map([
    ['/work/a.json', server('a')],
    ['/work/b.json', server('b')],
    [
      '/always.json',
      JSON.stringify({
        mcpServers: { files: { command: 'c' }, more: { url: 'https://x.test/mcp' } },
      }),
    ],
  ]);
  const shell = (env: FakeShellOptions['env'] = {}) =>
    fakeShell({
      env,
      effects: { files: { readText: async (path: string) => contents.get(path) ?? '{' } as never },
    });

  it('reads the servers of a file, and those that every run has', async () => {
    expect(await mcpFlag(parsed(''), shell())).toEqual({});
    const a = { files: { command: 'a' } };
    expect(await mcpFlag(parsed('--mcp a.json'), shell())).toEqual({ mcp: a });
    const both = await mcpFlag(parsed('--mcp a.json'), shell({ AWP_MCP_CONFIG: '/always.json' }));
    expect(both).toEqual({ mcp: { ...a, more: { url: 'https://x.test/mcp' } } });
    const always = await mcpFlag(parsed(''), shell({ AWP_MCP_CONFIG: '/always.json' }));
    expect(Object.keys(always.mcp ?? {})).toEqual(['files', 'more']);
  });

  it.each([
    ['--mcp a.json --mcp b.json', 'usage/bad-option'],
    ['--mcp broken.json', 'mcp/bad-file'],
  ])('%j is %s', async (argv, code) => {
    await expect(mcpFlag(parsed(argv), shell())).rejects.toMatchObject({ code });
  });
});

describe('the person at the terminal', () => {
  it.each<[string, FakeShellOptions, boolean]>([
    ['', { lines: [] }, true],
    ['--progress plain', { lines: [] }, true],
    ['', {}, false],
    ['', { lines: [], env: { CI: 'true' } }, false],
    ['--json', { lines: [] }, false],
    ['--progress quiet', { lines: [] }, false],
  ])('with %j and %j is there: %s', (argv, options, there) => {
    expect(personAt(fakeShell(options), parsed(argv)) !== undefined).toBe(there);
  });

  const question = {
    folder: '/flow/mcp\x1b[2J',
    hash: 'abc',
    files: Array.from({ length: 42 }, (_, index) => ({ path: `t${index}.ts`, bytes: index })),
  };

  it.each<[NonNullable<FakeShellOptions['lines']>, boolean]>([
    [['y'], true],
    [[' Yes '], true],
    [[''], false],
    [['n'], false],
    [['yess'], false],
    [['ended'], false],
    [['interrupted'], false],
  ])('is asked about new programs of a workflow: %j is %s', async (lines, yes) => {
    const shell = fakeShell({ lines });
    const { trust } = trustFlag(parsed(''), new Person(shell, shell.style(shell.err, true)));
    expect(typeof trust === 'function' && (await trust(question))).toBe(yes);
    const text = shell.err.text();
    expect(text).toContain('  t39.ts (39 bytes)\n  and 2 more\nin /flow/mcp\\x1b[2J; SHA-256 abc');
  });

  it('is asked where secrets of a workflow may go', async () => {
    const shell = fakeShell({ lines: ['y'] });
    const { trust } = trustFlag(parsed(''), new Person(shell, shell.style(shell.err, true)));
    const grants = ['API_KEY may go to shop.example.com\x1b[2J'];
    const sent = { folder: '/flow', hash: 'abc', files: [], grants };
    expect(typeof trust === 'function' && (await trust(sent))).toBe(true);
    expect(shell.err.text()).toContain('wants secrets to be sent');
    expect(shell.err.text()).toContain('  API_KEY may go to shop.example.com\\x1b[2J\n');
  });

  it('is not asked with --trust, and where nobody is new programs are not trusted', () => {
    const shell = fakeShell({ lines: [] });
    const person = new Person(shell, shell.style(shell.err, true));
    expect(trustFlag(parsed('--trust'), person)).toEqual({ trust: true });
    expect(trustFlag(parsed(''), undefined)).toEqual({});
  });
});
