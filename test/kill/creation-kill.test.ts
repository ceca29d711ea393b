import { beforeAll, describe, expect, it } from 'vitest';
import { only } from '../make.ts';
import { creationStory } from './creation-scenario.ts';
import { crashAll, crashAlways, killPoints, undisturbed, type Whole } from './matrix.ts';

describe('a run that makes a tool and whose process is killed', () => {
  let whole: Whole;
  beforeAll(async () => {
    whole = await undisturbed(creationStory);
  }, 120_000);

  it('has a program of code mode, a tool that was repaired, calls of it, and an end', () => {
    expect(whole.ending).toMatchObject({
      status: 'complete',
      result: { builder: { sum: 6 }, user: { sum: 9 } },
    });
    expect(only(whole.log, 'tool.created').map(({ data: { tool } }) => tool.repairs)).toEqual([1]);
    expect(only(whole.log, 'tool.called').map(({ data }) => data.tool)).toEqual([
      ...['code.solve', 'tools.create', 'stats.sum', 'file.write', 'stats.sum'],
    ]);
    expect(whole.ending.artifacts).toHaveLength(1);
  });

  it('ends as if nothing had happened, and asks no recorded question again, wherever the program was killed', async () => {
    const from = only(whole.log, 'calls.derived')[0]?.seq ?? 0;
    const to = only(whole.log, 'tool.returned').find(({ data }) => data.tool === 'code.solve')?.seq;
    const points = killPoints(whole).filter(({ seq }) => seq > from && seq <= Number(to));
    expect(points.length).toBeGreaterThan(8);
    expect(await crashAll(points, whole)).toEqual([]);
  }, 1_800_000);

  it('ends when each of its processes is killed at its append 12', async () => {
    expect(await crashAlways(12, whole)).toEqual([]);
  }, 600_000);
});
