import { describe, expect, it } from 'vitest';
import { type DecisionRules, readDecision } from '../../../../src/runtime/engines/decision.ts';

const RULES: DecisionRules = {
  planning: { maxSubtasks: 4, commit: 'advisory' },
  diagnosis: { maxHypotheses: 2, threshold: 0.5 },
};

function plan(...subtasks: unknown[]) {
  return readDecision(JSON.stringify({ decision: 'plan', reasoning: 'why', subtasks }), RULES);
}

describe('a plan', () => {
  it('is read with all fields of its parts', () => {
    const first = {
      ...{ id: 'collect', description: 'Collect the data.', priority: 'high' },
      success_criteria: ['all months', 'no gaps'],
      delegation_strategy: 'submanager',
      submanager_agent: 'agents/collector',
      required_outputs: ['output/data.csv', './output/a/b.json', '../x', 'plain.md'],
      schemas: { 'output/a/b.json': { type: 'object' }, bad: 1 },
      status: 'completed',
    };
    const second = { id: 2, description: 'Look.', depends_on: ['collect'], successCriteria: 'x' };
    expect(plan(first, second)).toEqual({
      repaired: false,
      decision: {
        decision: 'plan',
        reasoning: 'why',
        subtasks: [
          {
            ...{ id: 'collect', description: 'Collect the data.', dependencies: [] },
            ...{ priority: 'high', successCriteria: 'all months\nno gaps' },
            ...{ strategy: 'submanager', submanagerAgent: 'agents/collector' },
            requiredOutputs: ['data.csv', 'a/b.json', 'plain.md'],
            schemas: { 'a/b.json': { type: 'object' } },
          },
          { id: '2', description: 'Look.', dependencies: ['collect'], successCriteria: 'x' },
        ],
      },
    });
  });

  it('is cut to the parts that the loop allows, and what waits for others does not', () => {
    const parts = Array.from({ length: 9 }, (_, index) => ({
      id: `p${index}`,
      description: 'x',
      dependencies: ['p8', 'nobody', 'p0', 'p0'].filter((id) => id !== `p${index}`),
    }));
    parts.unshift({ id: 'bad', description: '', dependencies: [] });
    expect(plan(...parts)).toMatchObject({
      decision: {
        dropped: 6,
        subtasks: [
          { id: 'p0', dependencies: [] },
          { id: 'p1', dependencies: ['p0'] },
          { id: 'p2', dependencies: ['p0'] },
          { id: 'p3', dependencies: ['p0'] },
        ],
      },
    });
  });

  it('has ids that differ, made where there are none', () => {
    const parts = [{ id: 'a' }, { id: 'a' }, {}, { id: 'x/y' }];
    expect(plan(...parts.map((part) => ({ ...part, description: 'x' })))).toMatchObject({
      decision: { subtasks: [{ id: 'a' }, { id: 'a-2' }, { id: 'part_3' }, { id: 'x_y' }] },
    });
  });

  it.each([
    ['itself', [['a', 'a']], 'a'],
    [
      'each other',
      [
        ['a', 'b'],
        ['b', 'a'],
      ],
      'a, b',
    ],
    [
      'each other in a round',
      [
        ['a', 'b'],
        ['b', 'c'],
        ['c', 'a'],
        ['d', ''],
      ],
      'a, b, c',
    ],
  ])('is refused when parts wait for %s', (_, pairs, names) => {
    const parts = pairs.map(([id, on]) => ({ id, description: 'x', dependencies: [on] }));
    expect(plan(...parts)).toEqual({
      problem: `the "dependencies" of ${names} go in a circle.`,
    });
  });

  it.each([[[]], [[1, null, 'x']], [[{ id: 'a' }]]])('is refused without parts: %j', (parts) => {
    expect(plan(...parts)).toEqual({ problem: expect.stringContaining('"subtasks"') });
  });
});

describe('a diagnosis', () => {
  it('is read with all fields, cut to the guesses that the loop allows', () => {
    const answer = {
      ...{ decision: 'diagnose', failed_worker: 'a/b' },
      hypotheses: [
        { id: 'h1', cause: 'dirty data', test: 'count', likelihood: 7, test_worker: 'counter' },
        { id: 'h1', cause: 'no data', likelihood: 'high' },
        { id: 'h3', cause: 'too much' },
        { id: 'h4' },
      ],
    };
    expect(readDecision(JSON.stringify(answer), RULES)).toEqual({
      repaired: false,
      decision: {
        ...{ decision: 'diagnose', failedWorker: 'a_b', dropped: 2 },
        hypotheses: [
          { id: 'h1', cause: 'dirty data', test: 'count', likelihood: 1, testWorker: 'counter' },
          { id: 'h1-2', cause: 'no data', test: '', likelihood: 0.5 },
        ],
      },
    });
  });

  it('takes guesses in words', () => {
    const answer = { failedWorker: 'a', hypotheses: ['dirty data'] };
    expect(readDecision(JSON.stringify(answer), RULES)).toMatchObject({
      decision: { hypotheses: [{ id: 'h1', cause: 'dirty data' }] },
    });
  });

  it.each([
    ['a worker', { decision: 'diagnose', hypotheses: [{ cause: 'x' }] }],
    ['guesses', { decision: 'diagnose', failed_worker: 'a', hypotheses: [] }],
  ])('is refused without %s', (_, answer) => {
    expect(readDecision(JSON.stringify(answer), RULES)).toHaveProperty('problem');
  });
});
