import type { ApprovalAnswer } from '../../../src/runtime/approvals/inbox.ts';
import { builtinTools } from '../../../src/tools/index.ts';
import { complete, delegate } from '../../make.ts';
import { programBox } from '../program-box.ts';
import {
  anotherWorker,
  calls,
  report,
  type Scenarios,
  sub,
  untilTheLast,
  writes,
} from './scenario.ts';

const yes: ApprovalAnswer = { decision: 'approved', by: 'test' };
const no: ApprovalAnswer = { decision: 'rejected', by: 'test', reason: 'not today' };

/** What people allow and refuse, there and away. */
export const PEOPLE: Scenarios = {
  'a turn that a person allows': {
    script: { manager: [delegate('a', 'b'), complete('allowed')] },
    options: { approve: ['loops'] },
    person: () => yes,
    ends: { status: 'complete' },
  },
  'a turn that a person away from it narrows': {
    script: { manager: [delegate('a', 'b'), complete('one of them')] },
    options: { approve: ['loops'] },
    away: true,
    person: () => ({
      ...yes,
      args: { delegations: [{ index: 2, worker: 'b', instructions: 'less of b' }] },
    }),
    ends: { status: 'complete' },
  },
  'a turn that a person refuses': {
    script: { manager: [delegate('a', 'b'), complete('nothing was done')] },
    options: { approve: ['loops'] },
    person: () => no,
    ends: { status: 'complete' },
  },
  'sub-managers, one allowed and one refused': {
    script: {
      manager: [delegate(sub('s'), sub('t')), complete('with one')],
      s: [delegate('w'), complete('s is done')],
    },
    options: { approve: ['submanagers'] },
    person: ({ args }) => (args.name === 's' ? yes : no),
    ends: { status: 'complete' },
  },
  'a limit that a person raises': {
    script: { manager: [delegate('a', 'b', 'c'), complete('all three')] },
    options: { approve: ['budget'], budget: { workers: 2 } },
    person: () => yes,
    ends: { status: 'complete' },
  },
  'a limit that a person away from it does not raise': {
    script: { manager: [untilTheLast(anotherWorker)] },
    options: { approve: ['budget'], budget: { workers: 2 } },
    away: true,
    person: () => no,
    ends: { status: 'partial', reason: 'budget/workers' },
  },
  'files that a person allows and refuses': {
    script: {
      manager: [delegate('a', 'b'), complete('one file')],
      a: [writes('output/a.txt'), { summary: 'written', confidence: 0.9 }],
      b: [writes('output/b.txt'), { summary: 'not written', confidence: 0.9 }],
    },
    options: { approve: ['files'], budget: { parallel: 1 } },
    person: ({ args }) => (args.path === 'output/a.txt' ? yes : no),
    ends: { status: 'complete' },
  },
  'what goes on until a person is needed, and then waits': {
    script: {
      manager: [delegate('a', sub('s')), complete('both')],
      a: [calls(['code.execute', { language: 'javascript', code: 'add' }]), report('three')],
      s: [delegate('w'), complete('s is done')],
    },
    tools: () => builtinTools,
    box: () => programBox({ add: async () => 3 }),
    options: { approve: ['submanagers'] },
    away: true,
    person: () => yes,
    ends: { status: 'complete' },
  },
};
