import { beforeAll, describe, expect, it } from 'vitest';
import { only } from '../make.ts';
import { crashAll, killPoints, undisturbed, type Whole } from './matrix.ts';
import { loopStory } from './scenario.ts';

describe('a run whose process is killed', () => {
  let whole: Whole;
  beforeAll(async () => {
    whole = await undisturbed(loopStory);
  }, 120_000);

  it('has parallel workers, sandboxed code, files of two turns and an end', () => {
    expect(whole.ending).toMatchObject({ status: 'complete', text: 'total: 666' });
    expect(whole.ending.artifacts).toHaveLength(4);
    expect(only(whole.log, 'agent.started')).toHaveLength(5);
  });

  it('ends as if nothing had happened, and asks no recorded question again, wherever it was killed', async () => {
    expect(await crashAll(killPoints(whole), whole)).toEqual([]);
  }, 1_800_000);
});
