import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../make.ts';
import { expectedFile } from '../loop-scenarios/index.ts';
import { linesOf } from '../loop-scenarios/lines.ts';
import { play, problemsOf } from '../loop-scenarios/play.ts';
import { SCENARIOS } from './index.ts';

const EXPECTED = join(import.meta.dirname, 'expected');

describe('a run in which tools are made', () => {
  it.each(SCENARIOS)('has exactly the events of its story: %s', async (name, scenario) => {
    using folder = temporaryFolder();
    const played = await play(folder.path, scenario);
    const lines = `${linesOf(played.log).join('\n')}\n`;
    await expect(lines).toMatchFileSnapshot(join(EXPECTED, expectedFile(name)));
    expect(problemsOf(played, 0)).toEqual([]);
    expect(played.end).toMatchObject(scenario.ends);
    scenario.holds?.(played);
  });

  it('has no list of events that belongs to no story', () => {
    const files = SCENARIOS.map(([name]) => expectedFile(name));
    expect(readdirSync(EXPECTED).sort()).toEqual(files.sort());
  });
});
