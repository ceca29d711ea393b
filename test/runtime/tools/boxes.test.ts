import { describe, expect, it } from 'vitest';
import type { PlanAgent } from '../../../src/events/plan-graph.ts';
import type { ComingJob } from '../../../src/ports/sandbox.ts';
import { toolsmith } from '../../../src/tools/created/index.ts';
import { temporaryFolder } from '../../make.ts';
import { CODEMODE } from '../codemode/solve-box.ts';
import { boxOf, type Making, makingHost, makingPlan } from '../creation/makers.ts';
import { runPlan } from '../graphs.ts';

/** What the box of a run with one agent was told to make ready. */
async function coming(agent: Partial<PlanAgent>): Promise<ComingJob[]> {
  using folder = temporaryFolder();
  const told: ComingJob[] = [];
  const box = boxOf();
  const all = ['python', 'javascript'] as const;
  const sandbox = {
    ...box,
    languages: all.map((language) => ({ language, description: language })),
    prepare: (one: ComingJob) => void told.push(one),
  };
  const making: Making = { rounds: { one: [] }, agents: { one: agent }, host: { sandbox } };
  const host = { ...makingHost(folder.path, making), toolsmith };
  await runPlan(host, makingPlan(making));
  return told;
}

const trials = (all: readonly ComingJob[]): ComingJob[] =>
  all.filter(({ policy }) => policy.toolCalls === 16);

describe('boxes that are made ready for an agent', () => {
  it('are those in which its drafts are read and tried, where it may make tools', async () => {
    const told = trials(await coming({}));
    expect(told).toHaveLength(1);
    expect(told[0]).toMatchObject({ inputs: undefined, shared: undefined, policy: { hosts: [] } });
    expect(told[0]).not.toHaveProperty('language');
  });

  it('are none of these where it may not', async () => {
    expect(trials(await coming({ making: undefined } as never))).toEqual([]);
  });

  it('are in the language of its own programs in code mode', async () => {
    const told = await coming({
      codemode: { ...CODEMODE, language: 'javascript' },
      tools: ['code.solve', 'tools.*'],
    });
    expect(trials(told).map(({ language }) => language)).toEqual(['javascript']);
  });
});
