import { describe, expect, it } from 'vitest';
import type { ModelRequest } from '../../src/ports/model-provider.ts';
import { begunAgain, endedOften, unsettled } from '../log-sums.ts';
import { complete, delegate, only, temporaryFolder } from '../make.ts';
import { runTeam, sub, type Team } from './submanager-runs.ts';

const rounds = ({ messages }: ModelRequest): number =>
  messages.filter(({ role }) => role === 'assistant').length;

/** A worker with one call more than is free while its sibling holds a share of them. */
const TEAM: Team = {
  managers: {
    manager: [delegate(sub('lead', { submanager_budget_fraction: 0.7 }), 'sums'), complete('all')],
    lead: [delegate('below'), complete('led')],
  },
  worker: (request, name) =>
    name === 'sums' && request.toolChoice === 'auto' && rounds(request) < 4
      ? { toolCalls: [{ name: 'arithmetic.add', args: { a: rounds(request), b: 2 } }] }
      : { summary: `${name} did it`, confidence: 1 },
};

describe('a worker and a sub-manager that wait for each other', () => {
  const options = { budget: { calls: 8, parallel: 1 } };

  it('end partial: the worker has the place of the other, which has the calls that it needs', async () => {
    using folder = temporaryFolder();
    const { state, log, cuts } = await runTeam(folder.path, TEAM, { options });
    expect([state.status, state.ending?.reason]).toEqual(['partial', 'budget/calls']);
    expect(only(log, 'budget.exhausted').map(({ agent, data }) => [agent, data.dimension])).toEqual(
      expect.arrayContaining([['1.2', 'calls']]),
    );
    expect(state.ledger.used.calls).toBeLessThanOrEqual(8);
    for (const length of cuts.slice(0, -1)) {
      const again = await runTeam(folder.path, TEAM, { options, prefix: log.slice(0, length) });
      expect([length, again.state.status]).toEqual([length, 'partial']);
      const problems = [unsettled(again.log), endedOften(again.log), begunAgain(again.log, length)];
      expect(problems.flat()).toEqual([]);
    }
  });
});
