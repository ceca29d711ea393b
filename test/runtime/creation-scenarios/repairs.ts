import { expect } from 'vitest';
import { complete, delegate, only } from '../../make.ts';
import {
  calls,
  report,
  type Says,
  type Scenario,
  type Scenarios,
} from '../loop-scenarios/scenario.ts';
import { adds, creates, draft, maker, making, runs, THROWS, UNREADABLE } from './making.ts';

const FOREVER = 10_000_000;
const GOOD = { code: adds() };
const BAD = { code: UNREADABLE };

/** A worker whose draft cannot be read; repairs get these answers, by the names of who makes them. */
function repaired(answers: Readonly<Record<string, readonly Says[]>>): Scenario['script'] {
  return {
    manager: [delegate(maker('smith')), complete('tried')],
    smith: [creates('stats.inc', UNREADABLE), report('tried it')],
    ...answers,
  };
}

const isMade = (repairs: number): NonNullable<Scenario['holds']> => {
  return ({ state }) =>
    expect(state.creation?.tools.get('stats.inc')).toMatchObject({ repairs, creator: 'smith' });
};
const isNotMade: NonNullable<Scenario['holds']> = ({ log, state }) => {
  expect(state.creation?.tools.size ?? 0).toBe(0);
  expect(only(log, 'tool.refused')).toHaveLength(1);
};

/** Drafts that a model puts right, or not. */
export const REPAIRS: Scenarios = {
  'a draft that is repaired at once': making({
    script: repaired({ repair_smith: [GOOD] }),
    ends: { status: 'complete' },
    holds: isMade(1),
  }),
  'a draft that was repaired, and is given again': making({
    script: {
      manager: [delegate(maker('smith')), delegate(maker('other')), complete('the same')],
      smith: [creates('stats.inc', UNREADABLE), report('made it')],
      other: [
        creates('stats.inc', UNREADABLE),
        calls(['stats.inc', { a: 1 }]),
        report('it was there'),
      ],
      repair_smith: [GOOD],
    },
    ends: { status: 'complete' },
    holds: ({ log }) => expect(only(log, 'tool.cached')).toHaveLength(1),
  }),
  'a draft that is repaired twice, the second time for another reason': making({
    script: repaired({
      repair_smith: [{ code: THROWS }],
      'repair_smith-2': [GOOD],
    }),
    ends: { status: 'complete' },
    holds: isMade(2),
  }),
  'a draft that is repaired in vain': making({
    script: repaired({ repair_smith: [BAD], 'repair_smith-2': [BAD] }),
    ends: { status: 'complete' },
    holds: isNotMade,
  }),
  'a repair that nobody can read': making({
    script: repaired({ repair_smith: ['I mended it.'] }),
    ends: { status: 'complete' },
    holds: isNotMade,
  }),
  'a repair that wants more than code': making(
    {
      script: repaired({
        repair_smith: [
          {
            ...GOOD,
            ...{ name: 'shell.execute', required_secrets: ['API_KEY'], language: 'python' },
            ...{ capabilities: ['network'], network_allowlist: ['*'], max_tools: 100 },
          },
        ],
      }),
      ends: { status: 'complete' },
      holds: (played) => {
        isMade(1)(played);
        const tool = played.state.creation?.tools.get('stats.inc');
        expect(tool).toMatchObject({ secrets: [], language: 'javascript', namespace: 'stats' });
      },
    },
    { namespaces: ['stats'], codeReview: true },
  ),
  'a refusal that no repair may touch': making({
    script: {
      manager: [delegate(maker('smith')), complete('not there')],
      smith: [creates('shell.inc'), report('not there')],
    },
    ends: { status: 'complete' },
    holds: ({ log }) => {
      expect(only(log, 'agent.started').map(({ data }) => data.role)).not.toContain('repairer');
    },
  }),
  'repairs one after the other, of a program': making({
    script: {
      manager: [delegate(maker('smith')), complete('two')],
      smith: [
        runs(`const drafts = ${JSON.stringify([draft('stats.one', UNREADABLE), draft('stats.two', UNREADABLE)])};
for (const draft of drafts) console.log((await sdk.tools.create(draft)).repaired);`),
        report('two'),
      ],
      repair_smith: [GOOD],
      'repair_smith-2': [GOOD],
    },
    ends: { status: 'complete' },
    holds: ({ state }) => {
      expect([...(state.creation?.tools.values() ?? [])].map(({ repairs }) => repairs)).toEqual([
        1, 1,
      ]);
    },
  }),
  'a budget that ends while a draft is repaired': making({
    script: repaired({ repair_smith: [GOOD] }),
    options: { budget: { calls: 3 } },
    ends: { status: 'partial', reason: 'budget/calls' },
    countsCrashes: true,
  }),
  'a budget that a person raises after a repair had no room': making({
    script: repaired({
      repair_smith: [BAD],
      'smith-2': [creates('stats.inc', UNREADABLE), report('made it')],
      'repair_smith-2': [BAD],
      'repair_smith-2-2': [GOOD],
    }),
    options: { budget: { calls: 3 } },
    raise: { calls: 50 },
    ends: { status: 'complete' },
    countsCrashes: true,
  }),
  'a worker whose time is over while its draft is repaired': making({
    script: {
      ...repaired({ repair_smith: [{ text: 'never', delayMs: FOREVER }] }),
      manager: [delegate(maker('smith', { timeout: 60 })), complete('in time')],
    },
    clock: true,
    ends: { status: 'complete' },
    countsCrashes: true,
    holds: ({ state }) => expect(state.creation?.tools.size ?? 0).toBe(0),
  }),
  'a run that is stopped while a draft is repaired': making({
    script: repaired({ repair_smith: [GOOD] }),
    stopAt: 'repair_smith',
    ends: { status: 'complete' },
    holds: isMade(1),
  }),
  'a run that is stopped while a tool is made in a program': making({
    script: {
      manager: [delegate(maker('smith')), complete('made')],
      smith: [
        runs(`const made = await sdk.tools.create(${JSON.stringify(draft('stats.inc', UNREADABLE))});
console.log(made.registered, (await sdk.stats.inc({ a: 1 })).sum);`),
        ({ last }) => report(`printed ${/true \d/.exec(last)}`),
      ],
      repair_smith: [GOOD],
    },
    stopAt: 'repair_smith',
    ends: { status: 'complete' },
    holds: isMade(1),
  }),
};
