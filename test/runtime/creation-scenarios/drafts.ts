import { expect } from 'vitest';
import { complete, delegate, only } from '../../make.ts';
import { calls, report, type Scenarios, sub } from '../loop-scenarios/scenario.ts';
import { adds, creates, draft, maker, making, runs, THROWS, UNREADABLE } from './making.ts';

/** What else is said of a draft that is made again: the same call twice would look like one that was repeated. */
const AGAIN = { description: 'the same again' };

/** How tools come to be: by a call, by a program, by a report; or not. */
export const DRAFTS: Scenarios = {
  'a tool that its maker uses, and a later worker, and that the manager is told of': making({
    script: {
      manager: [
        delegate(maker('smith')),
        ({ last }) => {
          expect(last).toContain('"new_tool":"stats.inc"');
          return delegate('user');
        },
        complete('six'),
      ],
      smith: [creates('stats.inc'), calls(['stats.inc', { a: 1 }]), report('made it')],
      user: [calls(['stats.inc', { a: 5 }]), ({ last }) => report(`got ${last}`)],
    },
    ends: { status: 'complete' },
    holds: ({ state }) =>
      expect(state.creation?.uses.get('stats.inc')).toEqual({ calls: 2, reuses: 1 }),
  }),
  'a program that makes a tool and calls it': making({
    script: {
      manager: [delegate(maker('smith')), complete('made inside')],
      smith: [
        runs(`const made = await sdk.tools.create(${JSON.stringify(draft('stats.inc'))});
const { sum } = await sdk.stats.inc({ a: 4 });
console.log(made.name, made.registered, sum, sdk.sync !== undefined);`),
        ({ last }) => report(`printed ${/stats\.inc true \d+ true/.exec(last)}`),
      ],
    },
    ends: { status: 'complete' },
    holds: ({ end }) => expect(JSON.stringify(end)).toContain('stats.inc true 5 true'),
  }),
  'a program that makes a tool where nothing is kept for equal ones': making(
    {
      script: {
        manager: [delegate(maker('smith')), complete('made inside')],
        smith: [
          runs(`const made = await sdk.tools.create(${JSON.stringify(draft('stats.inc'))});
const again = await sdk.tools.create(${JSON.stringify(draft('stats.inc'))}).catch(({ status }) => status);
console.log(made.registered, again, (await sdk.stats.inc({ a: 4 })).sum);`),
          ({ last }) => report(`printed ${/true \d+ \d+/.exec(last)}`),
        ],
      },
      ends: { status: 'complete' },
      holds: ({ end }) => expect(JSON.stringify(end)).toContain('true 409 5'),
    },
    { namespaces: ['stats'], cache: false },
  ),
  'tools that a report lists, more than its worker may make': making(
    {
      script: {
        manager: [delegate(maker('smith')), delegate('user'), complete('listed')],
        smith: [
          report('two of three', {
            tools_created: [
              draft('stats.one'),
              { name: 'stats.half' },
              draft('shell.two'),
              draft('stats.three', adds(3)),
            ],
          }),
        ],
        user: [calls(['stats.one', { a: 1 }], ['stats.three', { a: 1 }]), report('both')],
      },
      ends: { status: 'complete' },
    },
    { namespaces: ['stats'], maxPerAgent: 2 },
  ),
  'drafts that are refused, one for each stage': making(
    {
      script: {
        manager: [delegate(maker('smith')), complete('nothing made')],
        smith: [
          creates('file.inc'),
          creates('stats.inc', UNREADABLE),
          creates('stats.inc', adds(), { parameters: { type: 'array' } }),
          creates('stats.inc', 'function handler({ b }) { return { ok: true, data: b }; }'),
          creates('stats.inc', `import fs from 'node:fs';\n${adds()}`),
          creates('stats.inc', 'function handler({ a }) { return { ok: true, data: {} }; }'),
          creates('stats.inc', THROWS),
          report('none passed'),
        ],
      },
      ends: { status: 'complete' },
      holds: ({ log, state }) => {
        expect(only(log, 'tool.refused')).toHaveLength(7);
        expect(state.creation?.tools.size ?? 0).toBe(0);
      },
    },
    { namespaces: ['stats'], repairs: 0 },
  ),
  'the same tool made again, and another of its name': making({
    script: {
      manager: [delegate(maker('smith')), delegate(maker('other')), complete('one tool')],
      smith: [creates('stats.inc'), creates('stats.inc', adds(), AGAIN), report('made it')],
      other: [
        creates('stats.inc'),
        creates('stats.inc', adds(2)),
        calls(['stats.inc', { a: 1 }]),
        report('it was there'),
      ],
    },
    ends: { status: 'complete' },
  }),
  'a tool that is taken away, called, and made again': making({
    script: {
      manager: [delegate(maker('smith')), delegate(maker('other')), complete('gone')],
      smith: [
        creates('stats.inc'),
        calls(['tools.remove', { name: 'stats.inc' }]),
        calls(['stats.inc', { a: 1 }]),
        creates('stats.inc', adds(), AGAIN),
        creates('stats.dec', adds(-1)),
        report('one is left'),
      ],
      other: [
        calls(['tools.list', {}]),
        calls(['tools.remove', { name: 'stats.dec' }]),
        calls(['tools.remove', { name: 'arithmetic.add' }]),
        calls(['stats.inc', { a: 1 }]),
        report('not mine'),
      ],
    },
    ends: { status: 'complete' },
    holds: ({ state }) => expect([...(state.creation?.tools.keys() ?? [])]).toEqual(['stats.dec']),
  }),
  'workers that race for the last places': making(
    {
      script: {
        manager: [delegate(maker('a'), maker('b'), maker('c')), complete('two tools')],
        a: [
          calls(['tools.create', draft('stats.a')], ['tools.create', draft('stats.d')]),
          report('a'),
        ],
        b: [creates('stats.b'), report('b')],
        c: [creates('stats.c'), report('c')],
      },
      ends: { status: 'complete' },
      countsCrashes: true,
      holds: ({ log, state }) => {
        expect(state.creation?.tools.size).toBe(2);
        const statuses = only(log, 'tool.refused').map(({ data }) => data.problem.status);
        expect(statuses).toEqual([429, 429]);
      },
    },
    { namespaces: ['stats'], maxTotal: 2 },
  ),
  'a sub-manager that hands on what it may make': making({
    script: {
      manager: [delegate(sub('lead', { codemode: { tool_creation: true } })), complete('led')],
      lead: [delegate(maker('smith')), delegate('user'), complete('made below')],
      smith: [creates('stats.inc'), report('made it')],
      user: [calls(['stats.inc', { a: 1 }]), report('used it')],
    },
    ends: { status: 'complete' },
  }),
  'a sub-manager that may make none': making({
    script: {
      manager: [delegate(sub('lead')), complete('led')],
      lead: [delegate(maker('smith')), complete('nothing below')],
      smith: [creates('stats.inc'), report('not made')],
    },
    ends: { status: 'complete' },
    holds: ({ state }) => expect(state.creation?.tools.size ?? 0).toBe(0),
  }),
};
