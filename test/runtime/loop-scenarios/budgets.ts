import { expect } from 'vitest';
import { complete, delegate, only } from '../../make.ts';
import { countingTool } from '../calling.ts';
import {
  anotherWorker,
  byTurn,
  calls,
  report,
  type Says,
  type Scenarios,
  sub,
  untilTheLast,
} from './scenario.ts';

const endless = [untilTheLast(anotherWorker)];
const echo = (): ReturnType<typeof countingTool> => countingTool('x.echo', { idempotent: true });
/** An answer that uses as many tokens as it may, however long the prompts are. */
const costs: Says = ({ request: { maxOutputTokens } }) => ({
  text: JSON.stringify(report('dear')),
  usage: { input: 800, output: Math.min(8000, maxOutputTokens) },
});

/** Each limit, and what is left when it is reached. */
export const BUDGETS: Scenarios = {
  'the limit on turns': {
    script: { manager: [anotherWorker] },
    options: { budget: { loops: 3 } },
    ends: { status: 'partial', reason: 'budget/loops' },
  },
  'the limit on turns, used in time': {
    script: { manager: [delegate('a'), complete('in time')] },
    options: { budget: { loops: 2 } },
    ends: { status: 'complete' },
  },
  'the limit on workers': {
    script: { manager: [delegate('a', 'b', 'c'), complete('with two')] },
    options: { budget: { workers: 2 } },
    ends: { status: 'partial', reason: 'budget/workers' },
  },
  'the limit on model calls': {
    script: { manager: [anotherWorker] },
    options: { budget: { calls: 6 } },
    ends: { status: 'partial', reason: 'budget/calls' },
    countsCrashes: true,
    holds: ({ log }) => expect(only(log, 'model.asked').length).toBeLessThanOrEqual(6),
  },
  'the limit on tokens': {
    script: { manager: endless, '*': [costs] },
    options: { budget: { tokens: 60_000 } },
    ends: { status: 'partial', reason: 'budget/tokens' },
    countsCrashes: true,
  },
  'the limit on tool calls': {
    script: {
      manager: [delegate('a'), complete('two calls')],
      a: [calls(['x.echo', { n: 1 }], ['x.echo', { n: 2 }], ['x.echo', { n: 3 }]), report('two')],
    },
    tools: () => [echo()],
    options: { budget: { tools: 2, parallel: 1 }, tools: ['x.*'] },
    ends: { status: 'partial', reason: 'budget/tools' },
    countsCrashes: true,
  },
  'the limit on cost': {
    script: { manager: endless, '*': [costs] },
    options: { budget: { cost: 0.5, tokens: null } },
    price: { input: 10, output: 10 },
    ends: { status: 'partial', reason: 'budget/cost' },
    countsCrashes: true,
  },
  'the limit on time': {
    script: {
      manager: endless,
      '*': [{ text: JSON.stringify(report('slow')), delayMs: 20_000 }],
    },
    options: { budget: { time: '50s' } },
    clock: true,
    ends: { status: 'partial', reason: 'budget/time' },
    countsCrashes: true,
  },
  'a limit that is raised after the end': {
    script: { manager: [byTurn(anotherWorker, anotherWorker, anotherWorker, complete('at last'))] },
    options: { budget: { loops: 3 } },
    raise: { loops: 9 },
    ends: { status: 'complete' },
  },
  'a limit that is used up with a sub-manager, and raised after the end': {
    script: {
      manager: [
        byTurn(
          delegate(sub('s', { submanager_budget_fraction: 0.6 })),
          anotherWorker,
          anotherWorker,
          anotherWorker,
          anotherWorker,
          complete('at last'),
        ),
      ],
      s: [delegate('one'), complete('s is done')],
    },
    options: { budget: { workers: 4 } },
    raise: { workers: 9 },
    ends: { status: 'complete' },
  },
  'results that have no room, and a conversation that is summed up': {
    script: {
      manager: [
        byTurn(anotherWorker, anotherWorker, anotherWorker, anotherWorker, complete('summed up')),
      ],
      '*': [
        ({ name }) => report(`${name} ${'found much '.repeat(300)}`, { rows: 'x'.repeat(9000) }),
      ],
    },
    options: {
      policy: {
        context: { totalChars: 6000, minPerEntry: 1000, previewChars: 4000, windowTokens: 8000 },
      },
    },
    ends: { status: 'complete' },
  },
};
