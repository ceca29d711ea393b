import { complete, delegate } from '../../make.ts';
import { refused } from './decisions.ts';
import { anotherWorker, order, report, type Scenarios, sub, writes } from './scenario.ts';

/** Managers below managers. */
export const SUBMANAGERS: Scenarios = {
  'a sub-manager that does its work': {
    script: {
      manager: [delegate(sub('s'), 'a'), complete('together')],
      s: [delegate('one', 'two'), complete('both parts', { parts: 2 })],
      one: [writes('output/part.txt', 'one\n'), report('the first')],
    },
    ends: { status: 'complete' },
  },
  'a sub-manager whose share is used up': {
    script: {
      manager: [delegate(sub('s', { submanager_budget_fraction: 0.2 })), complete('a part of it')],
      s: [anotherWorker],
    },
    ends: { status: 'complete' },
  },
  'a share that is too small to be of use': {
    script: {
      manager: [
        delegate(sub('s', { submanager_budget_fraction: 0.1 })),
        complete('a worker did it'),
      ],
      s: [report('I was a worker')],
    },
    options: { budget: { loops: 10 } },
    ends: { status: 'complete' },
  },
  'a sub-manager that fails': {
    script: {
      manager: [delegate(sub('s')), complete('without it')],
      s: [delegate('w'), { decision: 'fail', reason: 'there is nothing to lead' }],
    },
    ends: { status: 'complete' },
  },
  'a sub-manager whose model refuses, and one that cannot be read': {
    script: {
      manager: [delegate(sub('s'), sub('t')), complete('without them')],
      s: [refused()],
      t: ['prose'],
    },
    ends: { status: 'complete' },
  },
  'sub-managers one in the other, down to the limit on depth': {
    script: {
      manager: [delegate(sub('s')), complete('deep')],
      s: [delegate(sub('t')), complete('s is done')],
      t: [delegate(sub('u')), complete('t is done')],
    },
    options: { budget: { depth: 2, loops: 60, workers: 60, tokens: null } },
    ends: { status: 'complete' },
  },
  'more sub-managers than there may be, at once and in all': {
    script: {
      manager: [delegate(sub('s'), sub('t'), sub('u')), complete('two of them')],
      s: [delegate('s_w'), complete('s is done')],
      t: [delegate('t_w'), complete('t is done')],
    },
    options: { policy: { submanagers: { atOnce: 1, total: 2 } } },
    ends: { status: 'complete' },
  },
  'a large piece of work gets a manager by itself': {
    script: {
      manager: [
        delegate(order('large', { instructions: 'sum up all of this: '.repeat(300) }), 'small'),
        complete('both'),
      ],
      large: [delegate('w'), complete('large is done')],
    },
    options: {
      policy: { submanagers: { promotion: { threshold: 0.2, maxDepth: 2, minBudget: 0.1 } } },
    },
    ends: { status: 'complete' },
  },
  'a run that is stopped in a sub-manager, and taken up again': {
    script: {
      manager: [delegate(sub('s')), complete('in two processes')],
      s: [delegate('w'), complete('s is done')],
    },
    stopAt: 'w',
    ends: { status: 'complete' },
  },
};
