import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Frame } from '../../src/events/state.ts';
import { chosenTools, type ToolsAsked, uncalledTools } from '../../src/runtime/worker-tools.ts';
import { testPlan } from '../make.ts';

const ALL = ['code.execute', 'file.read', 'file.write', 'web.search'];
const USUAL = 'none of its tools exists, so it got the usual ones';
const plan = testPlan({ forbiddenTools: ['mail.*'] });
const worker = { name: 'a', askedAs: 'a', role: 'worker', agentKey: undefined } as const;
const choose = (asked: Partial<ToolsAsked>, all: readonly string[] = ALL) =>
  chosenTools(plan, { worker, all }, { required: [], ...asked });

describe('the tools that a delegation asks for', () => {
  it.each<[string, Partial<ToolsAsked>, readonly string[], readonly string[]]>([
    ['nothing said', {}, ALL, []],
    ['an empty list', { allowed: [] }, ALL, []],
    [
      'names, in the order of the run',
      { allowed: ['web.search', 'file.read'] },
      ['file.read', 'web.search'],
      [],
    ],
    ['a pattern, as names', { allowed: ['file.*'] }, ['file.read', 'file.write'], []],
    ['all', { allowed: ['*'] }, ALL, []],
    ['all, in two segments', { allowed: ['*.*'] }, ALL, []],
    [
      'an invented name beside one that exists',
      { allowed: ['web.serch', 'file.read'] },
      ['file.read'],
      ['there is no tool "web.serch", did you mean web.search?'],
    ],
    ['only invented names', { allowed: ['oracle'] }, ALL, ['there is no tool "oracle"', USUAL]],
    [
      'a pattern that fits nothing',
      { allowed: ['db.*'] },
      ALL,
      ['no tool that it may have fits "db.*"', USUAL],
    ],
    [
      'a forbidden tool',
      { allowed: ['mail.send', 'file.read'] },
      ['file.read'],
      ['mail.send is forbidden in this run'],
    ],
    [
      'a forbidden tool by a pattern',
      { allowed: ['mail.*', 'file.read'] },
      ['file.read'],
      ['no tool that it may have fits "mail.*"'],
    ],
    ['no programs', { programs: false }, ALL.slice(1), []],
    [
      'no programs, although they are named',
      { programs: false, allowed: ['code.execute', 'file.read'] },
      ['file.read'],
      ['no code.execute: codemode is off for it'],
    ],
    [
      'programs, which are not named',
      { programs: true, allowed: ['file.read'] },
      ['code.execute', 'file.read'],
      [],
    ],
    [
      'a tool that must be called and is not named',
      { allowed: ['file.read'], required: ['web.search'] },
      ['file.read', 'web.search'],
      [],
    ],
    [
      'one that must be called and is not there',
      { required: ['oracle.ask'] },
      ALL,
      ['there is no tool "oracle.ask"'],
    ],
    [
      'one that must be called and is forbidden',
      { required: ['mail.send'] },
      ALL,
      ['mail.send is forbidden in this run'],
    ],
  ])('%s', (_, asked, tools, notes) => {
    expect(choose(asked)).toMatchObject({ tools, notes });
  });

  it('brings no programs where no worker may run any', () => {
    expect(choose({ programs: true }, ['file.read'])).toEqual({
      ...{ tools: ['file.read'], required: [], notes: ['no worker may run programs here'] },
    });
  });

  it('keeps of the tools that must be called those that there are, each once', () => {
    const { required } = choose({ required: ['web.search', 'x.y', 'web.search', 'file.*'] });
    expect(required).toEqual(['web.search', 'file.*']);
  });

  it('tells the manager of a few of many wrong names, short', () => {
    const allowed = Array.from({ length: 500 }, (_, n) => `${'x'.repeat(5000)}${n}`);
    const { notes } = choose({ allowed });
    expect(notes).toHaveLength(6);
    expect(notes.join('').length).toBeLessThan(600);
  });

  it('never widens, whatever is asked for', () => {
    const name = fc.oneof(
      fc.constantFrom(...ALL, '*', '*.*', 'mail.*', 'm*.*', 'mail.send'),
      fc.string(),
    );
    const asked = fc.record({
      allowed: fc.option(fc.array(name), { nil: undefined }),
      required: fc.array(name),
      programs: fc.option(fc.boolean(), { nil: undefined }),
    });
    fc.assert(
      fc.property(asked, fc.subarray(ALL), (one, all) => {
        const { tools } = chosenTools(plan, { worker, all }, one);
        expect(all).toEqual(expect.arrayContaining([...tools]));
      }),
    );
  });
});

describe('tools that a worker had to call', () => {
  const returned = new Map([
    ['web.search', { ok: 0, failed: 2 }],
    ['file.read', { ok: 1, failed: 1 }],
  ]);
  it.each<[readonly string[] | undefined, Frame['returned'], readonly string[]]>([
    [undefined, returned, []],
    [['file.read'], returned, []],
    [['file.*'], returned, []],
    [['web.search', 'file.read'], returned, ['web.search']],
    [['file.read'], undefined, ['file.read']],
  ])('of %j', (requiredTools, calls, missing) => {
    const order = requiredTools && { requiredTools };
    expect(uncalledTools({ order, returned: calls })).toEqual(missing);
  });
});
