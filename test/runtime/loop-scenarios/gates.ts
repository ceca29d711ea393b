import { complete, delegate } from '../../make.ts';
import { repair, scoredLoop } from '../evaluation/scored.ts';
import { critic } from './play.ts';
import { order, PLANNING, plans, report, type Scenarios, writes } from './scenario.ts';

/** A policy with a critic that repairs nothing. */
const CRITIC = { critique: { minToComplete: 0.6, repairs: 0 } } as const;
const typed = {
  type: 'object',
  properties: { total: { type: 'number' } },
  required: ['total'],
};

/** A sub-manager that owes a total. */
const LEAD = {
  ...{ as_submanager: true, instructions: 'lead s' },
  output_contract: { required_fields: ['total'] },
};

const { evaluation } = scoredLoop({ repair });
const scored = evaluation ? { evaluation } : {};

/** What speaks against endings, mended or not. */
export const GATES: Scenarios = {
  'a result that misses its contract, then meets it': {
    script: {
      manager: [delegate(order('s', LEAD)), complete('thanks')],
      s: [delegate('w'), complete('no total'), complete('a total', { total: 3 })],
    },
    ends: { status: 'complete' },
  },
  'a result that never meets its contract': {
    script: { manager: [delegate('a'), complete('no total')] },
    change: { output: typed },
    ends: { status: 'failed', reason: 'model/bad-answer' },
  },
  'files that the plan owes, made after all': {
    script: {
      manager: [
        plans({ id: 'a', dependencies: [], required_outputs: ['output/a.csv'] }),
        delegate('a'),
        complete('too early'),
        delegate(order('again', { subtask_id: 'a', instructions: 'write the file' })),
        complete('with its file'),
      ],
      again: [writes('output/a.csv', 'a,b\n1,2\n'), report('written')],
    },
    options: { policy: PLANNING },
    ends: { status: 'complete' },
  },
  'files that the plan owes, never made': {
    script: {
      manager: [
        plans({ id: 'a', dependencies: [], required_outputs: ['output/a.csv'] }),
        delegate('a'),
        complete('without it'),
      ],
    },
    options: { policy: PLANNING },
    ends: { status: 'partial', reason: 'gate/deliverables' },
  },
  'a placeholder, filled in when asked': {
    script: { manager: [delegate('a'), complete('Sales rose by XX%.'), complete('by 12 %')] },
    ends: { status: 'complete' },
  },
  'a placeholder that stays': {
    script: { manager: [delegate('a'), complete('[TODO: the figures]')] },
    ends: { status: 'partial', reason: 'gate/placeholder' },
  },
  'a broken file, written again': {
    script: {
      manager: [
        delegate('a'),
        complete('see data.json'),
        delegate(order('b', { instructions: 'write data.json again' })),
        complete('see data.json'),
      ],
      a: [writes('output/data.json', '{"a": '), report('written')],
      b: [writes('output/data.json', '{"a": 1}'), report('written again')],
    },
    ends: { status: 'complete' },
  },
  'a broken file that stays': {
    script: {
      manager: [delegate('a'), complete('see data.csv')],
      a: [writes('output/data.csv', ''), report('written')],
    },
    ends: { status: 'partial', reason: 'gate/files' },
  },
  'a low score, then a better turn': {
    script: {
      manager: [
        delegate('a'),
        complete('too early'),
        delegate(order('b', { instructions: 'better' })),
        complete('better'),
      ],
      critic_a: [critic(0.4)],
    },
    options: { policy: CRITIC },
    ends: { status: 'complete' },
  },
  'a low score that stays': {
    script: { manager: [delegate('a'), complete('as it is')], critic_a: [critic(0.4)] },
    options: { policy: CRITIC },
    ends: { status: 'partial', reason: 'gate/critique' },
  },

  'a score that is too low, then high enough': {
    script: {
      manager: [
        delegate('a'),
        complete('poor', { quality: 0.4 }),
        complete('good', { quality: 0.9 }),
      ],
    },
    change: scored,
    ends: { status: 'complete' },
  },
  'a score that stays too low': {
    script: { manager: [delegate('a'), complete('poor', { quality: 0.1 })] },
    change: scored,
    ends: { status: 'failed', reason: 'evaluation/failed' },
  },
  'other work is held back while the last turn scored low': {
    script: {
      manager: [
        delegate('a'),
        delegate(order('other', { instructions: 'something else' })),
        delegate(order('a', { instructions: 'the same, but well' })),
        complete('put right'),
      ],
      critic_a: [critic(0.4)],
    },
    options: { policy: { critique: { ...CRITIC.critique, minToDelegate: 0.5 } } },
    ends: { status: 'complete' },
  },
};
