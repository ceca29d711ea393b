import { expect } from 'vitest';
import type { ModelProvider } from '../../../src/ports/model-provider.ts';
import { ModelError } from '../../../src/ports/model-provider.ts';
import { complete, delegate, only } from '../../make.ts';
import { calls, order, PLANNING, part, plans, report, type Scenarios } from './scenario.ts';

const DIAGNOSIS = { diagnosis: { maxHypotheses: 3, threshold: 0.3 } } as const;

/** A refusal of the model service that no retry mends. */
export function refused(name: ModelProvider['name'] = 'no'): ModelError {
  return new ModelError('model/auth', name, { usage: { input: 0, output: 0 } });
}

/** What managers decide, and what becomes of it. */
export const DECISIONS: Scenarios = {
  'two turns of workers, then the end': {
    script: { manager: [delegate('a', 'b'), delegate('c'), complete('all three')] },
    ends: { status: 'complete' },
  },
  'a plan whose parts start as soon as they can': {
    script: {
      manager: [
        plans(part('load'), part('clean', 'load'), part('other')),
        delegate('load', 'clean', 'other'),
        complete('by plan'),
      ],
      other: [calls(['arithmetic.add', { a: 1, b: 2 }]), report('three')],
    },
    options: { policy: PLANNING },
    ends: { status: 'complete' },
  },
  'a plan that is changed after work': {
    script: {
      manager: [
        plans(part('a'), part('b', 'a')),
        delegate('a'),
        plans(part('a'), { ...part('b', 'a'), description: 'another way' }, part('c')),
        delegate('b'),
        complete('in time'),
      ],
    },
    options: { policy: PLANNING },
    ends: { status: 'complete' },
  },
  'a part that depends on one that failed': {
    script: {
      manager: [
        plans(part('a'), part('b', 'a'), part('c', 'b')),
        delegate('a', 'b', 'c'),
        complete('only what worked'),
      ],
      a: [report('no luck', { confidence: 0.1 })],
    },
    options: { policy: PLANNING },
    ends: { status: 'complete' },
  },
  'a diagnosis whose guesses are tested': {
    script: {
      manager: [
        delegate('a'),
        {
          decision: 'diagnose',
          failed_worker: 'a',
          hypotheses: [
            {
              id: 'h1',
              cause: 'a wrong file',
              test: 'look at it',
              likelihood: 0.7,
              test_worker: 'look',
            },
            { id: 'h2', cause: 'too big', test: 'count it', likelihood: 0.2, test_worker: 'count' },
          ],
        },
        delegate('look', 'count'),
        complete('it was the file'),
      ],
      a: [report('it did not work', { confidence: 0.1 })],
      count: [report('it is small', { confidence: 0.2 })],
    },
    options: { policy: DIAGNOSIS },
    ends: { status: 'complete' },
  },
  'a manager that gives up': {
    script: { manager: [delegate('a'), { decision: 'fail', reason: 'there is no way' }] },
    ends: { status: 'failed', reason: 'manager/failed' },
  },
  'an ending without work': {
    script: { manager: [complete('nothing to do')] },
    ends: { status: 'complete' },
  },
  'answers that are corrected': {
    script: { manager: ['prose', '{"decision": "dele', delegate('a'), complete('corrected')] },
    ends: { status: 'complete' },
  },
  'answers that can never be read': {
    script: { manager: [delegate('a'), 'I think that we should go on.'] },
    ends: { status: 'failed', reason: 'model/bad-answer' },
    holds: ({ log }) => expect(only(log, 'manager.rejected').length).toBeLessThanOrEqual(3),
  },
  'a plan and a diagnosis that are not enabled': {
    script: {
      manager: [
        plans(part('a')),
        { decision: 'diagnose', failed_worker: 'a', hypotheses: [{ cause: 'x', test: 'y' }] },
        delegate('a'),
        complete(),
      ],
    },
    ends: { status: 'complete' },
  },
  'a manager whose model refuses for good': {
    script: { manager: [delegate('a'), refused()] },
    ends: { status: 'failed', reason: 'model/auth' },
  },
  'a worker whose model refuses, and one whose output is mended': {
    script: {
      manager: [
        delegate('a', order('b', { output_contract: { required_fields: ['mean'] } })),
        complete('without a'),
      ],
      a: [refused()],
      b: [report('no mean'), report('a mean', { mean: 3 })],
    },
    ends: { status: 'complete' },
  },
};
