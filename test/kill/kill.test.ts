import { beforeAll, describe, expect, it } from 'vitest';
import { crash, killPoints, twoAtOnce, undisturbed, type Whole } from './matrix.ts';

describe('a run whose process is killed', () => {
  let whole: Whole;
  beforeAll(async () => {
    whole = await undisturbed();
  }, 60_000);

  it('has parallel workers, sandboxed code, files of two turns and an end', () => {
    expect(whole.ending).toMatchObject({ status: 'complete', text: 'total: 666' });
    expect(whole.ending.artifacts).toHaveLength(4);
    const started = whole.log.filter(({ type }) => type === 'agent.started');
    expect(started).toHaveLength(5);
  });

  it('ends as if nothing had happened, and asks no recorded question again, wherever it was killed', async () => {
    const problems: string[] = [];
    await twoAtOnce(killPoints(whole), async (kill) => {
      for (const problem of await crash(kill, whole)) {
        problems.push(
          `${kill.when} event ${kill.seq}${kill.again ? ' and again' : ''}: ${problem}`,
        );
      }
    });
    expect(problems).toEqual([]);
  }, 900_000);
});
