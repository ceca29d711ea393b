import type { JsonObject } from '../../../src/base/json.ts';
import { complete, delegate } from '../../make.ts';
import {
  anotherWorker,
  order,
  PLANNING,
  part,
  plans,
  report,
  type Scenarios,
  untilTheLast,
} from './scenario.ts';

const unsure = report('nothing new was found here', { confidence: 0.4 });
const again = (id: string): JsonObject =>
  delegate(order(id, { instructions: 'count the rows of the table' }));

/** Loops that go nowhere, or only seem to. */
export const STALLS: Scenarios = {
  'a loop that goes nowhere is warned, then ends': {
    script: { manager: [untilTheLast(anotherWorker)], '*': [unsure] },
    ends: { status: 'partial', reason: 'stall' },
  },
  'a loop that gets on after a warning': {
    script: {
      manager: [anotherWorker, anotherWorker, anotherWorker, anotherWorker, complete('in the end')],
      w4: [report('the answer is 42')],
      '*': [unsure],
    },
    ends: { status: 'complete' },
  },
  'a loop that tries other ways before it ends': {
    script: { manager: [untilTheLast(anotherWorker)], '*': [unsure] },
    options: { policy: { stall: { strategies: ['decompose_finer', 'reframe'] } } },
    ends: { status: 'partial', reason: 'stall' },
  },
  'a high plateau is no stall': {
    script: {
      manager: [
        anotherWorker,
        anotherWorker,
        anotherWorker,
        anotherWorker,
        anotherWorker,
        complete('five times sure'),
      ],
      '*': [report('all is well')],
    },
    ends: { status: 'complete' },
  },
  'a manager that plans for ever': {
    script: { manager: [untilTheLast(plans(part('a'), part('b', 'a')))] },
    options: { policy: PLANNING },
    ends: { status: 'partial', reason: 'manager/plan-loop' },
  },
  'a manager that delegates the same work again': {
    script: {
      manager: [again('count'), again('count'), complete('twelve rows')],
      '*': [report('twelve rows')],
    },
    ends: { status: 'complete' },
  },
  'a manager that delegates the same work for ever, under new names': {
    script: {
      manager: [untilTheLast(({ rounds }) => again(`counter${rounds}`))],
      '*': [report('twelve rows')],
    },
    ends: { status: 'partial', reason: 'manager/repeats' },
  },
  'the same defects again and again': {
    script: {
      manager: [untilTheLast(anotherWorker)],
      critic_w1: [defective()],
      critic_w2: [defective()],
      critic_w3: [defective()],
    },
    options: { policy: { critique: { repairs: 0, endAt: 3 } } },
    ends: { status: 'partial', reason: 'manager/defects' },
  },
};

function defective(): JsonObject {
  return {
    ...{ summary: 'seen', score: 0.7, prescriptions: [] },
    defects: [{ category: 'missing_data', description: 'no figures', severity: 'warning' }],
  };
}
