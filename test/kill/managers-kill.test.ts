import { beforeAll, describe, expect, it } from 'vitest';
import { only } from '../make.ts';
import { managersStory } from './managers-scenario.ts';
import { crashAll, crashAlways, killPoints, undisturbed, type Whole } from './matrix.ts';

describe('a run with a sub-manager whose process is killed', () => {
  let whole: Whole;
  beforeAll(async () => {
    whole = await undisturbed(managersStory);
  }, 120_000);

  it('has a plan, a sub-manager that was allowed, code in boxes, a refused ending and an end', () => {
    expect(whole.ending).toMatchObject({ status: 'complete', text: '6 and 60' });
    expect(whole.ending.artifacts).toHaveLength(2);
    expect(only(whole.log, 'plan.made')).toHaveLength(1);
    expect(only(whole.log, 'approval.resolved')).toHaveLength(1);
    expect(only(whole.log, 'budget.settled')).toHaveLength(1);
    expect(only(whole.log, 'tool.returned').map(({ data }) => data.ok)).toEqual([true, true]);
    expect(only(whole.log, 'gate.rejected').map(({ data }) => data.gate)).toEqual(['placeholder']);
    expect(only(whole.log, 'subtask.changed').at(-1)?.data.status).toBe('completed');
  });

  it('ends as if nothing had happened, and asks no recorded question again, wherever it was killed', async () => {
    expect(await crashAll(killPoints(whole), whole)).toEqual([]);
  }, 1_800_000);

  it('ends when each of its processes is killed at its append 5', async () => {
    expect(await crashAlways(5, whole)).toEqual([]);
  }, 600_000);
});
