import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../src/base/json.ts';
import type { PolicyOptions } from '../../../src/data/policy-options.ts';
import { complete, delegate, only, temporaryFolder } from '../../make.ts';
import { runTeam } from '../submanager-runs.ts';

const long = 'Look at every row and say what is odd. '.repeat(60);
const contract = { required_fields: ['a', 'b', 'c', 'd'] };
const large = (id: string, more: JsonObject = {}): JsonObject => ({
  ...{ worker_id: id, instructions: long, output_contract: contract },
  ...more,
});
const small = (id: string): JsonObject => ({ worker_id: id, instructions: 'Add two numbers.' });

interface Case {
  delegations: readonly JsonObject[];
  promotion?: JsonObject | boolean;
  plan?: readonly JsonObject[];
  budget?: JsonObject;
}

async function promoted({ delegations, promotion, plan, budget }: Case) {
  using folder = temporaryFolder();
  const answers = [
    ...(plan ? [{ decision: 'plan', subtasks: [...plan] }] : []),
    delegate(...delegations),
  ];
  const submanagers = { atOnce: 9, total: 9, ...(promotion !== undefined && { promotion }) };
  const policy = { submanagers, turnWorkers: 9, ...(plan && { planning: true }) } as PolicyOptions;
  const { log } = await runTeam(
    folder.path,
    {
      managers: { manager: [...answers, complete()] },
      worker: () => ({
        a: 1,
        b: 1,
        c: 1,
        d: 1,
        confidence: 1,
        decision: 'complete',
        final_result: { a: 1, b: 1, c: 1, d: 1 },
      }),
    },
    { options: { policy, budget: { loops: 90, workers: 50, tokens: null, ...budget } } },
  );
  return only(log, 'submanager.promoted').map(({ data }) => data);
}

describe('promotion of large pieces of work', () => {
  const promotion = { threshold: 0.4, maxDepth: 2, minBudget: 0.15 };

  it.each<[string, Case, readonly string[]]>([
    ['does nothing unless it is wanted', { delegations: [large('a')] }, []],
    [
      'takes what is large, and says why',
      { delegations: [large('a'), small('b')], promotion },
      ['a'],
    ],
    [
      'takes half of a turn and one more at most',
      { delegations: ['a', 'b', 'c', 'd', 'e'].map((id) => large(id)), promotion },
      ['a', 'b', 'c'],
    ],
    [
      'counts those that asked themselves',
      { delegations: [large('a', { as_submanager: true }), large('b'), large('c')], promotion },
      ['b'],
    ],
    [
      'leaves those alone that say that they are none',
      { delegations: [large('a', { as_submanager: false })], promotion },
      [],
    ],
    [
      'leaves workers alone that must call tools',
      { delegations: [large('a', { required_tool_invocations: ['file.read'] })], promotion },
      [],
    ],
    [
      'is off below its deepest level',
      { delegations: [large('a')], promotion: { ...promotion, maxDepth: 0 } },
      ['a'],
    ],
    [
      'is off when little is left',
      { delegations: [large('a')], promotion: { ...promotion, minBudget: 1 } },
      [],
    ],
    [
      'has a threshold',
      { delegations: [large('a')], promotion: { ...promotion, threshold: 0.9 } },
      [],
    ],
  ])('%s', async (_name, options, names) => {
    expect((await promoted(options)).map(({ worker }) => worker)).toEqual(names);
  });

  it('says of what its score is made', async () => {
    const [one] = await promoted({ delegations: [large('a')], promotion });
    expect(one).toEqual({
      ...{ worker: 'a', index: 1, score: 0.5 },
      reasons: [
        `${long.length} characters of instructions (0.25 of 0.25)`,
        '0 files and 4 fields to bring (0.25 of 0.25)',
      ],
    });
  });

  const parts = (strategy: string) => [
    { id: 'x', description: 'x', delegation_strategy: strategy, priority: 'high' },
    { id: 'y', description: 'y', dependencies: ['x'] },
  ];

  it('gives a part one that the plan has for a sub-manager, whatever its size', async () => {
    const delegations = [{ ...small('a'), subtask_id: 'x' }];
    expect(await promoted({ delegations, plan: parts('submanager') })).toEqual([
      {
        ...{ worker: 'a', index: 1, subtask: 'x', score: 1 },
        reasons: ['the plan has the part "x" for a sub-manager'],
      },
    ]);
  });

  it('leaves a part to a worker that the plan has for one', async () => {
    const delegations = [large('a', { subtask_id: 'x' })];
    expect(await promoted({ delegations, plan: parts('worker'), promotion })).toEqual([]);
  });
});
