import { beforeAll, describe, expect, it } from 'vitest';
import { only } from '../make.ts';
import { graphStory } from './graph-scenario.ts';
import { crashAll, crashAlways, killPoints, undisturbed, type Whole } from './matrix.ts';

describe('a graph whose process is killed', () => {
  let whole: Whole;
  beforeAll(async () => {
    whole = await undisturbed(graphStory);
  }, 120_000);

  it('has retries, a loop, a fan-out, a sub-workflow with code, files, an approval and an end', () => {
    expect(whole.ending).toMatchObject({
      status: 'complete',
      text: 'All told.',
      nodes: {
        shaky: { status: 'finished', runs: 2 },
        reader: { status: 'finished', instances: { count: 3, ended: 3, failed: 0 } },
        release: { status: 'finished' },
        editor: { status: 'finished', rounds: 2 },
        'part/counter': { status: 'finished' },
      },
    });
    expect(whole.ending.artifacts).toHaveLength(3);
    expect(only(whole.log, 'node.retried')).toHaveLength(1);
    expect(only(whole.log, 'approval.resolved')).toHaveLength(1);
    expect(whole.helpers).toBeGreaterThan(0);
  });

  it('ends as if nothing had happened, and does nothing recorded again, wherever it was killed', async () => {
    expect(await crashAll(killPoints(whole), whole)).toEqual([]);
  }, 1_800_000);

  it.each([4, 5])(
    'ends when each of its processes is killed at its append %i',
    async (appends) => {
      expect(await crashAlways(appends, whole)).toEqual([]);
    },
    600_000,
  );
});
