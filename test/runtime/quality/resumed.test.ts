import { describe, expect, it } from 'vitest';
import { sha256 } from '../../../src/base/hash.ts';
import { resultOf } from '../../../src/events/result.ts';
import { complete, delegate, only, temporaryFolder } from '../../make.ts';
import {
  critique,
  critiquePolicy,
  defect,
  type Reviewed,
  type ReviewedOptions,
  reviewed,
} from './reviewed.ts';

/** Validation, critique, a repair that is kept, one that is not, and an ending that is refused. */
const scenario: ReviewedOptions = {
  policy: {
    validation: { skipAbove: 0.95, skipBelowBudget: 0 },
    critique: critiquePolicy({ budgetShare: 0.5, minToComplete: 0.5 }),
  },
  answers: {
    manager: [delegate('a', 'b'), complete('TODO'), delegate('c'), complete('see output/a.md')],
    worker: (name, { messages }) =>
      messages.at(-1)?.role === 'tool'
        ? { summary: `${name} ${sha256(name)}`, confidence: 0.7 }
        : {
            toolCalls: [
              {
                name: 'file.write',
                args: { path: `output/${name.charAt(0)}.md`, content: sha256(name) },
              },
            ],
          },
    check: ({ messages }) =>
      JSON.stringify(messages).includes('do b')
        ? { valid: false, feedback: 'not so' }
        : { valid: true, adjusted_confidence: 0.8, feedback: 'fine' },
    critic: (name) => {
      const repaired = name.includes('_repair');
      if (name.startsWith('critic_a')) return critique(repaired ? 0.9 : 0.4);
      if (name.startsWith('critic_b')) {
        return critique(repaired ? 0.2 : 0.5, { defects: [defect()] });
      }
      return critique(0.95);
    },
  },
};

function endOf({ state, events }: Reviewed) {
  const { status, reason, result, artifacts } = resultOf(state, '');
  const manager = state.frames.get('0');
  const counted = [...(manager?.delegation?.reviews ?? [])].map(([id, review]) => [
    ...[id, review.kept, review.gaveUp, review.critique?.score, review.validated?.valid],
  ]);
  const facts = events.filter(({ type }) => /^(?:gates?|result)\./.test(type));
  const said = facts.map(({ type, data }) => `${type} ${JSON.stringify(data)}`).sort();
  const files = artifacts.map(({ name, sha256: hash }) => [name, hash]).sort();
  return { status, reason, result, files, said, counted: counted.sort() };
}

describe('a loop that looks after its results', () => {
  const wholeRun = reviewed(scenario);

  it('is validated, criticised, repaired with and without success, and refused in this scenario', async () => {
    const { state, events } = await wholeRun;
    expect(state.status).toBe('complete');
    const types = new Set<string>(events.map(({ type }) => type));
    for (const type of [
      ...['result.validated', 'result.criticised', 'result.repaired'],
      ...['gate.rejected', 'gates.passed', 'artifact.removed'],
    ]) {
      expect(types).toContain(type);
    }
    const kept = only(events, 'result.repaired').map(({ data }) => data.kept);
    expect(kept.sort()).toEqual([false, true]);
  });

  // Parts of the cuts, so that no test takes long on a busy machine.
  it.each([0, 1, 2, 3, 4, 5])('ends the same, wherever its log was cut: part %i', async (part) => {
    using folder = temporaryFolder();
    const first = await reviewed(scenario, folder.path);
    for (const length of first.cuts.slice(0, -1).filter((_, index) => index % 6 === part)) {
      const prefix = first.events.slice(0, length);
      const resumed = await reviewed({ ...scenario, prefix }, folder.path);
      const cut = `after event ${length}, ${first.events[length - 1]?.type}`;
      expect({ cut, ...endOf(resumed) }).toEqual({ cut, ...endOf(first) });
    }
  });
});
